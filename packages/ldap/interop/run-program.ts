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

/** Runs a program to its end. Asynchronous, because the server it talks to lives in this process. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", ...options.env },
      timeout: options.timeoutMs ?? 30_000,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    // A program may end without reading its input.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("close", (status) =>
      resolve({
        status,
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8"),
      }),
    );
  });
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
