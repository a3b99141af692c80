import { describe, expect, test, vi } from "vitest";
import { commonPasswords } from "./password-blocklist.generated.ts";
import {
  assertPasswordPolicy,
  checkPassword,
  defaultPasswordPolicy,
  type PasswordPolicy,
} from "./password-policy.ts";

const withSecondFactor: PasswordPolicy = { ...defaultPasswordPolicy, minLength: 8 };
const words = [
  "ada.lovelace",
  "countess@analytical.example",
  "Ada",
  "Lovelace",
  "Acme Corporation",
  "directorykit",
];

async function codes(password: string, policy = defaultPasswordPolicy): Promise<string[]> {
  return (await checkPassword(password, policy, { words })).map(({ code }) => code);
}

describe("accepted are", () => {
  test.each([
    "correct horse battery staple",
    "Tr0ub4dor&3-and-then-some",
    "пароль с лошадью и скрепкой",
    "正しい馬のバッテリーのステープルを使う",
    "🐴🔋📎🐴✅🌧️🎩🧊🪴🚲🧦🥁🪐🧭",
    "lovely weather in ada county",
    "kG7#pW2!vX9$qL4",
    "8391047562910384",
    "one, two, 123456 and 7",
    "x".repeat(3) + "correct horse battery staple ".repeat(8),
  ])("%s", async (password) => {
    expect(await checkPassword(password, defaultPasswordPolicy, { words })).toEqual([]);
  });

  test("64, 256 and 1024 characters", async () => {
    const sentence = Array.from({ length: 300 }, (_, i) => `${i * 7919} horses`).join(" ");
    for (const length of [64, 256, 1024]) expect(await codes(sentence.slice(0, length))).toEqual([]);
    expect(await codes(sentence.slice(0, 1025))).toEqual(["too-long"]);
  });
});

test("length counts code points of the prepared password", async () => {
  expect(await codes("kG7#pW2!vX9$qL")).toEqual(["too-short"]);
  expect(await codes(`${"😀".repeat(7)}kG7#pW2`)).toEqual(["too-short"]);
  // Fifteen as typed, fourteen when e and its accent are one.
  expect(await codes("kG7#pW2!vX9$qe\u0301")).toEqual(["too-short"]);
  expect(await codes("kG7#pW2!", withSecondFactor)).toEqual([]);
});

test.each([
  ["", "too-short"],
  ["x".repeat(1_000_000), "too-long"],
  ["correct horse\tbattery staple", "invalid-character"],
  ["correct horse battery \ud800", "invalid-character"],
])("what cannot be hashed has that fault alone", async (password, code) => {
  expect(await codes(password)).toEqual([code]);
});

describe("blocked are", () => {
  test.each([
    "passwordpassword",
    "PasswordPasswordPass",
    "password1234567",
    "Password!!!!!!!!",
    "123password4567890",
    "qwerty123456789",
    "7654321drowssap",
    "dragon!2024!2024",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "123123123123123123",
    "abcdefghijklmnop",
    "123456789012345",
    "098765432109876",
    "qwertyuiopasdfgh",
    "QWERTYUIOP123456",
    "azertyuiopqsdfgh",
    "ｐａｓｓｗｏｒｄ１２３４５６７",
  ])("%s", async (password) => {
    expect(await codes(password)).toEqual(["blocked"]);
  });

  test("with a least length of 8, every entry of the list", async () => {
    const entries = commonPasswords.split("\n");
    expect(entries.length).toBeGreaterThanOrEqual(3000);
    expect(new Set(entries).size).toBe(entries.length);
    for (const entry of entries.filter((_, i) => i % 50 === 0)) {
      expect([...entry].length).toBeGreaterThanOrEqual(8);
      expect(await codes(entry.toUpperCase(), withSecondFactor)).toContain("blocked");
    }
  });

  test("what the policy's own list says, which gets the prepared password", async () => {
    const blocklist = vi.fn(async () => true);
    expect(await codes("Ame\u0301lie's horse battery", { ...defaultPasswordPolicy, blocklist })).toEqual([
      "blocked",
    ]);
    expect(blocklist).toHaveBeenCalledWith("Am\u00e9lie's horse battery");
    const broken = { ...defaultPasswordPolicy, blocklist: () => Promise.reject(new Error("offline")) };
    await expect(codes("correct horse battery staple", broken)).rejects.toThrow("offline");
  });
});

test("a long unit said twice is no repetition", async () => {
  expect(await codes("kG7#pW2!vX9$qL4kG7#pW2!vX9$qL4")).toEqual([]);
});

test.each([
  "ada.lovelace2024",
  "AdaLovelaceCountess",
  "Countess-Countess-1",
  "acmecorporation!",
  "directorykit-123456",
  "ADA.LOVELACE.ACME.1",
])("%s is little more than context words", async (password) => {
  expect(await codes(password)).toEqual(["context-word"]);
});

test("a comma and six digits at the end look like a one-time code", async () => {
  expect(await codes("correct horse battery,123456")).toEqual(["looks-like-password-and-code"]);
});

test("reasons repeat nothing of the password and are sentences", async () => {
  for (const password of ["lovelace,123456", "dragon"]) {
    for (const { reason } of await checkPassword(password, defaultPasswordPolicy, { words })) {
      expect(reason).toMatch(/^The password .*\.$/);
      expect(reason).not.toMatch(/lovelace|123456|dragon/);
    }
  }
});

test("a hostile password or context takes no long time", async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `word-${i}`);
  const before = performance.now();
  for (const password of [
    `${"a".repeat(1023)}b`,
    "ab1".repeat(341),
    "!".repeat(1000),
    `${"a1".repeat(500)}!`,
  ]) {
    await checkPassword(password, defaultPasswordPolicy, { words: many });
  }
  expect(performance.now() - before).toBeLessThan(1000);
});

test("a policy below 8 or unable to hold 256 characters stops the start-up", async () => {
  for (const policy of [
    { minLength: 7 },
    { minLength: 8.5 },
    { maxLength: 255 },
    { maxLength: 4097 },
    { minLength: 300, maxLength: 256 },
  ]) {
    const whole = { ...defaultPasswordPolicy, ...policy };
    expect(() => assertPasswordPolicy(whole)).toThrow(expect.objectContaining({ code: "misconfigured" }));
    await expect(checkPassword("x", whole)).rejects.toMatchObject({ code: "misconfigured" });
  }
});
