import { memoryStore, type OrganizationId } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { parseFilter } from "../codec/index.ts";
import { ldapServer } from "../server/ldap-server.ts";
import { baseDn, emptyDirectory, groupDn, password, until, userDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";
import {
  control,
  cookieOf,
  lastTold,
  persisting,
  request,
  told,
  watchControl,
  watchedOffice,
} from "./sync.fixture.ts";

describe("while it persists", () => {
  test("a manager's new name is in the entries of those they manage", async () => {
    await using place = await watchedOffice();
    const search = await persisting(place.client);
    await place.directory.users.update(place.user.grace.id, { username: "hopper" });
    await until(() => search.news().includes("modify uid=ada"));
    expect(lastTold(search.messages, userDn("ada"), "manager")).toEqual([userDn("hopper")]);
  });

  test("an attribute that is defined meanwhile is told, and one number for each entry", async () => {
    await using place = await watchedOffice();
    const { directory, user, client } = place;
    const search = await persisting(client);
    await directory.attributes.define({ owner: "user", name: "locker" });
    await directory.users.update(user.ada.id, { attributes: { locker: ["12"] } });
    await until(() => lastTold(search.messages, userDn("ada"), "locker").join() === "12");
    expect(lastTold(search.messages, userDn("ada"), "entryCSN")).toHaveLength(1);
  });

  test("an entry that comes into sight is added, and one that is there modified", async () => {
    await using place = await watchedOffice();
    const search = await persisting(place.client);
    await place.directory.users.activate(place.user.sam.id);
    await until(() => search.news().includes("add uid=sam"));
    expect(search.news()).toContain("modify cn=staff");
  });

  test("what no longer matches because of another's change is gone", async () => {
    await using place = await watchedOffice();
    const { client, directory, group, user } = place;
    const groups = await persisting(client, { filter: parseFilter(`(member=${userDn("tomas")})`) });
    const people = await persisting(client, { filter: parseFilter(`(manager=${userDn("grace")})`) });
    expect(told(groups.messages)[0]).toBe("add cn=staff");
    expect(told(people.messages)[0]).toBe("add uid=ada");
    await directory.groups.removeMembers(group.staff.id, [user.tomas.id]);
    await directory.users.update(user.grace.id, { username: "hopper" });
    await until(() => groups.news().length > 0 && people.news().length > 0);
    expect([...groups.news(), ...people.news()]).toEqual(["delete cn=staff", "delete uid=ada"]);
  });

  test("who is gone before all were told for the first time is told of", async () => {
    await using place = await watchedOffice({ layout: { people: "all" } });
    const { client, directory, user } = place;
    const display = "x".repeat(200);
    await directory.users.createMany(
      Array.from({ length: 2000 }, (_, i) => ({ username: `clerk-${i}`, name: { display } })),
    );
    const search = client.begin(request(), { controls: control({ mode: "refreshAndPersist" }) });
    await until(() => told(search.messages).includes("add uid=ada"));
    client.pause();
    await directory.users.delete(user.ada.id);
    client.resume();
    await until(() => told(search.messages).includes("delete uid=ada"));
    expect(told(search.messages)).toContain("refreshPresent");
  });

  test("a persistent search names a group that takes its grants along", async () => {
    await using place = await watchedOffice();
    const { client, directory, group } = place;
    const filter = parseFilter("(objectClass=groupOfNames)");
    const search = client.begin(request({ filter }), { controls: watchControl({ changesOnly: false }) });
    await until(() => search.messages.length >= 4);
    await directory.groups.delete(group.staff.id);
    await until(() => told(search.messages).some((one) => one.startsWith("delete")));
    const gone = search.messages.flatMap(({ protocolOp }) =>
      protocolOp.type === "searchResEntry" && protocolOp.attributes.length === 0 ? protocolOp.objectName : [],
    );
    expect(gone).toEqual([groupDn("staff")]);
  });
});

test("a cookie of another history is none: everything is told", async () => {
  let now = Date.UTC(2026, 0, 1);
  const store = memoryStore();
  const clock = (): number => now;
  await using other = await watchedOffice({}, { store, organization: "other" as OrganizationId, clock });
  const cookie = cookieOf(await other.client.exchange(request(), { controls: control() })) as Uint8Array;
  now += 1000;
  await using place = await watchedOffice({}, { store, clock });
  await place.directory.users.update(place.user.ada.id, { name: { given: "Augusta" } });
  const second = await place.client.exchange(request(), { controls: control({ cookie }) });
  expect(told(second)).toContain("add uid=grace");
  expect(told(second)).toContain("add uid=ada");
});

test("a cookie of this one is one, also when the server has heard of no change since it started", async () => {
  let now = Date.UTC(2026, 0, 1);
  const store = memoryStore();
  const clock = (): number => now;
  await using place = await watchedOffice({}, { store, clock });
  now += 1000;
  // Younger than any entry.
  await place.directory.resources.create({ kind: "radius", name: "wifi" });
  await using directory = await emptyDirectory({ store, clock });
  await using server = ldapServer({ directory, baseDn });
  await using client = ldapTestClient(server);
  await client.bind(userDn("reader"), password);
  const cookie = cookieOf(await client.exchange(request(), { controls: control() })) as Uint8Array;
  await directory.users.update(place.user.ada.id, { name: { given: "Augusta" } });
  expect(told(await client.exchange(request(), { controls: control({ cookie }) }))).toEqual(["add uid=ada"]);
});
