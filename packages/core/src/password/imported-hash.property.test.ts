import fc from "fast-check";
import { expect, test } from "vitest";
import { isDirectoryError } from "../errors.ts";
import { assertSupportedHash, parseStoredHash } from "./imported-hash.ts";

// UTF-16 units rather than characters, so that lone surrogates come up too.
const text: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

const number = fc.oneof(
  fc.nat({ max: 30 }).map(String),
  fc.nat().map(String),
  fc.constantFrom("", "-1", "1e9", "01", "99999999999"),
);
const base64 = fc
  .uint8Array({ maxLength: 80 })
  .map((octets) => Buffer.from(octets).toString("base64").replace(/=+$/, ""));
const pieces = fc.oneof(
  fc.constantFrom("$", "{", "}", ",", "=", "m=", "t=", "p=", "ln=", "r=", "i=", "rounds=", "v=19$"),
  fc.constantFrom(
    "$argon2id$",
    "$argon2i$",
    "$scrypt$",
    "$pbkdf2-sha256$",
    "pbkdf2_sha256$",
    "$2b$",
    "$5$",
    "$6$",
  ),
  fc.constantFrom("{SSHA}", "{SHA512}", "{PBKDF2-SHA512}", "{CRYPT}", "{ARGON2}"),
  number,
  base64,
  text,
);
const nearHashes = fc.oneof(
  fc.array(pieces, { maxLength: 10 }).map((list) => list.join("")),
  fc
    .tuple(number, number, number, base64, base64)
    .map(([m, t, p, s, h]) => `$argon2id$v=19$m=${m},t=${t},p=${p}$${s}$${h}`),
  fc
    .tuple(number, number, number, base64, base64)
    .map(([n, r, p, s, h]) => `$scrypt$ln=${n},r=${r},p=${p}$${s}$${h}`),
  fc.tuple(number, base64, base64).map(([i, s, h]) => `{PBKDF2-SHA512}${i}$${s}$${h}`),
  fc.tuple(fc.constantFrom("SHA", "SSHA", "SSHA256", "SHA512"), base64).map(([name, h]) => `{${name}}${h}`),
);

test("any text is a supported hash or is refused with a typed error", () => {
  fc.assert(
    fc.property(nearHashes, (stored) => {
      try {
        assertSupportedHash(stored);
      } catch (error) {
        expect(isDirectoryError(error) && error.code === "invalid-input").toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test("a digest that was accepted compares without an error, and matches nothing by chance", async () => {
  const salted = fc.uint8Array({ minLength: 21, maxLength: 84 });
  await fc.assert(
    fc.asyncProperty(salted, text, async (octets, password) => {
      const stored = `{SSHA}${Buffer.from(octets).toString("base64")}`;
      expect(await parseStoredHash(stored).matches(password)).toBe(false);
    }),
  );
});
