import { DirectoryError, errorCodeOf } from "@directorykit/core";
import type { DirectoryView } from "../view/directory-view.ts";

const maxTries = 10;
const turnsOf = new WeakMap<DirectoryView, Map<string, Promise<void>>>();

/**
 * Changes an entry by what it reads of it: reads, works out and writes, again from the start when somebody else wrote in
 * between, ten times at most. Changes to one entry that are asked for on this server take turns, so that none is
 * overtaken for ever.
 * @param key - names the entry
 * @throws DirectoryError `stale-write` when others were quicker each time, `timeout` when given up; what `work` throws
 */
export async function inTurn<T>(
  view: DirectoryView,
  key: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const turns = turnsOf.get(view) ?? new Map<string, Promise<void>>();
  turnsOf.set(view, turns);
  const before = turns.get(key);
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const last = before === undefined ? done : before.then(() => done);
  turns.set(key, last);
  // What hangs in the store holds nobody up once it was given up: two at a time are only slower.
  signal.addEventListener("abort", () => resolve(), { once: true });
  try {
    await before;
    for (let tries = 1; ; tries++) {
      if (signal.aborted) throw new DirectoryError("timeout", "the update was given up");
      try {
        return await work();
      } catch (error) {
        if (errorCodeOf(error) !== "stale-write" || tries === maxTries) throw error;
      }
    }
  } finally {
    resolve();
    if (turns.get(key) === last) turns.delete(key);
  }
}
