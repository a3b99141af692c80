import { spawn } from "node:child_process";

export interface CommandResult {
  /** Whether it ended by itself with exit code 0. */
  readonly ok: boolean;
  /** How it ended: `exit code 1`, `killed after 10 s`. */
  readonly ending: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** Runs a program without a terminal or input, and kills it when its time is up. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(program, args, { cwd: options.cwd, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, options.timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  }).finally(() => clearTimeout(timer));
  const ending = late ? `killed after ${options.timeoutMs / 1000} s` : `exit code ${code}`;
  return { ok: code === 0 && !late, ending, stdout, stderr };
}
