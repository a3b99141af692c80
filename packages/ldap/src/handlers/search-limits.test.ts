import { describe, expect, test } from "vitest";
import { LdapResultCode, parseFilter } from "../codec/index.ts";
import { baseDn, office, password, unrulyStore, userDn, usersDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";

/** Counts what the server counts. */
function counter(): {
  readonly metrics: { count(name: string, labels?: object): void; observe(): void };
  seen: string[];
} {
  const seen: string[] = [];
  const count = (name: string, labels: { limit?: string } = {}): void => {
    if (name === "directorykit_ldap_limit_hit_total") seen.push(labels.limit ?? "");
  };
  return { metrics: { count, observe: () => {} }, seen };
}

describe("L8: limits of a search", () => {
  test("a size limit returns as many entries and result 4", async () => {
    await using place = await office();
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    const all = { base: usersDn, scope: "one" } as const;
    const two = await client.search({ ...all, sizeLimit: 2 });
    expect([two.resultCode, two.entries.length]).toEqual([LdapResultCode.sizeLimitExceeded, 2]);
    const four = await client.search({ ...all, sizeLimit: 4 });
    expect([four.resultCode, four.entries.length]).toEqual([LdapResultCode.success, 4]);
  });

  test("the server's own size limit stands above the client's and is counted", async () => {
    const { metrics, seen } = counter();
    await using place = await office({ limits: { maxSearchEntries: 3 } }, { metrics });
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    for (const sizeLimit of [0, 100]) {
      const { resultCode, entries } = await client.search({ base: baseDn, sizeLimit });
      expect([resultCode, entries.length]).toEqual([LdapResultCode.sizeLimitExceeded, 3]);
    }
    expect(seen).toEqual(["maxSearchEntries", "maxSearchEntries"]);
    expect((await client.search({ base: baseDn, sizeLimit: 1 })).entries).toHaveLength(1);
    expect(seen).toHaveLength(2);
  });

  test("a search that looks at too many records is ended", async () => {
    const { metrics, seen } = counter();
    await using place = await office({ limits: { maxSearchScan: 1 } }, { metrics });
    const people = Array.from({ length: 1200 }, (_, i) => ({ username: `person-${i}` }));
    const users = await place.directory.users.createMany(people);
    await place.directory.groups.addMembers(
      place.group.staff.id,
      users.map(({ id }) => id),
    );
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    const { resultCode } = await client.search({ base: usersDn, filter: "(title=nothing like it)" });
    expect(resultCode).toBe(LdapResultCode.adminLimitExceeded);
    expect(seen).toEqual(["maxSearchScan"]);
  });

  test("a search whose store never answers ends when its time is up", async () => {
    const { store, control } = unrulyStore();
    const { metrics, seen } = counter();
    await using place = await office({ limits: { maxSearchMs: 50 } }, { store, metrics });
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    control.mood = "stuck";
    const { resultCode } = await client.search({ base: usersDn });
    expect(resultCode).toBe(LdapResultCode.timeLimitExceeded);
    expect((await client.compare(userDn("ada"), "cn", "x")).resultCode).toBe(
      LdapResultCode.timeLimitExceeded,
    );
    expect(seen).toEqual(["maxSearchMs", "maxSearchMs"]);
    control.mood = "well";
    expect((await client.search({ base: usersDn })).resultCode).toBe(0);
  });

  test("the client's own time limit holds when it is the shorter one", async () => {
    const { store, control } = unrulyStore();
    await using place = await office({}, { store });
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    control.mood = "stuck";
    const { resultCode } = await client.search({ base: usersDn, timeLimit: 1 });
    expect(resultCode).toBe(LdapResultCode.timeLimitExceeded);
  });

  test("a store that fails: unavailable, without entries", async () => {
    const { store, control } = unrulyStore();
    await using place = await office({}, { store });
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    control.mood = "broken";
    const answer = await client.search({ base: baseDn });
    expect(answer.resultCode).toBe(LdapResultCode.unavailable);
    expect((await client.compare(userDn("ada"), "cn", "x")).resultCode).toBe(LdapResultCode.unavailable);
  });

  test.each([
    ["of too many parts", `(|${"(uid=x)".repeat(2100)})`],
    ["of too many relations", `(|${"(memberOf=*)(member=*)(manager=*)".repeat(800)})`],
    ["of too many pieces", `(cn=${"*e".repeat(2100)}*)`],
    ["of too many pieces of a name that is put together", `(userPrincipalName=${"*e".repeat(2100)}*)`],
    ["of too many pieces by a rule", `(cn:caseIgnoreSubstringsMatch:=${"\\2ae".repeat(2100)}\\2a)`],
    ["nested too deep", `${"(!".repeat(90)}(uid=x)${")".repeat(90)}`],
  ])("a filter %s is refused", async (_, filter) => {
    await using place = await office({ layout: { flavour: "activeDirectory" } });
    await using client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    const { resultCode } = await client.search({ base: baseDn, filter: parseFilter(filter) });
    expect(resultCode).toBe(LdapResultCode.adminLimitExceeded);
  });
});
