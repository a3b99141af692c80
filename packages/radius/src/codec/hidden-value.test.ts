import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hidePassword, hideSalted, revealPassword, revealSalted } from "./hidden-value.ts";
import { requestAuthenticator as authenticator, octetsOf, secret, textOctets } from "./octets.fixture.ts";
import { isRadiusDecodeError } from "./radius-decode-error.ts";
import { SharedSecret } from "./shared-secret.ts";

const badValue = expect.objectContaining({ name: "RadiusDecodeError", code: "bad-value" });
const salt = octetsOf("8001");
const authenticators = fc.uint8Array({ minLength: 16, maxLength: 16 });
const secrets = fc.string({ minLength: 1, maxLength: 64 }).map((text) => new SharedSecret(text));

describe("a User-Password", () => {
  test("is read as it was, whatever it is but zeros at its end", () => {
    const passwords = fc.uint8Array({ maxLength: 128 }).filter((one) => one.at(-1) !== 0);
    fc.assert(
      fc.property(passwords, authenticators, secrets, (password, request, known) => {
        const hidden = hidePassword(password, request, known);
        expect(hidden.length).toBe(Math.max(16, Math.ceil(password.length / 16) * 16));
        expect(revealPassword(hidden, request, known)).toEqual(password);
      }),
    );
  });

  test("of nothing has 16 octets all the same", () => {
    const hidden = hidePassword(new Uint8Array(), authenticator, secret);
    expect(hidden).toHaveLength(16);
    expect(revealPassword(hidden, authenticator, secret)).toEqual(new Uint8Array());
  });

  test("has at most 128 octets", () => {
    expect(hidePassword(new Uint8Array(128).fill(1), authenticator, secret)).toHaveLength(128);
    expect(() => hidePassword(new Uint8Array(129).fill(1), authenticator, secret)).toThrow(RangeError);
  });

  test.each([0, 1, 15, 17, 127, 129, 144, 253])("of %i hidden octets is refused", (length) => {
    expect(() => revealPassword(new Uint8Array(length), authenticator, secret)).toThrow(badValue);
  });
});

describe("a salted value", () => {
  test("is read as it was, whatever it is", () => {
    const salts = fc.tuple(fc.integer({ min: 128, max: 255 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 239 }),
        salts,
        authenticators,
        secrets,
        (value, two, request, known) => {
          const hidden = hideSalted(value, Uint8Array.from(two), request, known);
          expect((hidden.length - 2) % 16).toBe(0);
          expect(revealSalted(hidden, request, known)).toEqual(value);
        },
      ),
    );
  });

  test("is never plain, and another with every salt", () => {
    const value = textOctets("correct horse battery staple");
    const one = Buffer.from(hideSalted(value, salt, authenticator, secret));
    const other = Buffer.from(hideSalted(value, octetsOf("8002"), authenticator, secret));
    expect(one.includes("horse")).toBe(false);
    expect(one.subarray(2).equals(other.subarray(2))).toBe(false);
  });

  test("takes a salt of two octets of which the highest bit is set, and no other", () => {
    for (const wrong of ["", "80", "800102", "7fff"])
      expect(() => hideSalted(salt, octetsOf(wrong), authenticator, secret)).toThrow(RangeError);
  });

  test("has at most 239 octets", () => {
    expect(hideSalted(new Uint8Array(239), salt, authenticator, secret)).toHaveLength(2 + 240);
    expect(() => hideSalted(new Uint8Array(240), salt, authenticator, secret)).toThrow(RangeError);
  });

  test.each([0, 1, 2, 3, 17, 19, 33])("of %i octets is refused", (length) => {
    expect(() => revealSalted(new Uint8Array(length).fill(0xff), authenticator, secret)).toThrow(badValue);
  });

  test("with a salt that is none is refused", () => {
    const hidden = hideSalted(textOctets("x"), salt, authenticator, secret);
    hidden[0] = 0x7f;
    expect(() => revealSalted(hidden, authenticator, secret)).toThrow(badValue);
  });

  test("that says to be longer than it is is refused", () => {
    const hidden = hideSalted(textOctets("x"), salt, authenticator, secret);
    // The mask is the same, so the octet of the length changes as much as the hidden one does.
    hidden[2] = (hidden[2] as number) ^ 1 ^ 16;
    expect(() => revealSalted(hidden, authenticator, secret)).toThrow(badValue);
  });

  test("of any octets is a value or an error of the one kind", () => {
    const lengths = fc.nat({ max: 16 }).map((blocks) => blocks * 16);
    const blocks = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    const salted = blocks.map((octets) => Uint8Array.of(0x80, 1, ...octets));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 253 }), blocks, salted), (octets) => {
        for (const reveal of [revealSalted, revealPassword]) {
          const value = valueOrRefusal(() => reveal(octets, authenticator, secret));
          expect(value?.length ?? 0).toBeLessThanOrEqual(octets.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function valueOrRefusal(read: () => Uint8Array): Uint8Array | undefined {
  try {
    return read();
  } catch (error) {
    if (isRadiusDecodeError(error)) return undefined;
    throw error;
  }
}
