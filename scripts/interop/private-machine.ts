import { access, chmod, constants, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unpackedPeersFolder } from "../peers.ts";
import { type ProgramResult, type RunningProgram, runProgram, startProgram } from "./run-program.ts";
import { until } from "./until.ts";

/** A machine of its own, as far as programs within it can tell. */
export interface PrivateMachine extends AsyncDisposable {
  /** A process of its, by which tools of this machine find its namespaces. */
  readonly pid: number;
  /** Runs a program there. */
  run(program: string, args: readonly string[], input?: string): Promise<ProgramResult>;
  /** Starts a program there, which ends with the machine at the latest. */
  start(program: string, args: readonly string[]): RunningProgram;
}

/** What a {@link PrivateMachine} is made of. */
export interface PrivateMachineOptions {
  /** An empty folder of the caller's. */
  readonly folder: string;
  /** Texts of files by their path below `/etc`. Those that end in `.conf` or `.cf` may only be read by root. */
  readonly etc: Readonly<Record<string, string>>;
  /** Shell lines that prepare it: `/run`, `/var/lib` and `/var/log` are empty, `/etc` is a copy. Default none. */
  readonly prepare?: string;
  /** The one program that goes on for as long as it does. Default none. */
  readonly daemon?: readonly string[];
  /** Whether it has a network of its own, with nothing in it but a loopback that is down. Default `false`. */
  readonly ownNetwork?: boolean;
  /** Paths that can be written to once the daemon serves. Default: once all is prepared. */
  readonly ready?: readonly string[];
}

/** Milliseconds after which a machine ends in any case. */
const lifetimeMs = 120_000;

/**
 * Everything is mounted over within namespaces that end with the daemon; nothing of the machine below is touched. What
 * was unpacked lies over /usr, where its programs and the system's loaders expect it.
 */
const setUp = `
set -e
cd "$PEERS"
mount -t overlay -o lowerdir=usr:/usr overlay /usr
cd /
mount -t tmpfs tmpfs "$FOLDER/root"
cp -a /etc/. "$FOLDER/root/"
cp -R --preserve=mode "$FOLDER/etc/." "$FOLDER/root/"
mount --bind "$FOLDER/root" /etc
for place in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$place"; done
eval "$PREPARE"
: > /run/prepared
exec "$@"
`;

/** Starts a machine. */
export async function startPrivateMachine(options: PrivateMachineOptions): Promise<PrivateMachine> {
  const { folder, etc, prepare = "", daemon = ["sleep", "infinity"], ready = ["/run/prepared"] } = options;
  await mkdir(join(folder, "root"), { recursive: true });
  await mkdir(join(folder, "etc"));
  for (const [name, text] of Object.entries(etc)) {
    const path = join(folder, "etc", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    await chmod(path, /\.(conf|cf)$/.test(name) ? 0o600 : 0o644);
  }
  const network = options.ownNetwork === true ? ["--net"] : [];
  const namespaces = [...network, "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const machine = startProgram("unshare", [...namespaces, "sh", "-c", setUp, "sh", ...daemon], {
    env: { FOLDER: folder, PEERS: unpackedPeersFolder, PREPARE: prepare },
    timeoutMs: lifetimeMs,
  });
  let ended: ProgramResult | undefined;
  const result = machine.result.then((one) => {
    ended = one;
  });
  const stop = async (): Promise<void> => {
    // unshare has its child killed with it, which takes everything in its namespace along; then its output closes.
    machine.kill();
    await result;
  };
  try {
    await until(`${daemon[0]} serves`, () => {
      if (ended !== undefined) throw new Error(`${daemon[0]} has ended`);
      // The namespace's own view of the file system, through its process.
      const root = join("/proc", String(machine.pid), "root");
      return Promise.all(ready.map((path) => access(join(root, path), constants.W_OK))).then(
        () => true,
        () => false,
      );
    });
  } catch (cause) {
    await stop();
    throw new Error(`no private machine:\n${ended?.stderr}`, { cause });
  }
  // Programs that signal the daemon know its number only as it is within.
  const { pid = 0 } = machine;
  const enter = [`--target=${pid}`, ...network, "--mount", `--pid=/proc/${pid}/ns/pid_for_children`];
  return {
    pid,
    run: (program, args, input = "") => runProgram("nsenter", [...enter, program, ...args], { input }),
    start: (program, args) =>
      startProgram("nsenter", [...enter, program, ...args], { timeoutMs: lifetimeMs }),
    [Symbol.asyncDispose]: stop,
  };
}
