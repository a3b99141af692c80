import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkDependencies } from "./check-dependencies.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "dependencies-"));
  await put("package.json", { name: "root", devDependencies: { vitest: "1" } });
  await put("packages/core/package.json", manifest("core"));
  await put("packages/core/src/index.ts", "export const version = 1;");
  await put("packages/ldap/package.json", adapter("ldap"));
  await put("packages/ldap/src/index.ts", 'export { decode } from "./codec/decode.ts";');
  await put("packages/ldap/src/codec/decode.ts", "export function decode() {}");
});

afterEach(() => rm(root, { recursive: true }));

async function put(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
}

function manifest(name: string): Record<string, unknown> {
  return { name: `@directorykit/${name}`, exports: { ".": { "@directorykit/source": "./src/index.ts" } } };
}

function adapter(name: string): Record<string, unknown> {
  return { ...manifest(name), peerDependencies: { "@directorykit/core": "1" } };
}

test("a workspace that keeps the rules has no findings", async () => {
  await put(
    "packages/ldap/src/handlers/bind.ts",
    'import { version } from "@directorykit/core";\nimport { decode } from "../codec/decode.ts";\nexport async function bind() { await decode(version); }',
  );
  await put("packages/ldap/src/index.ts", 'export { bind } from "./handlers/bind.ts";');
  await put(
    "packages/ldap/src/codec/decode.test.ts",
    'import { test } from "vitest";\nimport { decode } from "./decode.ts";\ntest("x", decode);',
  );
  await put("packages/ldap/interop/a.test.ts", 'import { bind } from "../src/index.ts";');
  await put(
    "packages/core/src/network.ts",
    'import { isIP, BlockList } from "node:net";\nexport const x = [isIP, BlockList];',
  );
  expect(await checkDependencies(root)).toEqual([]);
});

test.each<[rule: string, file: string, source: string]>([
  ["core depends on nothing of ours", "core/src/a.ts", 'import "@directorykit/ldap";'],
  ["core opens no sockets", "core/src/a.ts", 'import { createServer } from "node:net";'],
  ["core opens no sockets", "core/src/a.ts", 'export const load = () => import("node:http");'],
  ["core knows no database", "core/src/a.ts", 'import { DatabaseSync } from "node:sqlite";'],
  ["sees only core of ours", "ldap/src/server/a.ts", 'import type { Store } from "@directorykit/sqlite";'],
  ["sees only core of ours", "ldap/src/server/a.ts", 'export * from "@directorykit/sqlite";'],
  ["reaches outside its package", "ldap/src/server/a.ts", 'import { x } from "../../../core/src/index.ts";'],
  ["is no public entry", "ldap/src/server/a.ts", 'import { x } from "@directorykit/core/src/index.ts";'],
  ["codec may not import handlers", "ldap/src/codec/a.ts", 'import { x } from "../handlers/a.ts";'],
  ["codec imports nothing of ours", "ldap/src/codec/a.ts", 'import { x } from "@directorykit/core";'],
  ["view may not import handlers", "ldap/src/view/a.ts", 'import { x } from "../handlers/a.ts";'],
  ["handlers may not import server", "ldap/src/handlers/a.ts", 'import { x } from "../server/a.ts";'],
  ["handlers opens no sockets", "ldap/src/handlers/a.ts", 'import { connect } from "node:tls";'],
  ["lies in no room", "ldap/src/stuff.ts", "export {};"],
  ["is not declared", "ldap/src/server/a.ts", 'import leftPad from "left-pad";'],
  ["is not declared", "ldap/src/server/a.ts", 'import { test } from "vitest";'],
  ["write node: before it", "ldap/src/server/a.ts", 'import { createServer } from "net";'],
  ["awaits at the top level", "ldap/src/server/a.ts", "export const x = 1;\nawait Promise.resolve();"],
  ["awaits at the top level", "ldap/src/server/a.ts", "for await (const x of []) console.log(x);"],
  ["the public surface", "ldap/interop/a.test.ts", 'import { x } from "../src/codec/decode.ts";'],
])("finds what %s", async (rule, file, source) => {
  await put(`packages/${file}`, source);
  const findings = await checkDependencies(root);
  expect(findings.join("\n")).toContain(rule);
  expect(findings[0]).toMatch(new RegExp(`^packages/${file}:\\d+: `));
});

test("the RADIUS adapter has a room for what devices are given, which knows nothing of the server", async () => {
  await put("packages/radius/package.json", adapter("radius"));
  await put("packages/radius/src/index.ts", 'export { decode } from "./codec/decode.ts";');
  await put("packages/radius/src/codec/decode.ts", "export function decode() {}");
  await put("packages/radius/src/wifi.ts", 'export { profile } from "./wifi/profile.ts";');
  await put("packages/radius/src/wifi/profile.ts", "export const profile = 1;");
  expect(await checkDependencies(root)).toEqual([]);
  await put("packages/radius/src/wifi/profile.ts", 'export { decode as profile } from "../codec/decode.ts";');
  await put("packages/radius/src/server/port.ts", 'export { profile } from "../wifi.ts";');
  await put("packages/radius/src/wifi/fetch.ts", 'export * from "node:http";');
  await put("packages/ldap/src/wifi.ts", "export const profile = 1;");
  expect((await checkDependencies(root)).map((finding) => finding.replace(/^[^ ]* /, ""))).toEqual([
    expect.stringMatching(/^lies in no room of an adapter/),
    "server may not import wifi: ../wifi.ts",
    "wifi opens no sockets: node:http",
    "wifi may not import codec: ../codec/decode.ts",
  ]);
});

test("finds dependencies that are declared and not used, and core as a plain dependency", async () => {
  await put("packages/ldap/package.json", {
    ...adapter("ldap"),
    dependencies: { "left-pad": "1", "@directorykit/core": "1" },
  });
  const findings = (await checkDependencies(root)).join("\n");
  expect(findings).toContain("packages/ldap/package.json: declares left-pad and never imports it");
  expect(findings).toContain("must be a peer dependency");
});

test("test support may use development dependencies, and a worker may await at the top level", async () => {
  await put(
    "packages/ldap/src/codec/samples.ts",
    'import { test } from "vitest";\nexport const samples = [test];',
  );
  await put(
    "packages/ldap/src/codec/decode.test.ts",
    'import { samples } from "./samples.ts";\nconsole.log(samples);',
  );
  await put("packages/core/src/hash-worker.ts", "await Promise.resolve();");
  expect(await checkDependencies(root)).toEqual([]);
});
