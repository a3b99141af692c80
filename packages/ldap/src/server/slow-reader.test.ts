import { expect, test } from "vitest";
import { parseFilter } from "../codec/index.ts";
import { highWaterBytes } from "./channel.ts";
import { office, password, userDn, usersDn } from "./office.fixture.ts";
import { SlowPeer } from "./slow-peer.fixture.ts";

const many = 50_000;

test(`a listing of ${many} people waits for a slow reader, and keeps little of it in memory`, async () => {
  await using place = await office({
    layout: { people: "all" },
    limits: { maxSearchEntries: many + 100 },
  });
  await place.directory.users.createMany(
    Array.from({ length: many }, (_, i) => ({
      username: `person-${i}`,
      email: `person-${i}@example.com`,
      name: { given: "Person", family: `Number ${i}` },
    })),
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
  peer.send(2, {
    type: "searchRequest",
    baseObject: usersDn,
    scope: "singleLevel",
    derefAliases: "neverDerefAliases",
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: parseFilter("(uid=person-*)"),
    attributes: [],
  });
  for (let chunk = 0; peer.messages.at(-1)?.protocolOp.type !== "searchResDone"; chunk++) {
    // Whoever waits for nobody would use the time to run ahead.
    if (chunk < 20) for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    await peer.takeChunk();
  }
  const entries = peer.messages.filter(({ protocolOp }) => protocolOp.type === "searchResEntry");
  expect(entries).toHaveLength(many);
  expect(peer.messages.at(-1)?.protocolOp).toMatchObject({ resultCode: 0 });
  expect(peer.octets).toBeGreaterThan(20 * highWaterBytes);
  expect(peer.peak).toBeLessThan(3 * highWaterBytes);
}, 60_000);
