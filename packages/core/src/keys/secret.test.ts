import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { allowReadableByOthers, resolveSecret, Secret, secretFromEnv, secretFromFile } from "./secret.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "directorykit-secret-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function secretFile(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

test("a secret shows itself nowhere but in reveal", () => {
  for (const value of ["hunter2-hunter2", new TextEncoder().encode("hunter2-hunter2")]) {
    const secret = new Secret(value);
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: null, showHidden: true }),
      new Error(`${secret}`).message,
      Object.values(secret).join(),
    ].join(" ");
    expect(shown).not.toContain("hunter2");
    expect(shown).not.toContain("104");
    expect(secret.reveal()).toEqual(value);
  }
});

test("a secret made of octets keeps its own copy", () => {
  const octets = Uint8Array.of(1, 2, 3);
  const secret = new Secret(octets);
  octets.fill(0);
  expect(secret.reveal()).toEqual(Uint8Array.of(1, 2, 3));
});

test("a secret resolves from a value, a function and a promise", async () => {
  expect((await resolveSecret("a", "key")).reveal()).toBe("a");
  expect((await resolveSecret(new Secret("b"), "key")).reveal()).toBe("b");
  expect((await resolveSecret(() => "c", "key")).reveal()).toBe("c");
  expect((await resolveSecret(async () => Uint8Array.of(1), "key")).reveal()).toEqual(Uint8Array.of(1));
});

test("a missing or empty secret, or a source that throws, is a misconfiguration", async () => {
  const sources = [
    "",
    new Uint8Array(0),
    () => "",
    () => undefined as never,
    () => Promise.reject(new Error("vault")),
  ];
  for (const source of sources) {
    await expect(resolveSecret(source, "signing key")).rejects.toMatchObject({ code: "misconfigured" });
  }
});

test("a secret from the environment is read when it is needed", () => {
  const source = secretFromEnv("DIRECTORYKIT_TEST_SECRET");
  expect(source).toThrow(expect.objectContaining({ code: "misconfigured" }));
  vi.stubEnv("DIRECTORYKIT_TEST_SECRET", "later");
  expect(source().reveal()).toBe("later");
  vi.stubEnv("DIRECTORYKIT_TEST_SECRET", "");
  expect(source).toThrow(expect.objectContaining({ code: "misconfigured" }));
  vi.unstubAllEnvs();
});

test("a secret from a file loses one line break at its end and no more", async () => {
  expect((await secretFromFile(await secretFile("one", "abc\n"))()).reveal()).toBe("abc");
  expect((await secretFromFile(await secretFile("crlf", "abc\r\n"))()).reveal()).toBe("abc");
  expect((await secretFromFile(await secretFile("two", " abc \n\n"))()).reveal()).toBe(" abc \n");
});

test.skipIf(process.platform === "win32")(
  "a secret file that others may read is refused unless allowed",
  async () => {
    for (const mode of [0o640, 0o604]) {
      const path = await secretFile(`mode-${mode}`, "abc", mode);
      await expect(secretFromFile(path)()).rejects.toMatchObject({ code: "misconfigured" });
      expect((await secretFromFile(path, { [allowReadableByOthers]: true })()).reveal()).toBe("abc");
    }
  },
);

test("a secret file that is missing, empty, too long or not UTF-8 is a misconfiguration", async () => {
  const paths = [
    join(folder, "none"),
    await secretFile("empty", "\n"),
    await secretFile("long", "x".repeat(65_537)),
    await secretFile("binary", Uint8Array.of(0xff, 0xfe)),
  ];
  for (const path of paths) {
    await expect(secretFromFile(path)()).rejects.toMatchObject({ code: "misconfigured" });
  }
});
