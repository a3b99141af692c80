import type { Directory, Group, GroupId, Resource, User, UserId } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ControlOid,
  encodeOperationBytes,
  parseFilter,
  type RequestOp,
  type ResponseOp,
  type SearchScope,
} from "../codec/index.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { ldapServer } from "./ldap-server.ts";
import { baseDn, emptyDirectory, groupDn, groupsDn, password, userDn, usersDn } from "./office.fixture.ts";

const people = 6;

/** A directory that changes one random step at a time. */
class World {
  readonly directory: Directory;
  readonly users: User[] = [];
  readonly groups: Group[] = [];
  /** Ids of the entries that are neither people nor groups. */
  containers: readonly string[] = [];
  readonly resource: Resource;
  readonly #readers: UserId[] = [];
  #admins: GroupId | undefined;

  private constructor(directory: Directory, resource: Resource) {
    this.directory = directory;
    this.resource = resource;
  }

  static async make(): Promise<World> {
    const directory = await emptyDirectory();
    await directory.attributes.define({
      owner: "user",
      name: "badge",
      unique: true,
      names: { ldap: "badge" },
    });
    await directory.attributes.define({
      owner: "user",
      name: "note",
      sensitivity: "self",
      names: { ldap: "note" },
    });
    const resource = await directory.resources.create({ kind: "ldap", name: "ldap" });
    const world = new World(directory, resource);
    for (let i = 0; i < people; i++)
      world.users.push(
        await directory.users.create({
          username: i === 5 ? "Jürgen" : `User${i}`,
          emails: [
            { value: `u${i}@example.com`, primary: true },
            { value: `team${i % 3}@example.com`, primary: false },
          ],
          ...(i % 2 === 0 ? { posix: { uid: 1000 + i, gid: 100, home: `/home/${i}` } } : {}),
          employee: {
            number: `E${i}`,
            title: `title ${i % 2}`,
            ...(i % 2 === 0 && i > 0 ? { manager: (world.users[1] as User).id } : {}),
          },
          attributes: { badge: [`B${i}`] },
        }),
      );
    for (const name of ["red", "green"]) {
      const members = world.users.slice(0, 3).map((user) => user.id);
      world.groups.push(await directory.groups.create({ name, members, posixGid: 1000 + name.length }));
    }
    for (const username of ["reader1", "reader2", "admin"]) {
      const user = await directory.users.create({ username, password, attributes: { note: ["mine"] } });
      const attributes = { search: "directory", write: username === "admin" ? "directory" : "none" };
      await directory.grants.add({ user, resource, attributes });
      world.#readers.push(user.id);
    }
    const { id: admins } = await directory.groups.create({ name: "admins" });
    const attributes = { write: "directory" };
    await directory.grants.add({ group: admins, resource, attributes, priority: 1 });
    world.#admins = admins;
    await directory.grants.add({ group: world.groups[0] as Group, resource });
    return world;
  }

  /** Makes a change; one that the directory refuses is none. */
  async change(kind: number, a: number, b: number): Promise<void> {
    const { users, groups, grants, credentials, attributes } = this.directory;
    const user = (this.users[a % people] as User).id;
    const other = (this.users[b % people] as User).id;
    const group = (this.groups[b % 2] as Group).id;
    const reader = this.#readers[a % 2] as UserId;
    const admins = this.#admins as GroupId;
    const changes: (() => Promise<unknown>)[] = [
      () => groups.addMembers(group, [user]),
      () => groups.removeMembers(group, [user]),
      () => users.update(user, { state: b % 2 === 0 ? "active" : "suspended" }),
      () => users.update(user, { username: `User${b % people}` }),
      () => users.update(user, { username: `user${a}x${b % 3}` }),
      () => users.update((this.users[1] as User).id, { username: b % 2 === 0 ? "User1" : "Nobody1" }),
      () => users.update(user, { email: `u${b % people}@example.com` }),
      () =>
        users.update(user, {
          emails: [
            { value: `u${a}@example.com`, primary: true },
            { value: `team${b % 3}@example.com`, primary: false },
          ],
        }),
      () => users.update(user, { employee: { title: `title ${b % 2}`, manager: other } }),
      () => users.update(user, { employee: { number: `E${b % people}` } }),
      () => users.update(user, { attributes: { badge: [`B${b % people}`] } }),
      () => groups.update(group, { name: `${["red", "green"][b % 2]}${a % 2 === 0 ? "" : "dish"}` }),
      () => groups.addMembers((this.groups[0] as Group).id, [(this.groups[1] as Group).id]),
      () => groups.removeMembers((this.groups[0] as Group).id, [(this.groups[1] as Group).id]),
      () => grants.add({ user, resource: this.resource }),
      async () => {
        const [last] = (await grants.ofUser(user)).slice(-1);
        if (last !== undefined) await grants.remove(last.id);
      },
      () => groups.addMembers(admins, [reader]),
      () => groups.removeMembers(admins, [reader]),
      () => this.directory.organization.update({ name: `Org ${b % 2}` }),
      () => credentials.setPassword(user, `${password} ${b}`),
      () => attributes.define({ owner: "user", name: `extra${b}`, names: { ldap: `extra${b}` } }),
    ];
    await changes[kind % changes.length]?.().catch(() => {});
  }
}

/** What a search asks for by a value, so that requests differ in the value alone. */
const askedFor: readonly ((world: World, i: number) => string)[] = [
  (_, i) => `(uid=User${i % people})`,
  (_, i) => `(mail=team${i % 3}@example.com)`,
  (world, i) => `(entryUUID=${world.users[i % people]?.id})`,
  (_, i) => `(uid=reader${i % 3})`,
  (_, i) => `(uid=${["", "*", "\\00", "jürgen", "a\u0080"][i % 5]})`,
  (_, i) => `(uid=  USER${i % people} )`,
  (_, i) => `(uid=user${i % people}x${i % 3})`,
  (_, i) => `(mail=U${i % people}@example.com)`,
  (world, i) => `(entryUUID=${world.groups[i % 2]?.id})`,
  (_, i) => `(entryUUID=${i})`,
  (_, i) => `(uidNumber=${1000 + i})`,
  (_, i) => `(uidNumber=0${1000 + i})`,
  (_, i) => `(employeeNumber=e${i % people})`,
  (_, i) => `(badge=b${i % people})`,
  (_, i) => `(cn=${["red", "User1"][i % 2]})`,
  (_, i) => `(sAMAccountName=${["red", "User1", "user2"][i % 3]})`,
  (world, i) => `(entryUUID=${world.containers[i % world.containers.length]?.toUpperCase()})`,
];
const conditions: readonly ((asked: string) => string)[] = [
  (asked) => asked,
  (asked) => `(&${asked}(memberOf=${groupDn("red")}))`,
  (asked) => `(&${asked}(!(manager=${userDn("User1")})))`,
  (asked) => `(&(objectClass=posixAccount)${asked}(&(uidNumber=*)(!(uidNumber=1002))))`,
  (asked) => `(&${asked})`,
  (asked) => `(&(objectClass=inetOrgPerson)${asked})`,
  (asked) => `(&(!(memberOf=${groupDn("green")}))${asked})`,
  (asked) => `(&${asked}(title=title 1))`,
  (asked) => `(&${asked}(manager=${userDn("User1")}))`,
  (asked) => `(&${asked}(nonsense=1))`,
  (asked) => `(|${asked}(uid=User2))`,
  (asked) => `(!${asked})`,
  (asked) => `(&(uid=User1)(mail=u1@example.com)${asked})`,
];
const scopes: readonly { readonly baseObject: string; readonly scope: SearchScope }[] = [
  { baseObject: baseDn, scope: "wholeSubtree" },
  { baseObject: usersDn, scope: "wholeSubtree" },
  { baseObject: usersDn, scope: "singleLevel" },
  { baseObject: baseDn, scope: "singleLevel" },
  { baseObject: groupsDn, scope: "wholeSubtree" },
  { baseObject: userDn("User1"), scope: "baseObject" },
];
const selections: readonly (readonly string[])[] = [
  [],
  ["cn", "uid", "mail", "note"],
  ["1.1"],
  ["*", "+"],
  ["memberOf"],
  ["manager", "title"],
  ["badge", "nonsense", "uid;x"],
];

/** Numbers up to, not including, `below`; the first ones twice as often as all others together. */
function mostly(first: number, below: number): fc.Arbitrary<number> {
  return fc.oneof({ weight: 2, arbitrary: fc.nat(first - 1) }, { weight: 1, arbitrary: fc.nat(below - 1) });
}

const requests = fc.record({
  asked: mostly(5, askedFor.length),
  condition: mostly(4, conditions.length),
  scope: mostly(2, scopes.length),
  selection: mostly(3, selections.length),
  typesOnly: fc.boolean(),
  sizeLimit: fc.nat(1),
});

const steps = fc.array(
  fc.record({
    change: fc.tuple(fc.nat(20), fc.nat(5), fc.nat(5)),
    request: fc.nat(3),
    values: fc.array(fc.nat(11), { minLength: 1, maxLength: 5 }),
    during: fc.boolean(),
  }),
  { minLength: 3, maxLength: 20 },
);

/** The whole answer, octet for octet. */
async function answer(client: LdapTestClient, request: RequestOp, looksAnew: boolean): Promise<string[]> {
  // A request with a control is never answered by what was learnt from others.
  const controls = looksAnew ? [{ oid: ControlOid.manageDsaIT, critical: false }] : undefined;
  const responses: ResponseOp[] = await client.send(request, controls === undefined ? {} : { controls });
  return responses.map((response) => Buffer.from(encodeOperationBytes(response)).toString("hex"));
}

test("a search that was planned gives what it gives when it is looked at anew, whatever changes meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(requests, { minLength: 4, maxLength: 4 }),
      steps,
      fc.boolean(),
      fc.record({
        nesting: fc.constantFrom("flatten" as const, "direct" as const),
        flavour: fc.constantFrom("standard" as const, "activeDirectory" as const),
      }),
      async (shapes, all, keepsAnswers, layout) => {
        const world = await World.make();
        const { directory } = world;
        const limits = keepsAnswers ? {} : { limits: { maxAnswerCacheBytes: 0 } };
        await using server = ldapServer({
          directory,
          baseDn,
          layout: { ...layout, userNaming: "uid" },
          ...limits,
        });
        const names = ["reader1", "admin", "reader2"];
        const clients = names.map(() => ldapTestClient(server));
        for (const [i, name] of names.entries())
          expect((await clients[i]?.bind(userDn(name), password))?.resultCode).toBe(0);
        const filter = "(|(objectClass=organization)(objectClass=organizationalUnit))";
        const containers = await clients[0]?.search({ base: baseDn, filter, attributes: ["entryUUID"] });
        world.containers = (containers?.entries ?? []).flatMap(
          (entry) => entry.attributes["entryUUID"] ?? [],
        );
        expect(world.containers).toHaveLength(3);
        for (const { change, request, values, during } of all) {
          const shape = shapes[request] as (typeof shapes)[number];
          const ask = (value: number): RequestOp => ({
            type: "searchRequest",
            ...(scopes[shape.scope] as (typeof scopes)[number]),
            derefAliases: "neverDerefAliases",
            sizeLimit: shape.sizeLimit,
            timeLimit: 0,
            typesOnly: shape.typesOnly,
            filter: parseFilter(
              (conditions[shape.condition] as (typeof conditions)[number])(
                (askedFor[shape.asked] as (typeof askedFor)[number])(world, value),
              ),
            ),
            attributes: selections[shape.selection] ?? [],
          });
          const changing = world.change(...change);
          if (during) for (const client of clients) client.send(ask(0)).catch(() => {});
          await changing;
          for (const value of values)
            for (const client of clients) {
              const expected = await answer(client, ask(value), true);
              expect(await answer(client, ask(value), false)).toEqual(expected);
              expect(await answer(client, ask(value), false)).toEqual(expected);
            }
        }
        await directory.close();
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);
