import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SharedSecret } from "./shared-secret.ts";

const secrets = fc.uint8Array({ minLength: 1, maxLength: 200 });
const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });

test("digests are those of Node", () => {
  fc.assert(
    fc.property(secrets, parts, (octets, given) => {
      const secret = new SharedSecret(octets);
      const md5 = (...all: readonly Uint8Array[]): Buffer =>
        createHash("md5").update(Buffer.concat(all)).digest();
      expect(Buffer.from(secret.digestBefore(...given))).toEqual(md5(...given, octets));
      expect(Buffer.from(secret.digestBehind(...given))).toEqual(md5(octets, ...given));
      const hmac = createHmac("md5", octets).update(Buffer.concat(given)).digest();
      expect(Buffer.from(secret.hmac(...given))).toEqual(hmac);
      // A key that was used once is as good as new.
      expect(Buffer.from(secret.hmac(...given))).toEqual(hmac);
    }),
  );
});

test("an HMAC-MD5 is that of the RFC, of a short key and of one that is longer than a block", () => {
  // RFC 2202 §2, test cases 2 and 7.
  const short = new SharedSecret("Jefe").hmac(Buffer.from("what do ya want "), Buffer.from("for nothing?"));
  expect(Buffer.from(short).toString("hex")).toBe("750c783e6ab0b503eaa86e310a5db738");
  const long = new SharedSecret(new Uint8Array(80).fill(0xaa)).hmac(
    Buffer.from("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
  );
  expect(Buffer.from(long).toString("hex")).toBe("6f630fad67cda0ee1fb1f562db3aa53e");
});

test("what is longer than any packet is digested whole", () => {
  const octets = new Uint8Array(70_000).fill(7);
  const expected = createHash("md5").update(octets).update("secret").digest();
  expect(Buffer.from(new SharedSecret("secret").digestBefore(octets))).toEqual(expected);
});

test("a secret is itself, as text and as octets, and no other", () => {
  const secret = new SharedSecret("grüße");
  expect(secret.length).toBe(7);
  expect(secret.equals(new SharedSecret(new TextEncoder().encode("grüße")))).toBe(true);
  expect(secret.equals(new SharedSecret("grüßf"))).toBe(false);
  expect(secret.equals(new SharedSecret("grüße "))).toBe(false);
});

test("nothing is no secret", () => {
  expect(() => new SharedSecret("")).toThrow(RangeError);
  expect(() => new SharedSecret(new Uint8Array())).toThrow(RangeError);
});

test("a secret that changes outside does not change inside", () => {
  const octets = Uint8Array.of(1, 2, 3);
  const secret = new SharedSecret(octets);
  octets.fill(0);
  expect(secret.equals(new SharedSecret(Uint8Array.of(1, 2, 3)))).toBe(true);
});

test("a secret is not printed", () => {
  const secret = new SharedSecret("correct horse");
  for (const text of [
    JSON.stringify({ secret }),
    `${secret}`,
    inspect(secret, { depth: 9, showHidden: true }),
  ])
    expect(text).not.toContain("horse");
});
