// Checks what no compiler or linter sees. `npm run check:hygiene`.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";
import { listPackages, report, workspaceRoot } from "./workspace.ts";

const maxSourceLines = 500;

/** Folders of one machine. Paths below /home, /etc and the like are data in a directory, so they are not looked for. */
const machinePath = /(?<![\w.~/-])\/(?:work|root|tmp|workspace|Users)\/[\w.-]/;
const skippedTest = /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo|fails)\b/;

/** The files git knows or would add, with their text. */
type Sources = ReadonlyMap<string, string>;

/** @returns what is wrong, as `file:line: what` */
export async function checkHygiene(root: string): Promise<string[]> {
  const listed = await runCommand("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
    timeoutMs: 60_000,
  });
  if (!listed.ok) return [`git ls-files: ${listed.ending}\n${listed.stderr}`];
  const sources = new Map<string, string>();
  for (const file of listed.stdout.split("\0").filter((one) => one !== "")) {
    const octets = await readFile(join(root, file)).catch(() => Buffer.of());
    if (!octets.includes(0)) sources.set(file, octets.toString());
  }
  return [
    ...checkLines(sources),
    ...checkLockfile(sources),
    ...checkSizes(sources),
    ...(await checkManifests(root, sources)),
  ];
}

function checkLines(sources: Sources): string[] {
  const findings: string[] = [];
  for (const [file, text] of sources) {
    // This file and its test spell out what they look for.
    if (file.startsWith("scripts/check-hygiene.")) continue;
    for (const [i, line] of text.split("\n").entries()) {
      if (machinePath.test(line)) findings.push(`${file}:${i + 1}: names a folder of one machine`);
      if (/\.(test|bench)\.ts$/.test(file) && skippedTest.test(line)) {
        findings.push(
          `${file}:${i + 1}: is skipped or runs alone; where a peer is missing use describeWithPeers`,
        );
      }
    }
  }
  return findings;
}

interface Lockfile {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly resolved?: string;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

/** `npm ci` refuses a lockfile without an entry for every optional package of every platform; `npm install` writes such. */
function checkLockfile(sources: Sources): string[] {
  const text = sources.get("package-lock.json");
  if (text === undefined) return ["package-lock.json: is missing"];
  const { packages } = JSON.parse(text) as Lockfile;
  const findings: string[] = [];
  for (const [path, { resolved, optionalDependencies }] of Object.entries(packages)) {
    if (resolved !== undefined && /^https?:/.test(resolved))
      findings.push(`package-lock.json: ${path} says where it was downloaded from`);
    for (const name of Object.keys(optionalDependencies ?? {})) {
      if (
        packages[`node_modules/${name}`] === undefined &&
        packages[`${path}/node_modules/${name}`] === undefined
      ) {
        findings.push(
          `package-lock.json: has no entry for ${name}, which ${path === "" ? "the root" : path} names`,
        );
      }
    }
  }
  return findings;
}

function checkSizes(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => {
    const lines = text.split("\n").length - 1;
    const counts = /^packages\/[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith(".generated.ts");
    return counts && lines > maxSourceLines
      ? [`${file}: ${lines} lines, more than ${maxSourceLines}: split it by noun`]
      : [];
  });
}

async function checkManifests(root: string, sources: Sources): Promise<string[]> {
  const findings: string[] = [];
  const license = sources.get("LICENSE");
  for (const { path, manifest } of await listPackages(root, "packages")) {
    if (manifest.private === true) continue;
    const need = (condition: boolean, what: string): void => {
      if (!condition) findings.push(`${path}: ${what}`);
    };
    need(sources.has(`${path}/README.md`), "has no README.md");
    need(
      sources.get(`${path}/LICENSE`) === license,
      "needs the LICENSE of the root, which npm packs only from the package's own folder",
    );
    need(manifest.license === "MIT", 'package.json needs "license": "MIT"');
    need((manifest.description ?? "") !== "", "package.json has no description");
  }
  for (const { path } of await listPackages(root, "examples")) {
    if (!sources.has(`${path}/README.md`)) findings.push(`${path}: has no README.md`);
  }
  return findings;
}

if (import.meta.main) report("hygiene", await checkHygiene(workspaceRoot));
