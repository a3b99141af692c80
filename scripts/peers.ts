// The foreign programs that interop tests talk to, and what happens where one is missing.

import { execFileSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
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
  | "ldapadd"
  | "ldapmodify"
  | "ldapdelete"
  | "ldapmodrdn"
  | "ldappasswd"
  | "python3-ldap3"
  | "apache2"
  | "slapd"
  | "openssl"
  | "python3"
  | "nmcli"
  | "javac"
  | "unshare"
  | "nslcd"
  | "sssd"
  | "pamtester"
  | "postmap"
  | "dovecot"
  | "script"
  | "radclient"
  | "eapol_test"
  | "hostapd"
  | "wpa_supplicant"
  | "freeradius"
  | "pam_radius"
  | "radsecproxy"
  | "python3-pyrad"
  | "ip";

/**
 * Where `install-peers.sh` unpacks what would change the machine if it were installed: a `usr` to be laid over `/usr`
 * in a mount namespace.
 */
export const unpackedPeersFolder: string = fileURLToPath(
  new URL("../node_modules/.cache/interop-peers", import.meta.url),
);

/** Where the libraries of those programs lie, for one that is run from there as it is. */
export const unpackedLibraries: string = join(
  unpackedPeersFolder,
  "usr/lib",
  `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
);

interface Peer {
  /** Names of the program, best first. */
  readonly programs: readonly string[];
  /** What to install, as Debian names it. */
  readonly install: string;
  /** Arguments with which the program must succeed to count, where being there is not enough. */
  readonly probe?: readonly string[];
  /** Unpacked by `install-peers.sh`, and looked for only there. */
  readonly unpacked?: true;
  /** A package beside that of the program which has no program of its own, and must be unpacked too. */
  readonly library?: string;
  /** Not installed by `install-peers.sh`: left out by name even in CI. */
  readonly optional?: boolean;
}

const peers: Readonly<Record<PeerName, Peer>> = {
  ldapsearch: { programs: ["ldapsearch"], install: "ldap-utils" },
  ldapwhoami: { programs: ["ldapwhoami"], install: "ldap-utils" },
  ldapcompare: { programs: ["ldapcompare"], install: "ldap-utils" },
  ldapexop: { programs: ["ldapexop"], install: "ldap-utils" },
  ldapadd: { programs: ["ldapadd"], install: "ldap-utils" },
  ldapmodify: { programs: ["ldapmodify"], install: "ldap-utils" },
  ldapdelete: { programs: ["ldapdelete"], install: "ldap-utils" },
  ldapmodrdn: { programs: ["ldapmodrdn"], install: "ldap-utils" },
  ldappasswd: { programs: ["ldappasswd"], install: "ldap-utils" },
  "python3-ldap3": {
    programs: ["/usr/bin/python3", "python3"],
    install: "python3-ldap3",
    probe: ["-c", "import ldap3"],
  },
  apache2: { programs: ["apache2"], install: "apache2-bin" },
  slapd: { programs: ["slapd"], install: "slapd" },
  openssl: { programs: ["openssl"], install: "openssl" },
  python3: { programs: ["/usr/bin/python3", "python3"], install: "python3" },
  nmcli: { programs: ["nmcli"], install: "network-manager, 1.40 or later", unpacked: true },
  javac: { programs: ["javac"], install: "default-jdk-headless", optional: true },
  unshare: {
    programs: ["unshare"],
    install: "util-linux, with the right to mount",
    probe: ["--mount", "--pid", "--fork", "--mount-proc", "true"],
  },
  nslcd: { programs: ["nslcd"], install: "nslcd, libnss-ldapd and libpam-ldapd", unpacked: true },
  sssd: { programs: ["sssd"], install: "sssd-ldap, sssd-tools, libnss-sss and libpam-sss", unpacked: true },
  pamtester: { programs: ["pamtester"], install: "pamtester", unpacked: true },
  postmap: { programs: ["postmap"], install: "postfix-ldap", unpacked: true },
  script: { programs: ["script"], install: "bsdutils", probe: ["-qec", "true", "/dev/null"] },
  radclient: { programs: ["radclient"], install: "freeradius-utils" },
  eapol_test: { programs: ["eapol_test"], install: "eapoltest" },
  freeradius: { programs: ["freeradius", "radiusd"], install: "freeradius" },
  dovecot: { programs: ["dovecot"], install: "dovecot-ldap", unpacked: true },
  hostapd: { programs: ["hostapd"], install: "hostapd", unpacked: true },
  wpa_supplicant: { programs: ["wpa_supplicant"], install: "wpasupplicant", unpacked: true },
  pam_radius: {
    programs: ["pamtester"],
    install: "libpam-radius-auth and pamtester",
    unpacked: true,
    library: "libpam-radius-auth",
  },
  radsecproxy: { programs: ["radsecproxy"], install: "radsecproxy", unpacked: true },
  "python3-pyrad": {
    programs: ["/usr/bin/python3", "python3"],
    install: "python3-pyrad",
    probe: ["-c", "import pyrad"],
  },
  ip: { programs: ["ip"], install: "iproute2, with the right to change the network", probe: ["link"] },
};

/**
 * Where a peer's program lies, or `undefined` where it is missing.
 * @throws Error when it is missing and `CI` is `true`: there nothing is left out, except what is too large to install
 */
export function requirePeer(name: PeerName): string | undefined {
  const peer = peers[name];
  const folders = peer.unpacked === true ? unpackedFolders : systemFolders();
  const path = peer.programs
    .map((program) => findProgram(program, folders))
    .find((one) => one !== undefined && isUnpacked(peer.library) && works(one, peer.probe));
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

const unpackedFolders = ["usr/sbin", "usr/bin"].map((folder) => join(unpackedPeersFolder, folder));

// Servers lie in folders that only an administrator has on the PATH.
const systemFolders = (): readonly string[] => [
  ...(process.env["PATH"] ?? "").split(delimiter),
  "/usr/sbin",
  "/usr/local/sbin",
];

function findProgram(name: string, folders: readonly string[]): string | undefined {
  return (name.startsWith("/") ? [""] : folders).map((folder) => join(folder, name)).find(isExecutable);
}

function isUnpacked(name: string | undefined): boolean {
  if (name === undefined) return true;
  try {
    return readFileSync(join(unpackedPeersFolder, "packages"), "utf8").trim().split(" ").includes(name);
  } catch {
    return false;
  }
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
