import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ControlOid,
  decodeSyncDone,
  decodeSyncInfo,
  decodeSyncState,
  encodeSyncRequest,
  type LdapMessage,
  LdapResultCode,
  parseFilter,
  type SearchRequest,
  type SyncRequest,
} from "../codec/index.ts";
import {
  baseDn,
  groupDn,
  type Office,
  office,
  password,
  until,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
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

function request(more: Partial<SearchRequest> = {}): SearchRequest {
  return {
    type: "searchRequest",
    baseObject: baseDn,
    scope: "wholeSubtree",
    derefAliases: "neverDerefAliases",
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: parseFilter("(|(objectClass=inetOrgPerson)(objectClass=groupOfNames))"),
    attributes: ["*", "entryCSN"],
    ...more,
  };
}
const control = (asked: Partial<SyncRequest>) => [
  {
    oid: ControlOid.syncRequest,
    critical: true,
    value: encodeSyncRequest({ mode: "refreshOnly", reloadHint: false, ...asked }),
  },
];

/** What messages say, in words. */
function told(messages: readonly LdapMessage[]): string[] {
  return messages.flatMap(({ protocolOp, controls = [] }) => {
    if (protocolOp.type === "searchResEntry") {
      const value = controls.find(({ oid }) => oid === ControlOid.syncState)?.value;
      const state = value === undefined ? "nothing" : decodeSyncState(value).state;
      return `${state} ${protocolOp.objectName.split(",")[0]}`;
    }
    if (protocolOp.type === "intermediateResponse") {
      const info = decodeSyncInfo(protocolOp.responseValue ?? new Uint8Array(0));
      if (info.type !== "syncIdSet") return info.type;
      return `${info.refreshDeletes ? "gone" : "there"} ${info.syncUUIDs.length}`;
    }
    return [];
  });
}

/** The cookie of the last message that has one. */
function cookieOf(messages: readonly LdapMessage[]): Uint8Array | undefined {
  const cookies = messages.flatMap(({ protocolOp, controls = [] }) => {
    const values = controls.flatMap(({ oid, value = new Uint8Array(0) }) => {
      if (oid === ControlOid.syncDone) return decodeSyncDone(value).cookie ?? [];
      return oid === ControlOid.syncState ? (decodeSyncState(value).cookie ?? []) : [];
    });
    if (protocolOp.type !== "intermediateResponse") return values;
    return decodeSyncInfo(protocolOp.responseValue ?? new Uint8Array(0)).cookie ?? [];
  });
  return cookies.at(-1);
}

async function refresh(cookie?: Uint8Array, more: Partial<SearchRequest> = {}): Promise<LdapMessage[]> {
  return client.exchange(request(more), { controls: control(cookie === undefined ? {} : { cookie }) });
}
const resultOf = (messages: readonly LdapMessage[]): number | undefined => {
  const op = messages.at(-1)?.protocolOp;
  return op !== undefined && "resultCode" in op ? op.resultCode : undefined;
};

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
    expect(messages[0]).toBe("gone 3");
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
    const numberOf = (messages: readonly LdapMessage[], dn: string): string | undefined => {
      const entry = messages
        .map(({ protocolOp }) => protocolOp)
        .find((op) => op.type === "searchResEntry" && op.objectName === dn);
      const found =
        entry?.type === "searchResEntry"
          ? entry.attributes.find(({ type }) => type === "entryCSN")
          : undefined;
      return found === undefined ? undefined : Buffer.from(found.vals[0] ?? []).toString();
    };
    const first = await refresh();
    const { directory, group, user } = place;
    await directory.groups.addMembers(group.empty.id, [user.ada.id]);
    const second = await refresh(cookieOf(first));
    const before = numberOf(first, groupDn("empty"));
    const after = numberOf(second, groupDn("empty"));
    expect(before).toBeDefined();
    expect(after?.localeCompare(before ?? "")).toBe(1);
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
  const persist = (cookie?: Uint8Array) =>
    client.begin(request(), {
      controls: control({ mode: "refreshAndPersist", ...(cookie === undefined ? {} : { cookie }) }),
    });
  /** Starts, and waits for the end of the refresh. */
  async function persisting(cookie?: Uint8Array) {
    const search = persist(cookie);
    const isRefreshed = () => told(search.messages).some((one) => one.startsWith("refresh"));
    await until(isRefreshed);
    const { length } = search.messages;
    return { ...search, news: () => told(search.messages.slice(length)) };
  }

  test("goes on to tell what changes, with a cookie at the end of each change", async () => {
    const search = await persisting();
    await place.directory.users.update(place.user.ada.id, { name: { given: "Augusta" } });
    await until(() => search.news().length === 1);
    expect(search.news()).toEqual(["modify uid=ada"]);
    const cookie = cookieOf(search.messages);
    client.send({ type: "abandonRequest", abandonId: search.messageId }).catch(() => {});
    expect(told(await refresh(cookie))).toEqual([]);
  });

  test("tells of someone new, and of the group they are in", async () => {
    const search = await persisting();
    const { directory, group } = place;
    const eve = await directory.users.create({ username: "eve" });
    await directory.groups.addMembers(group.engineers.id, [eve.id]);
    await until(() => search.news().includes("modify uid=eve"));
    await until(() => search.news().includes("modify cn=staff"));
    expect(search.news()).toContain("modify cn=engineers");
  });

  test("tells of someone who is gone, first", async () => {
    const search = await persisting();
    await place.directory.users.delete(place.user.tomas.id);
    await until(() => search.news().length >= 2);
    expect(search.news()[0]).toBe("delete uid=tomas");
    expect(search.news()).toContain("modify cn=staff");
  });

  test("tells of someone suspended as of someone gone", async () => {
    const search = await persisting();
    await place.directory.users.suspend(place.user.grace.id);
    await until(() => search.news().includes("delete uid=grace"));
  });

  test("when a change reaches far, tells all that is there and what is gone", async () => {
    const search = await persisting();
    const { directory, group } = place;
    await directory.groups.removeMembers(group.staff.id, [group.engineers.id]);
    await until(() => search.news().includes("newcookie"));
    expect(search.news()).toContain("delete uid=ada");
    expect(search.news()).toContain("modify uid=grace");
    expect(search.news().at(-1)).toBe("newcookie");
  });

  test("changes that concern no entry say nothing", async () => {
    const search = await persisting();
    await place.directory.resources.create({ kind: "radius", name: "wifi" }).catch(() => {});
    await place.directory.users.update(place.user.ada.id, { name: { given: "A" } });
    await until(() => search.news().length > 0);
    expect(search.news()).toContain("modify uid=ada");
  });

  test("can be cancelled, and ends when the server closes", async () => {
    const search = await persisting();
    const closing = place.server.close({ drainMs: 60_000 });
    expect(resultOf(await search.done)).toBe(LdapResultCode.unavailable);
    await closing;
  });

  test("ends with the connection of someone who is suspended", async () => {
    const search = await persisting();
    const ended = search.done.catch((error: unknown) => error);
    await place.directory.users.suspend(place.user.reader.id);
    expect(await ended).toMatchObject({ code: "denied" });
  });

  test("no more of them than the limit says", async () => {
    await using own = await office({ limits: { maxLastingSearches: 1 } });
    await own.directory.grants.add({
      user: own.user.reader.id,
      resource: own.resource.id,
      attributes: { sync: true },
      priority: 10,
    });
    await using mine = ldapTestClient(own.server);
    await mine.bind(userDn("reader"), password);
    const controls = control({ mode: "refreshAndPersist" });
    const first = mine.begin(request(), { controls });
    first.done.catch(() => {});
    await until(() => told(first.messages).some((one) => one.startsWith("refresh")));
    expect(resultOf(await mine.exchange(request(), { controls }))).toBe(LdapResultCode.adminLimitExceeded);
    mine.send({ type: "abandonRequest", abandonId: first.messageId }).catch(() => {});
    const again = mine.begin(request(), { controls });
    again.done.catch(() => {});
    await until(() => told(again.messages).some((one) => one.startsWith("refresh")));
  });
});

test("without the grant it is refused", async () => {
  await using other = ldapTestClient(place.server);
  await other.bind(userDn("ada"), password);
  const messages = await other.exchange(request(), { controls: control({}) });
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
