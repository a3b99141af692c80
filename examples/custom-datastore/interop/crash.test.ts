import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crashConformance } from "@directorykit/store-testkit";
import { afterAll, expect, test } from "vitest";
import { fileStore } from "../src/file-store.ts";

const folder = mkdtempSync(join(tmpdir(), "custom-datastore-crash-"));
const path = join(folder, "directory.jsonl");
afterAll(() => rmSync(folder, { recursive: true }));

test("nothing that was acknowledged is lost when the process is killed, 10 times over", async () => {
  const writer = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));
  const report = await crashConformance({
    spawnWriter: { command: process.execPath, args: ["--conditions=@directorykit/source", writer, path] },
    openStore: async () => {
      const store = fileStore(path);
      await store.open();
      return store;
    },
    rounds: 10,
    mostAcknowledged: 30,
  });
  expect(report.acknowledged).toBeGreaterThan(50);
});
