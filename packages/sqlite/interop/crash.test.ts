import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeSqliteDriver, sqliteStore } from "@directorykit/sqlite";
import { crashConformance } from "@directorykit/store-testkit";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "directorykit-crash-"));
const path = join(folder, "directory.db");
afterAll(() => rmSync(folder, { recursive: true }));

test("nothing that was acknowledged is lost when the process is killed, 50 times over", async () => {
  const writer = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));
  const report = await crashConformance({
    spawnWriter: { command: process.execPath, args: ["--conditions=@directorykit/source", writer, path] },
    openStore: async () => {
      const store = sqliteStore({ path });
      await store.open();
      return store;
    },
    rounds: 50,
  });
  expect(report.acknowledged).toBeGreaterThan(500);
  const connection = nodeSqliteDriver.open(path);
  expect(connection.prepare("PRAGMA integrity_check").all([])).toEqual([["ok"]]);
  connection.close();
});
