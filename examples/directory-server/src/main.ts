import { isDirectoryError } from "@directorykit/core";
import { jsonLogger } from "./json-logger.ts";
import { readyLine, readyTable } from "./ready.ts";
import { startServer } from "./server.ts";
import { readSettings, usage } from "./settings.ts";

/** What is wrong, in one sentence, and out: an operator needs no stack. */
function fail(error: unknown): never {
  const sentence = isDirectoryError(error)
    ? error.message
    : `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
  process.stderr.write(`The directory server did not start: ${sentence}\n`);
  process.exit(1);
}

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings === "help") {
    process.stdout.write(usage());
  } else {
    const server = await startServer(settings);
    let stopping = false;
    const stop = (signal: string): void => {
      if (stopping) return;
      stopping = true;
      jsonLogger.info({ signal }, "stopping");
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          jsonLogger.error({ error: String(error) }, "did not stop cleanly");
          process.exit(1);
        },
      );
    };
    process.on("SIGTERM", () => stop("SIGTERM"));
    process.on("SIGINT", () => stop("SIGINT"));
    process.stdout.write(process.stdout.isTTY ? readyTable(server) : readyLine(server.endpoints));
  }
} catch (error) {
  fail(error);
}
