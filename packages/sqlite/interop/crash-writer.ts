import { sqliteStore } from "@directorykit/sqlite";
import { runCrashWriter } from "@directorykit/store-testkit";

const store = sqliteStore({ path: process.argv[2] ?? "" });
await store.open();
await runCrashWriter(store);
