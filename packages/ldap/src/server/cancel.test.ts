import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ControlOid,
  decodeMessage,
  ExtendedOid,
  encodeCancelRequest,
  encodePersistentSearch,
  encodeSyncRequest,
  LdapFramer,
  LdapResultCode,
  parseFilter,
  type RequestOp,
  type ResponseOp,
} from "../codec/index.ts";
import { ldapTestClient } from "../testing.ts";
import { baseDn, type Office, office, password, unrulyStore, until, userDn } from "./office.fixture.ts";

let place: Office;
beforeAll(async () => {
  place = await office();
});
afterAll(() => place[Symbol.asyncDispose]());

const search: RequestOp = {
  type: "searchRequest",
  baseObject: baseDn,
  scope: "wholeSubtree",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter("(description=*nothing*)"),
  attributes: [],
};
const cancel = (id: number): RequestOp => ({
  type: "extendedReq",
  requestName: ExtendedOid.cancel,
  requestValue: encodeCancelRequest(id),
});
const codeOf = (responses: readonly ResponseOp[]): number => {
  const last = responses.at(-1);
  return last !== undefined && "resultCode" in last ? last.resultCode : -1;
};

test("a cancelled search is answered as canceled, and the cancel succeeds", async () => {
  const { store, control } = unrulyStore();
  await using own = await office({}, { store });
  await using client = ldapTestClient(own.server);
  await client.bind(userDn("ada"), password);
  control.mood = "stuck";
  const searching = client.send(search, { messageId: 41 });
  expect(codeOf(await client.send(cancel(41)))).toBe(LdapResultCode.success);
  expect(codeOf(await searching)).toBe(LdapResultCode.canceled);
  control.mood = "well";
});

test("cancelling what is not there says so, and cancelling nonsense is a protocol error", async () => {
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("ada"), password);
  expect(codeOf(await client.send(cancel(4711)))).toBe(LdapResultCode.noSuchOperation);
  const broken: RequestOp = { type: "extendedReq", requestName: ExtendedOid.cancel };
  expect(codeOf(await client.send(broken))).toBe(LdapResultCode.protocolError);
});

test.each([
  [
    "a synchronization",
    { oid: ControlOid.syncRequest, value: encodeSyncRequest({ mode: "refreshOnly", reloadHint: false }) },
  ],
  [
    "a persistent search",
    {
      oid: ControlOid.persistentSearch,
      value: encodePersistentSearch({ changeTypes: 15, changesOnly: false, returnECs: false }),
    },
  ],
])("behind the last word of %s comes nothing more", async (_, control) => {
  await using own = await office({ layout: { people: "all" } });
  const { directory, user, resource } = own;
  await directory.grants.add({ user: user.reader, resource, attributes: { sync: true }, priority: 1 });
  await directory.users.createMany(Array.from({ length: 2000 }, (_, i) => ({ username: `clerk-${i}` })));
  await using client = ldapTestClient(own.server);
  await client.bind(userDn("reader"), password);
  const everyone = { ...search, filter: parseFilter("(uid=clerk-*)") } as const;
  const controls = [{ ...control, critical: true }];
  const { messageId, messages, done } = client.begin(everyone, { controls });
  await until(() => messages.length > 0);
  client.send(cancel(messageId)).catch(() => {});
  expect(codeOf((await done).map(({ protocolOp }) => protocolOp as ResponseOp))).toBe(
    LdapResultCode.canceled,
  );
  // The connection is quiet again when the work has stopped, and what it would have sent is before this.
  await client.search({ base: baseDn, filter: "(uid=clerk-1*)", attributes: ["1.1"] });
  const framer = new LdapFramer({ maxFrameBytes: 64 * 1024 * 1024 });
  framer.push(client.received);
  const kinds: string[] = [];
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
    const message = decodeMessage(frame);
    if (message.messageId === messageId) kinds.push(message.protocolOp.type);
  }
  expect(kinds.indexOf("searchResDone")).toBe(kinds.length - 1);
});
