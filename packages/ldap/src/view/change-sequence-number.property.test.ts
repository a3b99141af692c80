import fc from "fast-check";
import { expect, test } from "vitest";
import { changeSequenceNumber, parseChangeSequenceNumber } from "./change-sequence-number.ts";

const times = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11, 31) });
const revisions = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 2 ** 48 - 1 }));

test("a change sequence number tells time and revision again", () => {
  fc.assert(
    fc.property(times, revisions, (at, revision) => {
      const text = changeSequenceNumber(at, revision);
      expect(text).toMatch(/^\d{14}\.\d{6}Z#[0-9a-f]{6}#000#[0-9a-f]{6}$/);
      expect(parseChangeSequenceNumber(text ?? "")).toEqual({
        microseconds: at * 1000,
        revision,
        serverId: 0,
      });
    }),
  );
});

test("the order of text is that of time, then of revision", () => {
  fc.assert(
    fc.property(times, fc.nat(3), revisions, revisions, (at, later, one, other) => {
      const first = changeSequenceNumber(at, one) ?? "";
      const second = changeSequenceNumber(at + later, other) ?? "";
      expect(first < second).toBe(later > 0 || one < other);
    }),
  );
});

test("it looks as OpenLDAP's do", () => {
  expect(changeSequenceNumber(Date.UTC(2026, 10, 23, 22, 1, 2, 34), 0x1234567)).toBe(
    "20261123220102.034000Z#000001#000#234567",
  );
});

test.each([
  "",
  "20261123220102Z#000000#000#000000",
  "20260230220102.000000Z#000000#000#000000",
  "20261123250102.000000Z#000000#000#000000",
  "20261123220102.000000Z#00000g#000#000000",
  "20261123220102.000000Z#000000#000#000000 ",
])("%j is none", (text) => expect(parseChangeSequenceNumber(text)).toBeUndefined());

test("times that no change sequence number can tell have none", () => {
  expect(changeSequenceNumber(Number.MAX_SAFE_INTEGER, 1)).toBeUndefined();
});
