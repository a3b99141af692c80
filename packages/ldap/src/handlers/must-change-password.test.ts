import { afterAll, beforeAll, expect, test } from "vitest";
import { ControlOid, decodePasswordPolicy, type LdapMessage, LdapResultCode } from "../codec/index.ts";
import { baseDn, type Office, office, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

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
const controls = [{ oid: ControlOid.passwordPolicy, critical: false }];
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
