import { expect, test } from "vitest";
import type { RadiusPacket } from "../codec/packet.ts";
import { DuplicateCache } from "./duplicate-cache.ts";

const request = (identifier: number, fill = 1): RadiusPacket => ({
  code: 1,
  identifier,
  authenticator: new Uint8Array(16).fill(fill),
  attributes: [],
  octets: new Uint8Array(20),
});
const answer = Uint8Array.of(2);

test("an answer is given again until its time is over, to the moment", () => {
  const cache = new DuplicateCache(5000, 100);
  expect(cache.see("a", request(1), 0)).toBe("new");
  expect(cache.see("a", request(1), 10)).toBe("under-way");
  cache.answered("a", request(1), answer);
  expect(cache.see("b", request(2), 4990)).toBe("new");
  expect(cache.see("a", request(1), 4999)).toEqual({ answer });
  expect(cache.see("a", request(1), 5000)).toBe("new");
});

test("what is over does not stay, though it is not asked for again", () => {
  const cache = new DuplicateCache(5000, 1000);
  for (let i = 0; i < 200; i++) cache.see("a", request(i), i);
  expect(cache.size).toBe(200);
  cache.see("b", request(1), 10_000);
  expect(cache.size).toBe(1);
});

test("no more is kept than allowed, and the oldest go", () => {
  const cache = new DuplicateCache(5000, 128);
  for (let i = 0; i < 1000; i++) {
    cache.see(`peer ${i}`, request(1), i / 1000);
    expect(cache.size).toBeLessThanOrEqual(128);
  }
  expect(cache.see("peer 999", request(1), 2)).toBe("under-way");
  expect(cache.see("peer 900", request(1), 2)).toBe("under-way");
  expect(cache.see("peer 800", request(1), 2)).toBe("new");
});

test("the smallest cache keeps one", () => {
  const cache = new DuplicateCache(5000, 1);
  cache.see("a", request(1), 0);
  cache.see("b", request(1), 0);
  expect(cache.size).toBe(1);
  expect(cache.see("b", request(1), 1)).toBe("under-way");
});

test("another authenticator takes the place of the request before it", () => {
  const cache = new DuplicateCache(5000, 10);
  cache.see("a", request(1), 0);
  expect(cache.see("a", request(1, 2), 1)).toBe("new");
  expect(cache.answered("a", request(1), answer)).toBe(false);
  expect(cache.answered("a", request(1, 2), answer)).toBe(true);
});
