import { memoryStore, type Reader, type Store } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { baseDn, type Office, office, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

let place: Office;
let client: LdapTestClient;
let now = Date.UTC(2026, 10, 23, 12);
beforeAll(async () => {
  place = await office({}, { clock: () => now });
  client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  now += 250;
  // More than one change within a millisecond, and some later ones.
  await place.directory.users.update(place.user.ada.id, { phones: ["+1"] });
  await place.directory.users.update(place.user.grace.id, { phones: ["+2"] });
  now += 1;
  await place.directory.groups.update(place.group.staff.id, { description: "All of us" });
});
afterAll(() => place[Symbol.asyncDispose]());

const entryNumbers = async (): Promise<Map<string, string>> => {
  const { entries } = await client.search({ base: baseDn, attributes: ["entryCSN"] });
  return new Map(
    entries.flatMap(({ dn, attributes }) => (attributes["entryCSN"] ?? []).map((one) => [dn, one])),
  );
};
const contextNumber = async (): Promise<string> => {
  const { entries } = await client.search({ base: baseDn, scope: "base", attributes: ["contextCSN"] });
  return entries[0]?.attributes["contextCSN"]?.[0] ?? "";
};

describe("entryCSN", () => {
  test("tells when an entry changed, and is another one for each change", async () => {
    const numbers = await entryNumbers();
    expect(numbers.get(userDn("ada"))).toMatch(/^20261123120000\.250000Z#000000#000#[0-9a-f]{6}$/);
    expect(new Set(numbers.values()).size).toBe(numbers.size);
    expect(numbers.size).toBeGreaterThan(6);
  });

  test("is compared as text would be, by every rule", async () => {
    const numbers = await entryNumbers();
    const known = [...numbers.values()];
    const near = known.flatMap((one) => [
      one.replace("#000#", "#001#"),
      one.replace(/.Z/, "1Z"),
      one.replace(/#[0-9a-f]{6}$/, "#000000"),
      one.replace(/#[0-9a-f]{6}$/, "#ffffff"),
      one.replace(/#000000#000/, "#000001#fff"),
    ]);
    const tests: readonly [
      form: (value: string) => string,
      holds: (own: string, value: string) => boolean,
    ][] = [
      [(value) => `(entryCSN=${value})`, (own, value) => own === value],
      [(value) => `(entryCSN>=${value})`, (own, value) => own >= value],
      [(value) => `(entryCSN<=${value})`, (own, value) => own <= value],
      [(value) => `(entryCSN:CSNOrderingMatch:=${value})`, (own, value) => own < value],
      [(value) => `(entryCSN:1.3.6.1.4.1.4203.666.11.2.2:=${value})`, (own, value) => own === value],
    ];
    for (const value of [...known, ...near]) {
      for (const [form, holds] of tests) {
        const { entries } = await client.search({ base: baseDn, filter: form(value), attributes: ["1.1"] });
        const expected = [...numbers].filter(([, own]) => holds(own, value)).map(([dn]) => dn);
        expect(
          entries.map(({ dn }) => dn),
          form(value),
        ).toEqual(expected);
      }
    }
  });

  test("can be searched by to learn what changed since", async () => {
    const before = await contextNumber();
    now += 1000;
    await place.directory.users.update(place.user.tomas.id, { phones: ["+3"] });
    const { entries } = await client.search({ base: baseDn, filter: `(!(entryCSN<=${before}))` });
    const changed = entries.filter(({ dn }) => dn.startsWith("uid=") || dn.startsWith("cn="));
    expect(changed.map(({ dn }) => dn)).toEqual([userDn("tomas")]);
  });
});

test("times are ordered to the second", async () => {
  for (const [filter, found] of [
    ["(createTimestamp:generalizedTimeOrderingMatch:=20261123120000Z)", false],
    ["(createTimestamp:generalizedTimeOrderingMatch:=20261123120000.001Z)", true],
    ["(modifyTimestamp:generalizedTimeOrderingMatch:=20261123120000Z)", false],
    ["(modifyTimestamp:generalizedTimeOrderingMatch:=20261123120001Z)", true],
  ] as const) {
    const { entries } = await client.search({ base: userDn("ada"), filter });
    expect(entries.length > 0, filter).toBe(found);
  }
});

describe("contextCSN", () => {
  test("is no less than any entry's, and another after each change", async () => {
    const numbers = [...(await entryNumbers()).values()].sort();
    const context = await contextNumber();
    expect(context >= (numbers.at(-1) ?? "")).toBe(true);
    expect(await contextNumber()).toBe(context);
    now += 1;
    await place.directory.users.update(place.user.ada.id, { phones: [] });
    expect((await contextNumber()) > context).toBe(true);
    const after = await contextNumber();
    now += 1;
    await place.directory.groups.removeMembers(place.group.staff.id, [place.user.tomas.id]);
    expect((await contextNumber()) > after).toBe(true);
  });

  test("goes by what is stored when the server has seen no change", async () => {
    await using other = await office({}, { clock: () => now });
    await using reader = ldapTestClient(other.server);
    await reader.bind(userDn("reader"), password);
    const { entries } = await reader.search({ base: baseDn, attributes: ["entryCSN", "contextCSN"] });
    const all = entries.flatMap(({ attributes }) => attributes["entryCSN"] ?? []);
    const context = entries[0]?.attributes["contextCSN"]?.[0] ?? "";
    expect(all.every((one) => one <= context)).toBe(true);
    expect(context.slice(0, 22)).toBe(all[0]?.slice(0, 22));
  });

  test("is looked for once, however many ask, and not by searches that do not ask for it", async () => {
    const { store, looks } = storeThatCounts();
    await using other = await office({}, { store });
    const clients = Array.from({ length: 5 }, () => ldapTestClient(other.server));
    for (const one of clients) await one.bind(userDn("reader"), password);
    const search = (attributes: readonly string[], filter = "(objectClass=*)"): Promise<unknown> =>
      Promise.all(clients.map((one) => one.search({ base: baseDn, filter, attributes })));
    await search(["*"], "(uid=ada)");
    await search([], "(!(uid=ada))");
    expect(looks()).toBe(0);
    await search(["contextCSN"]);
    await search(["+"]);
    await search(["1.1"], "(!(contextCSN>=2026))");
    // Of people and of groups.
    expect(looks()).toBe(2);
    for (const one of clients) await one.close();
  });
});

/** A store that counts how often the newest of its records is looked for. */
function storeThatCounts(): { readonly store: Store; looks(): number } {
  const inner = memoryStore();
  let looks = 0;
  const reader = (real: Reader): Reader => ({
    ...real,
    query: (kind, query, options) => {
      if (query.order?.attribute === "updatedAt") looks += 1;
      return real.query(kind, query, options);
    },
  });
  return { store: { ...inner, reader: (id) => reader(inner.reader(id)) }, looks: () => looks };
}
