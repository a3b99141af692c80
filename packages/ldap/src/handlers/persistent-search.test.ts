import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ControlOid,
  decodeEntryChange,
  encodePersistentSearch,
  type LdapMessage,
  LdapResultCode,
  type PersistentSearchRequest,
  parseFilter,
  type SearchRequest,
} from "../codec/index.ts";
import { baseDn, type Office, office, password, until, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

let place: Office;
let client: LdapTestClient;
beforeEach(async () => {
  place = await office();
  await place.directory.grants.add({
    user: place.user.reader.id,
    resource: place.resource.id,
    attributes: { sync: true },
    priority: 10,
  });
  client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
});
afterEach(() => place[Symbol.asyncDispose]());

const request: SearchRequest = {
  type: "searchRequest",
  baseObject: baseDn,
  scope: "wholeSubtree",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter("(objectClass=inetOrgPerson)"),
  attributes: ["uid"],
};
function begin(asked: Partial<PersistentSearchRequest> = {}, as = client) {
  const value = encodePersistentSearch({ changeTypes: 15, changesOnly: true, returnECs: true, ...asked });
  const controls = [{ oid: ControlOid.persistentSearch, critical: true, value }];
  const search = as.begin(request, { controls });
  search.done.catch(() => {});
  return search;
}
const told = (messages: readonly LdapMessage[]): string[] =>
  messages.flatMap(({ protocolOp, controls = [] }) => {
    if (protocolOp.type !== "searchResEntry") return [];
    const value = controls.find(({ oid }) => oid === ControlOid.entryChangeNotification)?.value;
    const what = value === undefined ? "entry" : decodeEntryChange(value).changeType;
    return `${what} ${protocolOp.objectName.split(",")[0]}`;
  });
/** Changes a person until the search says so: from then on it listens. */
async function listening(search: ReturnType<typeof begin>): Promise<number> {
  let turn = 0;
  await until(async () => {
    turn += 1;
    await place.directory.users.update(place.user.ada.id, { employee: { title: `Title ${turn}` } });
    return told(search.messages).length > 0;
  });
  return search.messages.length;
}

test("what changes is told as it changes, with what has happened to it", async () => {
  const search = begin();
  const before = await listening(search);
  const { directory, group, user } = place;
  const eve = await directory.users.create({ username: "eve" });
  await directory.groups.addMembers(group.staff.id, [eve.id]);
  await directory.users.suspend(user.tomas.id);
  await until(() => told(search.messages.slice(before)).includes("delete uid=tomas"));
  const news = told(search.messages.slice(before));
  expect(news.filter((one) => one.endsWith("uid=eve")).at(-1)).toMatch(/^(add|modify) uid=eve$/);
});

test("what is there comes first, without a control, unless only changes are wanted", async () => {
  const search = begin({ changesOnly: false });
  await until(() => told(search.messages).length >= 4);
  expect(told(search.messages).slice(0, 4)).toEqual([
    "entry uid=grace",
    "entry uid=ada",
    "entry uid=tomas",
    "entry uid=reader",
  ]);
});

test("only the kinds of change that were asked for are told, and no controls where they are not wanted", async () => {
  const search = begin({ changeTypes: 2 | 4, returnECs: false });
  const before = await listening(search);
  await place.directory.users.delete(place.user.tomas.id);
  await until(() => search.messages.length > before);
  expect(told(search.messages).at(-1)).toBe("entry uid=tomas");
  const only = begin({ changeTypes: 2 });
  await place.directory.users.delete(place.user.grace.id);
  await until(() => told(only.messages).length > 0 || told(search.messages).includes("entry uid=grace"));
  expect(told(only.messages).filter((one) => !one.startsWith("delete"))).toEqual([]);
});

test("it takes the grant, and a request that says something", async () => {
  await using other = ldapTestClient(place.server);
  await other.bind(userDn("ada"), password);
  const [refused] = await begin({}, other).done;
  expect(refused?.protocolOp).toMatchObject({ resultCode: LdapResultCode.insufficientAccessRights });
  const [malformed] = await begin({ changeTypes: 16 }).done;
  expect(malformed?.protocolOp).toMatchObject({ resultCode: LdapResultCode.protocolError });
});

test("it ends when it is abandoned, and its place is free again", async () => {
  await using own = await office({ limits: { maxLastingSearches: 1 } });
  await own.directory.grants.add({
    user: own.user.reader.id,
    resource: own.resource.id,
    attributes: { sync: true },
    priority: 10,
  });
  await using mine = ldapTestClient(own.server);
  await mine.bind(userDn("reader"), password);
  const first = begin({ changesOnly: false }, mine);
  await until(() => told(first.messages).length >= 4);
  mine.send({ type: "abandonRequest", abandonId: first.messageId }).catch(() => {});
  const second = begin({ changesOnly: false }, mine);
  await until(() => told(second.messages).length >= 4);
});
