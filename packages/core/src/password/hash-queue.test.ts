import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createHashQueue } from "./hash-queue.ts";

interface Job {
  readonly name: string;
  finish(): void;
}

/** A queue whose work ends when the test says so. */
function bench(options: Parameters<typeof createHashQueue>[0]) {
  const queue = createHashQueue(options);
  const started: Job[] = [];
  const add = (name: string, source?: string, signal?: AbortSignal): Promise<string> =>
    queue.run(() => new Promise((resolve) => started.push({ name, finish: () => resolve(name) })), {
      ...(source === undefined ? {} : { source }),
      ...(signal === undefined ? {} : { signal }),
    });
  const drain = async (): Promise<string[]> => {
    for (let i = 0; i < started.length; i++) {
      started[i]?.finish();
      // A turn is handed on within a few microtasks.
      for (let tick = 0; tick < 5; tick++) await Promise.resolve();
    }
    return started.map((job) => job.name);
  };
  return { queue, started, add, drain };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("no more work runs at once than allowed", async () => {
  const { queue, add, drain } = bench({ concurrency: 2 });
  const results = ["a", "b", "c", "d"].map((name) => add(name));
  expect([queue.active, queue.queued]).toEqual([2, 2]);
  await drain();
  expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
  expect([queue.active, queue.queued]).toEqual([0, 0]);
});

test("sources take turns, however much one of them asks", async () => {
  const { add, drain } = bench({ concurrency: 1 });
  const results = ["s1", "s2", "s3", "s4"].map((name) => add(name, "sprayer"));
  results.push(add("a1", "ada"), add("b1", "bob"), add("a2", "ada"));
  expect(await drain()).toEqual(["s1", "s2", "a1", "b1", "s3", "a2", "s4"]);
  await Promise.all(results);
});

test("a full queue refuses more", async () => {
  const { add, drain } = bench({ concurrency: 1, maxQueued: 1 });
  const results = [add("a"), add("b")];
  await expect(add("c")).rejects.toMatchObject({ code: "overloaded", details: { reason: "full" } });
  await drain();
  expect(await Promise.all(results)).toEqual(["a", "b"]);
});

test("when the queue is full, the source with most waiting makes room for another", async () => {
  const { add, drain } = bench({ concurrency: 1, maxQueued: 3 });
  const kept = [add("s1", "sprayer"), add("s2", "sprayer"), add("s3", "sprayer")];
  const dropped = expect(add("s4", "sprayer")).rejects.toMatchObject({ code: "overloaded" });
  kept.push(add("a1", "ada"));
  await dropped;
  await expect(add("s5", "sprayer")).rejects.toMatchObject({ code: "overloaded" });
  expect(await drain()).toEqual(["s1", "s2", "a1", "s3"]);
  await Promise.all(kept);
});

test("work that waits too long is refused", async () => {
  const { queue, add, drain } = bench({ concurrency: 1, maxWaitMs: 100 });
  const first = add("a");
  const late = expect(add("b")).rejects.toMatchObject({ code: "overloaded", details: { reason: "wait" } });
  vi.advanceTimersByTime(100);
  await late;
  expect(queue.queued).toBe(0);
  expect(await drain()).toEqual(["a"]);
  expect(await first).toBe("a");
});

describe("an aborted signal", () => {
  test("keeps work from being queued", async () => {
    const { started, add } = bench({});
    await expect(add("a", "x", AbortSignal.abort("gone"))).rejects.toMatchObject({
      code: "timeout",
      cause: "gone",
    });
    expect(started).toEqual([]);
  });

  test("takes waiting work out", async () => {
    const { queue, add, drain } = bench({ concurrency: 1 });
    const controller = new AbortController();
    const first = add("a");
    const aborted = expect(add("b", "x", controller.signal)).rejects.toMatchObject({ code: "timeout" });
    controller.abort();
    await aborted;
    expect(queue.queued).toBe(0);
    expect(await drain()).toEqual(["a"]);
    await first;
  });

  test("stops the wait for running work, whose place stays taken until it ends", async () => {
    const { queue, add, drain } = bench({ concurrency: 1 });
    const controller = new AbortController();
    const aborted = expect(add("a", "x", controller.signal)).rejects.toMatchObject({ code: "timeout" });
    const second = add("b");
    controller.abort();
    await aborted;
    expect([queue.active, queue.queued]).toEqual([1, 1]);
    expect(await drain()).toEqual(["a", "b"]);
    expect(await second).toBe("b");
  });
});

test("work that throws fails its caller and passes the turn on", async () => {
  const { queue, add, drain } = bench({ concurrency: 1 });
  const failed = expect(queue.run(() => Promise.reject(new Error("boom")))).rejects.toThrow("boom");
  const thrown = expect(
    queue.run(() => {
      throw new Error("at once");
    }),
  ).rejects.toThrow("at once");
  const next = add("a");
  await failed;
  await thrown;
  for (let tick = 0; tick < 5; tick++) await Promise.resolve();
  expect(await drain()).toEqual(["a"]);
  expect(await next).toBe("a");
});

test("depth, waiting times and refusals are measured", async () => {
  const metrics = { count: vi.fn(), observe: vi.fn() };
  const { add, drain } = bench({ concurrency: 1, maxQueued: 1, metrics });
  const results = [add("a"), add("b")];
  await expect(add("c")).rejects.toThrow();
  await drain();
  await Promise.all(results);
  expect(metrics.count.mock.calls).toEqual([["directorykit_password_queue_refused", { reason: "full" }]]);
  expect(metrics.observe).toHaveBeenCalledWith("directorykit_password_queue_depth", 1);
  expect(metrics.observe).toHaveBeenCalledWith("directorykit_password_queue_wait_ms", expect.any(Number));
});

test("limits must be whole numbers", () => {
  for (const options of [
    { concurrency: 0 },
    { maxQueued: -1 },
    { maxWaitMs: Number.NaN },
    { concurrency: 1.5 },
  ]) {
    expect(() => createHashQueue(options)).toThrow(expect.objectContaining({ code: "misconfigured" }));
  }
});
