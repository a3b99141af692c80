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
