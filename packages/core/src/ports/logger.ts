/**
 * Where the directory writes its log: pino's call order, so a pino instance fits as it is. Fields never hold
 * secrets: those are redacted before they get here.
 */
export interface Logger {
  /** Detail for someone looking for a fault. */
  debug(fields: LogFields, message: string): void;
  /** Normal events worth a line. */
  info(fields: LogFields, message: string): void;
  /** Something unusual that was handled. */
  warn(fields: LogFields, message: string): void;
  /** Something failed. */
  error(fields: LogFields, message: string): void;
}

/** The structured part of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

const nothing = (): void => {};

/** The default: says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
