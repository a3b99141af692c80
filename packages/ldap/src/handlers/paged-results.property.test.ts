import type { User } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { baseDn, groupDn, type Office, office, password, userDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";
import { type Asked, ask, askPages } from "./search-controls.fixture.ts";

/** Something that is written between two pages. */
type Write = {
  readonly what: "create" | "delete" | "suspend" | "rename" | "leave" | "group" | "ungroup";
  readonly which: number;
  readonly name: number;
};

const write: fc.Arbitrary<Write> = fc.record({
  what: fc.constantFrom("create", "delete", "suspend", "rename", "leave", "group", "ungroup"),
  which: fc.nat(1000),
  name: fc.nat(9999),
});

const order: fc.Arbitrary<Asked["sort"]> = fc.constantFrom<NonNullable<Asked["sort"]> | undefined>(
  undefined,
  [{ attributeType: "uid" }],
  [{ attributeType: "uid", reverseOrder: true }],
  [{ attributeType: "cn" }],
  [{ attributeType: "cn", reverseOrder: true }],
  [{ attributeType: "gidNumber" }],
  [{ attributeType: "gidNumber", reverseOrder: true }],
  [{ attributeType: "gidNumber" }, { attributeType: "sn", reverseOrder: true }],
  [{ attributeType: "sn" }],
);

/** An office with fifteen more people, and a memory of what was written. */
class Town {
  readonly place: Office;
  /** Names of entries that are there. */
  readonly there = new Set<string>();
  /** Names of entries that were written meanwhile. */
  readonly changed = new Set<string>();
  readonly #people: User[] = [];

  constructor(place: Office) {
    this.place = place;
  }

  async populate(names: readonly number[]): Promise<void> {
    for (const name of names) await this.write({ what: "create", which: name, name });
    this.changed.clear();
  }

  async write({ what, which, name }: Write): Promise<void> {
    const { directory, group } = this.place;
    const at = this.#people.length === 0 ? -1 : which % this.#people.length;
    const person = this.#people[at];
    if (what === "create") {
      const gid = name % 3 === 0 ? {} : { posix: { uid: 30_000 + name, gid: 1 + (name % 4), home: "/" } };
      const user = await directory.users
        .create({ username: `u${name}`, name: { family: `F${name % 5}`, given: `G${name % 7}` }, ...gid })
        .catch(() => undefined);
      if (user === undefined) return;
      await directory.groups.addMembers(group.staff.id, [user.id]);
      this.#people.push(user);
      this.#touch(userDn(user.username), true);
    } else if (what === "group" || what === "ungroup") {
      const known = await directory.groups.byName(`g${name % 10}`);
      this.#touch(groupDn(`g${name % 10}`), what === "group");
      if (what === "group" && known === undefined) await directory.groups.create({ name: `g${name % 10}` });
      if (what === "ungroup" && known !== undefined) await directory.groups.delete(known.id);
    } else if (person !== undefined) {
      this.#touch(userDn(person.username), false);
      if (what === "rename") {
        const renamed = await directory.users.update(person.id, { username: `r${name}` }).catch(() => person);
        this.#people[at] = renamed;
        this.#touch(userDn(renamed.username), true);
        return;
      }
      this.#people.splice(at, 1);
      if (what === "delete") await directory.users.delete(person.id);
      else if (what === "suspend") await directory.users.suspend(person.id);
      else await directory.groups.removeMembers(group.staff.id, [person.id]);
    }
  }

  #touch(dn: string, isThere: boolean): void {
    this.changed.add(dn);
    if (isThere) this.there.add(dn);
    else this.there.delete(dn);
  }
}

test("whatever is written between pages of any size in any order, every entry that stays as it is is given once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(9999), { minLength: 1, maxLength: 15 }),
      fc.integer({ min: 1, max: 6 }),
      order,
      fc.array(fc.array(write, { maxLength: 3 }), { maxLength: 10 }),
      async (names, size, sort, writes) => {
        await using place = await office();
        const town = new Town(place);
        await town.populate(names);
        await using client = ldapTestClient(place.server);
        await client.bind(userDn("reader"), password);
        const asked: Asked = { base: baseDn, ...(sort === undefined ? {} : { sort }) };
        const before = (await ask(client, asked)).dns;
        const rounds = [...writes];
        const pages = await askPages(client, asked, size, async () => {
          for (const one of rounds.shift() ?? []) await town.write(one);
        });
        const given = pages.flatMap((page) => page.dns);
        expect(pages.map((page) => page.resultCode)).toEqual(pages.map(() => 0));
        const stayed = before.filter((dn) => !town.changed.has(dn));
        expect(given.filter((dn) => !town.changed.has(dn))).toEqual(stayed);
        for (const dn of town.there) if (!town.changed.has(dn)) expect(stayed).toContain(dn);
      },
    ),
    { numRuns: 60 },
  );
});
