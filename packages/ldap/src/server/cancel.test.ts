import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ExtendedOid,
  encodeCancelRequest,
  LdapResultCode,
  parseFilter,
  type RequestOp,
  type ResponseOp,
} from "../codec/index.ts";
import { ldapTestClient } from "../testing.ts";
import { baseDn, type Office, office, password, unrulyStore, userDn } from "./office.fixture.ts";

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
