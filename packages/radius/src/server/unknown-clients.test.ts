import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UnknownClients } from "./unknown-clients.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

function listening(): { readonly unknown: UnknownClients; readonly told: string[] } {
  const told: string[] = [];
  const warn = ({ address }: { readonly address?: string }): void => void told.push(address as string);
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  return { unknown: new UnknownClients(logger), told };
}

test("a stranger is told of once a minute", () => {
  const { unknown, told } = listening();
  for (let seconds = 0; seconds < 120; seconds++) {
    unknown.note("192.0.2.1");
    unknown.note("192.0.2.2");
    vi.advanceTimersByTime(1_000);
  }
  expect(told).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"]);
});

test("not more than a thousand strangers are told of in a minute, and they make room for others after it", () => {
  const { unknown, told } = listening();
  const strangers = Array.from({ length: 3_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const address of strangers) unknown.note(address);
  expect(told).toHaveLength(1_000);
  vi.advanceTimersByTime(60_000);
  for (const address of strangers.toReversed()) unknown.note(address);
  expect(told).toHaveLength(2_000);
  expect(told.at(-1)).toBe(strangers[2_000]);
});
