import type { Directory, Grant, User } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type LdapTestClient, type LdapTestSearch, ldapTestClient } from "../testing.ts";
import { ldapServer } from "./ldap-server.ts";
import { baseDn, emptyDirectory, groupDn, groupsDn, password, userDn, usersDn } from "./office.fixture.ts";

const names = ["ann", "bo", "cy"];
const groupNames = ["red", "green"];

/** A directory that changes one random step at a time. */
class World {
  readonly directory: Directory;
  readonly #users: User[] = [];
  readonly #groups: string[] = [];
  #grants: Grant[] = [];
  #admin: Grant | undefined;
  #resource: string;

  private constructor(directory: Directory, resource: string) {
    this.directory = directory;
    this.#resource = resource;
  }

  static async make(): Promise<World> {
    const directory = await emptyDirectory();
    const resource = await directory.resources.create({ kind: "ldap", name: "ldap" });
    const world = new World(directory, resource.id);
    for (const username of names) world.#users.push(await directory.users.create({ username }));
    for (const name of groupNames)
      world.#groups.push((await directory.groups.create({ name, posixGid: name.length })).id);
    for (const [i, username] of ["reader", "selfish"].entries()) {
      const user = await directory.users.create({ username, password });
      const attributes = { search: i === 0 ? "directory" : "self" };
      await directory.grants.add({ user, resource, attributes });
    }
    const admin = await directory.users.create({ username: "admin", password });
    world.#admin = await directory.grants.add({ user: admin, resource, attributes: { write: "directory" } });
    await directory.grants.add({ group: world.#groups[0] as never, resource });
    return world;
  }

  /** Makes a change; one that the directory refuses is none. */
  async change(kind: number, a: number, b: number): Promise<void> {
    const { users, groups, grants } = this.directory;
    const user = this.#users[a % this.#users.length]?.id as never;
    const other = this.#users[b % this.#users.length]?.id as never;
    const group = this.#groups[b % this.#groups.length] as never;
    const changes: (() => Promise<unknown>)[] = [
      () => groups.addMembers(group, [user]),
      () => groups.removeMembers(group, [user]),
      () => users.update(user, { state: b % 2 === 0 ? "active" : "suspended" }),
      () => users.update(user, { username: `${names[a % names.length]}${b % 3 === 0 ? "" : b % 3}` }),
      () => users.update(user, { employee: { title: `title ${b % 2}`, manager: other } }),
      () => users.update(user, { employee: {} }),
      () => groups.update(group, { name: `${groupNames[b % 2]}${a % 2 === 0 ? "" : "dish"}` }),
      () => groups.addMembers(this.#groups[0] as never, [this.#groups[1] as never]),
      () => groups.removeMembers(this.#groups[0] as never, [this.#groups[1] as never]),
      async () => this.#grants.push(await grants.add({ user, resource: this.#resource as never })),
      async () => {
        const grant = this.#grants.pop();
        if (grant !== undefined) await grants.remove(grant.id);
      },
      () => this.directory.organization.update({ name: `Org ${b % 2}` }),
      () =>
        grants.update(this.#admin?.id as never, { attributes: b % 2 === 0 ? {} : { write: "directory" } }),
    ];
    await changes[kind % changes.length]?.().catch(() => {});
  }
}

const searches: readonly LdapTestSearch[] = [
  ...names.map((name) => ({ base: usersDn, filter: `(uid=${name})`, attributes: ["*", "memberOf"] })),
  ...names.map((name) => ({ base: userDn(name), scope: "base" as const, attributes: ["*", "+"] })),
  ...groupNames.map((name) => ({ base: groupDn(name), scope: "base" as const, attributes: ["*", "+"] })),
  { base: baseDn, attributes: ["*", "+"] },
  { base: usersDn, filter: "(title=title 1)" },
  { base: usersDn, filter: `(memberOf=${groupDn("red")})`, attributes: ["uid"] },
  { base: usersDn, filter: `(&(uid=ann)(memberOf=${groupDn("red")}))`, attributes: ["memberOf"] },
  { base: usersDn, filter: `(&(uid=ann)(!(memberOf=${groupDn("green")})))`, attributes: ["manager"] },
  { base: usersDn, filter: `(manager=${userDn("bo")})`, attributes: ["manager"] },
  { base: usersDn, filter: `(&(uid=ann)(manager=${userDn("bo")}))`, attributes: ["manager"] },
  { base: usersDn, filter: `(&(uid=ann)(!(manager=${userDn("bo")})))`, attributes: ["uid"] },
  { base: usersDn, filter: `(|(uid=ann)(uid=selfish))`, attributes: ["uid"] },
  { base: groupsDn, filter: `(member=${userDn("ann")})`, attributes: ["member", "memberUid"] },
  { base: groupsDn, filter: "(member=*)", attributes: ["1.1"] },
];

const steps = fc.array(
  fc.record({
    kind: fc.nat(12),
    a: fc.nat(5),
    b: fc.nat(5),
    asked: fc.array(fc.nat(searches.length - 1), { minLength: 1, maxLength: 5 }),
    during: fc.array(fc.nat(searches.length - 1), { maxLength: 3 }),
  }),
  { minLength: 5, maxLength: 25 },
);

test("a server that keeps answers gives the same as one that keeps none, whatever changes meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { directory, ...world } = await World.make().then((made) => ({
        directory: made.directory,
        change: made.change.bind(made),
      }));
      await using keeping = ldapServer({ directory, baseDn });
      await using plain = ldapServer({ directory, baseDn, limits: { maxAnswerCacheBytes: 0 } });
      const readers: { kept: LdapTestClient; asked: LdapTestClient }[] = [];
      for (const username of ["reader", "selfish", "admin", "reader"]) {
        const reader = { kept: ldapTestClient(keeping), asked: ldapTestClient(plain) };
        for (const client of Object.values(reader)) await client.bind(userDn(username), password);
        readers.push(reader);
      }
      for (const { kind, a, b, asked, during } of all) {
        const changing = world.change(kind, a, b);
        for (const i of during) for (const { kept } of readers) void kept.search(searches[i]);
        await changing;
        for (const i of [...asked, ...during])
          for (const { kept, asked: fresh } of readers) {
            const search = searches[i] as LdapTestSearch;
            const expected = await fresh.search(search);
            expect(await kept.search(search)).toEqual(expected);
            expect(await kept.search(search)).toEqual(expected);
          }
      }
      await directory.close();
    }),
    { numRuns: 25 },
  );
}, 30_000);

test("answers that are kept stay within their limit, and a large one does not push out the others", async () => {
  const { directory } = await World.make();
  await using server = ldapServer({ directory, baseDn, limits: { maxAnswerCacheBytes: 40_000 } });
  await using client = ldapTestClient(server);
  await client.bind(userDn("reader"), password);
  for (let i = 0; i < 200; i += 1) {
    const filter = `(|(uid=ann)(uid=${i}))`;
    const first = await client.search({ base: baseDn, filter });
    expect(await client.search({ base: baseDn, filter })).toEqual(first);
  }
  await directory.close();
});

test("answers depend on the clock where grants do", async () => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const directory = await emptyDirectory({ clock: () => now });
  const resource = await directory.resources.create({ kind: "ldap", name: "ldap" });
  const reader = await directory.users.create({ username: "reader", password });
  const ann = await directory.users.create({ username: "ann" });
  await directory.grants.add({ user: reader, resource });
  await directory.grants.add({ user: ann, resource, notBefore: now + 60_000, notAfter: now + 120_000 });
  await using server = ldapServer({ directory, baseDn });
  await using client = ldapTestClient(server);
  await client.bind(userDn("reader"), password);
  const seen = async (): Promise<number> => {
    const search = { base: usersDn, filter: "(uid=ann)" };
    const { length } = (await client.search(search)).entries;
    expect((await client.search(search)).entries).toHaveLength(length);
    return length;
  };
  expect(await seen()).toBe(0);
  now += 60_000;
  expect(await seen()).toBe(1);
  now += 60_000;
  expect(await seen()).toBe(0);
  await directory.close();
});

test("a tree that gets another resource is another tree for answers", async () => {
  const directory = await emptyDirectory();
  const first = await directory.resources.create({ kind: "ldap", name: "first" });
  const reader = await directory.users.create({ username: "reader", password });
  const ann = await directory.users.create({ username: "ann" });
  await directory.grants.add({ user: reader, resource: first });
  await using server = ldapServer({ directory, baseDn });
  await using early = ldapTestClient(server);
  await early.bind(userDn("reader"), password);
  const search = { base: usersDn, filter: "(uid=ann)", attributes: ["uid"] };
  expect((await early.search(search)).entries).toEqual([]);
  const second = await directory.resources.create({ kind: "ldap", name: "second" });
  await directory.grants.add({ user: ann, resource: second });
  await using late = ldapTestClient(server);
  await late.bind(userDn("reader"), password);
  for (const client of [late, early, late, early])
    expect((await client.search(search)).entries).toMatchObject([{ dn: userDn("ann") }]);
  await directory.close();
});
