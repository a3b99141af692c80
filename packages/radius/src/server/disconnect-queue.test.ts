import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DisconnectQueue, type ToldSession } from "./disconnect-queue.ts";
import type { DynamicAuthorizationResult } from "./dynamic-authorization.ts";

type Outcome = DynamicAuthorizationResult["outcome"];
const session = (address: string): ToldSession => ({ user: "ada" as never, data: { address, nas: address } });
const hour = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A queue over access servers that answer as they are told, after as long as they are told. */
function queueOver(answers: Record<string, Outcome>, answerMs: (address: string) => number = () => 5) {
  const asked: { address: string; at: number }[] = [];
  const ended: string[] = [];
  const failed: [Outcome, boolean][] = [];
  let under = 0;
  let most = 0;
  const start = Date.now();
  const queue = new DisconnectQueue({
    async ask({ data }) {
      const address = data["address"] ?? "";
      asked.push({ address, at: Date.now() - start });
      under += 1;
      most = Math.max(most, under);
      await new Promise((resolve) => setTimeout(resolve, answerMs(address)));
      under -= 1;
      return { outcome: answers[address] ?? "unanswered" };
    },
    ended: (key) => void ended.push(key),
    failed: (_, outcome, willRetry) => void failed.push([outcome, willRetry]),
    isFull: () => {},
    clock: () => Date.now(),
  });
  return { queue, asked, ended, failed, answers, most: () => most };
}

test("an access server that says nothing is asked again, ever more rarely, until it answers", async () => {
  const { queue, asked, ended, failed, answers } = queueOver({});
  queue.add("one", session("a"), Date.now() + hour);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(asked.map(({ at }) => Math.round(at / 1000))).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  expect(failed).toEqual([["unanswered", true]]);
  answers["a"] = "acknowledged";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ended).toEqual(["one"]);
  expect(queue.size).toBe(0);
});

test("what must be over anyhow is given up, and told of", async () => {
  const { queue, failed } = queueOver({});
  queue.add("one", session("a"), Date.now() + hour);
  await vi.advanceTimersByTimeAsync(hour + 60_000);
  expect(queue.size).toBe(0);
  expect(failed).toEqual([
    ["unanswered", true],
    ["unanswered", false],
  ]);
});

test("a refusal is asked about again, too, and delays no other session of the access server", async () => {
  const { queue, asked, answers } = queueOver({ a: "refused" });
  queue.add("one", session("a"), Date.now() + 10 * hour);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(asked).toHaveLength(2);
  answers["a"] = "acknowledged";
  queue.add("two", session("a"), Date.now() + hour);
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toHaveLength(3);
});

test("silent access servers delay nobody else's, and are probed by one request at a time", async () => {
  const { queue, asked, ended, most } = queueOver({ good: "acknowledged" }, (one) =>
    one === "good" ? 5 : 7_000,
  );
  for (let server = 0; server < 300; server++)
    for (let i = 0; i < 10; i++) queue.add(`${server} ${i}`, session(`dead ${server}`), Date.now() + hour);
  await vi.advanceTimersByTimeAsync(20_000);
  asked.length = 0;
  queue.add("good", session("good"), Date.now() + hour);
  await vi.advanceTimersByTimeAsync(10);
  expect(ended).toEqual(["good"]);
  expect(most()).toBe(300);
  await vi.advanceTimersByTimeAsync(7_000);
  const ofOne = asked.filter(({ address }) => address === "dead 0");
  expect(ofOne.length).toBeLessThanOrEqual(2);
});

test("many sessions of one access server that answers end four at a time", async () => {
  const { queue, ended, most } = queueOver({ a: "over" });
  for (let i = 0; i < 1_000; i++) queue.add(String(i), session("a"), Date.now() + hour);
  await vi.advanceTimersByTimeAsync(1_300);
  expect(ended).toHaveLength(1_000);
  expect(most()).toBe(4);
});

test("nobody is asked for what was cancelled, or after closing", async () => {
  const { queue, asked, ended } = queueOver({});
  for (const key of ["one", "two", "three"])
    queue.add(key, session(key === "three" ? "b" : "a"), Date.now() + hour);
  queue.cancel("one");
  await vi.advanceTimersByTimeAsync(10);
  queue.cancelAllOf("a");
  expect(queue.size).toBe(1);
  queue.close();
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(hour);
  expect([asked.length, ended, queue.size]).toEqual([before, [], 0]);
});
