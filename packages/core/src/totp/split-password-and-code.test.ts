import fc from "fast-check";
import { expect, test } from "vitest";
import { splitPasswordAndCode } from "./split-password-and-code.ts";

// UTF-16 units rather than characters, so that lone surrogates come up too.
const text: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

test("a field splits at its last comma", () => {
  expect(splitPasswordAndCode("password,123456")).toEqual({ password: "password", code: "123456" });
  expect(splitPasswordAndCode("a,b,111111,222222")).toEqual({ password: "a,b,111111", code: "222222" });
  expect(splitPasswordAndCode(",,000000")).toEqual({ password: ",", code: "000000" });
});

test.each([
  "",
  "password",
  "password,12345",
  "password,1234567",
  "password,12345a",
  ",123456",
  "123456",
  "password, 123456",
  "password,123456 ",
  "password,123456\n",
  "password,１２３４５６",
])("%j is a password alone", (field) => {
  expect(splitPasswordAndCode(field)).toBeUndefined();
});

test("whatever the password, joining and splitting gives it back", () => {
  const codes = fc.integer({ min: 0, max: 999_999 }).map((n) => String(n).padStart(6, "0"));
  fc.assert(
    fc.property(
      text.filter((value) => value !== ""),
      codes,
      (password, code) => {
        expect(splitPasswordAndCode(`${password},${code}`)).toEqual({ password, code });
      },
    ),
  );
});

test("any field splits into parts that join to it, or not at all", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ",", "1", "2", "\n") }), (field) => {
      const parts = splitPasswordAndCode(field);
      if (parts !== undefined) expect(`${parts.password},${parts.code}`).toBe(field);
    }),
  );
});
