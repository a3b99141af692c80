import { memoryStore } from "@directorykit/core";
import { describe, test } from "vitest";
import { storeConformance } from "./store-conformance.ts";

describe("the memory store", () => {
  for (const { suite, name, run } of storeConformance({ durable: false })) {
    test(`${suite}: ${name}`, async () => {
      await run(async () => {
        const store = memoryStore();
        await store.open();
        return { store, close: () => store.close() };
      });
    });
  }
});
