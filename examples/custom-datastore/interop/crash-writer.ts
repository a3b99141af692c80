import { runCrashWriter } from "@directorykit/store-testkit";
import { fileStore } from "../src/file-store.ts";

const store = fileStore(process.argv[2] ?? "");
await store.open();
await runCrashWriter(store);
