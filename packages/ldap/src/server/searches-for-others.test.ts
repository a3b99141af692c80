import { DirectoryError, memoryStore, type Reader, type Store } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { type Control, ControlOid, encodeAuthzId, LdapResultCode, parseFilter } from "../codec/index.ts";
import { control, request, resultOf, told, watchControl } from "../handlers/sync.fixture.ts";
import { boundAs } from "../handlers/writes.fixture.ts";
import { type Office, office, password, until, userDn } from "./office.fixture.ts";
import { SlowPeer } from "./slow-peer.fixture.ts";

const { authorizationDenied, success } = LdapResultCode;

/** The office with a reader who may act as others, and grace, who may be told what changes. */
async function agency(...options: Parameters<typeof office>): Promise<Office> {
  const place = await office(...options);
  const { directory, resource, user } = place;
  await directory.grants.add({ user: user.reader, resource, attributes: { proxy: true }, priority: 10 });
  await directory.grants.add({ user: user.grace, resource, attributes: { sync: true }, priority: 10 });
  return place;
}

const asGrace: Control = {
  oid: ControlOid.proxiedAuthorization,
  critical: true,
  value: encodeAuthzId({ type: "dn", dn: userDn("grace") }),
};

const shutOut = async ({ directory, group, user }: Office): Promise<void> => {
  await directory.groups.removeMembers(group.staff.id, [user.grace.id]);
  for (const { id } of await directory.grants.ofUser(user.grace.id)) await directory.grants.remove(id);
};
const takeProxy = async ({ directory, user }: Office): Promise<void> => {
  for (const { id, attributes } of await directory.grants.ofUser(user.reader.id))
    if (attributes["proxy"] === true) await directory.grants.remove(id);
};

const lasting: readonly (readonly [what: string, controls: readonly Control[], begun: string])[] = [
  ["a synchronization", control({ mode: "refreshAndPersist" }), "refreshPresent"],
  ["a persistent search", watchControl({ changesOnly: false }), "entry uid=reader"],
];
const ends: readonly (readonly [why: string, change: (place: Office) => Promise<unknown>])[] = [
  ["they are suspended", ({ directory, user }) => directory.users.suspend(user.grace.id)],
  ["they are deleted", ({ directory, user }) => directory.users.delete(user.grace.id)],
  ["no grant lets them in", shutOut],
  ["whoever is bound may no longer act as others", takeProxy],
];

describe.each(lasting)("%s on behalf of another", (_, controls, begun) => {
  const begin = async (place: Office) => {
    const client = await boundAs(place, "reader");
    const search = client.begin(request(), { controls: [...controls, asGrace] });
    await until(() => told(search.messages).includes(begun));
    return { client, ...search };
  };

  test.each(ends)("ends at once when %s, and the connection goes on", async (_, change) => {
    await using place = await agency();
    const { client, messages, done } = await begin(place);
    const { length } = messages;
    await change(place);
    expect(resultOf(await done)).toBe(authorizationDenied);
    expect(messages).toHaveLength(length + 1);
    expect(await client.whoAmI()).toBe(`dn:${userDn("reader")}`);
  });

  test("ends when a grant ends by the clock", async () => {
    let now = Date.now();
    await using place = await agency({}, { clock: () => now });
    const { directory, group } = place;
    const [grant] = await directory.grants.ofGroup(group.staff.id);
    await directory.grants.update(grant?.id as never, { notAfter: now + 60_000 });
    const [own] = await directory.grants.ofUser(place.user.grace.id);
    await directory.grants.update(own?.id as never, { notAfter: now + 60_000 });
    const { done } = await begin(place);
    now += 60_000;
    expect(resultOf(await done)).toBe(authorizationDenied);
  });

  test("goes on with what changes, and with another password of theirs", async () => {
    await using place = await agency();
    const { directory, user } = place;
    const { messages } = await begin(place);
    await directory.credentials.setPassword(user.grace.id, "another engine 1844");
    await directory.users.suspend(user.tomas.id);
    await until(() => told(messages).includes("delete uid=tomas"));
    expect(resultOf(messages)).toBeUndefined();
  });

  test("ends with the connection of whoever is bound", async () => {
    await using place = await agency();
    const { client } = await begin(place);
    await place.directory.users.suspend(place.user.reader.id);
    expect(await client.closed).toMatchObject({ resultCode: LdapResultCode.strongerAuthRequired });
  });
});

const many = 2000;

/** A peer that has begun to read a listing in the name of grace, and knows how to read the rest. */
async function reading(
  place: Office,
): Promise<{ readonly peer: SlowPeer; readonly rest: () => Promise<SlowPeer> }> {
  await place.directory.users.createMany(
    Array.from({ length: many }, (_, i) => ({ username: `clerk-${i}`, name: { family: "x".repeat(200) } })),
  );
  const peer = new SlowPeer();
  place.server.serve(peer, { address: "127.0.0.1", secure: true });
  peer.send(1, {
    type: "bindRequest",
    version: 3,
    name: userDn("reader"),
    authentication: { type: "simple", password: Buffer.from(password) },
  });
  await peer.takeUntil("bindResponse");
  peer.send(2, clerks, [asGrace]);
  await peer.takeUntil("searchResEntry");
  const rest = async (): Promise<SlowPeer> => {
    await peer.takeUntil("searchResDone");
    return peer.destroy();
  };
  return { peer, rest };
}
const clerks = request({ filter: parseFilter("(uid=clerk-*)") });

describe("a listing on behalf of another, while it waits for a slow reader", () => {
  test.each(ends)("ends when %s", async (_, change) => {
    await using place = await agency({ layout: { people: "all" } });
    const { rest } = await reading(place);
    await change(place);
    const { messages } = await rest();
    expect(resultOf(messages)).toBe(authorizationDenied);
    expect(messages.length).toBeLessThan(many);
  });

  test("is given whole when others are suspended meanwhile", async () => {
    await using place = await agency({ layout: { people: "all" } });
    const { rest } = await reading(place);
    await place.directory.users.suspend(place.user.tomas.id);
    const { messages } = await rest();
    expect(resultOf(messages)).toBe(success);
    expect(messages).toHaveLength(1 + many + 1);
  });
});

describe("a look at whether another is still let in", () => {
  /** A memory store that can hold reads of one record, and let them fail. */
  function holdingStore() {
    const inner = memoryStore();
    let held: { readonly id: string; readonly gate: PromiseWithResolvers<void>; reads: number } | undefined;
    const reader = (real: Reader): Reader =>
      new Proxy(real, {
        get: (target, name) => {
          // What is to be held is not answered at once.
          if (name === "immediate") return held === undefined ? target.immediate : undefined;
          if (name !== "get") return Reflect.get(target, name);
          const get: Reader["get"] = async (...given) => {
            if (given[1] === held?.id) {
              held.reads += 1;
              await held.gate.promise;
            }
            return target.get(...given);
          };
          return get;
        },
      });
    const store: Store = { ...inner, reader: (id) => reader(inner.reader(id)) };
    const hold = (id: string) => {
      const now = { id, gate: Promise.withResolvers<void>(), reads: 0 };
      now.gate.promise.catch(() => {});
      held = now;
      return now;
    };
    return { store, hold };
  }
  const fault = new DirectoryError("store-unavailable", "the disk is on fire");
  const change = ({ directory, user }: Office): Promise<unknown> =>
    directory.users.update(user.grace.id, { phones: ["+44 20 7946 0019"] });

  test("that ends behind the search does not end another of the same messageID", async () => {
    const { store, hold } = holdingStore();
    await using place = await agency({ layout: { people: "all" } }, { store });
    const { peer, rest } = await reading(place);
    const { gate } = hold(place.user.grace.id);
    await change(place);
    await peer.takeUntil("searchResDone");
    expect(resultOf(peer.messages)).toBe(success);
    const { length } = peer.messages;
    peer.send(2, clerks);
    await peer.takeUntil("searchResEntry");
    gate.reject(fault);
    const { messages } = await rest();
    expect(resultOf(messages)).toBe(success);
    expect(messages).toHaveLength(length + many + 1);
  });

  test("that fails before the search begins is a failure of the store", async () => {
    const { store, hold } = holdingStore();
    await using place = await agency({}, { store });
    const client = await boundAs(place, "reader");
    const first = hold(place.user.grace.id);
    const { done } = client.begin(request(), { controls: [asGrace] });
    await until(() => first.reads === 1);
    await change(place);
    // What was read before the change is not kept, so they are looked at once more.
    hold(place.user.grace.id).gate.reject(fault);
    first.gate.resolve();
    expect(resultOf(await done)).toBe(LdapResultCode.unavailable);
    expect(await client.whoAmI()).toBe(`dn:${userDn("reader")}`);
  });
});
