import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of a package.json that the checks read. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly description?: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** One member of the workspace. */
export interface WorkspacePackage {
  /** Its folder, absolute. */
  readonly folder: string;
  /** Its folder from the root, as in `packages/core`. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** The root of this repository. */
export const workspaceRoot: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
}

/** The members of the workspace below one folder such as `packages`, by name. */
export async function listPackages(
  root: string,
  below: "packages" | "examples",
): Promise<WorkspacePackage[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch(() => []);
  const found: WorkspacePackage[] = [];
  for (const entry of entries.filter((one) => one.isDirectory()).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const folder = join(root, below, entry.name);
    const manifest = await readManifest(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (manifest !== undefined) found.push({ folder, path: `${below}/${entry.name}`, manifest });
  }
  return found;
}

/** Every file below a folder, absolute, without `node_modules` and build output. Empty where there is no folder. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && entry.name !== "dist") {
        found.push(...(await listFiles(join(folder, entry.name))));
      }
    } else found.push(join(folder, entry.name));
  }
  return found.sort();
}

/** Prints findings and sets the exit code. */
export function report(title: string, findings: readonly string[]): void {
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) process.exitCode = 1;
  console.log(`${title}: ${findings.length === 0 ? "nothing found" : `${findings.length} found`}`);
}
