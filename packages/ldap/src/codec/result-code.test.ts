import { expect, test } from "vitest";
import { LdapResultCode, resultCodeName } from "./result-code.ts";

test("every code has its own name", () => {
  const entries = Object.entries(LdapResultCode);
  for (const [name, code] of entries) expect(resultCodeName(code)).toBe(name);
  expect(new Set(Object.values(LdapResultCode)).size).toBe(entries.length);
});

test("a code that is not known has no name", () => {
  expect(resultCodeName(9)).toBeUndefined();
  expect(resultCodeName(-1)).toBeUndefined();
});
