import fc from "fast-check";
import { expect, test } from "vitest";
import { countRecoveryCodes, generateRecoveryCodes, matchRecoveryCode } from "./recovery-codes.ts";

// UTF-16 units rather than characters, so that lone surrogates come up too.
const text: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

const { codes, stored } = generateRecoveryCodes();

test("ten different codes in readable groups are made, with no letter that looks like another", () => {
  expect(new Set(codes).size).toBe(10);
  for (const code of codes)
    expect(code).toMatch(/^[34679acdefghjkmnpqrtvwxy]{4}(-[34679acdefghjkmnpqrtvwxy]{4}){3}$/);
});

test("a code has more than 64 bits of chance", () => {
  const symbols = new Set(
    generateRecoveryCodes(20).codes.concat(generateRecoveryCodes(20).codes).join("").replaceAll("-", ""),
  );
  expect(16 * Math.log2(symbols.size)).toBeGreaterThan(64);
});

test("what is stored holds no code and no two alike hashes", () => {
  for (const code of codes) expect(stored).not.toContain(code.replaceAll("-", ""));
  expect(new Set(stored.split(" ")).size).toBe(10);
  expect(countRecoveryCodes(stored)).toBe(10);
});

test("each code matches once, until none is left", () => {
  let left = stored;
  for (const [i, code] of codes.entries()) {
    const after = matchRecoveryCode(left, code);
    if (after === undefined) throw new Error("every code matches");
    left = after;
    expect(matchRecoveryCode(left, code)).toBeUndefined();
    expect(countRecoveryCodes(left)).toBe(9 - i);
  }
  expect(left).toBe("");
});

test("case, spaces and dashes do not matter", () => {
  const [code = ""] = codes;
  for (const typed of [
    code.toUpperCase(),
    code.replaceAll("-", ""),
    ` ${code.replaceAll("-", " ")}\n`,
    code.replaceAll("-", "–"),
  ]) {
    expect(matchRecoveryCode(stored, typed)).toBeDefined();
  }
});

test("what is no code matches nothing", () => {
  const [code = ""] = codes;
  const none = [...generateRecoveryCodes(1).codes, "", code.slice(1), `${code}a`, "-".repeat(100_000)];
  for (const typed of none) expect(matchRecoveryCode(stored, typed)).toBeUndefined();
});

test("no stored text and no typed text makes matching throw, and none matches by chance", () => {
  fc.assert(
    fc.property(text, text, (left, typed) => {
      expect(matchRecoveryCode(left, typed)).toBeUndefined();
      expect(matchRecoveryCode(left, codes[0] ?? "")).toBeUndefined();
    }),
  );
});

test("the number of codes is 1 to 20", () => {
  for (const count of [0, 21, 1.5, Number.NaN]) {
    expect(() => generateRecoveryCodes(count)).toThrow(expect.objectContaining({ code: "invalid-input" }));
  }
});
