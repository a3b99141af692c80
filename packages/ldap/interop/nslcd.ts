import { execFileSync } from "node:child_process";
import { constants, existsSync, readdirSync, statSync } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { baseDn, type Fixture, groupsDn, passwords, usersDn } from "./fixture.ts";
import { type ProgramResult, runProgram, startProgram } from "./run-program.ts";
import { until } from "./until.ts";

// Where scripts/install-peers.sh unpacks Debian's packages: installing them would change how the machine logs people in.
const unpackedFolder = fileURLToPath(
  new URL("../../../node_modules/.cache/directorykit-peers", import.meta.url),
);

/** Where the programs and modules of nslcd lie: unpacked by `scripts/install-peers.sh`, or in the system. */
export interface NslcdFiles {
  readonly nslcd: string;
  readonly pamtester: string;
  readonly pamModule: string;
  readonly nssModule: string;
}

/** Finds them, or says by `string` what is missing. */
export function findNslcd(): NslcdFiles | string {
  if (!mayMount()) return "right to mount in a namespace of its own";
  const root = existsSync(join(unpackedFolder, "nslcd.done")) ? unpackedFolder : "/";
  const programs = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/bin"];
  const libraries = ["/lib", "/usr/lib"].flatMap((folder) => [
    folder,
    ...subfolders(join(root, folder), folder),
  ]);
  const find = (folders: readonly string[], name: string): string | undefined =>
    folders.map((folder) => join(root, folder, name)).find(isFile);
  const nslcd = find(programs, "nslcd");
  const pamtester = find(programs, "pamtester");
  const pamModule = find(libraries, "security/pam_ldap.so");
  const nssModule = find(libraries, "libnss_ldap.so.2");
  if (nslcd === undefined) return "nslcd";
  if (pamtester === undefined) return "pamtester";
  if (pamModule === undefined) return "libpam-ldapd";
  if (nssModule === undefined) return "libnss-ldapd";
  return { nslcd, pamtester, pamModule, nssModule };
}

/** A machine whose accounts are those of the directory, as far as programs within it can tell. */
export interface PosixMachine {
  /** Runs a program there. */
  run(program: string, args: readonly string[], input?: string): Promise<ProgramResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Everything is mounted over within a namespace that ends with nslcd; nothing of the machine is touched. */
const setUp = `
set -e
mkdir "$FOLDER/etc"
mount -t tmpfs tmpfs "$FOLDER/etc"
cp -a /etc/. "$FOLDER/etc/"
mount --bind "$FOLDER/etc" /etc
mount -t tmpfs tmpfs /run
mkdir -p /run/nslcd
cp "$FOLDER/nslcd.conf" /etc/nslcd.conf
chmod 600 /etc/nslcd.conf
sed -i 's/^\\(passwd\\|group\\|shadow\\):.*/\\1: files ldap/' /etc/nsswitch.conf
printf 'auth required %s minimum_uid=1000\\naccount required %s minimum_uid=1000\\n' "$PAM" "$PAM" > /etc/pam.d/directorykit
exec "$NSLCD" -n
`;

/** Starts nslcd against the fixture. */
export async function startPosixMachine(files: NslcdFiles, fixture: Fixture): Promise<PosixMachine> {
  const settings = [
    `uri ${fixture.ldap.url}/`,
    `base ${baseDn}`,
    `base passwd ${usersDn}`,
    `base group ${groupsDn}`,
    `binddn ${fixture.dnOf("svc-reader")}`,
    `bindpw ${passwords["svc-reader"]}`,
    "ssl start_tls",
    "tls_reqcert demand",
    `tls_cacertfile ${fixture.tls.caFile}`,
  ];
  await writeFile(join(fixture.folder, "nslcd.conf"), `${settings.join("\n")}\n`, { mode: 0o600 });
  const machine = startProgram("unshare", ["--mount", "sh", "-c", setUp], {
    env: { FOLDER: fixture.folder, NSLCD: files.nslcd, PAM: files.pamModule },
    timeoutMs: 120_000,
  });
  let ended: ProgramResult | undefined;
  machine.result.then(
    (result) => {
      ended = result;
    },
    () => {},
  );
  await until("nslcd listens", async () => {
    if (ended !== undefined) throw new Error(`nslcd has ended:\n${ended.stderr}`);
    // unshare, the shell and nslcd are one process after another, so its number is nslcd's.
    // The namespace's own view of the file system, through its process.
    return access(join("/proc", String(machine.pid), "root", "run", "nslcd", "socket"), constants.W_OK).then(
      () => true,
      () => false,
    );
  });
  return {
    run: (program, args, input = "") =>
      runProgram(
        "nsenter",
        [
          `--target=${machine.pid}`,
          "--mount",
          "env",
          `LD_LIBRARY_PATH=${dirname(files.nssModule)}`,
          program,
          ...args,
        ],
        { input },
      ),
    [Symbol.asyncDispose]: async () => {
      machine.kill();
      await machine.result;
    },
  };
}

function mayMount(): boolean {
  try {
    execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function subfolders(folder: string, name: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((one) => one.includes("-linux-"))
      .map((one) => join(name, one));
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
