import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "../rounds.ts";
import { secret } from "./people.ts";
import type { RadiusPeer } from "./server-process.ts";

/** What the load generator measured. */
export interface Measured {
  readonly perSecond: number;
  readonly completed: number;
  /** Requests without an answer within three seconds. */
  readonly lost: number;
  /** Answers whose signature was not right. */
  readonly wrong: number;
  /** Answers other than an acceptance or a confirmation. */
  readonly refused: number;
  /** Answers to requests that were answered already. */
  readonly extra: number;
  readonly p50us: number;
  readonly p99us: number;
  /** Microseconds of the server's processor time for each request. */
  readonly cpuUs: number;
}

/** What is sent. */
export interface Load {
  readonly kind: "pap" | "all" | "accounting";
  readonly people: number;
  readonly sockets: number;
  /** Requests in flight. */
  readonly window: number;
  /** How often each request is sent. Default 1. */
  readonly copies?: number;
  readonly seconds: number;
}

/** Compiles the generator. @returns its path */
export function buildGenerator(folder: string): string {
  const program = join(folder, "radius-load");
  execFileSync("gcc", ["-O2", "-o", program, new URL("radius-load.c", import.meta.url).pathname]);
  return program;
}

/** Lets it loose on a server. */
export async function load(generator: string, peer: RadiusPeer, what: Load): Promise<Measured> {
  const { kind, people, sockets, window, copies = 1, seconds } = what;
  const port = kind === "accounting" ? peer.accountingPort : peer.port;
  const args = [kind, "127.0.0.1", port, secret, people, sockets, window, copies, seconds, ...peer.pids];
  const { stdout } = await promisify(execFile)(generator, args.map(String));
  return JSON.parse(stdout) as Measured;
}

/** The middle of one measurement. */
export function middle(all: readonly Measured[], field: keyof Measured): number {
  return median(all.map((one) => one[field]));
}
