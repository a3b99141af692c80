import { allowWeakHashing, argon2Hasher, type PasswordHasher } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Control,
  ControlOid,
  decodePasswordPolicy,
  ExtendedOid,
  encodeAssertion,
  encodeMessage,
  encodePasswordModifyRequest,
  encodeReadEntryRequest,
  type LdapMessage,
  LdapResultCode,
  type ModifyRequest,
  parseFilter,
  type RequestOp,
} from "../codec/index.ts";
import { baseDn, groupDn, type Office, office, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { ask, boundAs, bureau, hasPassword, otherPassword } from "./writes.fixture.ts";

let place: Office;
beforeAll(async () => {
  place = await office();
  await place.directory.credentials.requirePasswordChange(place.user.ada.id);
});
afterAll(() => place[Symbol.asyncDispose]());

const bindAs = (name: string) =>
  ({
    type: "bindRequest",
    version: 3,
    name: userDn(name),
    authentication: { type: "simple", password: Buffer.from(password) },
  }) as const;
const controls: readonly Control[] = [{ oid: ControlOid.passwordPolicy, critical: false }];
const policyOf = (message: LdapMessage | undefined): unknown => {
  const control = message?.controls?.find(({ oid }) => oid === ControlOid.passwordPolicy);
  return control?.value === undefined ? undefined : decodePasswordPolicy(control.value);
};

test("a client that cannot be told is refused a password that must be changed", async () => {
  await using client = ldapTestClient(place.server);
  expect(await client.bind(userDn("ada"), password)).toMatchObject({
    resultCode: LdapResultCode.invalidCredentials,
    diagnosticMessage: "",
  });
});

test("one that sends the password policy control is let in and told, and can look at nothing before", async () => {
  await using client = ldapTestClient(place.server);
  const [answer] = await client.exchange(bindAs("ada"), { controls });
  expect(answer?.protocolOp).toMatchObject({ resultCode: LdapResultCode.success });
  expect(policyOf(answer)).toEqual({ error: "changeAfterReset" });
  expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
  expect(await client.search({ base: baseDn })).toMatchObject({
    resultCode: LdapResultCode.insufficientAccessRights,
    entries: [],
  });
});

test("a password in order is answered with a policy response that says so", async () => {
  await using client = ldapTestClient(place.server);
  const [answer] = await client.exchange(bindAs("grace"), { controls });
  expect(policyOf(answer)).toEqual({});
});

test("a wrong password says nothing of the state of the account", async () => {
  await using client = ldapTestClient(place.server);
  const wrong = { type: "simple", password: Buffer.from("wrong") } as const;
  const [answer] = await client.exchange({ ...bindAs("ada"), authentication: wrong }, { controls });
  expect(answer).toEqual({
    messageId: 1,
    protocolOp: expect.objectContaining({ resultCode: LdapResultCode.invalidCredentials }),
  });
});

test.each<[string, (client: LdapTestClient) => Promise<{ resultCode: number }>]>([
  ["password modify", (client) => client.changePassword({ newPassword: "a new password, at long last" })],
  [
    "modify",
    (client) =>
      client.modify(userDn("ada"), {
        operation: "replace",
        attribute: "userPassword",
        values: ["a new password, at long last"],
      }),
  ],
])("who has changed it by %s may do everything else, on the same connection", async (_, change) => {
  await using own = await office();
  await own.directory.credentials.requirePasswordChange(own.user.ada.id);
  await using client = ldapTestClient(own.server);
  await client.exchange(bindAs("ada"), { controls });
  const title = { operation: "replace", attribute: "title", values: ["x"] } as const;
  expect(await client.modify(userDn("ada"), title)).toMatchObject({
    resultCode: LdapResultCode.insufficientAccessRights,
  });
  expect(await client.changePassword({ newPassword: "short" })).toMatchObject({
    resultCode: LdapResultCode.constraintViolation,
  });
  expect(await client.search({ base: baseDn })).toMatchObject({
    resultCode: LdapResultCode.insufficientAccessRights,
  });
  expect(await change(client)).toMatchObject({ resultCode: LdapResultCode.success });
  expect((await client.search({ base: baseDn })).entries.length).toBeGreaterThan(1);
});

describe("the password that must be changed, once more,", () => {
  const inHistory = { resultCode: LdapResultCode.constraintViolation, error: { error: "passwordInHistory" } };
  const modifyRequest = (...changes: ModifyRequest["changes"]): ModifyRequest => ({
    type: "modifyRequest",
    object: userDn("ada"),
    changes,
  });
  const modification = { type: "userPassword", vals: [Buffer.from(password)] };
  const passwordModify = (old?: string): RequestOp => ({
    type: "extendedReq",
    requestName: ExtendedOid.passwordModify,
    requestValue: encodePasswordModifyRequest({
      userIdentity: Buffer.from(userDn("ada")),
      ...(old === undefined ? {} : { oldPasswd: Buffer.from(old) }),
      newPasswd: Buffer.from(password),
    }),
  });
  const requests: readonly [string, RequestOp][] = [
    ["password modify", passwordModify()],
    ["password modify with the old one", passwordModify(password)],
    ["modify", modifyRequest({ operation: "replace", modification })],
    [
      "modify that deletes the old one",
      modifyRequest({ operation: "delete", modification }, { operation: "add", modification }),
    ],
  ];
  const tried = async (client: LdapTestClient, op: RequestOp) => {
    const answer = await ask(client, op, ...controls);
    const [control] = answer.controls;
    const error = control?.value === undefined ? undefined : decodePasswordPolicy(control.value);
    expect(answer.diagnosticMessage).not.toContain(password);
    return { resultCode: answer.resultCode, error };
  };

  test.each(requests)("is refused by %s, and nothing else may be done as before", async (_, request) => {
    await using own = await office();
    await own.directory.credentials.requirePasswordChange(own.user.ada.id);
    await using client = ldapTestClient(own.server);
    await client.exchange(bindAs("ada"), { controls });
    expect(await tried(client, request)).toEqual(inHistory);
    expect(await client.search({ base: baseDn })).toMatchObject({
      resultCode: LdapResultCode.insufficientAccessRights,
    });
    await using again = ldapTestClient(own.server);
    const [answer] = await again.exchange(bindAs("ada"), { controls });
    expect(policyOf(answer)).toEqual({ error: "changeAfterReset" });
    expect(await client.changePassword({ newPassword: otherPassword })).toMatchObject({ resultCode: 0 });
    expect((await client.search({ base: baseDn })).resultCode).toBe(LdapResultCode.success);
  });

  test.each(requests)("is not what an administrator gives them by %s either", async (_, request) => {
    await using own = await bureau();
    await using admin = await boundAs(own, "admin");
    await own.directory.credentials.requirePasswordChange(own.user.ada.id);
    expect(await tried(admin, request)).toEqual(inHistory);
    const user = userDn("ada");
    expect(await admin.changePassword({ user, newPassword: otherPassword })).toMatchObject({ resultCode: 0 });
    expect(await hasPassword(own.directory, "ada", otherPassword)).toBe(true);
  });
});

test("the password that must be changed is not deleted by its owner, who could set it anew", async () => {
  await using own = await bureau();
  await own.directory.credentials.requirePasswordChange(own.admin.id);
  await using client = ldapTestClient(own.server);
  await client.exchange(bindAs("admin"), { controls });
  for (const vals of [[], [Buffer.from(password)]]) {
    const change = { operation: "delete", modification: { type: "userPassword", vals } } as const;
    const op: ModifyRequest = { type: "modifyRequest", object: userDn("admin"), changes: [change] };
    const answer = await ask(client, op, ...controls);
    expect(answer).toMatchObject({ resultCode: LdapResultCode.insufficientAccessRights });
    expect(decodePasswordPolicy(answer.controls[0]?.value ?? Buffer.of())).toEqual({
      error: "passwordModNotAllowed",
    });
  }
  expect(await client.search({ base: baseDn })).toMatchObject({
    resultCode: LdapResultCode.insufficientAccessRights,
  });
  expect(await client.changePassword({ newPassword: otherPassword })).toMatchObject({ resultCode: 0 });
  expect((await client.search({ base: baseDn })).entries.length).toBeGreaterThan(1);
});

describe("a password that comes to be one that must be changed while the new one is hashed", () => {
  /** A bureau where ada's password is marked as the next one is hashed, and a way to set it there. */
  async function marking() {
    const quick = argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true });
    let whileHashing: (() => Promise<unknown>) | undefined;
    const hash: PasswordHasher["hash"] = async (...given) => {
      const next = whileHashing;
      whileHashing = undefined;
      await next?.();
      return quick.hash(...given);
    };
    const own = await bureau({}, { hasher: { ...quick, hash } });
    const { directory, user } = own;
    whileHashing = () => directory.credentials.requirePasswordChange(user.ada.id);
    return own;
  }
  const replace = (value: string): ModifyRequest => ({
    type: "modifyRequest",
    object: userDn("ada"),
    changes: [{ operation: "replace", modification: { type: "userPassword", vals: [Buffer.from(value)] } }],
  });

  test("is compared with it in the end, by modify", async () => {
    await using own = await marking();
    await using admin = await boundAs(own, "admin");
    expect(await ask(admin, replace(otherPassword))).toMatchObject({ resultCode: LdapResultCode.success });
    expect(await hasPassword(own.directory, "ada", otherPassword)).toBe(true);
  });

  test("is not set once more, by modify", async () => {
    await using own = await marking();
    await using admin = await boundAs(own, "admin");
    expect(await ask(admin, replace(password))).toMatchObject({
      resultCode: LdapResultCode.constraintViolation,
    });
    const result = await own.directory.authenticate({ username: "ada", password, protocol: "test" });
    expect(result).toMatchObject({ outcome: "accepted", mustChangePassword: true });
  });

  test("is a reason to try again, by password modify", async () => {
    await using own = await marking();
    await using admin = await boundAs(own, "admin");
    const change = { user: userDn("ada"), newPassword: otherPassword };
    expect(await admin.changePassword(change)).toMatchObject({
      resultCode: LdapResultCode.busy,
      diagnosticMessage: "userPassword: became one that must be changed meanwhile",
    });
    expect(await admin.changePassword(change)).toMatchObject({ resultCode: LdapResultCode.success });
  });
});

describe("whoever must change their password first", () => {
  const { insufficientAccessRights, invalidCredentials, noSuchObject, authorizationDenied } = LdapResultCode;
  const newPassword = { operation: "replace", attribute: "userPassword", values: [otherPassword] } as const;

  test.each(["admin", "ada"] as const)("does not change others': %s", async (name) => {
    await using own = await bureau();
    const { id } = name === "admin" ? own.admin : own.user.ada;
    await own.directory.credentials.requirePasswordChange(id);
    await using client = ldapTestClient(own.server);
    await client.exchange(bindAs(name), { controls });
    // Nor do they learn who is there.
    for (const user of [userDn("grace"), userDn("nobody")]) {
      expect(await client.changePassword({ user, newPassword: otherPassword })).toMatchObject({
        resultCode: noSuchObject,
      });
      expect(await client.modify(user, newPassword)).toMatchObject({ resultCode: noSuchObject });
    }
    expect(await client.modify(groupDn("staff"), newPassword)).not.toMatchObject({ resultCode: 0 });
    expect(await hasPassword(own.directory, "grace", password)).toBe(true);
    expect(await client.changePassword({ newPassword: otherPassword })).toMatchObject({ resultCode: 0 });
    expect(await client.modify(userDn("grace"), newPassword)).toMatchObject({
      resultCode: name === "admin" ? 0 : insufficientAccessRights,
    });
  });

  test.each<[string, Control]>([
    ["pre-read", { oid: ControlOid.preRead, critical: true, value: encodeReadEntryRequest([]) }],
    ["post-read", { oid: ControlOid.postRead, critical: true, value: encodeReadEntryRequest([]) }],
    [
      "an assertion",
      { oid: ControlOid.assertion, critical: true, value: encodeAssertion(parseFilter("(title=Analyst)")) },
    ],
  ])("does not look at their entry by %s", async (_, control) => {
    await using client = ldapTestClient(place.server);
    await client.exchange(bindAs("ada"), { controls });
    const vals = [Buffer.from(otherPassword)];
    const change = { operation: "replace", modification: { type: "userPassword", vals } } as const;
    for (const changes of [[], [change]]) {
      const op: ModifyRequest = { type: "modifyRequest", object: userDn("ada"), changes };
      expect(await ask(client, op, control)).toEqual({
        resultCode: insufficientAccessRights,
        diagnosticMessage: "the password must be changed first",
        controls: [],
      });
    }
  });

  test("does not act as somebody else, by control or by SASL", async () => {
    await using own = await bureau();
    const { directory, resource } = own;
    const proxy = await directory.users.create({ username: "proxy", password });
    await directory.grants.add({ user: proxy, resource, attributes: { proxy: true } });
    await directory.credentials.requirePasswordChange(proxy.id);
    await using client = ldapTestClient(own.server);
    await client.exchange(bindAs("proxy"), { controls });
    const value = Buffer.from(`dn:${userDn("admin")}`);
    const asAdmin: Control = { oid: ControlOid.proxiedAuthorization, critical: true, value };
    const change = {
      type: "extendedReq",
      requestName: ExtendedOid.passwordModify,
      requestValue: encodePasswordModifyRequest({
        userIdentity: Buffer.from(userDn("ada")),
        newPasswd: Buffer.from(otherPassword),
      }),
    } as const;
    expect(await ask(client, change, asAdmin)).toMatchObject({ resultCode: authorizationDenied });
    expect(await hasPassword(directory, "ada", password)).toBe(true);
    const credentials = Buffer.from(`u:admin\0proxy\0${password}`);
    const authentication = { type: "sasl", mechanism: "PLAIN", credentials } as const;
    const saslBind = { type: "bindRequest", version: 3, name: "", authentication } as const;
    expect(await ask(client, saslBind, ...controls)).toMatchObject({ resultCode: invalidCredentials });
    expect(await client.whoAmI()).toBe("");
  });
});

test("what others have asked before is not answered to someone who must change their password", async () => {
  await using grace = ldapTestClient(place.server);
  await grace.bind(userDn("grace"), password);
  const search = { base: baseDn, filter: "(uid=tomas)" };
  for (let times = 0; times < 2; times += 1) expect((await grace.search(search)).entries).toHaveLength(1);
  await using client = ldapTestClient(place.server);
  await client.exchange(bindAs("ada"), { controls });
  expect(await client.search(search)).toMatchObject({
    resultCode: LdapResultCode.insufficientAccessRights,
    entries: [],
  });
});

test("thousands of requests behind the bind of someone who must change their password are refused one by one", async () => {
  await using client = ldapTestClient(place.server);
  const value = Buffer.from("x");
  const compare = { type: "compareRequest", entry: baseDn, attribute: "o", value } as const;
  const messages = Array.from({ length: 5000 }, (_, i) =>
    encodeMessage({ messageId: i + 10, protocolOp: compare }),
  );
  const bind = encodeMessage({ messageId: 9, protocolOp: bindAs("ada"), controls });
  client.write(Buffer.concat([bind, ...messages]));
  expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
});
