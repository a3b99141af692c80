import { createHash } from "node:crypto";
import { allowWeakHashing, argon2Hasher, type PasswordHasher } from "@directorykit/core";
import { expect, test } from "vitest";
import {
  type Control,
  ControlOid,
  ExtendedOid,
  encodePasswordModifyRequest,
  LdapResultCode,
  type RequestOp,
} from "../codec/index.ts";
import { ask, boundAs, bureau, hasPassword, otherPassword } from "../handlers/writes.fixture.ts";
import { password, until, userDn } from "./office.fixture.ts";

/** Hashes when it is told to. */
function heldHasher(): {
  readonly hasher: PasswordHasher;
  readonly control: { hold: Promise<void> | undefined; held: number };
} {
  const inner = argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true });
  const control: { hold: Promise<void> | undefined; held: number } = { hold: undefined, held: 0 };
  const hasher: PasswordHasher = {
    ...inner,
    verify: (...given) => inner.verify(...given),
    verifyDummy: (...given) => inner.verifyDummy(...given),
    needsRehash: (...given) => inner.needsRehash(...given),
    hash: async (...given) => {
      control.held += 1;
      await control.hold;
      return inner.hash(...given);
    },
  };
  return { hasher, control };
}

test("a password that somebody else sets meanwhile ends the connection on which it is being changed", async () => {
  const { hasher, control } = heldHasher();
  await using place = await bureau({}, { hasher });
  const ada = await boundAs(place, "ada");
  const { promise, resolve } = Promise.withResolvers<void>();
  control.hold = promise;
  control.held = 0;
  const changing = ada.changePassword({ newPassword: otherPassword }).then(
    ({ resultCode }) => resultCode,
    () => "ended",
  );
  await until(() => control.held > 0);
  control.hold = undefined;
  await place.directory.credentials.setPassword(place.user.ada.id, "set by somebody else");
  expect(await ada.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
  resolve();
  expect(await changing).toBe("ended");
  const login = { username: "ada", password: "set by somebody else", protocol: "test" };
  await until(() => control.held === 2);
  expect(await place.directory.authenticate(login)).toMatchObject({ outcome: "accepted" });
});

test("somebody whose right to write is taken away while a password is hashed does not set it", async () => {
  const { hasher, control } = heldHasher();
  await using place = await bureau({}, { hasher });
  const { directory, grant } = place;
  const admin = await boundAs(place, "admin");
  const { promise, resolve } = Promise.withResolvers<void>();
  control.hold = promise;
  control.held = 0;
  const changing = admin.changePassword({ user: userDn("ada"), newPassword: otherPassword });
  await until(() => control.held > 0);
  await directory.grants.update(grant.id, { attributes: { write: "self" } });
  await until(async () => (await admin.whoAmI()) !== "");
  resolve();
  expect(await changing).toMatchObject({ resultCode: LdapResultCode.insufficientAccessRights });
  expect(await hasPassword(directory, "ada", password)).toBe(true);
});

test("changes of one's own password that overlap leave the connection, and the last one counts", async () => {
  await using place = await bureau();
  await using ada = await boundAs(place, "ada");
  const other = await boundAs(place, "ada");
  const passwords = Array.from({ length: 10 }, (_, i) => `${otherPassword} ${i}`);
  const results = await Promise.all(passwords.map((newPassword) => ada.changePassword({ newPassword })));
  // One that begins while another is being committed may be told to come again.
  expect(results.filter(({ resultCode }) => resultCode === 0).length).toBeGreaterThan(0);
  expect(results.every(({ resultCode }) => resultCode === 0 || resultCode === 51)).toBe(true);
  await other.closed;
  expect(await ada.whoAmI()).toBe(`dn:${userDn("ada")}`);
  await place.directory.credentials.setPassword(place.user.ada.id, password);
  expect(await ada.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
});

test("a second factor taken away ends the connection on which a password was changed before", async () => {
  await using place = await bureau();
  const tomas = await boundAs(place, "tomas");
  expect(await tomas.changePassword({ newPassword: otherPassword })).toMatchObject({ resultCode: 0 });
  await place.directory.credentials.removeTotp(place.user.tomas.id);
  expect(await tomas.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
});

const octets = (text: string): Uint8Array => Buffer.from(text);
const asAda: Control = {
  oid: ControlOid.proxiedAuthorization,
  critical: true,
  value: octets(`dn:${userDn("ada")}`),
};
const changesWithOld: readonly [string, () => RequestOp, number][] = [
  [
    "password modify",
    () => ({
      type: "extendedReq",
      requestName: ExtendedOid.passwordModify,
      requestValue: encodePasswordModifyRequest({
        oldPasswd: octets(password),
        newPasswd: octets(otherPassword),
      }),
    }),
    LdapResultCode.invalidCredentials,
  ],
  [
    "modify",
    () => ({
      type: "modifyRequest",
      object: userDn("ada"),
      changes: [
        { operation: "delete", modification: { type: "userPassword", vals: [octets(password)] } },
        { operation: "add", modification: { type: "userPassword", vals: [octets(otherPassword)] } },
      ],
    }),
    LdapResultCode.noSuchAttribute,
  ],
];

test.each(changesWithOld)(
  "an old password that was right is not when it is replaced before %s ends",
  async (_, op, resultCode) => {
    const { hasher, control } = heldHasher();
    await using place = await bureau({}, { hasher });
    const { directory, resource, user } = place;
    const portal = await directory.users.create({ username: "portal", password });
    await directory.grants.add({ user: portal, resource, attributes: { proxy: true } });
    await using client = await boundAs(place, "portal");
    const { promise, resolve } = Promise.withResolvers<void>();
    control.hold = promise;
    control.held = 0;
    const changing = ask(client, op(), asAda);
    await until(() => control.held > 0);
    control.hold = undefined;
    await directory.credentials.setPassword(user.ada.id, "set by somebody else");
    resolve();
    expect(await changing).toMatchObject({ resultCode });
    expect(await hasPassword(directory, "ada", "set by somebody else")).toBe(true);
  },
);

test.each(changesWithOld)("an old password whose hash is renewed by %s is the same", async (_, op) => {
  await using place = await bureau();
  const { directory, user } = place;
  const salted = createHash("sha1").update(password).update("salt").digest();
  const hash = `{SSHA}${Buffer.concat([salted, octets("salt")]).toString("base64")}`;
  await directory.credentials.importPasswordHash(user.ada.id, hash);
  await using admin = await boundAs(place, "admin");
  await directory.grants.add({ user: place.admin, resource: place.resource, attributes: { proxy: true } });
  await directory.grants.remove(place.grant.id);
  expect(await ask(admin, op(), asAda)).toMatchObject({ resultCode: 0 });
  expect(await hasPassword(directory, "ada", otherPassword)).toBe(true);
});
