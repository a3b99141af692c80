import { compareCodePoints } from "@directorykit/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeHexId, decodeId, encodeId } from "./record-id.ts";

const uuid = "0192f0c4-7a00-7abc-8def-0123456789ab";

test("a UUID takes 16 bytes", () => {
  expect(encodeId(uuid)).toHaveLength(16);
});

// Texts around UUIDs: cut off, drawn out, and with one character that is off by a little.
const nearUuid = fc
  .record({
    hex: fc.uuid(),
    cut: fc.integer({ min: 0, max: 36 }),
    tail: fc.string({
      unit: fc.constantFrom("0", "9", "a", "f", "-", "g", "/", ":", "`", "A", "\u0000", "é"),
      maxLength: 3,
    }),
  })
  .map(({ hex, cut, tail }) => hex.slice(0, cut) + tail);
const anyId = fc.oneof(
  fc.uuid(),
  nearUuid,
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom("", "acme", "00000000-0000-0000-0000-000000000000", "01000000-0000-0000-0000-000000000000"),
);

test("every text comes back as it was", () => {
  fc.assert(
    fc.property(anyId, (id) => {
      const bytes = encodeId(id);
      expect(decodeId(bytes)).toBe(id);
      expect(decodeHexId(Buffer.from(bytes).toString("hex"))).toBe(id);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test("the bytes sort as the texts do, UUIDs and other texts alike", () => {
  fc.assert(
    fc.property(anyId, anyId, (a, b) => {
      const order = Buffer.compare(encodeId(a), encodeId(b));
      expect(Math.sign(order)).toBe(Math.sign(compareCodePoints(a, b)));
    }),
    { numRuns: 20_000, seed: 2 },
  );
});
