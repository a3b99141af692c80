import { X509Certificate } from "node:crypto";
import type { Grant } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { type Office, office, password, totpCode, totpSecret, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, type LdapTestClientOptions, ldapTestClient } from "../testing.ts";

const pem = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUK3WlZv/aTDvwH6jAADb/AdNfzWYwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDYWRhMCAXDTI2MTEyMzIzMTYxNVoYDzIxMjYxMDMwMjMxNjE1
WjAOMQwwCgYDVQQDDANhZGEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQczYWs
I1dCrtP2jVsWiNvOllBt8zou+s7EaGiJrmiVfggE5/t03CqAitzixTxNfJ0wr1RE
QLbOAwvISIe0MXQmo1MwUTAdBgNVHQ4EFgQUnntkehVWzcUgLusmrYVlhROYZ/cw
HwYDVR0jBBgwFoAUnntkehVWzcUgLusmrYVlhROYZ/cwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEArz0rLhP2pJDg6EZY84bhC96UYysgBILab+J6
UZUGxP0CIEnRvMiAfmOsxxf9oaBz0CU2UX+yHcaLBTCLWYdfhFJi
-----END CERTIFICATE-----
`;
const certificate = new X509Certificate(pem).raw;

let place: Office;
beforeAll(async () => {
  place = await office();
  await place.directory.credentials.addCertificate(place.user.ada.id, pem);
  const { reader } = place.user;
  const proxy = await place.directory.resources.list({ kind: "ldap" });
  for await (const resource of proxy)
    await place.directory.grants.add({
      user: reader.id,
      resource: resource.id,
      attributes: { proxy: true },
      priority: 10,
    });
});
afterAll(() => place[Symbol.asyncDispose]());

const connect = (options?: LdapTestClientOptions): LdapTestClient => ldapTestClient(place.server, options);
const bound = async (
  client: LdapTestClient,
  mechanism: string,
  credentials = "",
): Promise<string | number> => {
  const { resultCode } = await client.saslBind(mechanism, credentials);
  return resultCode === LdapResultCode.success ? client.whoAmI() : resultCode;
};

describe("PLAIN", () => {
  test.each([
    ["a username", "ada"],
    ["a username whatever its case", "ADA"],
    ["u: and a username", "u:ada"],
    ["the primary e-mail address", "ada@example.com"],
    ["dn: and a DN", `dn:${userDn("ada")}`],
  ])("%s names the person", async (_, name) => {
    await using client = connect();
    expect(await bound(client, "PLAIN", `\0${name}\0${password}`)).toBe(`dn:${userDn("ada")}`);
  });

  test("the mechanism is named regardless of case", async () => {
    await using client = connect();
    expect(await bound(client, "plain", `\0ada\0${password}`)).toBe(`dn:${userDn("ada")}`);
  });

  test.each([
    ["a wrong password", "\0ada\0wrong"],
    ["nobody's name", `\0nobody\0${password}`],
    ["someone whom no grant lets in", `\0mallory\0${password}`],
    ["someone suspended", `\0sam\0${password}`],
    ["a DN that is none", `\0dn:===\0${password}`],
    ["an empty password", "\0ada\0"],
  ])("%s gets the one answer", async (_, credentials) => {
    await using client = connect();
    expect(await client.saslBind("PLAIN", credentials)).toEqual({
      resultCode: LdapResultCode.invalidCredentials,
      matchedDN: "",
      diagnosticMessage: "",
    });
  });

  test.each([
    ["without parts", "ada"],
    ["with too few", "ada\0password"],
    ["without a name", `\0\0${password}`],
    ["with NUL in the password", "\0ada\0pass\0word"],
  ])("a message %s is a protocol error", async (_, credentials) => {
    await using client = connect();
    expect(await client.saslBind("PLAIN", credentials)).toMatchObject({
      resultCode: LdapResultCode.protocolError,
    });
  });

  test("a one-time code goes behind the password as in a simple bind", async () => {
    await using client = connect();
    const given = `\0tomas\0${password},${totpCode(totpSecret)}`;
    expect(await bound(client, "PLAIN", given)).toBe(`dn:${userDn("tomas")}`);
  });

  test("is neither taken nor offered where others can listen", async () => {
    await using client = connect({ secure: false });
    expect(await client.saslBind("PLAIN", `\0ada\0${password}`)).toMatchObject({
      resultCode: LdapResultCode.confidentialityRequired,
    });
    const { entries } = await client.search({ attributes: ["supportedSASLMechanisms"] });
    expect(entries[0]?.attributes).toEqual({});
  });

  test("without credentials the client is asked for them", async () => {
    await using client = connect();
    const authentication = { type: "sasl", mechanism: "PLAIN" } as const;
    const [response] = await client.send({ type: "bindRequest", version: 3, name: "", authentication });
    expect(response).toMatchObject({
      resultCode: LdapResultCode.saslBindInProgress,
      serverSaslCreds: new Uint8Array(0),
    });
  });
});

describe("EXTERNAL", () => {
  test("the certificate says who it is", async () => {
    await using client = connect({ certificate });
    expect(await bound(client, "EXTERNAL")).toBe(`dn:${userDn("ada")}`);
    const { entries } = await client.search({ attributes: ["supportedSASLMechanisms"] });
    expect(entries[0]?.attributes["supportedSASLMechanisms"]).toEqual(["EXTERNAL", "PLAIN"]);
  });

  test("without a certificate, or with one of nobody's, it is refused", async () => {
    for (const options of [{}, { certificate: Buffer.from("nobody's") }]) {
      await using client = connect(options);
      expect(await bound(client, "EXTERNAL")).toBe(LdapResultCode.invalidCredentials);
    }
  });

  test("the authorization identity may be one's own and nobody else's", async () => {
    await using client = connect({ certificate });
    expect(await bound(client, "EXTERNAL", `dn:${userDn("ada")}`)).toBe(`dn:${userDn("ada")}`);
    expect(await bound(client, "EXTERNAL", `dn:${userDn("grace")}`)).toBe(LdapResultCode.invalidCredentials);
    expect(await bound(client, "EXTERNAL", "dn:===")).toBe(LdapResultCode.invalidCredentials);
  });

  test("a certificate lets nobody in before or after its time, however old the connection is", async () => {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
    let now = to;
    await using own = await office({}, { clock: () => now });
    await own.directory.credentials.addCertificate(own.user.ada.id, pem);
    await using client = ldapTestClient(own.server, { certificate });
    for (const [time, expected] of [
      [to, `dn:${userDn("ada")}`],
      [to + 1000, LdapResultCode.invalidCredentials],
      [from, `dn:${userDn("ada")}`],
      [from - 1000, LdapResultCode.invalidCredentials],
    ] as const) {
      now = time;
      expect(await bound(client, "EXTERNAL")).toBe(expected);
    }
  });

  test("a certificate taken away ends the connections it began", async () => {
    await using own = await office();
    const { ada } = own.user;
    const { id } = await own.directory.credentials.addCertificate(ada.id, pem);
    await using client = ldapTestClient(own.server, { certificate });
    expect(await bound(client, "EXTERNAL")).toBe(`dn:${userDn("ada")}`);
    await own.directory.credentials.removeCertificate(id);
    expect(await client.closed).toMatchObject({ resultCode: LdapResultCode.strongerAuthRequired });
  });
});

test("someone whose grant says so may log in for another", async () => {
  await using client = connect();
  expect(await bound(client, "PLAIN", `u:grace\0reader\0${password}`)).toBe(`dn:${userDn("grace")}`);
  expect(await bound(client, "PLAIN", `u:mallory\0reader\0${password}`)).toBe(
    LdapResultCode.invalidCredentials,
  );
  expect(await bound(client, "PLAIN", `u:grace\0ada\0${password}`)).toBe(LdapResultCode.invalidCredentials);
});

describe("who has logged in for another is disconnected", () => {
  test.each<[string, (place: Office, proxy: Grant) => Promise<unknown>]>([
    ["when suspended", ({ directory, user }) => directory.users.suspend(user.reader.id)],
    [
      "with a new password",
      ({ directory, user }) => directory.credentials.setPassword(user.reader.id, "another engine 1844"),
    ],
    ["without the right to", ({ directory }, { id }) => directory.grants.remove(id)],
    ["when the other is suspended", ({ directory, user }) => directory.users.suspend(user.grace.id)],
  ])("%s", async (_, change) => {
    await using own = await office();
    const proxy = await own.directory.grants.add({
      user: own.user.reader,
      resource: own.resource,
      attributes: { proxy: true },
      priority: 10,
    });
    await using client = ldapTestClient(own.server);
    expect(await bound(client, "PLAIN", `u:grace\0reader\0${password}`)).toBe(`dn:${userDn("grace")}`);
    await change(own, proxy);
    expect(await client.closed).toMatchObject({ resultCode: LdapResultCode.strongerAuthRequired });
  });
});

test.each(["DIGEST-MD5", "GSSAPI", "SCRAM-SHA-256", ""])("%j is not served", async (mechanism) => {
  await using client = connect();
  expect(await client.saslBind(mechanism)).toMatchObject({
    resultCode: LdapResultCode.authMethodNotSupported,
  });
});
