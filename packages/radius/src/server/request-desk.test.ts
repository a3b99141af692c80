import { DirectoryError, type Metrics, memoryStore, type Reader, type Store } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Office, office, password, secret, totpCode } from "../../interop/office.ts";
import { AttributeType } from "../codec/attribute-type.ts";
import { hidePassword } from "../codec/hidden-value.ts";
import { encodePacket, type RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { SharedSecret } from "../codec/shared-secret.ts";
import { encodeRequest } from "../codec/signature.ts";
import { radiusTestClient } from "../testing.ts";

const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });
const shared = new SharedSecret(secret);
const authenticator = Buffer.alloc(16, 7);
/** A login, with or without a Message-Authenticator. */
function login(
  { username = "ada", given = password, identifier = 1, more = [] as readonly RawAttribute[] } = {},
  key = shared,
): { readonly signed: Uint8Array; readonly unsigned: Uint8Array } {
  const attributes = [
    text(AttributeType.userName, username),
    { type: AttributeType.userPassword, value: hidePassword(Buffer.from(given), authenticator, key) },
    ...more,
  ];
  return {
    signed: encodeRequest({ code: PacketCode.accessRequest, identifier, attributes }, key, authenticator),
    unsigned: encodePacket(PacketCode.accessRequest, identifier, attributes, authenticator),
  };
}

/** Counts what the server counts. */
function countingMetrics(): { readonly metrics: Metrics; of(name: string, labels?: object): number } {
  const counts = new Map<string, number>();
  const keyOf = (name: string, labels: object = {}): string => `${name} ${JSON.stringify(labels)}`;
  return {
    metrics: {
      count: (name, labels, by = 1) => {
        const key = keyOf(name, labels);
        counts.set(key, (counts.get(key) ?? 0) + by);
      },
      observe: () => {},
    },
    of: (name, labels) => counts.get(keyOf(name, labels)) ?? 0,
  };
}

/** Waits until something is so, by looking each time the event loop comes round. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("not within five seconds");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a request that cannot be trusted gets no answer and is counted:", () => {
  const counted = countingMetrics();
  let place: Office;
  beforeAll(async () => {
    const clients = [
      { cidr: "127.0.0.1", secret },
      { cidr: "192.0.2.0/24", secret, requireMessageAuthenticator: false },
      { cidr: "192.0.2.128/25", secret },
    ];
    place = await office({ limits: { rejectDelayMs: 0 } }, { clients }, { metrics: counted.metrics });
    // So that networks are known, and a packet is dealt with before `send` returns.
    await radiusTestClient(place.server, { secret }).access({ username: "ada", password });
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const state = text(AttributeType.proxyState, "p");
  const eap = { type: AttributeType.eapMessage, value: Buffer.from("0201000501", "hex") };
  const lenient = "192.0.2.5";
  const altered = Uint8Array.from(login().signed);
  altered[40] = (altered[40] as number) ^ 1;
  const twice = encodePacket(
    1,
    9,
    [80, 80].map((type) => ({ type, value: Buffer.alloc(16) })),
    authenticator,
  );
  test.each<[name: string, octets: Uint8Array, reason: string, address?: string]>([
    ["one of a stranger", login().signed, "unknown-client", "198.51.100.1"],
    ["octets that are no packet", Buffer.alloc(19), "malformed"],
    ["a length below 20", Buffer.from(`01010013${"00".repeat(16)}`, "hex"), "malformed"],
    ["an answer", encodePacket(PacketCode.accessAccept, 1, [], authenticator), "unexpected-code"],
    [
      "accounting on the port for logins",
      encodeRequest({ code: 4, identifier: 1, attributes: [] }, shared),
      "unexpected-code",
    ],
    ["no Message-Authenticator", login().unsigned, "no-message-authenticator"],
    ["none from the narrower range", login().unsigned, "no-message-authenticator", "192.0.2.200"],
    [
      "EAP without one, whatever the client may leave out",
      login({ more: [eap] }).unsigned,
      "eap-without-message-authenticator",
      lenient,
    ],
    [
      "Proxy-State without one, too",
      login({ more: [state] }).unsigned,
      "proxied-without-message-authenticator",
      lenient,
    ],
    [
      "another secret",
      login({}, new SharedSecret("another secret entirely")).signed,
      "bad-message-authenticator",
    ],
    ["an octet that was changed", altered, "bad-message-authenticator"],
    ["one that is wrong, where none is needed", altered, "bad-message-authenticator", lenient],
    ["two Message-Authenticators", twice, "bad-message-authenticator"],
    [
      "Status-Server without one",
      encodePacket(PacketCode.statusServer, 1, [], authenticator),
      "no-message-authenticator",
      lenient,
    ],
  ])("%s", async (_, octets, reason, address = "127.0.0.1") => {
    const name = "directorykit_radius_discarded_total";
    const before = counted.of(name, { reason });
    const answers = await radiusTestClient(place.server, { secret, address }).send(octets);
    expect(counted.of(name, { reason })).toBe(before + 1);
    expect(answers).toEqual([]);
  });

  test("a record that was changed on the way", async () => {
    const attributes = [{ type: AttributeType.acctStatusType, value: Buffer.from([0, 0, 0, 1]) }];
    const octets = encodeRequest({ code: PacketCode.accountingRequest, identifier: 1, attributes }, shared);
    octets[octets.length - 1] = 2;
    const name = "directorykit_radius_discarded_total";
    const before = counted.of(name, { reason: "bad-authenticator" });
    expect(await radiusTestClient(place.server, { secret }).send(octets, "accounting")).toEqual([]);
    expect(counted.of(name, { reason: "bad-authenticator" })).toBe(before + 1);
  });

  test("but a plain login without one is answered where the client may leave it out", async () => {
    const answers = await radiusTestClient(place.server, { secret, address: lenient }).send(login().unsigned);
    await until(() => answers.length > 0);
    expect(answers[0]?.[0]).toBe(PacketCode.accessAccept);
    // The answer has one all the same, before everything else.
    expect(answers[0]?.[20]).toBe(AttributeType.messageAuthenticator);
  });
});

describe("a request that comes again", () => {
  test("gets the same octets again, and is worked on once", async () => {
    const counted = countingMetrics();
    await using place = await office({ limits: { rejectDelayMs: 0 } }, {}, { metrics: counted.metrics });
    const client = radiusTestClient(place.server, { secret });
    const { signed } = login();
    const first = await client.send(signed);
    const beside = await client.send(signed);
    await until(() => first.length > 0);
    const later = await client.send(signed);
    expect(first).toHaveLength(1);
    expect(beside).toEqual([]);
    expect(later).toEqual(first);
    expect(counted.of("directorykit_authentication_total", { protocol: "radius", outcome: "accepted" })).toBe(
      1,
    );
    expect(counted.of("directorykit_radius_duplicates_total")).toBe(2);
  });

  test("is another one when its authenticator is, or comes from another port", async () => {
    const counted = countingMetrics();
    await using place = await office({}, {}, { metrics: counted.metrics });
    const again = radiusTestClient(place.server, { secret, port: 50_001 });
    const first = await radiusTestClient(place.server, { secret }).send(login().signed);
    const second = await again.send(login().signed);
    const third = await again.send(
      encodeRequest({ code: PacketCode.accessRequest, identifier: 1, attributes: [text(1, "ada")] }, shared),
    );
    await until(() => first.length + second.length + third.length >= 2);
    expect(counted.of("directorykit_radius_duplicates_total")).toBe(0);
  });

  test("after a code was used for it still gets its acceptance", async () => {
    await using place = await office();
    const client = radiusTestClient(place.server, { secret });
    const { signed } = login({ username: "tomas", given: `${password},${totpCode()}` });
    const first = await client.send(signed);
    await until(() => first.length > 0);
    expect(first[0]?.[0]).toBe(PacketCode.accessAccept);
    expect(await client.send(signed)).toEqual(first);
  });
});

describe("a peer that nothing can be sent to", () => {
  const limits = { rejectDelayMs: 1 };
  const wrong = login({ given: "not the engine 1843" });
  const status = encodeRequest({ code: PacketCode.statusServer, identifier: 3, attributes: [] }, shared);

  test("is not worked for when it says that it came from port 0", async () => {
    const counted = countingMetrics();
    await using place = await office({ limits }, {}, { metrics: counted.metrics });
    // The first of them comes while the networks are not known yet.
    for (let i = 0; i < 2; i++) {
      const answers = await radiusTestClient(place.server, { secret, port: 0 }).send(login().signed);
      expect(answers).toEqual([]);
    }
    const reason = { reason: "no-source-port" };
    expect(counted.of("directorykit_radius_discarded_total", reason)).toBe(2);
    expect(counted.of("directorykit_authentication_total", { protocol: "radius", outcome: "accepted" })).toBe(
      0,
    );
  });

  test.each<[string, Uint8Array]>([
    ["with an acceptance", login().signed],
    ["with a refusal that is held back", wrong.signed],
    ["with a word that the server is there", status],
  ])("is told of in the log when it was to be answered %s", async (_, octets) => {
    const errors: string[] = [];
    const silent = { debug: () => {}, info: () => {}, warn: () => {} };
    const logger = { ...silent, error: (_: object, message: string) => void errors.push(message) };
    await using place = await office({ limits }, {}, { logger });
    const send = (): void => {
      throw new RangeError("there is no such port");
    };
    const peer = { address: "127.0.0.1", port: 50_002, send };
    // Once while the networks are read, and again as a duplicate.
    await place.server.take(octets, peer, "authentication");
    await until(() => errors.length === 1);
    await place.server.take(octets, peer, "authentication");
    await until(() => errors.length === 2);
    expect(new Set(errors)).toEqual(new Set(["a RADIUS packet could not be dealt with"]));
    // The desk is none the worse for it.
    const { code } = await radiusTestClient(place.server, { secret }).access({ username: "ada", password });
    expect(code).toBe(PacketCode.accessAccept);
  });
});

test("Proxy-State comes back as it was sent, in its order, behind everything else", async () => {
  await using place = await office();
  const states = ["one", "two", "", "three"].map((value) => text(AttributeType.proxyState, value));
  const client = radiusTestClient(place.server, { secret });
  const { attributes } = await client.access({ username: "ada", password, attributes: states });
  expect(attributes.slice(-4).map(({ value }) => Buffer.from(value).toString())).toEqual([
    "one",
    "two",
    "",
    "three",
  ]);
});

test("a refusal is held back, an acceptance is not", async () => {
  await using place = await office({ limits: { rejectDelayMs: 300 } });
  const client = radiusTestClient(place.server, { secret });
  const order: string[] = [];
  const refused = client
    .access({ username: "ada", password: "not the engine 1843" })
    .then(() => order.push("refused"));
  await client.access({ username: "ada", password });
  order.push("accepted");
  await refused;
  expect(order).toEqual(["accepted", "refused"]);
});

test("two secrets count while one takes the other's place", async () => {
  const clients = [{ cidr: "127.0.0.1", secret, previousSecret: "the one before this one" }];
  await using place = await office({ limits: { rejectDelayMs: 0 } }, { clients });
  for (const one of [secret, "the one before this one"])
    expect(
      (await radiusTestClient(place.server, { secret: one }).access({ username: "ada", password })).code,
    ).toBe(PacketCode.accessAccept);
});

test("a client that asks more than it may at once is answered when it asks again", async () => {
  const counted = countingMetrics();
  await using place = await office({ limits: { maxPendingPerClient: 1 } }, {}, { metrics: counted.metrics });
  const client = radiusTestClient(place.server, { secret });
  await client.access({ username: "ada", password });
  const first = await client.send(login({ identifier: 1 }).signed);
  const second = await client.send(login({ identifier: 2 }).signed);
  expect(counted.of("directorykit_radius_limit_hit_total", { limit: "maxPendingPerClient" })).toBe(1);
  await until(() => first.length > 0);
  // The turn in which the first one's work ends is not over yet.
  await new Promise((resolve) => setImmediate(resolve));
  const again = await client.send(login({ identifier: 2 }).signed);
  await until(() => again.length > 0);
  expect(second).toEqual([]);
});

test("while the store fails nobody is answered, and nobody let in", async () => {
  const counted = countingMetrics();
  const { store, fail } = storeThatFails();
  await using place = await office({}, {}, { store, metrics: counted.metrics });
  const client = radiusTestClient(place.server, { secret });
  await client.access({ username: "ada", password });
  fail(true);
  const answers = await client.send(login({ identifier: 77 }).signed);
  const failed = { kind: "access", answer: "failed" };
  await until(() => counted.of("directorykit_radius_requests_total", failed) === 1);
  expect(answers).toEqual([]);
  // Nothing is kept of it: when the client asks again, it is answered.
  fail(false);
  const again = await client.send(login({ identifier: 77 }).signed);
  await until(() => again.length > 0);
  expect(again[0]?.[0]).toBe(PacketCode.accessAccept);
});

test("an acceptance that fits into no packet is refused, once, and the log says for whom", async () => {
  const errors: object[] = [];
  const silent = { debug: () => {}, info: () => {}, warn: () => {} };
  const logger = { ...silent, error: (told: object) => void errors.push(told) };
  const counted = countingMetrics();
  const limits = { rejectDelayMs: 0 };
  await using place = await office({ limits }, {}, { logger, metrics: counted.metrics });
  const { directory, resource, users } = place;
  const group = await directory.groups.create({ name: "readers", members: [users.mallory.id] });
  const reply = { "Reply-Message": Array.from({ length: 20 }, () => "x".repeat(253)) };
  await directory.grants.add({ group, resource, attributes: { reply } });
  const client = radiusTestClient(place.server, { secret });
  const { signed } = login({ username: "mallory" });
  const first = await client.send(signed);
  await until(() => first.length > 0 || errors.length > 0);
  await until(() => first.length > 0);
  expect(first[0]?.[0]).toBe(PacketCode.accessReject);
  expect(await client.send(signed)).toEqual(first);
  expect(errors).toMatchObject([{ client: "loopback", network: "office" }]);
  expect(counted.of("directorykit_radius_requests_total", { kind: "access", answer: "3" })).toBe(1);
});

test("a request is given up when its time is over, and leaves no timer behind when it is answered", async () => {
  await using place = await office({ limits: { maxRequestMs: 100 } });
  const { directory } = place;
  const signals: AbortSignal[] = [];
  const authenticate = directory.authenticate.bind(directory);
  directory.authenticate = (attempt, options) => {
    signals.push(options?.signal as AbortSignal);
    return attempt.username === "grace" ? new Promise(() => {}) : authenticate(attempt, options);
  };
  const client = radiusTestClient(place.server, { secret });
  await client.access({ username: "ada", password });
  await client.send(login({ username: "grace" }).signed);
  await until(() => signals[1]?.aborted === true);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  expect(signals[1]?.reason).toMatchObject({ name: "TimeoutError" });
});

/** A memory store that fails when told to. */
function storeThatFails(): { readonly store: Store; fail(does: boolean): void } {
  const inner = memoryStore();
  let fails = false;
  const call = <T>(work: () => Promise<T>): Promise<T> =>
    fails ? Promise.reject(new DirectoryError("store-unavailable", "the disk is on fire")) : work();
  const reader = (real: Reader): Reader =>
    new Proxy(real, {
      get: (target, name) => {
        if (name === "immediate") return fails ? undefined : target.immediate;
        const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) => call(() => method.apply(target, args));
      },
    });
  const store: Store = {
    ...inner,
    reader: (id) => reader(inner.reader(id)),
    transaction: (id, work, options) => call(() => inner.transaction(id, work, options)),
  };
  return {
    store,
    fail: (does) => {
      fails = does;
    },
  };
}
