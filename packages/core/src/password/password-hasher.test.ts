import { describe, expect, test } from "vitest";
import { type Argon2HasherOptions, allowWeakHashing, argon2Hasher } from "./password-hasher.ts";

const cheap: Argon2HasherOptions = { memoryKiB: 64, passes: 1, [allowWeakHashing]: true };
const hasher = argon2Hasher(cheap);
const password = "correct horse battery staple";

test("by default a hash is argon2id with 19 MiB, 2 passes, 1 lane, 16 octets of salt and 32 of tag", async () => {
  const careful = argon2Hasher();
  const stored = await careful.hash(password);
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await careful.verify(stored, password)).toBe(true);
  expect(careful.needsRehash(stored)).toBe(false);
});

test("a hash matches its password and no other, and never has the same salt twice", async () => {
  const [one, other] = await Promise.all([hasher.hash(password), hasher.hash(password)]);
  expect(one).not.toBe(other);
  expect(await hasher.verify(one, password)).toBe(true);
  expect(await hasher.verify(one, `${password}r`)).toBe(false);
  expect(await hasher.verify(one, "")).toBe(false);
});

test("composed and decomposed forms match each other", async () => {
  const stored = await hasher.hash("Ame\u0301lie Poulain 1");
  expect(await hasher.verify(stored, "Am\u00e9lie\u00a0Poulain 1")).toBe(true);
});

test("a password is never cut: one that differs in its last octet does not match", async () => {
  const long = "x".repeat(4095);
  const stored = await hasher.hash(`${long}a`);
  expect(await hasher.verify(stored, `${long}a`)).toBe(true);
  expect(await hasher.verify(stored, `${long}b`)).toBe(false);
});

test("a password that cannot be prepared is refused when set and does not match at sign-in", async () => {
  const stored = await hasher.hash(password);
  for (const bad of ["", "tab\t", "x".repeat(1_000_000)]) {
    await expect(hasher.hash(bad)).rejects.toMatchObject({ code: "invalid-input" });
    expect(await hasher.verify(stored, bad)).toBe(false);
    expect(await hasher.verifyDummy(bad)).toBe(false);
  }
});

test("verifying for an unknown user says no", async () => {
  expect(await hasher.verifyDummy(password)).toBe(false);
});

test("nothing matches a stored text that is no hash", async () => {
  for (const stored of ["", password, "*", "!", "$argon2id$", `{CLEARTEXT}${password}`]) {
    expect(await hasher.verify(stored, password)).toBe(false);
    expect(hasher.needsRehash(stored)).toBe(true);
  }
});

test("a hash made with other parameters still matches and asks to be replaced", async () => {
  const stored = await argon2Hasher({ ...cheap, passes: 2 }).hash(password);
  expect(await hasher.verify(stored, password)).toBe(true);
  expect(hasher.needsRehash(stored)).toBe(true);
  expect(hasher.needsRehash(await hasher.hash(password))).toBe(false);
});

test("an imported hash matches its password and asks to be replaced", async () => {
  // `openssl passwd -5 -salt opensslsalt`, and SSHA made with Python 3's hashlib.
  for (const stored of [
    "{CRYPT}$5$opensslsalt$tbP3C7RMl/gRYjroWsQ4kn50NYQVL8.zoYtSJLngte.",
    "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==",
  ]) {
    expect(await hasher.verify(stored, password)).toBe(true);
    expect(await hasher.verify(stored, `${password}.`)).toBe(false);
    expect(hasher.needsRehash(stored)).toBe(true);
  }
});

describe("an unknown user, a wrong password and an impossible password", () => {
  test("take times of the same order", async () => {
    const slow = argon2Hasher({ memoryKiB: 8192, passes: 2, [allowWeakHashing]: true });
    const stored = await slow.hash(password);
    const median = async (work: () => Promise<boolean>): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 9; i++) {
        const before = performance.now();
        await work();
        times.push(performance.now() - before);
      }
      return times.sort((a, b) => a - b)[4] ?? 0;
    };
    const wrong = await median(() => slow.verify(stored, "another password"));
    // A lower bound only: a busy machine makes things slower, never quicker.
    expect(await median(() => slow.verifyDummy(password))).toBeGreaterThan(wrong / 4);
    expect(await median(() => slow.verify(stored, "tab\t"))).toBeGreaterThan(wrong / 4);
    expect(await median(() => slow.verify("no hash", password))).toBeGreaterThan(wrong / 4);
    expect(await median(() => slow.verify("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "wrong"))).toBeGreaterThan(
      wrong / 4,
    );
  });
});

test("a cost that is too low or too high stops the start-up", () => {
  const misconfigured: unknown = expect.objectContaining({ code: "misconfigured" });
  const bad: Argon2HasherOptions[] = [
    { memoryKiB: 4096, passes: 10 },
    { memoryKiB: 19_456, passes: 1 },
    { memoryKiB: 262_145 },
    { passes: 11 },
    { parallelism: 17 },
    { passes: 1.5 },
    { memoryKiB: 8, parallelism: 2, [allowWeakHashing]: true },
    { concurrency: 0 },
  ];
  for (const options of bad) expect(() => argon2Hasher(options)).toThrow(misconfigured);
  for (const [memoryKiB, passes] of [
    [47_104, 1],
    [12_288, 3],
    [9216, 4],
    [7168, 5],
  ] as const) {
    argon2Hasher({ memoryKiB, passes });
  }
});

test("an aborted signal ends the wait", async () => {
  const stored = await hasher.hash(password);
  const signal = AbortSignal.abort();
  await expect(hasher.hash(password, { signal })).rejects.toMatchObject({ code: "timeout" });
  await expect(hasher.verify(stored, password, { signal })).rejects.toMatchObject({ code: "timeout" });
  await expect(hasher.verifyDummy(password, { signal })).rejects.toMatchObject({ code: "timeout" });
});
