import type { Change } from "@directorykit/core";
import { AttributeRegistry } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Schema } from "../view/schema.ts";
import { AnswerCache, type AnswerTable, type KeptAnswer } from "./answer-cache.ts";

const schema = new Schema(new AttributeRegistry());
const userChange = (id: string): Change =>
  ({ kind: "user", id, operation: "updated", revision: 1, at: 0 }) as unknown as Change;

const answers = fc.record({
  table: fc.nat(2),
  key: fc.nat(20).map(String),
  ops: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 3 }),
  users: fc.uniqueArray(fc.nat(5).map(String), { maxLength: 2 }),
  pinned: fc.boolean(),
});
const steps = fc.array(
  fc.oneof(
    { weight: 40, arbitrary: answers },
    { weight: 2, arbitrary: fc.record({ changed: fc.nat(5).map(String) }) },
    { weight: 1, arbitrary: fc.constant("drop table" as const) },
    { weight: 1, arbitrary: fc.constant("clear" as const) },
  ),
  { maxLength: 400, size: "max" },
);

function octetsOf({ slab, start, end }: KeptAnswer): Buffer {
  return Buffer.from(slab.bytes.subarray(start, end));
}

test("what is kept is what was put in and nothing changed since, in no more room than there is", () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(8000, 20_000, 1_000_000), (all, maxBytes) => {
      const cache = new AnswerCache(maxBytes);
      cache.follow(schema);
      const tables: (AnswerTable | undefined)[] = [undefined, cache.table(), cache.table()];
      /** By table and key, what may be there. */
      const model = new Map<string, Extract<(typeof all)[number], { key: string }>>();
      const forget = (
        of: (answer: { table: number; users: readonly string[]; pinned: boolean }) => boolean,
      ) => {
        for (const [name, answer] of model) if (of(answer)) model.delete(name);
      };
      for (const step of all) {
        if (step === "clear") {
          cache.clear();
          model.clear();
          tables[1] = cache.table();
          tables[2] = cache.table();
        } else if (step === "drop table") {
          cache.dropTable(tables[2] as AnswerTable);
          forget(({ table }) => table === 2);
          tables[2] = cache.table();
        } else if ("changed" in step) {
          cache.apply([userChange(step.changed)]);
          forget(({ users, pinned }) => !pinned || users.includes(step.changed));
        } else {
          const table = tables[step.table];
          if (table === undefined) cache.set(step.key, step, schema);
          else cache.keep(table, step.key, step);
          model.set(`${step.table} ${step.key}`, step);
        }
        expect(cache.bytes).toBeLessThanOrEqual(maxBytes);
      }
      let kept = 0;
      for (const [i, table] of tables.entries())
        for (let key = 0; key <= 20; key++) {
          const found = table === undefined ? cache.get(String(key), schema) : table.get(String(key));
          const expected = model.get(`${i} ${key}`);
          if (found === undefined) continue;
          kept += 1;
          expect(octetsOf(found)).toEqual(Buffer.concat(expected?.ops ?? []));
          expect(found.users).toEqual(expected?.users);
        }
      // Where there is room for all, all are there.
      if (maxBytes === 1_000_000) expect(kept).toBe(model.size);
    }),
    { numRuns: 300 },
  );
});

test("the oldest answers make room for new ones", () => {
  const cache = new AnswerCache(100_000);
  const answer = { ops: [new Uint8Array(300)], users: ["ada"], pinned: true };
  for (let i = 0; i < 1000; i++) cache.set(String(i), answer, schema);
  const kept = Array.from({ length: 1000 }, (_, i) => cache.get(String(i), schema) !== undefined);
  expect(kept.at(-1)).toBe(true);
  expect(kept[0]).toBe(false);
  // Those that are there are the last ones, and fill most of the room.
  const first = kept.indexOf(true);
  expect(kept.slice(first).every((one) => one)).toBe(true);
  expect(1000 - first).toBeGreaterThan(100);
});

test("answers that are small beside what keeps them stay within the room, too", () => {
  const cache = new AnswerCache(20_000);
  for (let i = 0; i < 500; i++) {
    cache.set(String(i), { ops: [new Uint8Array(1)], users: ["ada"], pinned: true }, schema);
    expect(cache.bytes).toBeLessThanOrEqual(20_000);
    expect(cache.get(String(i), schema)).toBeDefined();
  }
});

test("an answer that would take more than a sixteenth of the room is not kept", () => {
  const cache = new AnswerCache(100_000);
  const large = { ops: [new Uint8Array(7000)], users: [], pinned: true };
  cache.set("small", { ops: [new Uint8Array(10)], users: [], pinned: true }, schema);
  cache.set("large", large, schema);
  expect(cache.get("large", schema)).toBeUndefined();
  expect(cache.get("small", schema)).toBeDefined();
});

test("answers are void by another schema", () => {
  const cache = new AnswerCache(100_000);
  cache.set("key", { ops: [new Uint8Array(10)], users: [], pinned: true }, schema);
  expect(cache.get("key", new Schema(new AttributeRegistry()))).toBeUndefined();
});
