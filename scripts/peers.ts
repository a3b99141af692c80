// The foreign programs that interop tests talk to, and what happens where one is missing.

import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** The peers whose absence left this suite out, with what to install. */
    leftOutFor?: readonly string[];
  }
}

/** The name of a peer: mostly that of its program. */
export type PeerName =
  | "ldapsearch"
  | "ldapwhoami"
  | "ldapcompare"
  | "ldapexop"
  | "ldapmodify"
  | "ldappasswd"
  | "python3-ldap3"
  | "apache2"
  | "slapd"
  | "openssl"
  | "javac";

interface Peer {
  /** Names of the program, best first. */
  readonly programs: readonly string[];
  /** What to install, as Debian names it. */
  readonly install: string;
  /** Arguments with which the program must succeed to count, where being there is not enough. */
  readonly probe?: readonly string[];
  /** Not installed by `install-peers.sh`: left out by name even in CI. */
  readonly optional?: boolean;
}

const peers: Readonly<Record<PeerName, Peer>> = {
  ldapsearch: { programs: ["ldapsearch"], install: "ldap-utils" },
  ldapwhoami: { programs: ["ldapwhoami"], install: "ldap-utils" },
  ldapcompare: { programs: ["ldapcompare"], install: "ldap-utils" },
  ldapexop: { programs: ["ldapexop"], install: "ldap-utils" },
  ldapmodify: { programs: ["ldapmodify"], install: "ldap-utils" },
  ldappasswd: { programs: ["ldappasswd"], install: "ldap-utils" },
  "python3-ldap3": {
    programs: ["/usr/bin/python3", "python3"],
    install: "python3-ldap3",
    probe: ["-c", "import ldap3"],
  },
  apache2: { programs: ["apache2"], install: "apache2-bin" },
  slapd: { programs: ["slapd"], install: "slapd" },
  openssl: { programs: ["openssl"], install: "openssl" },
  javac: { programs: ["javac"], install: "default-jdk-headless", optional: true },
};

/**
 * Where a peer's program lies, or `undefined` where it is missing.
 * @throws Error when it is missing and `CI` is `true`: there nothing is left out, except what is too large to install
 */
export function requirePeer(name: PeerName): string | undefined {
  const peer = peers[name];
  const path = peer.programs.map(findProgram).find((one) => one !== undefined && works(one, peer.probe));
  if (path === undefined && process.env["CI"] === "true" && peer.optional !== true) {
    throw new Error(`${name} is missing: install ${peer.install}, or run scripts/install-peers.sh`);
  }
  return path;
}

/**
 * A suite that needs peers. Where one is missing the suite is left out, and named at the end of the run.
 * @param suite - receives where each peer's program lies
 */
export function describeWithPeers<const Names extends readonly PeerName[]>(
  title: string,
  names: Names,
  suite: (paths: Readonly<Record<Names[number], string>>) => void,
): void {
  const paths = Object.fromEntries(names.map((name) => [name, requirePeer(name)]));
  const leftOutFor = names
    .filter((name) => paths[name] === undefined)
    .map((name) => `${name} (install ${peers[name].install})`);
  const found = paths as Record<Names[number], string>;
  if (leftOutFor.length === 0) describe(title, () => suite(found));
  else describe(title, { skip: true, meta: { leftOutFor } }, () => suite(found));
}

function findProgram(name: string): string | undefined {
  // Servers lie in folders that only an administrator has on the PATH.
  const folders = name.startsWith("/")
    ? [""]
    : [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function works(path: string, probe: readonly string[] | undefined): boolean {
  if (probe === undefined) return true;
  try {
    execFileSync(path, [...probe], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
