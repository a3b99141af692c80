import { ephemeralKeyRing, memoryStore } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { ControlOid, LdapResultCode } from "../codec/index.ts";
import { ldapServer } from "../server/ldap-server.ts";
import {
  baseDn,
  emptyDirectory,
  groupDn,
  groupsDn,
  office,
  password,
  sharedOffice,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { type Asked, ask, askPages, requestOf } from "./search-controls.fixture.ts";

const everything = [
  baseDn,
  usersDn,
  groupsDn,
  ...["grace", "ada", "tomas", "reader"].map(userDn),
  ...["engineers", "staff", "guests", "empty"].map(groupDn),
];

const { place, client } = await sharedOffice();

describe("pages (RFC 2696)", () => {
  test.each([1, 2, 3, 4, 5, 7, 10, 11, 12, 1000, 2_147_483_647])(
    "of %i are the whole answer: fixed entries, people, groups",
    async (size) => {
      const pages = await askPages(client, { base: baseDn }, size);
      expect(pages.flatMap((page) => page.dns)).toEqual(everything);
      for (const page of pages.slice(0, -1)) expect([page.resultCode, page.dns.length]).toEqual([0, size]);
      expect(pages).toHaveLength(Math.ceil(11 / size));
    },
  );

  test.each<[string, Asked, readonly string[]]>([
    ["people", { base: usersDn, scope: "singleLevel" }, everything.slice(3, 7)],
    ["groups", { base: groupsDn, scope: "singleLevel" }, everything.slice(7)],
    ["containers", { base: baseDn, scope: "singleLevel" }, [usersDn, groupsDn]],
    ["one person", { base: userDn("ada") }, [userDn("ada")]],
    ["one group", { base: groupDn("staff"), scope: "baseObject" }, [groupDn("staff")]],
    ["the suffix", { base: baseDn, scope: "baseObject" }, [baseDn]],
    ["below a person", { base: userDn("ada"), scope: "singleLevel" }, []],
    ["the root DSE", { base: "", scope: "baseObject" }, [""]],
    ["the schema", { base: "cn=Subschema", scope: "baseObject" }, ["cn=Subschema"]],
    ["nothing", { base: baseDn, filter: "(uid=nobody)" }, []],
    ["someone by name", { base: baseDn, filter: "(uid=ada)" }, [userDn("ada")]],
  ])("of %s", async (_, asked, found) => {
    const pages = await askPages(client, asked, 1);
    expect(pages.flatMap((page) => page.dns)).toEqual(found);
    expect(pages.map((page) => page.resultCode)).toEqual(pages.map(() => 0));
    expect(pages).toHaveLength(Math.max(1, found.length));
  });

  test("may change their size, and go on from any cookie again", async () => {
    const first = await ask(client, { base: baseDn, page: { size: 2 } });
    const cookie = first.cookie ?? new Uint8Array(0);
    const longer = await ask(client, { base: baseDn, page: { size: 5, cookie } });
    const again = await ask(client, { base: baseDn, page: { size: 100, cookie } });
    expect(longer.dns).toEqual(everything.slice(2, 7));
    expect([again.dns, again.cookie]).toEqual([everything.slice(2), new Uint8Array(0)]);
  });

  test("of two searches take turns on one connection", async () => {
    const [people, groups] = [{ base: usersDn }, { base: groupsDn }] as const;
    const found: [string[], string[]] = [[], []];
    let cookies = [new Uint8Array(0), new Uint8Array(0)];
    for (let turn = 0; turn < 5; turn++) {
      const pages = await Promise.all(
        [people, groups].map((asked, i) =>
          ask(client, { ...asked, page: { size: 1, cookie: cookies[i] ?? new Uint8Array(0) } }),
        ),
      );
      for (const i of [0, 1] as const) found[i].push(...(pages[i]?.dns ?? []));
      cookies = pages.map((page) => Uint8Array.from(page.cookie ?? []));
    }
    expect(found).toEqual([
      [usersDn, ...everything.slice(3, 7)],
      [groupsDn, ...everything.slice(7)],
    ]);
    expect(cookies).toEqual([new Uint8Array(0), new Uint8Array(0)]);
  });

  test("of size 0 give the rest up", async () => {
    const { cookie = new Uint8Array(0) } = await ask(client, { base: baseDn, page: { size: 2 } });
    for (const given of [cookie, new Uint8Array(0)]) {
      const { resultCode, dns, ...left } = await ask(client, {
        base: baseDn,
        page: { size: 0, cookie: given },
      });
      expect([resultCode, dns, left.cookie]).toEqual([0, [], new Uint8Array(0)]);
    }
  });

  test("have the errors of the search they are of", async () => {
    const page = { size: 5 };
    expect(await ask(client, { base: userDn("nobody"), page })).toMatchObject({
      resultCode: LdapResultCode.noSuchObject,
    });
    expect(await ask(client, { base: "no name", page })).toMatchObject({
      resultCode: LdapResultCode.invalidDNSyntax,
    });
    await using stranger = ldapTestClient(place.server);
    expect(await ask(stranger, { base: baseDn, page })).toMatchObject({
      resultCode: LdapResultCode.insufficientAccessRights,
    });
    expect(await ask(stranger, { base: "", scope: "baseObject", page })).toMatchObject({ resultCode: 0 });
  });

  test("are announced, and belong to searches only", async () => {
    const { entries } = await client.search({ attributes: ["supportedControl"] });
    expect(entries[0]?.attributes["supportedControl"]).toContain("1.2.840.113556.1.4.319");
    const controls = [{ oid: ControlOid.pagedResults, critical: true }];
    const [response] = await client.send(
      { type: "compareRequest", entry: userDn("ada"), attribute: "uid", value: Buffer.from("ada") },
      { controls },
    );
    expect(response).toMatchObject({ resultCode: LdapResultCode.unavailableCriticalExtension });
  });
});

describe("how many entries", () => {
  test("the client's size limit counts over all pages", async () => {
    const pages = await askPages(client, { base: baseDn, sizeLimit: 5 }, 2);
    expect(pages.map((page) => [page.resultCode, page.dns.length])).toEqual([
      [0, 2],
      [0, 2],
      [LdapResultCode.sizeLimitExceeded, 1],
    ]);
    expect(pages.flatMap((page) => page.dns)).toEqual(everything.slice(0, 5));
  });

  test.each([
    [
      4,
      [
        [0, 2],
        [LdapResultCode.sizeLimitExceeded, 2],
      ],
    ],
    [
      11,
      [
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 1],
      ],
    ],
  ])("a size limit of %i in pages of 2", async (sizeLimit, expected) => {
    const pages = await askPages(client, { base: baseDn, sizeLimit }, 2);
    expect(pages.map((page) => [page.resultCode, page.dns.length])).toEqual(expected);
  });

  test("a page that is larger than the size limit is an answer without pages", async () => {
    const { resultCode, dns, cookie } = await ask(client, { base: baseDn, sizeLimit: 3, page: { size: 3 } });
    expect([resultCode, dns.length, cookie]).toEqual([
      LdapResultCode.sizeLimitExceeded,
      3,
      new Uint8Array(0),
    ]);
    expect(await ask(client, { base: usersDn, sizeLimit: 5, page: { size: 9 } })).toMatchObject({
      resultCode: 0,
    });
  });

  test("the server's limit bounds each page, so all can be had in pages, and not without", async () => {
    const seen: string[] = [];
    const count = (name: string, labels: { limit?: string } = {}): void => {
      if (name === "directorykit_ldap_limit_hit_total") seen.push(labels.limit ?? "");
    };
    await using small = await office(
      { limits: { maxSearchEntries: 4 } },
      { metrics: { count, observe: () => {} } },
    );
    await using reader = ldapTestClient(small.server);
    await reader.bind(userDn("reader"), password);
    const pages = await askPages(reader, { base: baseDn }, 1000);
    expect(pages.map((page) => [page.resultCode, page.dns.length])).toEqual([
      [0, 4],
      [0, 4],
      [0, 3],
    ]);
    expect(pages.flatMap((page) => page.dns)).toEqual(everything);
    expect(seen).toEqual(["maxSearchEntries", "maxSearchEntries"]);
    await askPages(reader, { base: baseDn }, 4);
    expect(seen).toHaveLength(2);
    const whole = await reader.search({ base: baseDn });
    expect([whole.resultCode, whole.entries.length]).toEqual([LdapResultCode.sizeLimitExceeded, 4]);
  });
});

describe("a cookie", () => {
  const asked: Asked = { base: baseDn, filter: "(objectClass=*)", attributes: ["cn", "uid"] };
  const cookieOf = async (of: LdapTestClient = client): Promise<Uint8Array> =>
    Uint8Array.from((await ask(of, { ...asked, page: { size: 4 } })).cookie ?? []);
  const refused = {
    resultCode: LdapResultCode.unwillingToPerform,
    diagnosticMessage: "the cookie does not belong to this search",
    dns: [],
  };

  test.each<[string, Partial<Asked>]>([
    ["base", { base: usersDn }],
    ["scope", { scope: "singleLevel" }],
    ["filter", { filter: "(cn=*)" }],
    ["attributes", { attributes: ["cn"] }],
    ["typesOnly", { typesOnly: true }],
    ["size limit", { sizeLimit: 1000 }],
    ["time limit", { timeLimit: 50 }],
    ["order", { sort: [{ attributeType: "cn" }] }],
  ])("is refused with another %s", async (_, change) => {
    const cookie = await cookieOf();
    expect(await ask(client, { ...asked, ...change, page: { size: 4, cookie } })).toMatchObject(refused);
    expect(await ask(client, { ...asked, page: { size: 4, cookie } })).toMatchObject({ resultCode: 0 });
  });

  test("is refused to anyone else", async () => {
    const cookie = await cookieOf();
    await using ada = ldapTestClient(place.server);
    await ada.bind(userDn("ada"), password);
    expect(await ask(ada, { ...asked, page: { size: 4, cookie } })).toMatchObject(refused);
    await ada.bind(userDn("reader"), password);
    expect(await ask(ada, { ...asked, page: { size: 4, cookie } })).toMatchObject({ resultCode: 0 });
  });

  test("is refused when it is not as it was given", async () => {
    const cookie = await cookieOf();
    const flipped = (i: number): Uint8Array => cookie.map((octet, at) => (at === i ? octet ^ 1 : octet));
    const forged = [
      cookie.subarray(0, -1),
      cookie.subarray(1),
      Buffer.concat([cookie, Buffer.of(0)]),
      Buffer.concat([cookie, Buffer.from(".x")]),
      Buffer.from("x"),
      Buffer.from("."),
      Buffer.alloc(65_536, 0xff),
      Buffer.alloc(2_000_000, "a"),
      ...Array.from(cookie.keys(), flipped),
    ];
    for (const one of forged)
      expect(await ask(client, { ...asked, page: { size: 4, cookie: one } })).toMatchObject(refused);
  });

  test("is read by another node with the same keys and after a restart, by none with others", async () => {
    const store = memoryStore();
    const keys = ephemeralKeyRing();
    await using first = await office({}, { store, keys });
    await using one = ldapTestClient(first.server);
    await one.bind(userDn("reader"), password);
    const cookie = await cookieOf(one);
    for (const [ring, expected] of [
      [keys, { resultCode: 0, dns: everything.slice(4, 8) }],
      [ephemeralKeyRing(), refused],
    ] as const) {
      const directory = await emptyDirectory({ store, keys: ring });
      await using server = ldapServer({ directory, baseDn });
      await using other = ldapTestClient(server);
      await other.bind(userDn("reader"), password);
      expect(await ask(other, { ...asked, page: { size: 4, cookie } })).toMatchObject(expected);
    }
  });

  test("is refused in another organization", async () => {
    const keys = ephemeralKeyRing();
    await using here = await office({}, { keys });
    await using there = await office({}, { keys, organization: "elsewhere" });
    await using one = ldapTestClient(here.server);
    await using two = ldapTestClient(there.server);
    for (const each of [one, two]) await each.bind(userDn("reader"), password);
    const cookie = await cookieOf(one);
    expect(await ask(two, { ...asked, page: { size: 4, cookie } })).toMatchObject(refused);
  });

  test("of someone who bound anew on the connection is still theirs", async () => {
    const cookie = await cookieOf();
    await using again = ldapTestClient(place.server);
    await again.bind(userDn("reader"), password);
    expect(await ask(again, { ...asked, page: { size: 4, cookie } })).toMatchObject({
      dns: everything.slice(4, 8),
    });
  });

  test.each([
    ["no value", undefined],
    ["nothing", Buffer.alloc(0)],
    ["no sequence", Buffer.from("0400", "hex")],
    ["no cookie", Buffer.from("3003020105", "hex")],
    ["a negative size", Buffer.from("30050201ff0400", "hex")],
    ["a size that is too large", Buffer.from("300902050100000000" + "0400", "hex")],
    ["something behind it", Buffer.from("3005020105040000", "hex")],
  ])("in a control with %s is a protocol error", async (_, value) => {
    for (const critical of [true, false]) {
      const [response] = await client.send(requestOf(asked), {
        controls: [{ oid: ControlOid.pagedResults, critical, ...(value === undefined ? {} : { value }) }],
      });
      expect(response).toMatchObject({ resultCode: LdapResultCode.protocolError });
    }
  });
});
