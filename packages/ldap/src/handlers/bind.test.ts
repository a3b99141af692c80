import { allowWeakHashing, argon2Hasher } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeMessage, encodeMessage, LdapFramer, LdapResultCode } from "../codec/index.ts";
import { allowPlaintextBind, resolveOptions } from "../options.ts";
import {
  baseDn,
  groupDn,
  type Office,
  office,
  password,
  totpCode,
  totpSecret,
  unrulyStore,
  until,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { DirectoryView } from "../view/directory-view.ts";
import { bind } from "./bind.ts";
import { Organizations } from "./organizations.ts";

const refused = { resultCode: LdapResultCode.invalidCredentials, matchedDN: "", diagnosticMessage: "" };

let place: Office;
beforeAll(async () => {
  place = await office({}, { authentication: { sourceThrottle: { failureBurst: 10_000 } } });
});
afterAll(() => place[Symbol.asyncDispose]());

const connect = (options?: Parameters<typeof ldapTestClient>[1]): LdapTestClient =>
  ldapTestClient(place.server, options);

describe("a simple bind", () => {
  test("with name and password binds", async () => {
    await using client = connect();
    expect(await client.bind(userDn("ada"), password)).toMatchObject({ resultCode: LdapResultCode.success });
    expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
  });

  test("without name and password is anonymous (RFC 4513 §5.1.1)", async () => {
    await using client = connect();
    await client.bind(userDn("ada"), password);
    expect(await client.bind("", "")).toMatchObject({ resultCode: LdapResultCode.success });
    expect(await client.whoAmI()).toBe("");
  });

  test.each([userDn("ada"), userDn("nobody"), baseDn, "nonsense"])(
    "L3: with the name %s and an empty password is refused as unwilling (RFC 4513 §5.1.2)",
    async (name) => {
      await using client = connect();
      const { resultCode } = await client.bind(name, "");
      expect(resultCode).toBe(LdapResultCode.unwillingToPerform);
      expect(await client.whoAmI()).toBe("");
    },
  );

  test.each([
    `UID=Ada , OU=users, DC = Example,dc=com`,
    `uid=\\61da,${usersDn}`,
    `0.9.2342.19200300.100.1.1=#0403616461,${usersDn}`,
    `userid="ada",${usersDn}`,
    `uid=ada;ou=Users;${baseDn}`,
  ])("takes the name spelled %s", async (name) => {
    await using client = connect();
    expect(await client.bind(name, password)).toMatchObject({ resultCode: 0 });
    expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
  });

  test("with a name that is no DN says so", async () => {
    await using client = connect();
    expect(await client.bind("ada", password)).toMatchObject({ resultCode: LdapResultCode.invalidDNSyntax });
  });

  test("of another version than 3 is a protocol error", async () => {
    await using client = connect();
    const authentication = { type: "simple", password: Buffer.from(password) } as const;
    const [response] = await client.send({
      type: "bindRequest",
      version: 2,
      name: userDn("ada"),
      authentication,
    });
    expect(response).toMatchObject({ resultCode: LdapResultCode.protocolError });
  });
});

describe("everyone who is not let in gets the same answer", () => {
  test.each([
    ["a wrong password", userDn("ada"), "wrong"],
    ["nobody of that name", userDn("nobody"), password],
    ["a suspended person", userDn("sam"), password],
    ["a staged person", userDn("stella"), password],
    ["a person without a grant", userDn("mallory"), password],
    ["a group", groupDn("staff"), password],
    ["the suffix", baseDn, password],
    ["a DN of another tree", "uid=ada,ou=Users,dc=elsewhere", password],
    ["a DN below a person", `cn=x,${userDn("ada")}`, password],
    ["a person's e-mail address in the place of the name", userDn("ada@example.com"), password],
    ["a name of two attributes", `uid=ada+cn=Ada,${usersDn}`, password],
    ["a wrong TOTP code", userDn("tomas"), `${password},000000`],
  ])("%s", async (_, name, given) => {
    await using client = connect();
    expect(await client.bind(name, given)).toEqual(refused);
    expect(await client.whoAmI()).toBe("");
  });
});

test("octets that are no text are nobody's password", async () => {
  await using client = connect();
  const octets = Buffer.concat([Buffer.from(password), Buffer.from([0xff])]);
  const authentication = { type: "simple", password: octets } as const;
  const [response] = await client.send({
    type: "bindRequest",
    version: 3,
    name: userDn("ada"),
    authentication,
  });
  expect(response).toMatchObject(refused);
});

test("the octets of a password are wiped once they were looked at", async () => {
  const view = new DirectoryView(resolveOptions({ directory: place.directory, baseDn })[0]);
  const organizations = new Organizations([view], new Set());
  for (const name of [userDn("ada"), userDn("nobody"), "nonsense", ""]) {
    const authentication = { type: "simple", password: Buffer.from(password) } as const;
    const session = { identity: undefined, secure: true, address: "127.0.0.1", id: "test" };
    const watch = { ended: new Set<never>(), changed: false };
    const request = { type: "bindRequest", version: 3, name, authentication } as const;
    await bind(request, {
      session,
      organizations,
      watch,
      signal: new AbortController().signal,
      controls: {},
    });
    expect(authentication.password.every((octet) => octet === 0)).toBe(true);
  }
});

describe("second factors", () => {
  test("a code behind the password is taken once", async () => {
    await using client = connect();
    const given = `${password},${totpCode(totpSecret)}`;
    expect(await client.bind(userDn("tomas"), given)).toMatchObject({ resultCode: 0 });
    expect(await client.bind(userDn("tomas"), given)).toEqual(refused);
  });

  test("a grant that demands one lets nobody in without it", async () => {
    await using own = await office();
    const [grant] = await own.directory.grants.ofGroup(own.group.staff.id);
    await own.directory.grants.update(grant?.id as never, { conditions: { mfa: true } });
    await using client = ldapTestClient(own.server);
    expect(await client.bind(userDn("ada"), password)).toEqual(refused);
    expect(await client.bind(userDn("tomas"), password)).toEqual(refused);
    const withCode = `${password},${totpCode(totpSecret)}`;
    expect(await client.bind(userDn("tomas"), withCode)).toMatchObject({ resultCode: 0 });
    expect((await client.search({ base: baseDn })).resultCode).toBe(0);
  });
});

test("a grant bound to networks counts only from there", async () => {
  await using own = await office();
  const [grant] = await own.directory.grants.ofGroup(own.group.staff.id);
  await own.directory.grants.update(grant?.id as never, { conditions: { networks: ["192.0.2.0/24"] } });
  await using inside = ldapTestClient(own.server, { address: "192.0.2.7" });
  await using outside = ldapTestClient(own.server, { address: "198.51.100.7" });
  expect(await inside.bind(userDn("ada"), password)).toMatchObject({ resultCode: 0 });
  expect(await outside.bind(userDn("ada"), password)).toEqual(refused);
});

test("too many failures lock the account, and the answer stays the same", async () => {
  const authentication = { accountLock: { freeFailures: 2, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } };
  await using own = await office({}, { authentication });
  await using client = ldapTestClient(own.server);
  for (const wrong of ["wrong 1", "wrong 2"])
    expect(await client.bind(userDn("ada"), wrong)).toEqual(refused);
  expect(await client.bind(userDn("ada"), password)).toEqual(refused);
});

describe("L4: passwords in clear", () => {
  test.each(["127.0.0.1", "::1", "192.0.2.1"])("are refused by default, from %s", async (address) => {
    await using client = connect({ secure: false, address });
    const { resultCode } = await client.bind(userDn("ada"), password);
    expect(resultCode).toBe(LdapResultCode.confidentialityRequired);
  });

  test.each([
    ["loopback", "127.0.0.1", 0],
    ["loopback", "::ffff:127.0.0.1", 0],
    ["loopback", "::1", 0],
    ["loopback", "192.0.2.1", LdapResultCode.confidentialityRequired],
    ["anywhere", "192.0.2.1", 0],
  ] as const)("with allowPlaintextBind %s, from %s: %i", async (allowed, address, resultCode) => {
    await using own = await office({ [allowPlaintextBind]: allowed });
    await using client = ldapTestClient(own.server, { secure: false, address });
    expect(await client.bind(userDn("ada"), password)).toMatchObject({ resultCode });
  });

  test("an anonymous connection may read the root DSE and nothing else", async () => {
    await using client = connect({ secure: false });
    expect(await client.search({})).toMatchObject({ resultCode: 0, entries: [{ dn: "" }] });
    for (const base of [baseDn, "cn=Subschema", userDn("ada"), "dc=elsewhere"]) {
      const answer = await client.search({ base });
      expect(answer).toMatchObject({ resultCode: LdapResultCode.insufficientAccessRights, entries: [] });
    }
    const { resultCode } = await client.compare(userDn("ada"), "uid", "ada");
    expect(resultCode).toBe(LdapResultCode.insufficientAccessRights);
  });
});

const presence = {
  type: "searchRequest",
  baseObject: "",
  scope: "wholeSubtree",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: { type: "present", attribute: "objectClass" },
  attributes: ["1.1"],
} as const;

describe("L6: the connection while and after a bind", () => {
  test("a failed bind leaves it anonymous", async () => {
    await using client = connect();
    await client.bind(userDn("ada"), password);
    await client.bind(userDn("ada"), "wrong");
    expect(await client.whoAmI()).toBe("");
    const { resultCode, entries } = await client.search({ base: baseDn });
    expect([resultCode, entries]).toEqual([LdapResultCode.insufficientAccessRights, []]);
  });

  test("a bind gives up what was under way, and holds back what comes after it", async () => {
    await using client = connect();
    await client.bind(userDn("ada"), password);
    const before = client.received.length;
    const all = { ...presence, baseObject: baseDn };
    const authentication = { type: "simple", password: Buffer.from(password) } as const;
    const bindRequest = { type: "bindRequest", version: 3, name: userDn("grace"), authentication } as const;
    client.write(
      Buffer.concat([
        encodeMessage({ messageId: 70, protocolOp: all }),
        encodeMessage({ messageId: 71, protocolOp: bindRequest }),
        encodeMessage({ messageId: 72, protocolOp: { ...all, baseObject: userDn("grace") } }),
      ]),
    );
    expect(await client.whoAmI()).toBe(`dn:${userDn("grace")}`);
    const framer = new LdapFramer();
    framer.push(client.received.subarray(before));
    const ids: number[] = [];
    for (let frame = framer.next(); frame; frame = framer.next()) ids.push(decodeMessage(frame).messageId);
    expect(ids.filter((id) => id >= 70)).toEqual([71, 72, 72]);
  });

  test("a messageID that a bind has given up can be used again", async () => {
    await using client = connect();
    await client.bind(userDn("ada"), password);
    const search = { ...presence, baseObject: baseDn };
    client.send(search, { messageId: 77 }).catch(() => {});
    await client.bind(userDn("ada"), password);
    const responses = await client.send(search, { messageId: 77 });
    expect(responses.at(-1)).toMatchObject({ type: "searchResDone", resultCode: 0 });
    expect(new Set(responses.map((one) => "objectName" in one && one.objectName)).size).toBe(
      responses.length,
    );
  });
});

describe("when the directory cannot answer", () => {
  test("more passwords than can be hashed: busy", async () => {
    const cost = { memoryKiB: 64, passes: 1, concurrency: 1, maxQueued: 0, [allowWeakHashing]: true };
    await using own = await office({}, { hasher: argon2Hasher(cost) });
    const clients = [1, 2, 3, 4].map(() => ldapTestClient(own.server));
    const results = await Promise.all(clients.map((client) => client.bind(userDn("ada"), password)));
    const codes = new Set(results.map(({ resultCode }) => resultCode));
    expect(codes).toEqual(new Set([LdapResultCode.success, LdapResultCode.busy]));
    for (const [i, client] of clients.entries())
      expect(await client.whoAmI()).toBe(results[i]?.resultCode === 0 ? `dn:${userDn("ada")}` : "");
  });

  test("a store that fails: unavailable, never success", async () => {
    const { store, control } = unrulyStore();
    await using own = await office({}, { store });
    await using client = ldapTestClient(own.server);
    expect(await client.bind(userDn("ada"), password)).toMatchObject({ resultCode: 0 });
    control.mood = "broken";
    expect(await client.bind(userDn("ada"), password)).toMatchObject({
      resultCode: LdapResultCode.unavailable,
    });
    expect(await client.bind(userDn("nobody"), "x")).toMatchObject({
      resultCode: LdapResultCode.unavailable,
    });
    control.mood = "well";
    expect(await client.whoAmI()).toBe("");
  });

  test("a store that never answers: unavailable when the time is up, whatever it says later", async () => {
    const { store, control } = unrulyStore();
    await using own = await office({ limits: { maxSearchMs: 50 } }, { store });
    await using client = ldapTestClient(own.server);
    control.mood = "stuck";
    expect(await client.bind(userDn("ada"), password)).toMatchObject({
      resultCode: LdapResultCode.unavailable,
    });
    control.mood = "well";
    expect(await client.whoAmI()).toBe("");
  });

  test("a peer that leaves while the store hangs leaves nothing behind", async () => {
    const { store, control } = unrulyStore();
    await using own = await office({ limits: { maxSearchMs: 50 } }, { store });
    const client = ldapTestClient(own.server);
    control.mood = "stuck";
    client.bind(userDn("ada"), password).catch(() => {});
    client.end();
    await client.closed;
    await until(() => own.server.connections === 0);
  });
});
