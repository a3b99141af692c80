import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadlines } from "./deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("work is aborted when its own time is over, and not before", () => {
  const deadlines = new Deadlines(1000);
  const first = deadlines.begin();
  vi.advanceTimersByTime(600);
  const second = deadlines.begin();
  vi.advanceTimersByTime(399);
  expect(first.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(first.signal.reason).toMatchObject({ name: "TimeoutError" });
  expect(second.signal.aborted).toBe(false);
  vi.advanceTimersByTime(600);
  expect(second.signal.aborted).toBe(true);
  expect(deadlines.size).toBe(0);
});

test("work that has ended is not aborted, and leaves nothing behind", () => {
  const deadlines = new Deadlines(1000);
  const one = deadlines.begin();
  deadlines.end(one);
  expect(deadlines.size).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(one.signal.aborted).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
  const later = deadlines.begin();
  vi.advanceTimersByTime(1000);
  expect(later.signal.aborted).toBe(true);
});

test("closing forgets all of them", () => {
  const deadlines = new Deadlines(1000);
  const one = deadlines.begin();
  deadlines.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(one.signal.aborted).toBe(false);
});
