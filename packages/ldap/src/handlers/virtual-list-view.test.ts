import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode, type VirtualListViewRequest } from "../codec/index.ts";
import { baseDn, type Office, office, password, userDn, usersDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { type Answered, type Asked, ask } from "./search-controls.fixture.ts";

let place: Office;
let client: LdapTestClient;
/** Twenty people, pupil00 to pupil19, each with a number ten times theirs; the last three without. */
beforeAll(async () => {
  place = await office();
  const users = await place.directory.users.createMany(
    Array.from({ length: 20 }, (_, i) => ({
      username: `pupil${String(i).padStart(2, "0")}`,
      ...(i < 17 ? { posix: { uid: 20_000 + i * 10, gid: 1, home: "/" } } : {}),
    })),
  );
  await place.directory.groups.addMembers(
    place.group.staff.id,
    users.map((user) => user.id),
  );
  client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
});
afterAll(() => place[Symbol.asyncDispose]());

const asked: Asked = {
  base: usersDn,
  scope: "singleLevel",
  filter: "(uid=pupil*)",
  sort: [{ attributeType: "uid" }],
};
const numbers = ({ dns }: Answered): readonly number[] => dns.map((dn) => Number(/pupil(\d+)/.exec(dn)?.[1]));
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
const at = (offset: number, contentCount = 0, before = 0, after = 0): VirtualListViewRequest => ({
  beforeCount: before,
  afterCount: after,
  target: { type: "byOffset", offset, contentCount },
});
const from = (value: string, before = 0, after = 0): VirtualListViewRequest => ({
  beforeCount: before,
  afterCount: after,
  target: { type: "greaterThanOrEqual", value: Buffer.from(value) },
});

describe("part of a sorted list (draft-ietf-ldapext-ldapv3-vlv-09)", () => {
  test.each<[string, VirtualListViewRequest, readonly number[], number]>([
    ["the first", at(1), [0], 1],
    ["the first page", at(1, 0, 0, 4), range(0, 5), 1],
    ["the first of a list of any length", at(1, 1000, 0, 1), range(0, 2), 1],
    ["the last", at(20, 20), [19], 20],
    ["the last of a list of any length", at(7, 7, 2), range(17, 20), 20],
    ["the only one of one is the last", at(1, 1), [19], 20],
    ["around the middle", at(10, 20, 2, 3), range(7, 13), 10],
    ["around the middle, of a list whose length the client does not know", at(10, 0, 2, 3), range(7, 13), 10],
    ["half way down a list that was longer", at(50, 100, 0, 1), range(9, 11), 10],
    ["half way down a list that was shorter", at(5, 10), [9], 10],
    ["as near as can be, rounded", at(1250, 10_000), [2], 3],
    ["never before the first", at(2, 1_000_000), [0], 1],
    ["as many before as there are", at(3, 20, 100, 0), range(0, 3), 3],
    ["as many behind as there are", at(18, 20, 0, 2_147_483_647), range(17, 20), 18],
    ["everything", at(5, 20, 2_147_483_647, 2_147_483_647), range(0, 20), 5],
    ["from a value", from("pupil05", 0, 2), range(5, 8), 6],
    ["around a value that nobody has", from("pupil0", 1, 1), [0, 1], 1],
    ["from between two values", from("pupil055", 1, 1), range(5, 8), 7],
    ["from a value in another spelling", from("  PUPIL19 ", 1), range(18, 20), 20],
    ["from behind the last", from("r", 3, 5), range(17, 20), 21],
    ["from behind the last, nothing", from("r"), [], 21],
  ])("%s", async (_, list, expected, target) => {
    const answer = await ask(client, { ...asked, list });
    expect(answer).toMatchObject({
      resultCode: 0,
      list: { targetPosition: target, contentCount: 20, virtualListViewResult: 0 },
    });
    expect(numbers(answer)).toEqual(expected);
    expect(answer.sort).toEqual(expected.length === 0 ? undefined : { sortResult: 0 });
  });

  test("in reverse the target is the first that is no larger", async () => {
    const reverse = { ...asked, sort: [{ attributeType: "uid", reverseOrder: true }] };
    const answer = await ask(client, { ...reverse, list: from("pupil055", 1, 1) });
    expect([numbers(answer), answer.list?.targetPosition]).toEqual([[6, 5, 4], 15]);
  });

  test("those without the attribute come behind every value, in reverse before", async () => {
    for (const [reverseOrder, value, found, target] of [
      [false, "20150", [15, 16], 16],
      [false, "20161", [17, 18], 18],
      [true, "20161", [16, 15], 4],
      [true, "19999", [], 21],
    ] as const) {
      const sort = [{ attributeType: "uidNumber", reverseOrder }];
      const answer = await ask(client, { ...asked, sort, list: from(value, 0, 1) });
      expect([numbers(answer), answer.list?.targetPosition]).toEqual([found, target]);
    }
  });

  test("of no entries is empty", async () => {
    for (const [list, targetPosition] of [
      [at(1), 0],
      [at(3, 3), 0],
      [from("x"), 1],
    ] as const) {
      const answer = await ask(client, { ...asked, filter: "(uid=nobody)", list });
      expect(answer).toMatchObject({ resultCode: 0, dns: [], list: { targetPosition, contentCount: 0 } });
    }
  });

  test("counts all kinds of entries", async () => {
    const answer = await ask(client, {
      base: baseDn,
      sort: [{ attributeType: "cn" }],
      list: at(1, 0, 0, 100),
    });
    expect(answer.list).toMatchObject({ targetPosition: 1, contentCount: 31 });
    expect(answer.dns).toHaveLength(31);
  });

  test("is bounded by the size limits of the client and the server", async () => {
    const answer = await ask(client, { ...asked, sizeLimit: 3, list: at(5, 20, 1, 10) });
    expect(answer).toMatchObject({
      resultCode: LdapResultCode.sizeLimitExceeded,
      list: { targetPosition: 5, contentCount: 20 },
    });
    expect(numbers(answer)).toEqual([3, 4, 5]);
    expect(await ask(client, { ...asked, sizeLimit: 3, list: at(5, 20, 1, 1) })).toMatchObject({
      resultCode: 0,
    });
  });

  test("is announced", async () => {
    const { entries } = await client.search({ attributes: ["supportedControl"] });
    expect(entries[0]?.attributes["supportedControl"]).toEqual(
      expect.arrayContaining(["2.16.840.1.113730.3.4.9", "1.2.840.113556.1.4.473"]),
    );
  });
});

describe("a list view that cannot be had", () => {
  const failed = (virtualListViewResult: number) => ({
    resultCode: LdapResultCode.virtualListViewError,
    dns: [],
    list: { virtualListViewResult },
  });

  test.each([true, false])("without a sort control, critical: %s", async (critical) => {
    const { sort: _, ...unsorted } = asked;
    expect(await ask(client, { ...unsorted, list: at(1), critical })).toMatchObject(
      failed(LdapResultCode.sortControlMissing),
    );
  });

  test.each([at(0), at(0, 20), at(21), at(21, 20), at(2_147_483_647, 2_147_483_646)])(
    "at %j, which is not on the list",
    async (list) => {
      expect(await ask(client, { ...asked, list })).toMatchObject({
        ...failed(LdapResultCode.offsetRangeError),
        list: { virtualListViewResult: LdapResultCode.offsetRangeError, contentCount: 20 },
      });
    },
  );

  test("from a value of another kind", async () => {
    const sort = [{ attributeType: "uidNumber" }];
    for (const value of ["ada", ""])
      expect(await ask(client, { ...asked, sort, list: from(value) })).toMatchObject(
        failed(LdapResultCode.inappropriateMatching),
      );
    const octets = { type: "greaterThanOrEqual", value: Buffer.of(0xff) } as const;
    const list = { beforeCount: 0, afterCount: 0, target: octets };
    expect(await ask(client, { ...asked, list })).toMatchObject(failed(LdapResultCode.inappropriateMatching));
  });

  test("by a key that cannot be sorted by", async () => {
    const sort = [{ attributeType: "noSuch" }];
    expect(await ask(client, { ...asked, sort, list: at(1), critical: false })).toMatchObject({
      ...failed(LdapResultCode.noSuchAttribute),
      sort: { sortResult: LdapResultCode.noSuchAttribute, attributeType: "noSuch" },
    });
    expect(await ask(client, { ...asked, sort, list: at(1) })).toMatchObject({
      resultCode: LdapResultCode.unavailableCriticalExtension,
      sort: { sortResult: LdapResultCode.noSuchAttribute },
    });
  });

  test("together with pages", async () => {
    expect(await ask(client, { ...asked, list: at(1), page: { size: 5 } })).toMatchObject({
      resultCode: LdapResultCode.unwillingToPerform,
      dns: [],
    });
  });

  test("of more entries than may be sorted, even by what is kept in order", async () => {
    await using small = await office({ limits: { maxSortedEntries: 3 } });
    await using reader = ldapTestClient(small.server);
    await reader.bind(userDn("reader"), password);
    const list = at(1);
    expect(
      await ask(reader, { base: usersDn, sort: [{ attributeType: "uid" }], list, critical: false }),
    ).toMatchObject(failed(LdapResultCode.adminLimitExceeded));
  });

  test("with negative counts is a protocol error", async () => {
    for (const value of ["300e0201ff020100a00602010102010a", "300e020100020100a0060201ff020100"]) {
      const controls = [{ oid: "2.16.840.1.113730.3.4.9", critical: true, value: Buffer.from(value, "hex") }];
      expect(await ask(client, { ...asked, controls })).toMatchObject({
        resultCode: LdapResultCode.protocolError,
      });
    }
  });

  test("at a base that is not there", async () => {
    expect(await ask(client, { ...asked, base: userDn("nobody"), list: at(1) })).toMatchObject({
      resultCode: LdapResultCode.noSuchObject,
    });
  });
});
