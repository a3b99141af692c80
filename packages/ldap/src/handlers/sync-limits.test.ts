import { describe, expect, test } from "vitest";
import { ControlOid, encodePagedResults, LdapResultCode, type SearchRequest } from "../codec/index.ts";
import { until } from "../server/office.fixture.ts";
import { control, persisting, request, resultOf, told, watchControl, watchedOffice } from "./sync.fixture.ts";

const { sizeLimitExceeded, protocolError, unavailableCriticalExtension, adminLimitExceeded, success } =
  LdapResultCode;

describe("limits of the client's", () => {
  test("on entries ends a refresh that has more", async () => {
    await using place = await watchedOffice();
    const limited = await place.client.exchange(request({ sizeLimit: 2 }), { controls: control() });
    expect([told(limited).length, resultOf(limited)]).toEqual([2, sizeLimitExceeded]);
    const enough = await place.client.exchange(request({ sizeLimit: 8 }), { controls: control() });
    expect([told(enough).length, resultOf(enough)]).toEqual([8, success]);
  });

  test("on entries and time are of no account once everything is told", async () => {
    await using place = await watchedOffice();
    const { client, directory, user } = place;
    const search = await persisting(client, { sizeLimit: 8, timeLimit: 1 });
    // A connection looks every half second at what has taken too long.
    const until1600 = performance.now() + 1600;
    await until(() => performance.now() > until1600);
    await directory.users.update(user.ada.id, { name: { given: "Augusta" } });
    await until(() => search.news().length > 0);
    expect(search.news()).toEqual(["modify uid=ada"]);
  });
});

test.each(["derefInSearching", "derefAlways"] as const)("%s is a protocol error", async (derefAliases) => {
  await using place = await watchedOffice();
  const messages = await place.client.exchange(request({ derefAliases }), { controls: control() });
  expect([told(messages), resultOf(messages)]).toEqual([[], protocolError]);
});

describe("a control that does not go with it", () => {
  const paged = (critical: boolean) => ({
    oid: ControlOid.pagedResults,
    critical,
    value: encodePagedResults({ size: 2, cookie: new Uint8Array(0) }),
  });

  test("is refused where it is critical, and passed over where not", async () => {
    await using place = await watchedOffice();
    for (const [critical, expected] of [
      [true, [0, unavailableCriticalExtension]],
      [false, [8, success]],
    ] as const) {
      const controls = [...control(), paged(critical)];
      const messages = await place.client.exchange(request(), { controls });
      expect([told(messages).length, resultOf(messages)]).toEqual(expected);
    }
    const both = [...control(), ...watchControl()];
    expect(resultOf(await place.client.exchange(request(), { controls: both }))).toBe(
      unavailableCriticalExtension,
    );
  });

  test("leaves a persistent search whole", async () => {
    await using place = await watchedOffice();
    const { client, directory, user } = place;
    const controls = [...watchControl({ changesOnly: false }), paged(false)];
    const search = client.begin(request(), { controls });
    await until(() => search.messages.length >= 8);
    await directory.users.update(user.ada.id, { name: { given: "Augusta" } });
    await until(() => told(search.messages).includes("modify uid=ada"));
  });
});

test("beyond 10,000 entries there is no persistent search, and of those that are gone no names are told", async () => {
  await using place = await watchedOffice({ layout: { people: "all" } });
  const { client, directory } = place;
  const clerks = await directory.users.createMany(
    Array.from({ length: 10_001 }, (_, i) => ({ username: `clerk-${i}` })),
  );
  const everyone: Partial<SearchRequest> = { filter: { type: "present", attribute: "uid" } };
  const watch = { controls: watchControl() };
  expect(resultOf(await client.exchange(request(everyone), watch))).toBe(adminLimitExceeded);
  const search = await persisting(client, everyone);
  const [first] = clerks;
  await directory.users.delete(first?.id as never);
  await until(() => search.news().length > 0);
  const last = search.messages.at(-1)?.protocolOp;
  // It is not known whether it was ever told: it may be someone whom the reader does not see.
  expect(last).toMatchObject({ type: "searchResEntry", objectName: "", attributes: [] });
}, 30_000);
