import { describe, expect, test } from "vitest";
import {
  type Control,
  ControlOid,
  decodePasswordPolicy,
  ExtendedOid,
  encodePasswordModifyRequest,
  LdapResultCode,
  type RequestOp,
} from "../codec/index.ts";
import { groupDn, password, totpCode, totpSecret, userDn, usersDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";
import { ask, boundAs, bureau, hasPassword, otherPassword } from "./writes.fixture.ts";

const {
  confidentialityRequired,
  constraintViolation,
  insufficientAccessRights,
  invalidCredentials,
  invalidDNSyntax,
  noSuchObject,
  protocolError,
} = LdapResultCode;
const newPassword = otherPassword;
const policyControl: Control = { oid: ControlOid.passwordPolicy, critical: false };

const request = (
  change: { readonly user?: string; readonly old?: string; readonly next?: string | Uint8Array } = {},
): RequestOp => ({
  type: "extendedReq",
  requestName: ExtendedOid.passwordModify,
  requestValue: encodePasswordModifyRequest({
    ...(change.user === undefined ? {} : { userIdentity: Buffer.from(change.user) }),
    ...(change.old === undefined ? {} : { oldPasswd: Buffer.from(change.old) }),
    ...(change.next === undefined ? {} : { newPasswd: Buffer.from(change.next) }),
  }),
});

describe("one's own password", () => {
  test.each<[string, { user?: string; oldPassword?: string }]>([
    ["on a connection bound with it", {}],
    ["with the old one", { oldPassword: password }],
    ["named by DN", { user: ` UID=Ada,${usersDn} ` }],
    ["named by DN with its prefix", { user: `dn:${userDn("ada")}`, oldPassword: password }],
    ["named by username", { user: "u:Ada", oldPassword: password }],
    ["named by nothing", { user: "" }],
  ])("is changed %s, and the connection goes on", async (_, change) => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    const other = await boundAs(place, "ada");
    expect(await ada.changePassword({ ...change, newPassword })).toEqual({
      resultCode: 0,
      matchedDN: "",
      diagnosticMessage: "",
    });
    expect(await hasPassword(place.directory, "ada", newPassword)).toBe(true);
    expect(await hasPassword(place.directory, "ada", password)).toBe(false);
    expect(await other.closed).toMatchObject({ resultCode: LdapResultCode.strongerAuthRequired });
    expect(await ada.whoAmI()).toBe(`dn:${userDn("ada")}`);
    const [event] = await place.directory.audit({
      action: "credential.password-set",
      descending: true,
      limit: 1,
    });
    expect(event).toMatchObject({ actor: { kind: "user", id: place.user.ada.id }, protocol: "ldap" });
  });

  test("is made up when none is given", async () => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    const { resultCode, generated } = await ada.changePassword();
    expect(resultCode).toBe(0);
    expect(generated?.length).toBeGreaterThanOrEqual(20);
    expect(await hasPassword(place.directory, "ada", generated ?? "")).toBe(true);
  });

  test("is not changed with a wrong old one, which counts against the account", async () => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    for (let i = 0; i < 6; i += 1)
      expect(await ada.changePassword({ oldPassword: `wrong ${i}`, newPassword })).toMatchObject({
        resultCode: invalidCredentials,
      });
    // Locked by now, for the right one too.
    expect(await ada.changePassword({ oldPassword: password, newPassword })).toMatchObject({
      resultCode: invalidCredentials,
    });
    const failures = await place.directory.audit({ action: "authentication.failed" });
    expect(failures.filter(({ target }) => target?.id === place.user.ada.id).length).toBeGreaterThanOrEqual(
      6,
    );
    expect(ada.isClosed).toBe(false);
  });

  test("may be given with a code, where there is a second factor", async () => {
    await using place = await bureau();
    const tomas = ldapTestClient(place.server);
    await tomas.bind(userDn("tomas"), password);
    const oldPassword = `${password},${totpCode(totpSecret)}`;
    expect(await tomas.changePassword({ oldPassword, newPassword })).toMatchObject({ resultCode: 0 });
    const wrong = { oldPassword: `${newPassword},000000`, newPassword: password };
    expect(await tomas.changePassword(wrong)).toMatchObject({ resultCode: invalidCredentials });
  });

  test.each<[string, string | Uint8Array, string]>([
    ["too short", "short", "passwordTooShort"],
    ["a common one", "passwordpassword", "insufficientPasswordQuality"],
    ["of names", "ada.lovelace1815", "insufficientPasswordQuality"],
    ["no text", Buffer.from([0xff, 0xfe, 0xfd]), "insufficientPasswordQuality"],
    ["nothing", "", "passwordTooShort"],
    ["like a password with a code", "something quite long,123456", "insufficientPasswordQuality"],
  ])("is not one that is %s, and the policy says why", async (_, next, error) => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    const answer = await ask(ada, request({ next }), policyControl);
    expect(answer).toMatchObject({ resultCode: constraintViolation });
    expect(answer.controls.map(({ value }) => decodePasswordPolicy(value ?? Buffer.of()))).toEqual([
      { error },
    ]);
    expect(answer.diagnosticMessage).not.toContain(Buffer.from(next).toString("latin1") || "never");
    expect(await hasPassword(place.directory, "ada", password)).toBe(true);
  });

  test("is as it was typed here, also where it looks like a hash", async () => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    const odd = "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==";
    expect(await ada.changePassword({ newPassword: odd })).toMatchObject({ resultCode: 0 });
    expect(await hasPassword(place.directory, "ada", odd)).toBe(true);
    expect(await hasPassword(place.directory, "ada", "correct horse battery staple")).toBe(false);
  });

  test("needs the old one where the connection was not bound with it, and the policy says so", async () => {
    await using place = await bureau();
    const { directory, resource, user } = place;
    await directory.grants.add({ user: user.reader, resource, priority: 1, attributes: { proxy: true } });
    await using proxy = await boundAs(place, "reader");
    const asAda = { oid: ControlOid.proxiedAuthorization, critical: true, value: Buffer.from("u:ada") };
    const refused = await ask(proxy, request({ next: newPassword }), asAda, policyControl);
    expect(refused).toMatchObject({ resultCode: insufficientAccessRights });
    expect(refused.controls.map(({ value }) => decodePasswordPolicy(value ?? Buffer.of()))).toEqual([
      { error: "mustSupplyOldPassword" },
    ]);
    const ada = await boundAs(place, "ada");
    expect(await ask(proxy, request({ old: password, next: newPassword }), asAda)).toMatchObject({
      resultCode: 0,
    });
    expect(await ada.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
    expect(await proxy.whoAmI()).toBe(`dn:${userDn("reader")}`);
  });

  test("does not cross a connection in clear, not even when it is made up", async () => {
    await using place = await bureau();
    const clear = ldapTestClient(place.server, { secure: false });
    for (const op of [request({ next: newPassword }), request()])
      expect(await ask(clear, op)).toMatchObject({ resultCode: confidentialityRequired });
  });
});

describe("others' passwords", () => {
  test("are changed by administrators, whose connection goes on while theirs end", async () => {
    await using place = await bureau();
    await using admin = await boundAs(place, "admin");
    const ada = await boundAs(place, "ada");
    expect(await admin.changePassword({ user: userDn("ada"), newPassword })).toMatchObject({ resultCode: 0 });
    expect(await ada.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
    expect(await hasPassword(place.directory, "ada", newPassword)).toBe(true);
    const made = await admin.changePassword({ user: "u:mallory" });
    expect(await hasPassword(place.directory, "mallory", made.generated ?? "")).toBe(true);
    expect(await admin.whoAmI()).toBe(`dn:${userDn("admin")}`);
  });

  test("are theirs: an old one that is given must be right", async () => {
    await using place = await bureau();
    await using admin = await boundAs(place, "admin");
    const user = userDn("ada");
    expect(await admin.changePassword({ user, oldPassword: "wrong", newPassword })).toMatchObject({
      resultCode: invalidCredentials,
    });
    expect(await admin.changePassword({ user, oldPassword: password, newPassword })).toMatchObject({
      resultCode: 0,
    });
  });

  test.each<[string, number, string]>([
    ["nobody who is there", noSuchObject, userDn("nobody")],
    ["nobody of that username", noSuchObject, "u:nobody"],
    ["somebody who is not shown", noSuchObject, userDn("sam")],
    ["a group", noSuchObject, groupDn("staff")],
    ["what is no name", invalidDNSyntax, "ada"],
    ["a username that is none", noSuchObject, 'u:"<>,='],
  ])("are not those of %s", async (_, resultCode, user) => {
    await using place = await bureau();
    await using admin = await boundAs(place, "admin");
    expect(await admin.changePassword({ user, newPassword })).toMatchObject({ resultCode });
  });

  test("are not for others to change", async () => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    const grace = await boundAs(place, "grace");
    expect(
      await ada.changePassword({ user: userDn("grace"), oldPassword: password, newPassword }),
    ).toMatchObject({ resultCode: insufficientAccessRights });
    expect(await hasPassword(place.directory, "grace", password)).toBe(true);
    expect(grace.isClosed).toBe(false);
  });
});

test.each<[string, Uint8Array]>([
  ["empty", new Uint8Array(0)],
  ["cut off", Buffer.from([0x30, 0x05, 0x80])],
  ["of another form", Buffer.from([0x04, 0x01, 0x41])],
  ["with a user that is not text", Buffer.from([0x30, 0x03, 0x80, 0x01, 0xff])],
])("a request that is %s is refused", async (what, requestValue) => {
  await using place = await bureau();
  await using ada = await boundAs(place, "ada");
  const op = { type: "extendedReq", requestName: ExtendedOid.passwordModify, requestValue } as const;
  expect(await ask(ada, op)).toMatchObject({
    resultCode: what.includes("text") ? invalidDNSyntax : protocolError,
  });
  expect(await hasPassword(place.directory, "ada", password)).toBe(true);
});

test("a request without a value makes up a password for whoever asks", async () => {
  await using place = await bureau();
  await using ada = await boundAs(place, "ada");
  const op = { type: "extendedReq", requestName: ExtendedOid.passwordModify } as const;
  const [response] = await ada.send(op);
  expect(response).toMatchObject({ resultCode: 0, responseValue: expect.anything() });
  expect(await hasPassword(place.directory, "ada", password)).toBe(false);
});
