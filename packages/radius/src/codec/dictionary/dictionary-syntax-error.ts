/** Text that is no dictionary, or one that asks for what is not there. The message names the line. */
export class DictionarySyntaxError extends Error {
  /** The name of the class. */
  override readonly name = "DictionarySyntaxError";
  /** The line, from 1. */
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options);
    this.line = line;
  }
}

/** Whether an error is a {@link DictionarySyntaxError}, also one of another copy of this package. */
export function isDictionarySyntaxError(error: unknown): error is DictionarySyntaxError {
  return error instanceof Error && error.name === "DictionarySyntaxError";
}
