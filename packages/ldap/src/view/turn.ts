/** Milliseconds that work may keep the event loop to itself. */
const longestTurnMs = 10;

let beganAt: number | undefined;
let next: PromiseWithResolvers<void> | undefined;

/**
 * Gives others a turn: a promise to wait for when this turn of the event loop has lasted long, else `undefined`. A
 * store in memory answers without ever leaving the turn, so a long search, or many, would stop everyone else's.
 */
export function turn(now: number = performance.now()): Promise<void> | undefined {
  if (beganAt === undefined) {
    beganAt = now;
    setImmediate(end);
    return undefined;
  }
  if (now - beganAt < longestTurnMs) return undefined;
  next ??= Promise.withResolvers();
  return next.promise;
}

function end(): void {
  const waiting = next;
  beganAt = undefined;
  next = undefined;
  waiting?.resolve();
}
