// Type-checks and runs the TypeScript and JavaScript of every README as it stands there. `npm run check:readme`.
//
// Every ```ts and ```js block is a program of its own: it type-checks, ends by itself within ten seconds, and prints
// exactly what a ```text block right after it shows. An HTML comment on the line before makes exceptions:
// <!-- not run --> for what is only type-checked, <!-- fragment --> for what is part of a program.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type CodeBlock, codeBlocks } from "./code-blocks.ts";
import { runCommand } from "./run-command.ts";
import { listPackages, report, workspaceRoot } from "./workspace.ts";

const timeoutMs = 10_000;

interface Program {
  /** `README.md:12`. */
  readonly place: string;
  readonly file: string;
  readonly block: CodeBlock;
  /** What it must print. */
  readonly shows: string | undefined;
}

/** Checks every README of the repository. @returns what is wrong */
export async function checkReadmes(root: string): Promise<string[]> {
  const packages = [...(await listPackages(root, "packages")), ...(await listPackages(root, "examples"))];
  const folder = await mkdtemp(join(root, ".readme-"));
  try {
    const programs: Program[] = [];
    for (const [number, home] of [root, ...packages.map((one) => one.folder)].entries()) {
      const readme = join(home, "README.md");
      const text = await readFile(readme, "utf8").catch(() => undefined);
      if (text === undefined) continue;
      programs.push(...programsOf(relative(root, readme), text, number, folder));
    }
    if (programs.length === 0) return ["no README holds a program"];
    for (const { file, block } of programs) await writeFile(file, block.code);
    const findings = await typeCheck(root, folder, programs);
    for (const program of programs)
      if (program.block.mark !== "not run") findings.push(...(await run(program, folder)));
    return findings;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function programsOf(readme: string, text: string, number: number, folder: string): Program[] {
  const blocks = codeBlocks(text);
  return blocks.flatMap((block, i) => {
    if (!["ts", "js", "typescript", "javascript"].includes(block.language) || block.mark === "fragment")
      return [];
    const next = blocks[i + 1];
    const extension = block.language.startsWith("t") ? "ts" : "mjs";
    return [
      {
        place: `${readme}:${block.line}`,
        file: join(folder, `block-${number}-${i}.${extension}`),
        block,
        shows: next?.language === "text" ? next.code.trim() : undefined,
      },
    ];
  });
}

async function typeCheck(root: string, folder: string, programs: readonly Program[]): Promise<string[]> {
  const config = {
    extends: "../tsconfig.base.json",
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ["*.ts"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const result = await runCommand("tsc", ["--project", folder, "--pretty", "false"], {
    cwd: root,
    timeoutMs: 120_000,
  });
  if (result.ok) return [];
  return result.stdout.split("\n").flatMap((line) => {
    const [, name, row, rest] = /^.*?(block-\d+-\d+\.ts)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
    const program = programs.find(({ file }) => name !== undefined && file.endsWith(name));
    if (program === undefined) return line.trim() === "" ? [] : [line];
    return [`${program.place}: line ${row} of the block: ${rest}`];
  });
}

async function run({ place, file, block, shows }: Program, folder: string): Promise<string[]> {
  const result = await runCommand("node", ["--conditions=@directorykit/source", file], {
    cwd: folder,
    timeoutMs,
  });
  console.log(`${place}: ${result.ending}`);
  if (!result.ok) return [`${place}: ${result.ending}\n${result.stderr.trim()}`];
  const printed = result.stdout.trim();
  if (shows !== undefined && printed !== shows) return [`${place}: prints\n${printed}\nand not\n${shows}`];
  if (block.code.includes("console.log") && printed === "") return [`${place}: prints nothing`];
  return [];
}

if (import.meta.main) report("README programs", await checkReadmes(workspaceRoot));
