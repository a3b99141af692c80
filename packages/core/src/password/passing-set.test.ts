import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PassingSet } from "./passing-set.ts";

afterEach(() => void vi.useRealTimers());

describe("on a timer", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] }));

  test("what has had its time is gone from memory, though nobody asks", () => {
    const set = new PassingSet(1000, 10);
    set.add("a");
    vi.advanceTimersByTime(600);
    set.add("b");
    vi.advanceTimersByTime(399);
    expect(set.size).toBe(2);
    vi.advanceTimersByTime(1);
    expect(set.size).toBe(1);
    expect([set.has("a"), set.has("b")]).toEqual([false, true]);
    vi.advanceTimersByTime(600);
    expect(set.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("what is put in again stays for another whole time", () => {
    const set = new PassingSet(1000, 10);
    for (const text of ["a", "b"]) set.add(text);
    vi.advanceTimersByTime(500);
    set.add("a");
    vi.advanceTimersByTime(500);
    expect([set.has("a"), set.has("b")]).toEqual([true, false]);
    vi.advanceTimersByTime(500);
    expect(set.size).toBe(0);
  });

  test("there is one timer, however much is in it, and none when it was emptied", () => {
    const set = new PassingSet(1000, 10);
    for (let i = 0; i < 20; i += 1) {
      set.add(`${i}`);
      vi.advanceTimersByTime(1);
    }
    expect([set.size, vi.getTimerCount()]).toEqual([10, 1]);
    set.clear();
    expect([set.size, vi.getTimerCount()]).toEqual([0, 0]);
    set.add("again");
    vi.advanceTimersByTime(999);
    expect(set.has("again")).toBe(true);
    vi.advanceTimersByTime(1);
    expect(set.size).toBe(0);
  });
});

test("what has had its time is dropped when somebody asks, however late the timer is", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const set = new PassingSet(1000, 10);
  for (const text of ["a", "b"]) set.add(text);
  vi.advanceTimersByTime(1000);
  expect(set.size).toBe(2);
  expect(set.has("c")).toBe(false);
  expect(set.size).toBe(0);
});

test("the timer does not keep the process alive", () => {
  const set = new PassingSet(300_000, 10);
  const before = timeouts();
  set.add("a");
  expect(timeouts()).toBe(before);
  set.clear();
});

/** Timers that the process waits for. */
function timeouts(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}
