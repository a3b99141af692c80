import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ExtendedOid,
  encodeMessage,
  LdapResultCode,
  type ProtocolOp,
  parseFilter,
  type RequestOp,
} from "../codec/index.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import {
  baseDn,
  type Office,
  office,
  password,
  unrulyStore,
  until,
  userDn,
  usersDn,
} from "./office.fixture.ts";

const octets = (text: string): Uint8Array => Buffer.from(text);
const search = (baseObject = baseDn): RequestOp => ({
  type: "searchRequest",
  baseObject,
  scope: "baseObject",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter("(objectClass=*)"),
  attributes: ["1.1"],
});
const bindRequest = (given: string): RequestOp => ({
  type: "bindRequest",
  version: 3,
  name: userDn("ada"),
  authentication: { type: "simple", password: octets(given) },
});
const writes: readonly RequestOp[] = [
  { type: "modifyRequest", object: userDn("ada"), changes: [] },
  { type: "addRequest", entry: userDn("new"), attributes: [{ type: "cn", vals: [octets("new")] }] },
  { type: "delRequest", entry: userDn("ada") },
  { type: "modDNRequest", entry: userDn("ada"), newrdn: "uid=x", deleteoldrdn: true },
];
const others: readonly RequestOp[] = [
  search(),
  { type: "compareRequest", entry: userDn("ada"), attribute: "cn", value: octets("x") },
  { type: "extendedReq", requestName: ExtendedOid.whoAmI },
  { type: "extendedReq", requestName: ExtendedOid.startTls },
  { type: "extendedReq", requestName: "1.2.3.4" },
];

let place: Office;
let client: LdapTestClient;
beforeAll(async () => {
  place = await office();
  client = ldapTestClient(place.server);
  await client.bind(userDn("ada"), password);
});
afterAll(() => place[Symbol.asyncDispose]());

const resultOf = async (op: RequestOp, options?: Parameters<LdapTestClient["send"]>[1]): Promise<number> => {
  const last = (await client.send(op, options)).at(-1);
  return last !== undefined && "resultCode" in last ? last.resultCode : -1;
};

describe("L9: controls", () => {
  test.each([...others, ...writes])("an unknown critical one is refused on $type", async (op) => {
    const controls = [{ oid: "1.2.3.4.5", critical: true }];
    expect(await resultOf(op, { controls })).toBe(LdapResultCode.unavailableCriticalExtension);
  });

  test("on a bind too, which then does not happen", async () => {
    await using own = ldapTestClient(place.server);
    const controls = [
      { oid: "1.2.3.4.5", critical: false },
      { oid: "1.2.3.4.6", critical: true },
    ];
    const [response] = await own.send(bindRequest(password), { controls });
    expect(response).toMatchObject({ type: "bindResponse", resultCode: 12 });
    expect(await own.whoAmI()).toBe("");
  });

  test("and whoever was bound before is no more, nor are they answered", async () => {
    await using own = ldapTestClient(place.server);
    await own.bind(userDn("ada"), password);
    const given = bindRequest(password);
    const controls = [{ oid: "1.2.3.4.6", critical: true }];
    expect(await own.send(given, { controls })).toMatchObject([{ resultCode: 12 }]);
    expect(await own.whoAmI()).toBe("");
    expect(await own.search({ base: baseDn })).toMatchObject({
      resultCode: LdapResultCode.insufficientAccessRights,
    });
  });

  test("one that is not critical is passed over, and one that is known is taken", async () => {
    const manageDsaIT = "2.16.840.1.113730.3.4.2";
    expect(await resultOf(search(), { controls: [{ oid: "1.2.3.4.5", critical: false }] })).toBe(0);
    expect(await resultOf(search(), { controls: [{ oid: manageDsaIT, critical: true }] })).toBe(0);
    expect(
      await resultOf(
        { type: "extendedReq", requestName: ExtendedOid.whoAmI },
        { controls: [{ oid: manageDsaIT, critical: true }] },
      ),
    ).toBe(12);
  });
});

test.each(writes)("$type is for those who may write, and is answered by its own response", async (op) => {
  const { modifyRequest: _, ...refused } = {
    modifyRequest: 0,
    addRequest: 50,
    delRequest: 50,
    modDNRequest: 50,
  };
  const [response] = await client.send(op);
  expect(response).toMatchObject({
    type: op.type.replace("Request", "Response"),
    resultCode: refused[op.type as keyof typeof refused] ?? LdapResultCode.success,
  });
});

describe("extended operations", () => {
  test("one that is not known is a protocol error, and the connection goes on", async () => {
    expect(await resultOf({ type: "extendedReq", requestName: "1.2.3.4" })).toBe(
      LdapResultCode.protocolError,
    );
    expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
  });

  test("StartTLS without a certificate is none that is known", async () => {
    await using own = ldapTestClient(place.server, { secure: false });
    const [response] = await own.send({ type: "extendedReq", requestName: ExtendedOid.startTls });
    expect(response).toMatchObject({ resultCode: LdapResultCode.protocolError });
  });
});

describe("abandon", () => {
  test("L8: stops the answer, and nothing else", async () => {
    const { store, control } = unrulyStore();
    await using own = await office({}, { store });
    await using one = ldapTestClient(own.server);
    await one.bind(userDn("ada"), password);
    control.mood = "stuck";
    let answered = false;
    one.send(search(userDn("grace")), { messageId: 50 }).then(
      () => {
        answered = true;
      },
      () => {},
    );
    one.send({ type: "abandonRequest", abandonId: 50 }).catch(() => {});
    await one.send({ type: "extendedReq", requestName: "1.2.3.4" });
    control.mood = "well";
    expect((await one.search({ base: usersDn })).resultCode).toBe(0);
    expect(answered).toBe(false);
  });

  test("frees the messageID, though the work may go on", async () => {
    const { store, control } = unrulyStore();
    await using own = await office({}, { store });
    await using one = ldapTestClient(own.server);
    await one.bind(userDn("ada"), password);
    control.mood = "stuck";
    one.send(search(userDn("grace")), { messageId: 50 }).catch(() => {});
    one.send({ type: "abandonRequest", abandonId: 50 }).catch(() => {});
    await one.send({ type: "extendedReq", requestName: "1.2.3.4" });
    control.mood = "well";
    const responses = await one.send(search(userDn("ada")), { messageId: 50 });
    expect(responses).toMatchObject([
      { objectName: userDn("ada") },
      { type: "searchResDone", resultCode: 0 },
    ]);
  });

  test("of what is not there, or of itself, does nothing", async () => {
    for (const abandonId of [0, 99, 1])
      client.send({ type: "abandonRequest", abandonId }, { messageId: 99 }).catch(() => {});
    expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
  });

  test("given up work counts against the limit until it stops or its time is up", async () => {
    const { store, control } = unrulyStore();
    const limits = { maxPendingBound: 3, maxSearchMs: 300 };
    await using own = await office({ limits }, { store });
    await using one = ldapTestClient(own.server);
    await one.bind(userDn("ada"), password);
    control.mood = "stuck";
    for (const messageId of [51, 52, 53]) {
      one.send(search(userDn("grace")), { messageId }).catch(() => {});
      one.send({ type: "abandonRequest", abandonId: messageId }).catch(() => {});
    }
    const unknown = { type: "extendedReq", requestName: "1.2.3.4" } as const;
    let answered = false;
    const waiting = one.send(unknown).then(() => {
      answered = true;
    });
    await using another = ldapTestClient(own.server);
    for (let i = 0; i < 20; i += 1) await another.send(unknown);
    expect(answered).toBe(false);
    await waiting;
  });
});

describe("L2: what is no request ends the connection", () => {
  test.each<[what: string, message: Uint8Array]>([
    ["messageID 0", encodeMessage({ messageId: 0, protocolOp: search() })],
    [
      "a response",
      encodeMessage({
        messageId: 9,
        protocolOp: {
          type: "searchResDone",
          resultCode: 0,
          matchedDN: "",
          diagnosticMessage: "",
        } as ProtocolOp,
      }),
    ],
    ["octets that are no BER", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["an operation nobody knows", Buffer.from("30050201015a00", "hex")],
    ["a message that lies about its length", Buffer.from("3084ffffffff", "hex")],
  ])("%s", async (_, message) => {
    const own = ldapTestClient(place.server);
    await own.bind(userDn("ada"), password);
    own.write(Buffer.concat([message, encodeMessage({ messageId: 10, protocolOp: search() })]));
    expect(await own.closed).toMatchObject({ resultCode: LdapResultCode.protocolError });
  });

  test("a messageID that is in use", async () => {
    const { store, control } = unrulyStore();
    await using own = await office({}, { store });
    const one = ldapTestClient(own.server);
    await one.bind(userDn("ada"), password);
    control.mood = "stuck";
    one.send(search(userDn("ada")), { messageId: 7 }).catch(() => {});
    one.send(search(userDn("ada")), { messageId: 7 }).catch(() => {});
    expect(await one.closed).toMatchObject({ resultCode: LdapResultCode.protocolError });
    await until(() => own.server.connections === 0);
  });

  test("and what was asked before it is answered before the notice", async () => {
    const own = ldapTestClient(place.server);
    const asked = own.send({ type: "extendedReq", requestName: "1.2.3.4" });
    own.write(Buffer.from("ffff", "hex"));
    expect(await asked).toMatchObject([{ resultCode: LdapResultCode.protocolError }]);
    expect(await own.closed).toMatchObject({ resultCode: LdapResultCode.protocolError });
  });
});

test("unbind ends the connection without a word, whatever is under way", async () => {
  const own = ldapTestClient(place.server);
  await own.bind(userDn("ada"), password);
  own.send(search()).catch(() => {});
  own.send({ type: "unbindRequest" }).catch(() => {});
  expect(await own.closed).toEqual({});
});

test("L1: a message over the limit is refused before a bind and taken after it, and not after the next", async () => {
  const limits = { maxMessageBytesAnonymous: 1000, maxMessageBytesBound: 5000 };
  await using own = await office({ limits });
  const large = { ...search(), attributes: Array.from({ length: 300 }, (_, i) => `name${i}`) } as RequestOp;
  const anonymous = ldapTestClient(own.server);
  anonymous.send(large).catch(() => {});
  expect(await anonymous.closed).toMatchObject({ resultCode: LdapResultCode.protocolError });
  const bound = ldapTestClient(own.server);
  await bound.bind(userDn("ada"), password);
  expect((await bound.send(large)).at(-1)).toMatchObject({ resultCode: 0 });
  await bound.bind("", "");
  bound.send(large).catch(() => {});
  expect(await bound.closed).toMatchObject({ resultCode: LdapResultCode.protocolError });
});
