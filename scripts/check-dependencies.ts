// Checks the layer rules over the imports of every package and example. Run it by `npm run check:dependencies`.

import { builtinModules } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { readModule, type SourceImport, type SourceModule } from "./source-imports.ts";
import {
  listFiles,
  listPackages,
  type Manifest,
  readManifest,
  report,
  type WorkspacePackage,
  workspaceRoot,
} from "./workspace.ts";

const scope = "@directorykit/";
const core = `${scope}core`;

const socketModules = new Set(["net", "http", "https", "http2", "tls", "dgram"]);
const databaseModules = new Set([
  "node:sqlite",
  "pg",
  "postgres",
  "mysql2",
  "better-sqlite3",
  "sqlite3",
  "mongodb",
  "ioredis",
]);
/** What core may take of node:net: questions about addresses, no sockets. */
const addressNames = new Set(["isIP", "isIPv4", "isIPv6", "BlockList"]);

/** The rooms of a protocol adapter, and which others each may import beside itself. */
const commonRooms: Readonly<Record<string, readonly string[]>> = {
  codec: [],
  options: ["codec"],
  errors: ["codec"],
  view: ["codec", "options"],
  handlers: ["codec", "view", "options", "errors"],
  server: ["codec", "view", "options", "errors", "handlers"],
  testing: ["codec", "view", "options", "errors", "handlers", "server"],
  index: ["codec", "view", "options", "errors", "handlers", "server"],
};
/** Rooms that one adapter has beside those: entries of their own, which stand apart from the server and load what it does not. */
const ownRooms: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  [`${scope}radius`]: { wifi: [] },
};
const roomsWithoutSockets = new Set(["codec", "view", "handlers", "options", "errors", "wifi"]);

/** Everything that breaks a rule, as `file:line: what`. Empty when all is well. */
export async function checkDependencies(root: string): Promise<string[]> {
  const rootManifest = await readManifest(root);
  const packages = await listPackages(root, "packages");
  const examples = await listPackages(root, "examples");
  const byName = new Map([...packages, ...examples].map((one) => [one.manifest.name, one]));
  const findings: string[] = [];
  for (const one of packages)
    findings.push(...(await checkPackage(one, { root, rootManifest, byName, layered: true })));
  for (const one of examples)
    findings.push(...(await checkPackage(one, { root, rootManifest, byName, layered: false })));
  return findings;
}

interface Surroundings {
  readonly root: string;
  readonly rootManifest: Manifest;
  readonly byName: ReadonlyMap<string, WorkspacePackage>;
  /** Whether the layer rules apply: to packages, not to examples. */
  readonly layered: boolean;
}

async function checkPackage(one: WorkspacePackage, around: Surroundings): Promise<string[]> {
  const files = (await listFiles(one.folder)).filter(
    (file) => /\.[mc]?ts$/.test(file) && !/\/[^/]+\.config\.ts$/.test(file),
  );
  const modules = await Promise.all(files.map(readModule));
  const shipped = productionFiles(modules, one);
  const isAdapter =
    around.layered && files.some((file) => file.startsWith(join(one.folder, "src/codec") + sep));
  const rooms = { ...commonRooms, ...ownRooms[one.manifest.name] };
  const findings: string[] = [];
  const used = new Set<string>();
  for (const module of modules) {
    const production = shipped.has(module.file);
    const place = (line: number, what: string): void => {
      findings.push(`${relative(around.root, module.file)}:${line}: ${what}`);
    };
    const room =
      isAdapter && module.file.startsWith(join(one.folder, "src") + sep)
        ? roomOf(one, module.file)
        : undefined;
    if (room !== undefined && production && !(room in rooms))
      place(1, `lies in no room of an adapter (${Object.keys(rooms).join(", ")})`);
    // A worker is the start of a thread of its own: nobody can require() it.
    if (production && around.layered && !module.file.endsWith("-worker.ts")) {
      for (const line of module.topLevelAwaits)
        place(line, "awaits at the top level, which breaks require()");
    }
    for (const named of module.imports) {
      const { specifier } = named;
      const say = (what: string): void => place(named.line, `${what}: ${specifier}`);
      if (specifier.startsWith(".")) {
        checkRelative(one, module, specifier, around, say);
        const target = resolve(dirname(module.file), specifier);
        if (room !== undefined && production && target.startsWith(join(one.folder, "src") + sep)) {
          const to = roomOf(one, target);
          if (to !== room && !rooms[room]?.includes(to)) say(`${room} may not import ${to}`);
        }
        continue;
      }
      const name = packageOf(specifier);
      if (production) used.add(name);
      if (around.layered && production) checkLayer(one, named, name, room, say);
      checkDeclared(one, specifier, name, production, around, say);
    }
  }
  for (const name of Object.keys({ ...one.manifest.dependencies, ...one.manifest.peerDependencies })) {
    if (around.layered && !used.has(name) && name !== core)
      findings.push(`${one.path}/package.json: declares ${name} and never imports it`);
  }
  if (around.layered && one.manifest.dependencies?.[core] !== undefined) {
    findings.push(
      `${one.path}/package.json: ${core} must be a peer dependency, so that a host has one copy of it`,
    );
  }
  return findings;
}

/** Files that are not there for tests alone: what the entries, and files that nothing imports, lead to. */
function productionFiles(modules: readonly SourceModule[], one: WorkspacePackage): ReadonlySet<string> {
  const byFile = new Map(modules.map((module) => [module.file, module]));
  const targets = (module: SourceModule): string[] =>
    module.imports
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier }) => resolve(dirname(module.file), specifier));
  const imported = new Set(modules.flatMap(targets));
  const entries = entriesOf(one);
  const queue = modules.filter(
    ({ file }) => !isTest(one, file) && (entries.has(file) || !imported.has(file)),
  );
  const reached = new Set<string>();
  for (let module = queue.pop(); module !== undefined; module = queue.pop()) {
    if (reached.has(module.file)) continue;
    reached.add(module.file);
    for (const target of targets(module)) {
      const next = byFile.get(target);
      if (next !== undefined) queue.push(next);
    }
  }
  return reached;
}

/** The source files that the package's public entries are. */
function entriesOf(one: WorkspacePackage): ReadonlySet<string> {
  return new Set(
    Object.values(one.manifest.exports ?? {}).flatMap((entry) =>
      typeof entry === "object" ? [join(one.folder, entry[`${scope}source`] ?? "")] : [],
    ),
  );
}

function isTest(one: WorkspacePackage, file: string): boolean {
  return /\.(test|bench)\.ts$/.test(file) || file.startsWith(join(one.folder, "interop") + sep);
}

function roomOf(one: WorkspacePackage, file: string): string {
  const [first = ""] = relative(join(one.folder, "src"), file).split(sep);
  return first.replace(/(\.(test|property|bench))*\.ts$/, "");
}

/** `pg` of `pg/lib/x`, `@a/b` of `@a/b/c`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function checkRelative(
  one: WorkspacePackage,
  module: SourceModule,
  specifier: string,
  around: Surroundings,
  say: (what: string) => void,
): void {
  const target = resolve(dirname(module.file), specifier);
  const interop = module.file.startsWith(join(one.folder, "interop") + sep);
  const shared = [join(around.root, "scripts/peers.ts"), join(around.root, "scripts/interop") + sep];
  if (interop && shared.some((path) => target.startsWith(path))) return;
  if (!target.startsWith(one.folder + sep)) say("reaches outside its package");
  else if (
    around.layered &&
    interop &&
    target.startsWith(join(one.folder, "src") + sep) &&
    !entriesOf(one).has(target)
  )
    say("interop tests use the public surface alone");
}

function checkLayer(
  one: WorkspacePackage,
  named: SourceImport,
  name: string,
  room: string | undefined,
  say: (what: string) => void,
): void {
  const own = name.startsWith(scope);
  if (one.manifest.name === core) {
    if (own) say("core depends on nothing of ours");
    if (opensSockets(named)) say("core opens no sockets");
    if (databaseModules.has(named.specifier) || databaseModules.has(name)) say("core knows no database");
  } else if (own && name !== core && name !== one.manifest.name) say("sees only core of ours");
  if (room === "codec" && own) say("codec imports nothing of ours");
  if (room !== undefined && roomsWithoutSockets.has(room) && opensSockets(named))
    say(`${room} opens no sockets`);
}

function opensSockets(named: SourceImport): boolean {
  if (named.typeOnly || !socketModules.has(named.specifier.replace(/^node:/, ""))) return false;
  return named.specifier !== "node:net" || !named.names.every((word) => addressNames.has(word));
}

function checkDeclared(
  one: WorkspacePackage,
  specifier: string,
  name: string,
  production: boolean,
  around: Surroundings,
  say: (what: string) => void,
): void {
  if (specifier.startsWith("node:")) return;
  if (builtinModules.includes(name)) {
    say("is a module of Node: write node: before it");
    return;
  }
  const { dependencies, peerDependencies, devDependencies } = one.manifest;
  const ownDeclared = { ...dependencies, ...peerDependencies };
  const declared = production
    ? ownDeclared
    : { ...ownDeclared, ...devDependencies, ...around.rootManifest.devDependencies };
  if (name !== one.manifest.name && declared[name] === undefined) say("is not declared in package.json");
  const target = around.byName.get(name);
  if (target !== undefined) {
    const entry = `.${specifier.slice(name.length)}`;
    if (target.manifest.exports?.[entry] === undefined) say(`is no public entry of ${name}`);
  } else if (name.startsWith(scope)) say("is no package of this workspace");
}

if (import.meta.main) report("dependency rules", await checkDependencies(workspaceRoot));
