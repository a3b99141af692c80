import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type EnvelopeBinding, needsReseal, open, seal } from "./envelope.ts";
import { ephemeralKeyRing, keyRing } from "./key-ring.ts";

const binding: EnvelopeBinding = { organization: "acme", owner: "user-1", kind: "totp", id: "credential-1" };
const text = (octets: Uint8Array) => new TextDecoder().decode(octets);
const unopenable: unknown = expect.objectContaining({
  code: "store-unavailable",
  message: "A sealed value in the store cannot be opened.",
});

test("what is sealed opens again under the same binding", () => {
  const ring = ephemeralKeyRing();
  const envelope = seal(ring, "JBSWY3DPEHPK3PXP", binding);
  expect(envelope).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(text(open(ring, envelope, binding))).toBe("JBSWY3DPEHPK3PXP");
});

test("sealing the same value twice gives two envelopes", () => {
  const ring = ephemeralKeyRing();
  expect(seal(ring, "x", binding)).not.toBe(seal(ring, "x", binding));
});

test.each(["organization", "owner", "kind", "id"] as const)(
  "an envelope moved to another %s does not open",
  (part) => {
    const ring = ephemeralKeyRing();
    const envelope = seal(ring, "x", binding);
    expect(() => open(ring, envelope, { ...binding, [part]: "another" })).toThrow(unopenable);
  },
);

test("moving the boundary between two parts of the binding is another binding", () => {
  const ring = ephemeralKeyRing();
  const envelope = seal(ring, "x", { ...binding, organization: "ab", owner: "c" });
  expect(() => open(ring, envelope, { ...binding, organization: "a", owner: "bc" })).toThrow(unopenable);
});

test("an envelope with any octet changed does not open", () => {
  const ring = ephemeralKeyRing();
  const octets = Buffer.from(seal(ring, "secret", binding), "base64url");
  for (let i = 0; i < octets.length; i++) {
    const changed = Buffer.from(octets);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(() => open(ring, changed.toString("base64url"), binding)).toThrow(unopenable);
  }
  for (let length = 0; length < octets.length; length++) {
    expect(() => open(ring, octets.subarray(0, length).toString("base64url"), binding)).toThrow(unopenable);
  }
});

test("only the canonical text of an envelope opens", () => {
  const ring = ephemeralKeyRing();
  const envelope = seal(ring, "secret", binding);
  for (const other of [`${envelope}=`, ` ${envelope}`, `${envelope}\n`, `${envelope}!`]) {
    expect(() => open(ring, other, binding)).toThrow(unopenable);
  }
});

test("a rotated ring opens old envelopes and asks to seal them again", () => {
  const old = { id: "2025", key: randomBytes(32) };
  const envelope = seal(keyRing({ current: old }), "x", binding);
  const rotated = keyRing({ current: { id: "2026", key: randomBytes(32) }, previous: [old] });
  expect(text(open(rotated, envelope, binding))).toBe("x");
  expect(needsReseal(rotated, envelope)).toBe(true);
  expect(needsReseal(rotated, seal(rotated, "x", binding))).toBe(false);
  expect(needsReseal(rotated, "nonsense")).toBe(true);
});

test("an envelope whose key is gone names the key", () => {
  const envelope = seal(keyRing({ current: { id: "2025", key: randomBytes(32) } }), "x", binding);
  expect(() => open(ephemeralKeyRing(), envelope, binding)).toThrow(
    expect.objectContaining({ code: "store-unavailable", details: { keyId: "2025" } }),
  );
});

test("a value too long to seal, and text that is not Unicode, are refused", () => {
  const ring = ephemeralKeyRing();
  const refused: unknown = expect.objectContaining({ code: "invalid-input" });
  expect(() => seal(ring, new Uint8Array(65_537), binding)).toThrow(refused);
  expect(() => seal(ring, "\ud800", binding)).toThrow(refused);
  expect(() => seal(ring, "x", { ...binding, owner: "\ud800" })).toThrow(refused);
  expect(open(ring, seal(ring, new Uint8Array(65_536), binding), binding)).toHaveLength(65_536);
});
