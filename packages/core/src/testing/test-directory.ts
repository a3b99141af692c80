import { generateSync } from "otplib";
import { createDirectory, type Directory } from "../directory.ts";
import type { DirectoryOptions } from "../directory-options.ts";
import type { DirectoryErrorCode } from "../errors.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { allowWeakHashing, argon2Hasher, type PasswordHasher } from "../password/password-hasher.ts";
import type { LogFields, Logger } from "../ports/logger.ts";

/** The start of every test's time. */
export const epoch: number = Date.UTC(2027, 0, 1);

/** A password every policy here takes. */
export const password = "plum velvet harbour tin";
/** Another. */
export const otherPassword = "quartz meadow lantern oak";

/** Hashes at once: for tests that are not about the cost of hashing. */
export const quickHasher: PasswordHasher = argon2Hasher({
  memoryKiB: 64,
  passes: 1,
  maxQueued: 10_000,
  maxWaitMs: 60_000,
  [allowWeakHashing]: true,
});

/** Time that passes when the test says so. */
export interface TestClock {
  (): number;
  /** Lets milliseconds pass. */
  advance(ms: number): void;
}

/** @returns a clock at {@link epoch} */
export function testClock(): TestClock {
  let now = epoch;
  return Object.assign(() => now, {
    advance: (ms: number) => {
      now += ms;
    },
  });
}

/** A directory with the clock it goes by. */
export interface TestDirectory {
  readonly directory: Directory;
  readonly clock: TestClock;
}

/** Opens a directory in memory that hashes quickly and whose time stands still. */
export async function openDirectory(options: Partial<DirectoryOptions> = {}): Promise<TestDirectory> {
  const clock = testClock();
  const directory = await createDirectory({ store: memoryStore(), hasher: quickHasher, clock, ...options });
  return { directory, clock };
}

/** The code an authenticator app shows. */
export function codeAt(secret: string, ms: number): string {
  return generateSync({ secret, epoch: Math.floor(ms / 1000) });
}

/** Matches a {@link DirectoryError} by its code and, where given, some of its details. */
export function failure(code: DirectoryErrorCode, details: Record<string, unknown> = {}): object {
  return { code, ...(Object.keys(details).length === 0 ? {} : { details }) };
}

/** One line of a log. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly fields: LogFields;
  readonly message: string;
}

/** A logger that keeps what it is told. */
export function keptLog(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const keep =
    (level: keyof Logger) =>
    (fields: LogFields, message: string): void => {
      lines.push({ level, fields, message });
    };
  return { lines, debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}
