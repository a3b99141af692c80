import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkHygiene } from "./check-hygiene.ts";
import { runCommand } from "./run-command.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "hygiene-"));
  await runCommand("git", ["init", "--quiet"], { cwd: root, timeoutMs: 10_000 });
  await put("LICENSE", "MIT");
  await put("package-lock.json", JSON.stringify({ packages: { "": {} } }));
  await put(
    "packages/core/package.json",
    JSON.stringify({ name: "@directorykit/core", license: "MIT", description: "x" }),
  );
  await put("packages/core/README.md", "# core");
  await put("packages/core/LICENSE", "MIT");
});

afterEach(() => rm(root, { recursive: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

test("a repository in order has no findings", async () => {
  await put(
    "packages/core/src/a.ts",
    'export const home = "/home/ada"; // see docs/work/x and https://example.com/tmp/x\n',
  );
  await put("packages/core/src/long.generated.ts", "\n".repeat(501));
  expect(await checkHygiene(root)).toEqual([]);
});

test.each<[what: string, file: string, text: string]>([
  ["names a folder of one machine", "docs/a.md", "text\nlook into /work/project\n"],
  ["is skipped or runs alone", "packages/core/src/a.test.ts", "test.only('x', () => {});\n"],
  ["is skipped or runs alone", "packages/core/interop/a.test.ts", "describe.skip('x', () => {});\n"],
  ["501 lines, more than 500", "packages/core/src/a.ts", "\n".repeat(501)],
  ["has no README.md", "examples/one/package.json", '{ "name": "one" }'],
  ["needs the LICENSE of the root", "packages/core/LICENSE", "other"],
  ["has no description", "packages/core/package.json", '{ "name": "@directorykit/core", "license": "MIT" }'],
  [
    "says where it was downloaded from",
    "package-lock.json",
    '{ "packages": { "node_modules/a": { "resolved": "https://registry.example/a.tgz" } } }',
  ],
  [
    "has no entry for a-darwin",
    "package-lock.json",
    '{ "packages": { "node_modules/a": { "optionalDependencies": { "a-linux": "1", "a-darwin": "1" } }, "node_modules/a-linux": {} } }',
  ],
])("finds what %s", async (what, file, text) => {
  await put(file, text);
  const findings = await checkHygiene(root);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toContain(what);
});
