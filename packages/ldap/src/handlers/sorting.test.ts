import type { Directory } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode, type SortKey } from "../codec/index.ts";
import {
  baseDn,
  groupDn,
  groupsDn,
  type Office,
  office,
  password,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { type Asked, ask, askPages } from "./search-controls.fixture.ts";

type Key = Partial<SortKey> & Pick<SortKey, "attributeType">;

const containers = [baseDn, usersDn, groupsDn];
const groups = ["engineers", "staff", "guests", "empty"].map(groupDn);
const people = ["grace", "ada", "tomas", "reader"].map(userDn);

let place: Office;
let client: LdapTestClient;
beforeAll(async () => {
  place = await office();
  await definitions(place.directory);
  const { directory, user } = place;
  await directory.users.update(user.ada.id, {
    emails: [
      { value: "zoe@example.com", primary: true },
      { value: "Ada@example.com", primary: false },
    ],
    attributes: { nickname: ["b"], shoeSize: [9], born: [Date.UTC(1815, 11, 10)] },
  });
  await directory.users.update(user.grace.id, {
    attributes: { nickname: ["B"], shoeSize: [10], born: [Date.UTC(1906, 11, 9)], secretRank: ["1"] },
  });
  await directory.users.update(user.tomas.id, { attributes: { nickname: ["a", "z"] } });
  client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
});
afterAll(() => place[Symbol.asyncDispose]());

async function definitions(directory: Directory): Promise<void> {
  const define = (name: string, more: object): Promise<unknown> =>
    directory.attributes.define({ owner: "user", name, names: { ldap: name }, ...more } as never);
  await define("nickname", { matching: "caseExact", multiValued: true, indexed: true });
  await define("shoeSize", { syntax: "integer", matching: "integer" });
  await define("born", { syntax: "time", matching: "time", indexed: true });
  await define("secretRank", { sensitivity: "self", indexed: true });
  await define("badge", { syntax: "binary", matching: "octetString" });
}

const sorted = async (base: string, ...sort: Key[]): Promise<readonly string[]> => {
  const answer = await ask(client, { base, sort });
  expect(answer).toMatchObject({ resultCode: 0, sort: { sortResult: 0 } });
  return answer.dns;
};
const names = (dns: readonly string[]): readonly string[] =>
  dns.map((dn) => /^[^=]+=([^,]+)/.exec(dn)?.[1] ?? "");
/** People of the office by username. */
const order = async (...sort: Key[]): Promise<string> =>
  names(await sorted(usersDn, ...sort))
    .filter((name) => name !== "Users")
    .join(" ");

describe("sorting (RFC 2891)", () => {
  test.each<[string, Key, string]>([
    ["a name", { attributeType: "uid" }, "ada grace reader tomas"],
    ["another spelling of it", { attributeType: "USERID" }, "ada grace reader tomas"],
    ["its OID", { attributeType: "0.9.2342.19200300.100.1.1" }, "ada grace reader tomas"],
    ["a name in reverse", { attributeType: "uid", reverseOrder: true }, "tomas reader grace ada"],
    ["the least of several values", { attributeType: "mail" }, "ada grace reader tomas"],
    [
      "the least of several values in reverse",
      { attributeType: "mail", reverseOrder: true },
      "tomas reader grace ada",
    ],
    [
      "a number, whose texts would be the other way round",
      { attributeType: "shoeSize" },
      "ada grace tomas reader",
    ],
    ["a number in reverse", { attributeType: "shoeSize", reverseOrder: true }, "tomas reader grace ada"],
    ["a number that is kept", { attributeType: "uidNumber" }, "ada grace tomas reader"],
    [
      "a number that is kept, in reverse",
      { attributeType: "uidNumber", reverseOrder: true },
      "tomas reader grace ada",
    ],
    ["a time", { attributeType: "born" }, "ada grace tomas reader"],
    ["a time in reverse", { attributeType: "born", reverseOrder: true }, "tomas reader grace ada"],
    ["a text with case", { attributeType: "nickname" }, "grace tomas ada reader"],
    [
      "its own rule by name",
      { attributeType: "uid", orderingRule: "caseIgnoreOrderingMatch" },
      "ada grace reader tomas",
    ],
    [
      "a text with case that has none of its own",
      { attributeType: "mail", orderingRule: "CASEEXACTORDERINGMATCH" },
      "ada grace reader tomas",
    ],
    ["a family name, or else the whole name", { attributeType: "sn" }, "grace ada reader tomas"],
    ["when they were made", { attributeType: "createTimestamp" }, "grace ada tomas reader"],
    ["a rule by its OID", { attributeType: "mail", orderingRule: "2.5.13.6" }, "ada grace reader tomas"],
    ["when they were changed, as a number", { attributeType: "entryCSN" }, "reader ada grace tomas"],
    ["an attribute nobody has", { attributeType: "ou" }, "grace ada tomas reader"],
  ])("by %s", async (_, key, expected) => {
    expect(await order(key)).toBe(expected);
  });

  test("by several keys, first criterion first", async () => {
    expect(await order({ attributeType: "gidNumber" }, { attributeType: "uid" })).toBe(
      "ada grace reader tomas",
    );
    expect(
      await order(
        { attributeType: "gidNumber", reverseOrder: true },
        { attributeType: "uid", reverseOrder: true },
      ),
    ).toBe("tomas reader grace ada");
    expect(await order({ attributeType: "gidNumber", reverseOrder: true }, { attributeType: "uid" })).toBe(
      "reader tomas ada grace",
    );
  });

  test("of people, groups and containers together; those without the attribute come last, in reverse first", async () => {
    const rest = [...containers, ...groups];
    expect(await sorted(baseDn, { attributeType: "uid" })).toEqual([
      ...["ada", "grace", "reader", "tomas"].map(userDn),
      ...rest,
    ]);
    expect(await sorted(baseDn, { attributeType: "uid", reverseOrder: true })).toEqual([
      ...rest,
      ...["tomas", "reader", "grace", "ada"].map(userDn),
    ]);
    const byName = [
      "Ada Lovelace",
      "empty",
      "engineers",
      "Grace Hopper",
      "guests",
      "reader",
      "staff",
      "Tomáš Q",
    ];
    const cn = async (reverseOrder: boolean): Promise<readonly string[]> => {
      const sort = [{ attributeType: "cn", reverseOrder }];
      const { entries } = await ask(client, { base: baseDn, attributes: ["cn"], sort });
      return entries.map(({ attributes }) => Buffer.from(attributes[0]?.vals[0] ?? []).toString());
    };
    expect(await cn(false)).toEqual([...byName, "", "", ""]);
    expect(await cn(true)).toEqual(["", "", "", ...byName.toReversed()]);
    expect(await sorted(baseDn, { attributeType: "ou", reverseOrder: true })).toEqual([
      baseDn,
      ...people,
      ...groups,
      usersDn,
      groupsDn,
    ]);
  });

  test("follows the name of people where that has a second value", async () => {
    await using named = await office({ layout: { userNaming: "cn" } });
    await using reader = ldapTestClient(named.server);
    await reader.bind(`cn=reader,${usersDn}`, password);
    await named.directory.users.update(named.user.grace.id, { name: { display: "Zebra" } });
    const { dns } = await ask(reader, {
      base: usersDn,
      scope: "singleLevel",
      sort: [{ attributeType: "cn" }],
    });
    expect(names(dns)).toEqual(["ada", "grace", "reader", "tomas"]);
  });

  test("compares as filters do", async () => {
    for (const attributeType of ["uid", "mail", "shoeSize", "nickname", "born", "cn", "modifyTimestamp"]) {
      const { entries } = await ask(client, {
        base: usersDn,
        attributes: [attributeType],
        sort: [{ attributeType }],
      });
      const least = entries.map(({ attributes }) => attributes[0]?.vals[0]);
      for (const [i, value] of least.entries()) {
        if (value === undefined || (attributes(entries[i])?.length ?? 0) > 1) continue;
        const filter = { type: "greaterOrEqual", attribute: attributeType, value } as const;
        const { dns } = await ask(client, { base: usersDn, filter });
        for (const behind of entries.slice(
          i,
          least.indexOf(undefined) < 0 ? undefined : least.indexOf(undefined),
        ))
          expect(dns).toContain(behind.objectName);
      }
    }
    function attributes(
      entry: { readonly attributes: readonly { readonly vals: readonly unknown[] }[] } | undefined,
    ) {
      return entry?.attributes[0]?.vals;
    }
  });

  test("an answer without entries says nothing of their order, nor does one that failed", async () => {
    const sort = [{ attributeType: "uid" }];
    expect(await ask(client, { base: baseDn, filter: "(uid=nobody)", sort })).toMatchObject({
      resultCode: 0,
      sort: undefined,
    });
    expect(await ask(client, { base: userDn("nobody"), sort })).toMatchObject({
      resultCode: LdapResultCode.noSuchObject,
      sort: undefined,
    });
  });

  test("a size limit takes the first of the order", async () => {
    for (const key of [{ attributeType: "uid" }, { attributeType: "sn" }]) {
      const whole = await sorted(usersDn, key);
      expect(await ask(client, { base: usersDn, sort: [key], sizeLimit: 2 })).toMatchObject({
        resultCode: LdapResultCode.sizeLimitExceeded,
        dns: whole.slice(0, 2),
        sort: { sortResult: 0 },
      });
    }
  });
});

describe("sorted pages", () => {
  test.each<Key[][]>([
    [[{ attributeType: "uid" }]],
    [[{ attributeType: "uid", reverseOrder: true }]],
    [[{ attributeType: "cn" }]],
    [[{ attributeType: "cn", reverseOrder: true }]],
    [[{ attributeType: "mail", reverseOrder: true }]],
    [[{ attributeType: "gidNumber" }]],
    [[{ attributeType: "gidNumber", reverseOrder: true }]],
    [[{ attributeType: "ou" }]],
    [[{ attributeType: "ou", reverseOrder: true }]],
    [[{ attributeType: "modifyTimestamp", reverseOrder: true }]],
    [[{ attributeType: "gidNumber" }, { attributeType: "sn", reverseOrder: true }]],
  ])("of any size are the sorted answer, by %j", async (sort) => {
    const { dns } = await ask(client, { base: baseDn, sort });
    expect(dns).toHaveLength(11);
    for (let size = 1; size <= 12; size++) {
      const pages = await askPages(client, { base: baseDn, sort }, size);
      expect(pages.flatMap((page) => page.dns)).toEqual(dns);
      for (const page of pages) expect(page).toMatchObject({ resultCode: 0, sort: { sortResult: 0 } });
    }
  });
});

describe("what cannot be sorted", () => {
  const keys: readonly (readonly [string, readonly Key[], { sortResult: number; attributeType?: string }])[] =
    [
      [
        "an attribute nobody knows",
        [{ attributeType: "noSuch" }],
        { sortResult: 16, attributeType: "noSuch" },
      ],
      [
        "an attribute with an option",
        [{ attributeType: "cn;lang-de" }],
        { sortResult: 16, attributeType: "cn;lang-de" },
      ],
      [
        "the second of two",
        [{ attributeType: "cn" }, { attributeType: "x" }],
        { sortResult: 16, attributeType: "x" },
      ],
      ["names of entries", [{ attributeType: "member" }], { sortResult: 18, attributeType: "member" }],
      [
        "object classes",
        [{ attributeType: "objectClass" }],
        { sortResult: 18, attributeType: "objectClass" },
      ],
      [
        "phone numbers",
        [{ attributeType: "telephoneNumber" }],
        { sortResult: 18, attributeType: "telephoneNumber" },
      ],
      ["identifiers", [{ attributeType: "entryUUID" }], { sortResult: 18, attributeType: "entryUUID" }],
      [
        "case that counts, without it",
        [{ attributeType: "nickname", orderingRule: "caseIgnoreOrderingMatch" }],
        { sortResult: 18, attributeType: "nickname" },
      ],
      [
        "what is looked up for each",
        [{ attributeType: "shadowLastChange" }],
        { sortResult: 53, attributeType: "shadowLastChange" },
      ],
      ["octets", [{ attributeType: "badge" }], { sortResult: 18, attributeType: "badge" }],
      [
        "a rule nobody knows",
        [{ attributeType: "cn", orderingRule: "1.2.3" }],
        { sortResult: 18, attributeType: "cn" },
      ],
      [
        "a rule for something else",
        [{ attributeType: "cn", orderingRule: "integerOrderingMatch" }],
        { sortResult: 18, attributeType: "cn" },
      ],
      [
        "a rule that is no order",
        [{ attributeType: "cn", orderingRule: "caseIgnoreMatch" }],
        { sortResult: 18, attributeType: "cn" },
      ],
      [
        "what readers are not shown",
        [{ attributeType: "secretRank" }],
        { sortResult: 50, attributeType: "secretRank" },
      ],
      ["passwords", [{ attributeType: "userPassword" }], { sortResult: 50, attributeType: "userPassword" }],
      [
        "one key twice",
        [{ attributeType: "cn" }, { attributeType: "2.5.4.3" }],
        { sortResult: 53, attributeType: "2.5.4.3" },
      ],
      [
        "seventeen keys",
        Array.from({ length: 17 }, (_, i) => ({ attributeType: `x${i}` })),
        { sortResult: 53 },
      ],
      ["a thousand keys", Array.from({ length: 1000 }, () => ({ attributeType: "cn" })), { sortResult: 53 }],
    ];

  test.each(keys)("%s: no answer where that is critical", async (_, sort, expected) => {
    const answer = await ask(client, { base: usersDn, sort });
    expect(answer).toMatchObject({
      resultCode: LdapResultCode.unavailableCriticalExtension,
      dns: [],
      sort: expected,
    });
  });

  test.each(keys)("%s: an answer as it comes where it is not", async (_, sort, expected) => {
    const asked: Asked = { base: usersDn, sort, critical: false };
    const whole = { resultCode: 0, dns: [usersDn, ...people], sort: expected };
    expect(await ask(client, asked)).toMatchObject(whole);
    const pages = await askPages(client, asked, 2);
    expect(pages.flatMap((page) => page.dns)).toEqual(whole.dns);
    for (const page of pages) expect(page.sort).toEqual(expected);
  });

  test("more entries than may be sorted in memory; those that are kept in order have no such limit", async () => {
    const seen: string[] = [];
    const count = (name: string, labels: { limit?: string } = {}): void => {
      if (name === "directorykit_ldap_limit_hit_total") seen.push(labels.limit ?? "");
    };
    await using small = await office(
      { limits: { maxSortedEntries: 4 } },
      { metrics: { count, observe: () => {} } },
    );
    await using reader = ldapTestClient(small.server);
    await reader.bind(userDn("reader"), password);
    const sort = [{ attributeType: "sn" }];
    expect(await ask(reader, { base: usersDn, sort })).toMatchObject({
      resultCode: LdapResultCode.unavailableCriticalExtension,
      sort: { sortResult: LdapResultCode.adminLimitExceeded },
      dns: [],
    });
    expect(seen).toEqual(["maxSortedEntries"]);
    expect(await ask(reader, { base: usersDn, sort, critical: false })).toMatchObject({
      resultCode: 0,
      sort: { sortResult: LdapResultCode.adminLimitExceeded },
      dns: [usersDn, ...people],
    });
    expect(seen).toEqual(["maxSortedEntries", "maxSortedEntries"]);
    expect(await ask(reader, { base: usersDn, scope: "singleLevel", sort })).toMatchObject({ resultCode: 0 });
    expect(await ask(reader, { base: baseDn, sort: [{ attributeType: "uid" }] })).toMatchObject({
      resultCode: 0,
      sort: { sortResult: 0 },
    });
    expect(seen).toHaveLength(2);
  });

  test("pages whose entries have become too many to sort are refused rather than mixed up", async () => {
    await using small = await office({ limits: { maxSortedEntries: 5 } });
    await using reader = ldapTestClient(small.server);
    await reader.bind(userDn("reader"), password);
    const asked: Asked = { base: usersDn, sort: [{ attributeType: "sn" }], critical: false };
    const first = await ask(reader, { ...asked, page: { size: 2 } });
    expect(first.sort).toEqual({ sortResult: 0 });
    const extra = await small.directory.users.create({ username: "extra" });
    await small.directory.groups.addMembers(small.group.staff.id, [extra.id]);
    const page = { size: 2, cookie: Uint8Array.from(first.cookie ?? []) };
    expect(await ask(reader, { ...asked, page })).toMatchObject({
      resultCode: LdapResultCode.unwillingToPerform,
      dns: [],
    });
  });
});
