import { spawn } from "node:child_process";

/** What a program did. */
export interface ProgramResult {
  /** Exit status; `null` when a signal ended it. */
  readonly status: number | null;
  /** What it printed. */
  readonly stdout: string;
  /** What it complained about. */
  readonly stderr: string;
}

/** Options of {@link runProgram}. */
export interface RunOptions {
  /** Variables beside PATH and LANG; nothing else of this process's environment goes along. */
  readonly env?: Readonly<Record<string, string>>;
  /** What to write to its input. Default nothing. */
  readonly input?: string;
  /** Milliseconds after which it is killed. Default 30,000. */
  readonly timeoutMs?: number;
}

/** A program that is running. */
export interface RunningProgram {
  /** Its first line of output; rejected when it ends without one. */
  readonly firstLine: Promise<string>;
  /** How it ended. */
  readonly result: Promise<ProgramResult>;
  /** All that it has printed so far, complaints among it. */
  readonly output: string;
  /**
   * Waits for it to print something, behind what it had printed when this was last waited for.
   * @param timeoutMs - default 10,000
   * @returns what it printed, with its groups
   * @throws Error when it ends without it, or the time is up
   */
  printed(what: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Its process. */
  readonly pid: number | undefined;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a program. Asynchronous, because the server it talks to lives in this process. */
export function startProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): RunningProgram {
  const child = spawn(program, args, {
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", ...options.env },
    timeout: options.timeoutMs ?? 30_000,
    killSignal: "SIGKILL",
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const transcript = new Transcript(program);
  const line = Promise.withResolvers<string>();
  // Not everyone waits for a line.
  line.promise.catch(() => {});
  child.stdout.on("data", (chunk: Buffer) => {
    stdout.push(chunk);
    transcript.add(chunk);
    const [first, ...rest] = Buffer.concat(stdout).toString("utf8").split("\n");
    if (rest.length > 0) line.resolve(first ?? "");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr.push(chunk);
    transcript.add(chunk);
  });
  // A program may end without reading its input.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const result = new Promise<ProgramResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      const complaints = Buffer.concat(stderr).toString("utf8");
      const ending = new Error(`${program} ended with ${status}:\n${complaints}`);
      line.reject(ending);
      transcript.end(ending);
      resolve({ status, stdout: Buffer.concat(stdout).toString("utf8"), stderr: complaints });
    });
  });
  return {
    firstLine: line.promise,
    result,
    pid: child.pid,
    get output() {
      return transcript.text;
    },
    printed: (what, timeoutMs) => transcript.wait(what, timeoutMs),
    kill: () => child.kill("SIGKILL"),
  };
}

/** What a program prints, and who waits for a part of it. */
class Transcript {
  text = "";
  readonly #program: string;
  #seen = 0;
  #ended: Error | undefined;
  readonly #changed = new Set<() => void>();

  constructor(program: string) {
    this.#program = program;
  }

  add(chunk: Buffer): void {
    this.text += chunk.toString("latin1");
    for (const tell of this.#changed) tell();
  }

  end(why: Error): void {
    this.#ended = why;
    for (const tell of this.#changed) tell();
  }

  wait(what: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const found = what.exec(this.text.slice(this.#seen));
      if (found !== null) {
        this.#seen += found.index + found[0].length;
        resolve(found);
      } else if (this.#ended !== undefined) reject(this.#ended);
    };
    const late = setTimeout(() => {
      reject(new Error(`${this.#program} did not print ${what} within ${timeoutMs} ms:\n${this.text}`));
    }, timeoutMs);
    this.#changed.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(late);
      this.#changed.delete(look);
    });
  }
}

/** Runs a program to its end. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  return startProgram(program, args, options).result;
}

/** Runs a program that must succeed. @returns what it printed */
export async function runToSuccess(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await runProgram(program, args, options);
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stderr}\n${stdout}`);
  return stdout;
}
