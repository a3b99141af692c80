import { expect, test } from "vitest";
import { constantTimeEqual } from "./constant-time.ts";

test("equal text and equal octets are equal", () => {
  expect(constantTimeEqual("secret", "secret")).toBe(true);
  expect(constantTimeEqual("é", new TextEncoder().encode("é"))).toBe(true);
  expect(constantTimeEqual("", "")).toBe(true);
});

test("values that differ in content or in length are not equal, and nothing is thrown", () => {
  expect(constantTimeEqual("secret", "secreT")).toBe(false);
  expect(constantTimeEqual("secret", "secrets")).toBe(false);
  expect(constantTimeEqual("", "x")).toBe(false);
  expect(constantTimeEqual(new Uint8Array(3), new Uint8Array(4))).toBe(false);
});

test("text with lone surrogates equals nothing, not even the other text UTF-8 would turn it into", () => {
  expect(constantTimeEqual("\ud800", "\ud801")).toBe(false);
  expect(constantTimeEqual("\ud800", "\ufffd")).toBe(false);
});
