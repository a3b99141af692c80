import fc from "fast-check";
import { expect, test } from "vitest";
import { passwordFault, preparePassword } from "./prepare-password.ts";

// UTF-16 units rather than characters, so that lone surrogates come up too.
const text: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

test("composed and decomposed forms of the same text are one password", () => {
  expect(preparePassword("Ame\u0301lie".padEnd(15, "x"))).toBe(
    preparePassword("Am\u00e9lie".padEnd(14, "x")),
  );
  expect(preparePassword("\u1112\u1161\u11ab")).toBe("\ud55c");
});

test("every kind of space is a plain space", () => {
  // RFC 8265 §4.3, example 4: OGHAM SPACE MARK.
  expect(preparePassword("foo\u1680bar")).toBe("foo bar");
  expect(preparePassword("a\u00a0b\u2003c\u3000d")).toBe("a b c d");
});

test("what RFC 8265 §4.3 gives as good passwords stays as it is", () => {
  for (const password of [
    "correct horse battery staple",
    "Correct Horse Battery Staple",
    "πßå",
    "Jack of ♦s",
  ]) {
    expect(preparePassword(password)).toBe(password);
  }
});

test("case, width, spaces at the ends and emoji are kept", () => {
  for (const password of ["ABC", "ＡＢＣ", " x ", "❤️‍🔥", "ﬁ"])
    expect(preparePassword(password)).toBe(password);
});

test.each([
  ["empty", ""],
  ["too-long", "x".repeat(4097)],
  ["too-long", "é".repeat(2049)],
  ["too-long", "x".repeat(1_000_000)],
  // RFC 8265 §4.3, example 6.
  ["invalid-character", "my cat is a \u0009by"],
  ["invalid-character", "nul\0"],
  ["invalid-character", "line\n"],
  ["invalid-character", "\u0085"],
  ["invalid-character", "\ud800"],
  ["invalid-character", "\uffff"],
] as const)("a password is refused as %s", (fault, password) => {
  expect(passwordFault(password)).toBe(fault);
  expect(() => preparePassword(password)).toThrow(
    expect.objectContaining({ code: "invalid-input", details: { fault } }),
  );
});

test("4096 octets are accepted whole", () => {
  expect(preparePassword("x".repeat(4096))).toHaveLength(4096);
});

test("the prepared form of any password prepares to itself", () => {
  fc.assert(
    fc.property(text, (password) => {
      if (passwordFault(password) !== undefined) return;
      const prepared = preparePassword(password);
      expect(preparePassword(prepared)).toBe(prepared);
      expect(preparePassword(password.normalize("NFD"))).toBe(prepared);
    }),
  );
});
