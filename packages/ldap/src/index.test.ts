import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDn } from "./codec/index.ts";
import { escapeDnValue, escapeFilterValue, filter, formatFilter, parseFilter } from "./index.ts";
import { office, password, userDn, usersDn } from "./server/office.fixture.ts";
import { ldapTestClient } from "./testing.ts";

test("L11: what hosts insert into filters and DNs stays one value, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (typed) => {
      const value = new TextEncoder().encode(typed);
      expect(filter`(uid=${typed})`).toEqual({ type: "equalityMatch", attribute: "uid", value });
      expect(parseFilter(`(uid=${escapeFilterValue(typed)})`)).toEqual(filter`(uid=${typed})`);
      expect(parseFilter(formatFilter(filter`(uid=${typed})`))).toEqual(filter`(uid=${typed})`);
      expect(parseDn(`uid=${escapeDnValue(typed)},dc=example`).rdns[0]).toEqual([
        { type: "uid", value: typed },
      ]);
    }),
  );
});

test("L11: a login name that is a filter finds nobody", async () => {
  await using place = await office();
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  for (const typed of ["*", "ada)(uid=*", "*)(|(uid=*", "\\2a", "a\0", ")("])
    expect((await client.search({ base: usersDn, filter: filter`(uid=${typed})` })).entries).toEqual([]);
});
