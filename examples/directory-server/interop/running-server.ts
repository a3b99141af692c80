import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What the ready line says. */
export interface Ready {
  readonly event: "ready";
  readonly endpoints: {
    readonly ldap: { readonly host: string; readonly port: number };
    readonly ldaps: { readonly host: string; readonly port: number };
    readonly radius?: { readonly host: string; readonly port: number };
    readonly radiusAccounting?: { readonly host: string; readonly port: number };
    readonly http: { readonly url: string };
  };
}

/** A directory server in a process of its own. */
export interface RunningServer {
  readonly child: ChildProcess;
  readonly ready: Ready;
  /** Everything it wrote to standard output so far. */
  output(): string;
  /** Sends a signal and waits for the end. @returns the exit code */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** A directory server that a person has started in a terminal. */
export interface ServerInTerminal {
  /** What the terminal shows, once the server is ready. */
  readonly screen: string;
  /** Types Ctrl+C and waits for the end. @returns the exit code */
  interrupt(): Promise<number | null>;
}

/** A folder for one server's data. */
export class ServerFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param name - of the folder that it makes below the temporary one */
  static async create(name = "directory-server-"): Promise<ServerFolder> {
    return new ServerFolder(await mkdtemp(join(tmpdir(), name)));
  }

  get database(): string {
    return join(this.path, "data", "directory.db");
  }

  get certificate(): string {
    return join(this.path, "data", "tls.crt");
  }

  get radiusSecret(): string {
    return join(this.path, "data", "radius.secret");
  }

  /** Names of everything in it. */
  async content(): Promise<readonly string[]> {
    return (await readdir(this.path, { recursive: true })).sort();
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }

  /** Environment of a server that keeps everything in here and picks its ports. */
  environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    const { PATH } = process.env;
    return {
      PATH,
      DIRECTORY_DATA: join(this.path, "data"),
      DIRECTORY_STORE: `sqlite:${this.database}`,
      LDAP_PORT: "0",
      LDAPS_PORT: "0",
      RADIUS_PORT: "0",
      RADIUS_ACCOUNTING_PORT: "0",
      HTTP_PORT: "0",
      ...extra,
    };
  }

  /** Starts a server and waits until it is ready. */
  async start(extra: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
    const child = spawn(process.execPath, ["--conditions=@directorykit/source", main], {
      env: this.environment(extra),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk;
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    const ready = await new Promise<Ready>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk;
        if (output.includes("\n")) resolve(JSON.parse(output.slice(0, output.indexOf("\n"))) as Ready);
      });
      void ended.then((code) => reject(new Error(`the server ended with ${code}: ${errors}`)));
    });
    return {
      child,
      ready,
      output: () => output,
      stop: (signal) => {
        child.kill(signal);
        return ended;
      },
    };
  }

  /** Starts a server in a terminal and waits until it says how to stop it. */
  async startInTerminal(): Promise<ServerInTerminal> {
    const command = `exec "${process.execPath}" --conditions=@directorykit/source "${main}"`;
    const child = spawn("script", ["-qec", command, "/dev/null"], { env: this.environment(), stdio: "pipe" });
    let screen = "";
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        screen += chunk.toString().replaceAll("\r\n", "\n");
        if (screen.includes("Ctrl+C")) resolve();
      });
      void ended.then((code) => reject(new Error(`the server ended with ${code}: ${screen}`)));
    });
    return {
      screen,
      interrupt: () => {
        child.stdin.write("\u0003");
        return ended;
      },
    };
  }

  /** Starts a server that is expected to refuse. */
  refuse(extra: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<Finished> {
    return run(
      process.execPath,
      ["--conditions=@directorykit/source", main, ...args],
      this.environment(extra),
    );
  }
}

/** A program that has ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. @param input - what it reads */
export function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  input = "",
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({
        code: error === null ? 0 : typeof error.code === "number" ? error.code : -1,
        stdout,
        stderr,
      });
    });
    child.stdin?.end(input);
  });
}

/** A login as radclient sends it */
export function radiusLogin(username: string, password: string): string {
  return `User-Name = "${username}", User-Password = "${password}", Message-Authenticator = 0x00\n`;
}

/** Sends logins with radclient. @param secret - a secret, or the file of one */
export function radclient(
  server: RunningServer,
  secret: { readonly file: string } | string,
  ...logins: readonly string[]
): Promise<Finished> {
  const { port } = server.ready.endpoints.radius ?? { port: 0 };
  const [options, last] = typeof secret === "string" ? [[], [secret]] : [["-S", secret.file], []];
  const args = ["-x", "-r", "1", "-t", "3", "-p", "8", ...options, `127.0.0.1:${port}`, "auth", ...last];
  return run("radclient", args, process.env, logins.join("\n"));
}

/** ldapsearch as one of the demo people. */
export function searchAs(
  server: RunningServer,
  username: string,
  password: string,
  ...rest: readonly string[]
): Promise<Finished> {
  const { port } = server.ready.endpoints.ldap;
  const who = `uid=${username},ou=Users,dc=example,dc=com`;
  return run("ldapsearch", [
    "-x",
    "-LLL",
    "-H",
    `ldap://127.0.0.1:${port}`,
    "-D",
    who,
    "-w",
    password,
    "-b",
    "dc=example,dc=com",
    ...rest,
  ]);
}
