import { setTimeout as pause } from "node:timers/promises";

/** Waits for something to be true, and throws when it is not in time. @returns the milliseconds it took */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<number> {
  const started = performance.now();
  for (;;) {
    const taken = performance.now() - started;
    if (await holds()) return taken;
    if (taken > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(10);
  }
}
