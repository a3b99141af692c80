import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { ephemeralKeyRing, keyRing, loadKeyRing } from "./key-ring.ts";
import { Secret } from "./secret.ts";

const misconfigured: unknown = expect.objectContaining({ code: "misconfigured" });
const withKey = (key: string | Uint8Array) => () => keyRing({ current: { id: "a", key } });

test("a ring takes its key as octets, as base64 in either alphabet, and as a secret", () => {
  const key = randomBytes(32);
  for (const form of [
    key,
    key.toString("base64"),
    key.toString("base64url"),
    `${key.toString("base64")}\n`,
    new Secret(key.toString("base64")),
    new Secret(key),
  ]) {
    expect(Buffer.from(keyRing({ current: { id: "a", key: form } }).current().key)).toEqual(key);
  }
});

test("a ring keeps its own copy of the octets", () => {
  const key = randomBytes(32);
  const ring = keyRing({ current: { id: "a", key } });
  key.fill(0);
  expect(ring.current().key.some((octet) => octet !== 0)).toBe(true);
});

test.each([
  ["too short", randomBytes(31)],
  ["too long", randomBytes(33)],
  ["not base64", "not base64!"],
  ["empty", ""],
  ["all zero", new Uint8Array(32)],
  ["all alike", new Uint8Array(32).fill(0x42)],
  ["00 01 02 ... 1f", Uint8Array.from({ length: 32 }, (_, i) => i)],
  ["ff fe fd ...", Uint8Array.from({ length: 32 }, (_, i) => 255 - i)],
  [
    "sixteen octets twice",
    Buffer.concat([
      Buffer.from("feffe9928665731c6d6a8f9467308308", "hex"),
      Buffer.from("feffe9928665731c6d6a8f9467308308", "hex"),
    ]),
  ],
  ["thirty-two hexadecimal digits as text", Buffer.from("8f14e45fceea167a5a36dedd4bea2543")],
  [
    "the example key of NIST SP 800-38A",
    Buffer.from("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "hex"),
  ],
])("a key that is %s is refused", (_, key) => {
  expect(withKey(key)).toThrow(misconfigured);
});

test("the refusal of a key does not repeat the key", () => {
  const key = "bm90LWEta2V5";
  expect(withKey(key)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(key) }));
});

test("a random key is practically never refused", () => {
  for (let i = 0; i < 2000; i++) keyRing({ current: { id: "a", key: randomBytes(32) } });
});

test("ids are short, plain and unique, and a key has one id", () => {
  const key = randomBytes(32);
  for (const id of ["", "seventeen-letters", "a b", "é", "a\0"]) {
    expect(() => keyRing({ current: { id, key } })).toThrow(misconfigured);
  }
  const current = { id: "a", key };
  expect(() => keyRing({ current, previous: [{ id: "a", key: randomBytes(32) }] })).toThrow(misconfigured);
  expect(() => keyRing({ current, previous: [{ id: "b", key }] })).toThrow(misconfigured);
});

test("previous keys are found by id, an unknown id is not", () => {
  const ring = keyRing({
    current: { id: "b", key: randomBytes(32) },
    previous: [{ id: "a", key: randomBytes(32) }],
  });
  expect(ring.current().id).toBe("b");
  expect(ring.get("a")?.id).toBe("a");
  expect(ring.get("__proto__")).toBeUndefined();
});

test("derived keys differ by purpose and stay the same when a new current key is added", () => {
  const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)].map((key, i) => ({
    id: `k${i}`,
    key,
  }));
  if (first === undefined || second === undefined || third === undefined) throw new Error("three keys");
  const before = keyRing({ current: first });
  const after = keyRing({ current: third, previous: [second, first] });
  expect(before.derive("session")).toHaveLength(32);
  expect(before.derive("session")).not.toEqual(before.derive("lockout"));
  expect(after.derive("session")).toEqual(before.derive("session"));
  expect(keyRing({ current: third, previous: [second] }).derive("session")).not.toEqual(
    before.derive("session"),
  );
  expect(keyRing({ current: third, previous: [first, second], deriveFrom: "k0" }).derive("session")).toEqual(
    before.derive("session"),
  );
  expect(() => keyRing({ current: first, deriveFrom: "none" })).toThrow(misconfigured);
});

test("derivation is HKDF-SHA256 with an empty salt", () => {
  // Computed on its own with Python 3: hmac(hmac(32 zero octets, key), info || 0x01), hashlib.sha256.
  const key = Buffer.from("0b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfe", "hex");
  expect(Buffer.from(keyRing({ current: { id: "a", key } }).derive("session")).toString("hex")).toBe(
    "208b810021f76f2126111e57842e59e46dca11178140055e373a6b5d9d7c06a5",
  );
});

test("printing a ring prints no key", () => {
  const ring = keyRing({ current: { id: "a", key: randomBytes(32) } });
  expect(inspect(ring.current())).toBe("{ id: 'a' }");
  expect(JSON.stringify(ring.current())).toBe('{"id":"a"}');
  expect(inspect(ring, { depth: null })).not.toMatch(/Uint8Array|Buffer/);
});

test("a ring loads its keys from sources", async () => {
  const key = randomBytes(32).toString("base64");
  const ring = await loadKeyRing({
    current: { id: "a", key: async () => new Secret(key) },
    previous: [{ id: "b", key: () => randomBytes(32) }],
  });
  expect(Buffer.from(ring.current().key).toString("base64")).toBe(key);
  await expect(loadKeyRing({ current: { id: "a", key: () => "" } })).rejects.toThrow(misconfigured);
});

test("each ephemeral ring has another key", () => {
  expect(ephemeralKeyRing().current().key).not.toEqual(ephemeralKeyRing().current().key);
});
