import { allowWeakHashing, argon2Hasher, type PasswordHasher } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Control,
  ControlOid,
  ExtendedOid,
  encodeAuthzId,
  encodePasswordModifyRequest,
  LdapResultCode,
  type ResponseOp,
} from "../codec/index.ts";
import { type Office, office, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { ask, type Bureau, boundAs, bureau, hasPassword, otherPassword } from "./writes.fixture.ts";

let place: Office;
let proxy: LdapTestClient;
let plain: LdapTestClient;
beforeAll(async () => {
  place = await office();
  await place.directory.grants.add({
    user: place.user.reader.id,
    resource: place.resource.id,
    attributes: { proxy: true },
    priority: 10,
  });
  proxy = ldapTestClient(place.server);
  await proxy.bind(userDn("reader"), password);
  plain = ldapTestClient(place.server);
  await plain.bind(userDn("ada"), password);
});
afterAll(() => place[Symbol.asyncDispose]());

const dn = (name: string): Uint8Array => encodeAuthzId({ type: "dn", dn: userDn(name) });
async function whoAmIAs(
  client: LdapTestClient,
  value: Uint8Array,
  critical = true,
): Promise<string | number> {
  const controls = [{ oid: ControlOid.proxiedAuthorization, critical, value }];
  const responses = await client.send({ type: "extendedReq", requestName: ExtendedOid.whoAmI }, { controls });
  const last = responses.at(-1) as Extract<ResponseOp, { type: "extendedResp" }>;
  return last.resultCode === 0 ? Buffer.from(last.responseValue ?? []).toString() : last.resultCode;
}

test("an operation is done as the one who is named, and only that one", async () => {
  expect(await whoAmIAs(proxy, dn("grace"))).toBe(`dn:${userDn("grace")}`);
  expect(await whoAmIAs(proxy, Buffer.from("u:GRACE"))).toBe(`dn:${userDn("grace")}`);
  expect(await proxy.whoAmI()).toBe(`dn:${userDn("reader")}`);
});

test("to act as nobody is possible too", async () => {
  expect(await whoAmIAs(proxy, Buffer.alloc(0))).toBe("");
});

test("what the other may not see is not seen", async () => {
  await place.directory.grants.add({
    user: place.user.grace.id,
    resource: place.resource.id,
    attributes: { search: "self" },
    priority: 20,
  });
  const search = {
    type: "searchRequest",
    baseObject: "ou=Users,dc=example,dc=com",
    scope: "wholeSubtree",
    derefAliases: "neverDerefAliases",
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: { type: "present", attribute: "uid" },
    attributes: ["uid"],
  } as const;
  const controls = [{ oid: ControlOid.proxiedAuthorization, critical: true, value: dn("grace") }];
  const found = (await proxy.send(search, { controls })).flatMap((response) =>
    response.type === "searchResEntry" ? [response.objectName] : [],
  );
  expect(found).toEqual([userDn("grace")]);
});

test.each([
  ["someone who is suspended", dn("sam")],
  ["someone whom no grant lets in", dn("mallory")],
  ["nobody's name", dn("nobody")],
  ["a DN that is none", Buffer.from("dn:===")],
])("%s cannot be acted as", async (_, value) => {
  expect(await whoAmIAs(proxy, value)).toBe(LdapResultCode.authorizationDenied);
});

test("without the grant one may act as oneself only", async () => {
  expect(await whoAmIAs(plain, dn("ada"))).toBe(`dn:${userDn("ada")}`);
  expect(await whoAmIAs(plain, dn("grace"))).toBe(LdapResultCode.authorizationDenied);
  expect(await whoAmIAs(plain, Buffer.alloc(0))).toBe(LdapResultCode.authorizationDenied);
});

test("nobody may act as anybody before a bind", async () => {
  await using client = ldapTestClient(place.server);
  expect(await whoAmIAs(client, dn("ada"))).toBe(LdapResultCode.authorizationDenied);
});

test("a control that is not critical, or says nothing that is an identity, is a protocol error", async () => {
  expect(await whoAmIAs(proxy, dn("grace"), false)).toBe(LdapResultCode.protocolError);
  expect(await whoAmIAs(proxy, Buffer.from("grace"))).toBe(LdapResultCode.protocolError);
});

test("the right ends with the grant, on a connection that is open", async () => {
  await using own = await office();
  const grant = await own.directory.grants.add({
    user: own.user.ada.id,
    resource: own.resource.id,
    attributes: { proxy: true },
    priority: 10,
  });
  await using client = ldapTestClient(own.server);
  await client.bind(userDn("ada"), password);
  expect(await whoAmIAs(client, dn("grace"))).toBe(`dn:${userDn("grace")}`);
  await own.directory.grants.remove(grant.id);
  expect(await whoAmIAs(client, dn("grace"))).toBe(LdapResultCode.authorizationDenied);
});

test.each<[string, (place: Bureau) => Promise<unknown>]>([
  ["since they are suspended", ({ directory, admin }) => directory.users.suspend(admin.id)],
  [
    "since they are no administrator any more",
    ({ directory, grant }) => directory.grants.update(grant.id, { attributes: { write: "self" } }),
  ],
])("what the other may no longer do when it comes to it, %s, is not done", async (_, change) => {
  const inner = argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true });
  const hashing = { meanwhile: async (): Promise<unknown> => undefined };
  const hash: PasswordHasher["hash"] = async (...given) => {
    await hashing.meanwhile();
    return inner.hash(...given);
  };
  await using own = await bureau({}, { hasher: { ...inner, hash } });
  const { directory, user, resource } = own;
  await directory.grants.add({ user: user.reader, resource, attributes: { proxy: true }, priority: 10 });
  await using client = await boundAs(own, "reader");
  hashing.meanwhile = () => change(own);
  const requestValue = encodePasswordModifyRequest({
    userIdentity: Buffer.from(userDn("grace")),
    newPasswd: Buffer.from(otherPassword),
  });
  const op = { type: "extendedReq", requestName: ExtendedOid.passwordModify, requestValue } as const;
  const control = { oid: ControlOid.proxiedAuthorization, critical: true, value: dn("admin") };
  expect(await ask(client, op, control)).toMatchObject({
    resultCode: LdapResultCode.insufficientAccessRights,
  });
  expect(await hasPassword(directory, "grace", otherPassword)).toBe(false);
});

test("rights to act as others are not handed on to whoever is acted as", async () => {
  await using own = await office();
  const { directory, resource, user } = own;
  for (const { id } of [user.ada, user.reader])
    await directory.grants.add({ user: id, resource, attributes: { proxy: true }, priority: 10 });
  await using client = ldapTestClient(own.server);
  expect(await client.saslBind("PLAIN", `u:ada\0reader\0${password}`)).toMatchObject({ resultCode: 0 });
  expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
  expect(await whoAmIAs(client, dn("ada"))).toBe(`dn:${userDn("ada")}`);
  expect(await whoAmIAs(client, dn("grace"))).toBe(LdapResultCode.authorizationDenied);
});

describe("the audit trail of what is written", () => {
  const title = {
    type: "modifyRequest",
    object: userDn("grace"),
    changes: [{ operation: "replace", modification: { type: "title", vals: [Buffer.from("Admiral")] } }],
  } as const;
  const asAdmin = { oid: ControlOid.proxiedAuthorization, critical: true, value: dn("admin") };
  const withProxy = async (): Promise<Bureau> => {
    const own = await bureau();
    const { directory, user, resource } = own;
    await directory.grants.add({ user: user.reader, resource, attributes: { proxy: true }, priority: 10 });
    return own;
  };
  const actorsOf = async ({ directory }: Bureau, action: string): Promise<unknown[]> =>
    (await directory.audit({ action, descending: true, limit: 1 })).map(({ actor }) => actor);

  test.each<[string, (own: Bureau) => Promise<LdapTestClient>, readonly Control[]]>([
    ["by proxied authorization", (own) => boundAs(own, "reader"), [asAdmin]],
    [
      "after a login for somebody else",
      async ({ server }) => {
        const client = ldapTestClient(server);
        await client.saslBind("PLAIN", `u:admin\0reader\0${password}`);
        return client;
      },
      [],
    ],
  ])("%s names both who did it and in whose name", async (_, connect, controls) => {
    await using own = await withProxy();
    await using client = await connect(own);
    const both = [{ kind: "user", id: own.admin.id, actedBy: { kind: "user", id: own.user.reader.id } }];
    expect(await ask(client, title, ...controls)).toMatchObject({ resultCode: 0 });
    expect(await actorsOf(own, "user.updated")).toEqual(both);
    const requestValue = encodePasswordModifyRequest({
      userIdentity: Buffer.from(userDn("grace")),
      newPasswd: Buffer.from(otherPassword),
    });
    const change = { type: "extendedReq", requestName: ExtendedOid.passwordModify, requestValue } as const;
    expect(await ask(client, change, ...controls)).toMatchObject({ resultCode: 0 });
    expect(await actorsOf(own, "credential.password-set")).toEqual(both);
    expect(await ask(client, { type: "delRequest", entry: userDn("grace") }, ...controls)).toMatchObject({
      resultCode: 0,
    });
    expect(await actorsOf(own, "user.deleted")).toEqual(both);
  });

  test.each<[string, string, readonly Control[]]>([
    ["somebody's own name", "admin", []],
    ["somebody's own name, which they gave themselves", "admin", [asAdmin]],
  ])("in %s names nobody else", async (_, name, controls) => {
    await using own = await withProxy();
    await using client = await boundAs(own, name);
    expect(await ask(client, title, ...controls)).toMatchObject({ resultCode: 0 });
    expect(await actorsOf(own, "user.updated")).toEqual([{ kind: "user", id: own.admin.id }]);
  });
});
