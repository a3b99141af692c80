import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ControlOid,
  decodeSyncDone,
  type LdapMessage,
  LdapResultCode,
  parseFilter,
  type SearchRequest,
} from "../codec/index.ts";
import { groupDn, password, until, userDn, usersDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import {
  control,
  cookieOf,
  lastTold,
  persisting,
  request,
  resultOf,
  told,
  type WatchedOffice,
  watchedOffice,
} from "./sync.fixture.ts";

let place: WatchedOffice;
let client: LdapTestClient;
beforeEach(async () => {
  place = await watchedOffice();
  client = place.client;
});
afterEach(() => place[Symbol.asyncDispose]());

async function refresh(cookie?: Uint8Array, more: Partial<SearchRequest> = {}): Promise<LdapMessage[]> {
  return client.exchange(request(more), { controls: control(cookie === undefined ? {} : { cookie }) });
}

const everything = [
  "add uid=grace",
  "add uid=ada",
  "add uid=tomas",
  "add uid=reader",
  ...["staff", "engineers", "guests", "empty"].map((name) => `add cn=${name}`),
];

describe("refreshOnly", () => {
  test("without a cookie everything is told, and what is not told is not there", async () => {
    const messages = await refresh();
    expect(told(messages).toSorted()).toEqual(everything.toSorted());
    const done = messages.at(-1)?.controls?.[0];
    expect(done?.oid).toBe(ControlOid.syncDone);
    expect(decodeSyncDone(done?.value ?? new Uint8Array(0))).toMatchObject({ refreshDeletes: false });
    expect(Buffer.from(cookieOf(messages) ?? []).toString()).toMatch(/^rid=000,csn=\d{14}\.\d{6}Z#/);
  });

  test("with the cookie of before, and nothing new, nothing is told", async () => {
    const cookie = cookieOf(await refresh());
    const messages = await refresh(cookie);
    expect(told(messages)).toEqual([]);
    expect(cookieOf(messages)).toEqual(cookie);
  });

  test("the number of an OpenLDAP consumer comes back as it was", async () => {
    const messages = await refresh(Buffer.from("rid=042"));
    expect(Buffer.from(cookieOf(messages) ?? []).toString()).toMatch(/^rid=042,/);
  });

  test("what has changed since is told, and no more", async () => {
    const cookie = cookieOf(await refresh());
    await place.directory.users.update(place.user.ada.id, { name: { given: "Augusta" } });
    expect(told(await refresh(cookie))).toEqual(["add uid=ada"]);
  });

  test("whoever is gone, suspended or out of the group that lets them in is told by UUID, and the groups anew", async () => {
    const cookie = cookieOf(await refresh());
    const { directory, user, group } = place;
    await directory.users.suspend(user.grace.id);
    await directory.users.delete(user.tomas.id);
    await directory.groups.removeMembers(group.engineers.id, [user.ada.id]);
    const messages = told(await refresh(cookie));
    // With sam, whom grace manages: that he was never seen is not remembered.
    expect(messages[0]).toBe("gone 4");
    expect(messages).toContain("add cn=staff");
    expect(messages.filter((one) => one.includes("uid="))).toEqual([]);
  });

  test("after a change to what groups are granted everything is told: anyone may have come or gone", async () => {
    const cookie = cookieOf(await refresh());
    const { directory, group, resource } = place;
    await directory.grants.add({ group: group.guests.id, resource: resource.id });
    expect(told(await refresh(cookie)).toSorted()).toEqual([...everything, "add uid=mallory"].toSorted());
  });

  test.each([
    ["of nonsense", Buffer.from("nonsense")],
    ["of another server", Buffer.from("rid=001,csn=20200101000000.000000Z#000000#001#000000")],
    ["that a consumer has made up", Buffer.from("rid=001,csn=20200101000000.000000Z#000000#000#000000")],
    ["of the future", Buffer.from("rid=001,csn=20990101000000.000000Z#ffffff#000#ffffff")],
    ["of a thousand octets and more", Buffer.alloc(5000, "x")],
  ])("with a cookie %s everything is told", async (_, cookie) => {
    expect(told(await refresh(cookie)).toSorted()).toEqual(everything.toSorted());
  });

  test("the entry carries the place of the answer as its entryCSN, so that it grows with every change", async () => {
    const first = await refresh();
    const { directory, group, user } = place;
    await directory.groups.addMembers(group.empty.id, [user.ada.id]);
    const second = await refresh(cookieOf(first));
    const [before = ""] = lastTold(first, groupDn("empty"), "entryCSN");
    const [after = ""] = lastTold(second, groupDn("empty"), "entryCSN");
    expect(before).not.toBe("");
    expect(after.localeCompare(before)).toBe(1);
  });

  test("only what the search is for is told", async () => {
    const only = { baseObject: usersDn, filter: parseFilter("(uid=ada)"), attributes: ["uid"] };
    const first = await refresh(undefined, only);
    expect(told(first)).toEqual(["add uid=ada"]);
    await place.directory.users.update(place.user.grace.id, { name: { given: "G" } });
    expect(told(await refresh(cookieOf(first), only))).toEqual(["gone 1"]);
  });
});

describe("refreshAndPersist", () => {
  test("goes on to tell what changes, with a cookie at the end of each change", async () => {
    const search = await persisting(client);
    await place.directory.users.update(place.user.ada.id, { name: { given: "Augusta" } });
    await until(() => search.news().length === 1);
    expect(search.news()).toEqual(["modify uid=ada"]);
    const cookie = cookieOf(search.messages);
    client.send({ type: "abandonRequest", abandonId: search.messageId }).catch(() => {});
    expect(told(await refresh(cookie))).toEqual([]);
  });

  test("tells of someone new, and of the group they are in", async () => {
    const search = await persisting(client);
    const { directory, group } = place;
    const eve = await directory.users.create({ username: "eve" });
    await directory.groups.addMembers(group.engineers.id, [eve.id]);
    await until(() => search.news().includes("add uid=eve"));
    await until(() => search.news().includes("modify cn=staff"));
    expect(search.news()).toContain("modify cn=engineers");
  });

  test("tells of someone who is gone, first", async () => {
    const search = await persisting(client);
    await place.directory.users.delete(place.user.tomas.id);
    await until(() => search.news().length >= 2);
    expect(search.news()[0]).toBe("delete uid=tomas");
    expect(search.news()).toContain("modify cn=staff");
  });

  test("tells of someone suspended as of someone gone", async () => {
    const search = await persisting(client);
    await place.directory.users.suspend(place.user.grace.id);
    await until(() => search.news().includes("delete uid=grace"));
  });

  test("when a change reaches far, tells all that is there and what is gone", async () => {
    const search = await persisting(client);
    const { directory, group } = place;
    await directory.groups.removeMembers(group.staff.id, [group.engineers.id]);
    await until(() => search.news().includes("newcookie"));
    expect(search.news()).toContain("delete uid=ada");
    expect(search.news()).toContain("modify uid=grace");
    expect(search.news().at(-1)).toBe("newcookie");
  });

  test("changes that concern no entry say nothing", async () => {
    const search = await persisting(client);
    await place.directory.resources.create({ kind: "radius", name: "wifi" }).catch(() => {});
    await place.directory.users.update(place.user.ada.id, { name: { given: "A" } });
    await until(() => search.news().length > 0);
    expect(search.news()).toContain("modify uid=ada");
  });

  test("can be cancelled, and ends when the server closes", async () => {
    const search = await persisting(client);
    const closing = place.server.close({ drainMs: 60_000 });
    expect(resultOf(await search.done)).toBe(LdapResultCode.unavailable);
    await closing;
  });

  test("ends with the connection of someone who is suspended", async () => {
    const search = await persisting(client);
    const ended = search.done.catch((error: unknown) => error);
    await place.directory.users.suspend(place.user.reader.id);
    expect(await ended).toMatchObject({ code: "denied" });
  });

  test("no more of them than the limit says", async () => {
    await using own = await watchedOffice({ limits: { maxLastingSearches: 1 } });
    const { client: mine } = own;
    const first = await persisting(mine);
    const controls = control({ mode: "refreshAndPersist" });
    expect(resultOf(await mine.exchange(request(), { controls }))).toBe(LdapResultCode.adminLimitExceeded);
    mine.send({ type: "abandonRequest", abandonId: first.messageId }).catch(() => {});
    await persisting(mine);
  });
});

test("without the grant it is refused", async () => {
  await using other = ldapTestClient(place.server);
  await other.bind(userDn("ada"), password);
  const messages = await other.exchange(request(), { controls: control() });
  expect(resultOf(messages)).toBe(LdapResultCode.insufficientAccessRights);
});

test("a base that is not there is answered as by a search", async () => {
  const messages = await refresh(undefined, { baseObject: userDn("nobody"), scope: "baseObject" });
  expect(resultOf(messages)).toBe(LdapResultCode.noSuchObject);
});

test("a request that cannot be read is a protocol error", async () => {
  const controls = [{ oid: ControlOid.syncRequest, critical: true, value: Buffer.from([1, 2, 3]) }];
  expect(resultOf(await client.exchange(request(), { controls }))).toBe(LdapResultCode.protocolError);
});
