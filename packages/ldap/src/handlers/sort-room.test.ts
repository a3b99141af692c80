import { expect, test } from "vitest";
import { SortRoom } from "./sort-room.ts";

test("two sort at a time, the others in the order they came, and one that fails makes room", async () => {
  const room = new SortRoom();
  const { signal } = new AbortController();
  const begun: number[] = [];
  const work = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const all = work.map(({ promise }, i) =>
    room.use(signal, () => {
      begun.push(i);
      return promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  work[1]?.reject(new Error("too hard"));
  await expect(all[1]).rejects.toThrow("too hard");
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of work) resolve();
  await Promise.allSettled(all);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test("whoever gives up leaves the line", async () => {
  const sorting = new SortRoom();
  const patient = new AbortController();
  const hasty = new AbortController();
  const held = Promise.withResolvers<void>();
  const [first, second] = [0, 1].map(() => sorting.use(patient.signal, () => held.promise));
  const given = sorting.use(hasty.signal, async () => "never");
  const last = sorting.use(patient.signal, async () => "done");
  hasty.abort(new Error("no time"));
  await expect(given).rejects.toThrow("no time");
  held.resolve();
  await Promise.all([first, second]);
  expect(await last).toBe("done");
  expect(await sorting.use(patient.signal, async () => "free")).toBe("free");
});
