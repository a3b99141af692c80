// Packs every public package as npm would publish it, installs the tarballs in an empty project outside the workspace,
// and uses them there: every entry imported, a strict consumer type-checked against the published types, and the
// quick start of the README run. `npm run check:install`.

import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeBlocks } from "./code-blocks.ts";
import { type CommandOptions, type CommandResult, runCommand } from "./run-command.ts";
import { listPackages, report, type WorkspacePackage, workspaceRoot } from "./workspace.ts";

const minute = 60_000;

/** @returns what is wrong with the packages as a user gets them */
export async function checkInstall(root: string): Promise<string[]> {
  const packages = (await listPackages(root, "packages")).filter(({ manifest }) => manifest.private !== true);
  const folder = await mkdtemp(join(tmpdir(), "install-"));
  try {
    const built = await runCommand("npm", ["run", "build"], { cwd: root, timeoutMs: 5 * minute });
    if (!built.ok) return failure("npm run build", built);
    return (await install(root, folder, packages)) ?? (await useInstalled(root, folder, packages));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Packs and installs. @returns what is wrong, or `undefined` */
async function install(
  root: string,
  folder: string,
  packages: readonly WorkspacePackage[],
): Promise<string[] | undefined> {
  const tarballs: string[] = [];
  await mkdir(join(folder, "tarballs"));
  for (const { folder: cwd, manifest } of packages) {
    const packed = await runCommand(
      "npm",
      ["pack", "--json", "--pack-destination", join(folder, "tarballs")],
      { cwd, timeoutMs: minute },
    );
    if (!packed.ok) return failure(`npm pack of ${manifest.name}`, packed);
    const [name] = /[\w.-]+\.tgz/.exec(packed.stdout) ?? [];
    if (name === undefined) return failure(`npm pack of ${manifest.name}`, packed);
    tarballs.push(`./tarballs/${name}`);
  }
  const rootManifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  const types = `@types/node@${rootManifest.devDependencies["@types/node"]}`;
  const installed = await runCommand("npm", ["install", "--no-audit", "--no-fund", ...tarballs, types], {
    cwd: folder,
    timeoutMs: 5 * minute,
  });
  return installed.ok ? undefined : failure("npm install of the tarballs", installed);
}

async function useInstalled(
  root: string,
  folder: string,
  packages: readonly WorkspacePackage[],
): Promise<string[]> {
  const inside: CommandOptions = { cwd: folder, timeoutMs: minute };
  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      .filter((entry) => entry !== "./package.json")
      .map((entry) => manifest.name + entry.slice(1)),
  );
  const findings: string[] = [];
  for (const entry of entries) {
    const script = `const names = Object.keys(await import(${JSON.stringify(entry)})); if (names.length === 0) throw new Error("exports nothing");`;
    const imported = await runCommand("node", ["--input-type=module", "--eval", script], inside);
    if (!imported.ok) findings.push(...failure(`import of ${entry}`, imported));
    const required = await runCommand(
      "node",
      ["--input-type=commonjs", "--eval", `require(${JSON.stringify(entry)})`],
      inside,
    );
    if (!required.ok) findings.push(...failure(`require() of ${entry}`, required));
  }

  const quickStart = codeBlocks(await readFile(join(root, "README.md"), "utf8")).find(
    ({ language }) => language === "ts",
  );
  if (quickStart === undefined) return [...findings, "README.md: no quick start in TypeScript"];
  await writeFile(join(folder, "quick-start.ts"), quickStart.code);
  await writeFile(
    join(folder, "consumer.ts"),
    entries.map((entry, i) => `export * as entry${i} from ${JSON.stringify(entry)};\n`).join(""),
  );
  const compilerOptions = {
    module: "nodenext",
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ["node"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const checked = await runCommand("tsc", ["--project", folder, "--pretty", "false"], {
    cwd: root,
    timeoutMs: 2 * minute,
  });
  if (!checked.ok) findings.push(...failure("type check of a consumer", checked));
  await copyFile(join(root, "scripts/installed-program.ts"), join(folder, "program.ts"));
  const program = await runCommand("node", ["program.ts"], inside);
  if (!program.ok) findings.push(...failure("scripts/installed-program.ts", program));
  const ran = await runCommand("node", ["quick-start.ts"], { cwd: folder, timeoutMs: 10_000 });
  if (!ran.ok || ran.stdout.trim() === "") findings.push(...failure("quick start of the README", ran));
  console.log(`installed ${packages.length} packages, imported ${entries.length} entries`);
  return findings;
}

function failure(what: string, result: CommandResult): string[] {
  return [`${what}: ${result.ending}\n${result.stdout.trim()}\n${result.stderr.trim()}`.trim()];
}

if (import.meta.main) {
  // What npm hands down to a script are the settings of this repository; the project of a user has none of them.
  for (const name of Object.keys(process.env)) {
    if (
      /^npm_config_(loglevel|local_prefix|allow_scripts|strict_allow_scripts|omit_lockfile_registry_resolved)$/.test(
        name,
      )
    )
      delete process.env[name];
  }
  report("installed packages", await checkInstall(workspaceRoot));
}
