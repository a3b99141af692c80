import type { Logger } from "@directorykit/core";

/** Writes one JSON object a line to standard error. */
export const jsonLogger: Logger = {
  debug: () => {},
  info: (fields, message) => write("info", fields, message),
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};

function write(level: string, fields: object, message: string): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}
