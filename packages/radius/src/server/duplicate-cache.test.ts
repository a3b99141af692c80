import { describe, expect, test } from "vitest";
import { decodePacket, encodePacket, type RadiusPacket } from "../codec/packet.ts";
import { DuplicateCache, type RequestSource } from "./duplicate-cache.ts";

const request = (identifier: number, authenticator = 7): RadiusPacket =>
  decodePacket(encodePacket(1, identifier, [], Buffer.alloc(16, authenticator)));
const source = (client: string, port = 1): RequestSource => ({ peer: `udp ${client} ${port}`, client });
const answer = Buffer.from("an answer");
const ap = source("192.0.2.1/32");

describe("a request", () => {
  test("is new, then under way, then answered, until its time is over", () => {
    const cache = new DuplicateCache(1000, 10);
    expect(cache.see(ap, request(1), 0)).toBe("new");
    expect(cache.see(ap, request(1), 1)).toBe("under-way");
    expect(cache.answered(ap, request(1), answer)).toBe(true);
    expect(cache.see(ap, request(1), 999)).toEqual({ answer });
    expect(cache.see(ap, request(1), 1000)).toBe("new");
    expect(cache.size).toBe(1);
  });

  test("takes the place of the one with its identifier, whose answer nobody waits for any more", () => {
    const cache = new DuplicateCache(1000, 10);
    cache.see(ap, request(1), 0);
    expect(cache.see(ap, request(1, 8), 1)).toBe("new");
    expect(cache.answered(ap, request(1), answer)).toBe(false);
    cache.forget(ap, request(1));
    expect(cache.see(ap, request(1, 8), 2)).toBe("under-way");
    expect(cache.size).toBe(1);
  });

  test("is answered though there was no room to remember it", () => {
    const cache = new DuplicateCache(1000, 2);
    for (const identifier of [1, 2, 3]) cache.see(ap, request(identifier), 0);
    expect(cache.size).toBe(2);
    expect(cache.answered(ap, request(1), answer)).toBe(true);
    expect(cache.see(ap, request(2), 1)).toBe("under-way");
  });
});

test("what is over does not stay, though it is not asked for again", () => {
  const cache = new DuplicateCache(5000, 1000);
  for (let i = 0; i < 200; i++) cache.see(ap, request(i), i);
  expect(cache.size).toBe(200);
  cache.see(source("192.0.2.2/32"), request(1), 10_000);
  expect(cache.size).toBe(1);
});

test("no more is kept than allowed, and the oldest go", () => {
  const cache = new DuplicateCache(5000, 128);
  const at = (port: number): RequestSource => source("192.0.2.1/32", port);
  for (let port = 0; port < 1000; port++) {
    cache.see(at(port), request(1), port / 1000);
    expect(cache.size).toBeLessThanOrEqual(128);
  }
  expect(cache.see(at(999), request(1), 2)).toBe("under-way");
  expect(cache.see(at(900), request(1), 2)).toBe("under-way");
  expect(cache.see(at(800), request(1), 2)).toBe("new");
});

test("the smallest cache keeps one", () => {
  const cache = new DuplicateCache(5000, 1);
  cache.see(ap, request(1), 0);
  cache.see(source("192.0.2.2/32"), request(1), 0);
  expect(cache.size).toBe(1);
  expect(cache.see(source("192.0.2.2/32"), request(1), 1)).toBe("under-way");
});

describe("a client that asks more than there is room for", () => {
  const noisy = Array.from({ length: 100 }, (_, i) => request(i));

  test("has its own requests forgotten, and those of no other", () => {
    const cache = new DuplicateCache(1000, 20);
    const quiet = [source("192.0.2.2/32"), source("192.0.2.3/32")];
    for (const one of quiet) cache.see(one, request(1), 0);
    for (const packet of noisy) cache.see(ap, packet, 1);
    for (const one of quiet) expect(cache.see(one, request(1), 2)).toBe("under-way");
    expect(cache.size).toBe(20);
  });

  test("makes room for the others as they come", () => {
    const cache = new DuplicateCache(1000, 20);
    const other = source("192.0.2.2/32");
    for (const packet of noisy) cache.see(ap, packet, 0);
    for (const packet of noisy.slice(0, 10)) cache.see(other, packet, 1);
    for (const packet of noisy) cache.see(ap, packet, 2);
    for (const packet of noisy.slice(0, 10)) expect(cache.see(other, packet, 3)).toBe("under-way");
  });

  test("has no more room by asking from many ports and addresses", () => {
    const cache = new DuplicateCache(1000, 20);
    const quiet = source("192.0.2.2/32");
    for (let i = 0; i < 5; i++) cache.see(quiet, request(i), 0);
    for (let port = 0; port < 1000; port++) cache.see(source("10.0.0.0/8", port), request(1), 1);
    for (let i = 0; i < 5; i++) expect(cache.see(quiet, request(i), 2)).toBe("under-way");
  });
});
