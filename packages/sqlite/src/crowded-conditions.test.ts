import { expect, test } from "vitest";
import { CrowdedConditions } from "./crowded-conditions.ts";

test("what so many records met is not counted again for a while, what fewer met is", () => {
  const crowded = new CrowdedConditions();
  let counts = 0;
  const count = (text: string, limit: number, rows: number): number =>
    crowded.count({ text, parameters: [] }, limit, () => {
      counts += 1;
      return Math.min(rows, limit);
    });
  expect([count("many", 100, 500), count("many", 100, 500), count("many", 50, 500)]).toEqual([100, 100, 50]);
  expect(counts).toBe(1);
  expect(count("many", 200, 500)).toBe(200);
  expect(counts).toBe(2);
  expect([count("few", 100, 7), count("few", 100, 7)]).toEqual([7, 7]);
  expect(counts).toBe(4);
});
