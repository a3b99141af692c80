import fc from "fast-check";
import { expect, test } from "vitest";
import { isDirectoryError } from "../errors.ts";
import { generateTotpSecret, matchTotp, parseTotpSecret, totpUri } from "./totp.ts";

// UTF-16 units rather than characters, so that lone surrogates come up too.
const anyText: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

const invalid: unknown = expect.objectContaining({ code: "invalid-input" });

// Base32 of the ASCII digits 1234567890 repeated to 20, 32 and 64 octets, the keys of RFC 6238 Appendix B (its
// reference code has the longer ones; made with Python's base64.b32encode).
const keys = {
  SHA1: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  SHA256: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA",
  SHA512:
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
};

test.each([
  [59, "94287082", "46119246", "90693936"],
  [1111111109, "07081804", "68084774", "25091201"],
  [1111111111, "14050471", "67062674", "99943326"],
  [1234567890, "89005924", "91819424", "93441116"],
  [2000000000, "69279037", "90698825", "38618901"],
  [20000000000, "65353130", "77737706", "47863826"],
])("at %i seconds the codes are those of RFC 6238 Appendix B", (seconds, sha1, sha256, sha512) => {
  const step = Math.floor(seconds / 30);
  for (const [algorithm, code] of [
    ["SHA1", sha1],
    ["SHA256", sha256],
    ["SHA512", sha512],
  ] as const) {
    expect(matchTotp(keys[algorithm], code, seconds * 1000, { digits: 8, window: 0, algorithm })).toBe(step);
  }
});

test("a code matches within one step of now and returns the step it belongs to", () => {
  // The last six digits of the code at 59 seconds, which is step 1.
  for (const [now, step] of [
    [0, 1],
    [30_000, 1],
    [59_999, 1],
    [60_000, 1],
    [89_999, 1],
    [90_000, undefined],
  ] as const) {
    expect(matchTotp(keys.SHA1, "287082", now)).toBe(step);
  }
  expect(matchTotp(keys.SHA1, "287082", 60_000, { window: 0 })).toBeUndefined();
});

test.each(["", "28708", "2870822", " 287082", "287082\n", "２８７０８２", "-87082", "2870e2", "287 082"])(
  "%j is no code",
  (code) => {
    expect(matchTotp(keys.SHA1, code, 59_000)).toBeUndefined();
  },
);

test("a new secret has 160 bits and is another each time", () => {
  expect(generateTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
  expect(generateTotpSecret()).not.toBe(generateTotpSecret());
});

test("a secret is read in either case, with spaces, dashes and padding", () => {
  for (const text of [
    "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
    "GEZDGNBVGY3TQOJQ-GEZDGNBVGY3TQOJQ",
    ` ${keys.SHA1}\n`,
  ]) {
    expect(parseTotpSecret(text)).toBe(keys.SHA1);
  }
  expect(parseTotpSecret(`${keys.SHA256}====`)).toBe(keys.SHA256);
  expect(matchTotp(keys.SHA1.toLowerCase(), "287082", 59_000)).toBe(1);
});

test.each([
  ["nothing", ""],
  ["only padding", "===="],
  ["80 bits", "GEZDGNBVGY3TQOJQ"],
  ["another alphabet", "0189018901890189018901890189AAAA"],
  ["an impossible length", `${keys.SHA1}A`],
  ["520 bits", "A".repeat(104)],
  ["a megabyte", "A".repeat(1_000_000)],
])("a secret that is %s is refused, without being repeated", (_, text) => {
  expect(() => parseTotpSecret(text)).toThrow(invalid);
  expect(() => matchTotp(text, "287082", 0)).toThrow(invalid);
});

test("any text is a secret or is refused with a typed error", () => {
  fc.assert(
    fc.property(
      fc.oneof(anyText, fc.string({ unit: fc.constantFrom("A", "7", "=", " ", "1"), maxLength: 120 })),
      (text) => {
        try {
          expect(parseTotpSecret(parseTotpSecret(text))).toBe(parseTotpSecret(text));
        } catch (error) {
          expect(isDirectoryError(error)).toBe(true);
        }
      },
    ),
  );
});

test("the URI names issuer and account, escaped", () => {
  const uri = new URL(totpUri({ secret: keys.SHA1, issuer: "Acme & Sons", account: "ada@example.com" }));
  expect(uri.protocol).toBe("otpauth:");
  expect(uri.host).toBe("totp");
  expect(decodeURIComponent(uri.pathname)).toBe("/Acme & Sons:ada@example.com");
  expect(uri.searchParams.get("issuer")).toBe("Acme & Sons");
  expect(uri.searchParams.get("secret")).toBe(keys.SHA1);
  const other = new URL(
    totpUri({
      secret: keys.SHA1,
      issuer: "A",
      account: "b",
      digits: 8,
      periodSeconds: 60,
      algorithm: "SHA256",
    }),
  );
  expect(Object.fromEntries(other.searchParams)).toMatchObject({
    digits: "8",
    period: "60",
    algorithm: "SHA256",
  });
});

test("an issuer or account cannot change the form of the label", () => {
  const label = (issuer: string, account: string) =>
    decodeURIComponent(new URL(totpUri({ secret: keys.SHA1, issuer, account })).pathname);
  expect(label("Acme: Sales", "a:b\nc")).toBe("/Acme  Sales:a b c");
  expect(label("\ud800", "x".repeat(500))).toBe(`/\ufffd:${"x".repeat(100)}`);
  for (const empty of ["", ":", "\n"]) {
    expect(() => totpUri({ secret: keys.SHA1, issuer: empty, account: "ada" })).toThrow(invalid);
    expect(() => totpUri({ secret: keys.SHA1, issuer: "Acme", account: empty })).toThrow(invalid);
  }
});

test("parameters out of range are refused", () => {
  const bad = [
    { window: 2 },
    { digits: 7 },
    { periodSeconds: 0 },
    { periodSeconds: 3600 },
    { algorithm: "MD5" },
    { algorithm: "__proto__" },
  ];
  for (const options of bad)
    expect(() => matchTotp(keys.SHA1, "287082", 0, options as never)).toThrow(invalid);
});
