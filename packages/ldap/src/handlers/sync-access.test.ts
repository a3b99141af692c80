import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { until, userDn } from "../server/office.fixture.ts";
import {
  control,
  cookieOf,
  persisting,
  request,
  resultOf,
  told,
  type WatchedOffice,
  watchControl,
  watchedOffice,
} from "./sync.fixture.ts";

const { insufficientAccessRights } = LdapResultCode;

describe("who may no longer be told what changes is told no more, on a connection that goes on", () => {
  test("by content synchronization", async () => {
    await using place = await watchedOffice();
    const { client, directory, grant, user } = place;
    const search = await persisting(client);
    await directory.grants.remove(grant.id);
    await directory.users.update(user.ada.id, { name: { given: "Augusta" } });
    expect(resultOf(await search.done)).toBe(insufficientAccessRights);
    expect(search.news()).toEqual([]);
    expect(await client.whoAmI()).toBe(`dn:${userDn("reader")}`);
  });

  test("by a persistent search", async () => {
    await using place = await watchedOffice();
    const { client, directory, grant, user } = place;
    const search = client.begin(request(), { controls: watchControl({ changesOnly: false }) });
    await until(() => search.messages.length >= 8);
    await directory.grants.remove(grant.id);
    await directory.users.update(user.ada.id, { name: { given: "Augusta" } });
    expect(resultOf(await search.done)).toBe(insufficientAccessRights);
    expect(search.messages).toHaveLength(9);
  });
});

describe("what the reader sees changes what they have", () => {
  const selfOnly = { attributes: { sync: true, search: "self" } };
  const whole = { attributes: { sync: true, search: "directory" } };

  test("while it persists: more by their own grant, then less", async () => {
    await using place = await watchedOffice();
    const { client, directory, grant } = place;
    await directory.grants.update(grant.id, selfOnly);
    const search = await persisting(client);
    expect(told(search.messages)).toEqual(["add uid=reader", "refreshPresent"]);
    await directory.grants.update(grant.id, whole);
    await until(() => search.news().includes("newcookie"));
    expect(search.news()).toContain("add uid=ada");
    await directory.grants.update(grant.id, selfOnly);
    await until(() => search.news().filter((one) => one === "newcookie").length === 2);
    expect(search.news()).toContain("delete uid=ada");
    expect(search.news().slice(-2)).toEqual(["modify uid=reader", "newcookie"]);
  });

  test.each<[string, (place: WatchedOffice) => Promise<unknown>]>([
    ["their own grant", ({ directory, grant }) => directory.grants.update(grant.id, whole)],
    [
      "a group of theirs",
      async ({ directory, resource, user, group }) => {
        await directory.groups.addMembers(group.empty.id, [user.reader.id]);
        await directory.grants.add({ group: group.empty, resource, ...whole, priority: 20 });
      },
    ],
    [
      "a group they have come into",
      async ({ directory, resource, user }) => {
        const { id } = await directory.groups.create({ name: "watchers" });
        await directory.grants.add({ group: id, resource, ...whole, priority: 20 });
        await directory.groups.addMembers(id, [user.reader.id]);
      },
    ],
  ])("between two times: more by %s", async (_, change) => {
    await using place = await watchedOffice({ layout: { people: "all" } });
    const { client, directory, grant } = place;
    await directory.grants.update(grant.id, { attributes: { sync: true, search: "self" } });
    const first = await client.exchange(request(), { controls: control() });
    expect(told(first)).toContain("add uid=reader");
    expect(told(first)).not.toContain("add uid=ada");
    const cookie = cookieOf(first) as Uint8Array;
    await change(place);
    const second = await client.exchange(request(), { controls: control({ cookie }) });
    expect(told(second)).toContain("add uid=ada");
  });

  test("another resource of the tree lets more people be seen", async () => {
    await using place = await watchedOffice();
    const { client, directory, group } = place;
    const search = await persisting(client);
    const resource = await directory.resources.create({ kind: "ldap", name: "second" });
    await directory.grants.add({ group: group.guests, resource });
    await until(() => search.news().includes("add uid=mallory"));
  });
});
