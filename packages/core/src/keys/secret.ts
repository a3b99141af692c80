import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { inspect } from "node:util";
import { DirectoryError } from "../errors.ts";

const redacted = "[secret]";
const maxFileOctets = 65_536;

/**
 * A secret that does not show itself: `String(secret)`, `JSON.stringify`, template literals, `console.log` and error
 * messages print `[secret]`. Only {@link Secret.reveal} gives the value.
 */
export class Secret<Value extends string | Uint8Array = string | Uint8Array> {
  readonly #value: Value;

  /**
   * @param value - the secret; octets are copied, so the caller may overwrite theirs
   */
  constructor(value: Value) {
    this.#value = (typeof value === "string" ? value : Uint8Array.from(value)) as Value;
  }

  /** The secret itself. Call it where the secret is used, and keep the result in no object that lives longer. */
  reveal(): Value {
    return this.#value;
  }

  /** Always `[secret]`. */
  toString(): string {
    return redacted;
  }

  /** Always `[secret]`. */
  toJSON(): string {
    return redacted;
  }

  // Here rather than as a method: a computed name has no place in declarations made from one file alone.
  static {
    Object.defineProperty(Secret.prototype, inspect.custom, { value: (): string => redacted });
  }
}

/**
 * Where a secret comes from: the value itself, or a function that fetches it when it is needed (a vault, a file, the
 * environment). The function may be called more than once, so that a rotated secret is picked up.
 */
export type SecretSource =
  | string
  | Uint8Array
  | Secret
  | (() => Promise<string | Uint8Array | Secret> | string | Uint8Array | Secret);

/**
 * Fetches a secret.
 *
 * @param source - where it comes from
 * @param name - what the secret is for, in a few words, for the error message
 * @throws DirectoryError `misconfigured` when the source fails, or gives nothing or an empty value
 */
export async function resolveSecret(source: SecretSource, name: string): Promise<Secret> {
  let value: unknown;
  try {
    value = typeof source === "function" ? await source() : source;
  } catch (cause) {
    throw new DirectoryError("misconfigured", `The ${name} could not be fetched.`, { cause });
  }
  const secret = value instanceof Secret ? value : isSecretValue(value) ? new Secret(value) : undefined;
  if (secret === undefined || secret.reveal().length === 0) {
    throw new DirectoryError("misconfigured", `The ${name} is missing or empty.`);
  }
  return secret;
}

function isSecretValue(value: unknown): value is string | Uint8Array {
  return typeof value === "string" || value instanceof Uint8Array;
}

/**
 * A secret in an environment variable, read when it is needed.
 *
 * @param name - the variable's name
 * @returns a source that throws DirectoryError `misconfigured` while the variable is missing or empty
 */
export function secretFromEnv(name: string): () => Secret<string> {
  return () => {
    const value = process.env[name];
    if (value === undefined || value === "") {
      throw new DirectoryError("misconfigured", `The environment variable ${name} is missing or empty.`);
    }
    return new Secret(value);
  };
}

/**
 * Lets {@link secretFromFile} read a file that the group or everybody may read too. Right where the platform mounts
 * secrets that way and the mount is private to the process: Docker's `/run/secrets` and Kubernetes volumes do so.
 */
export const allowReadableByOthers: unique symbol = Symbol.for("directorykit.allowReadableByOthers") as never;

/** How {@link secretFromFile} reads. */
export interface SecretFileOptions {
  /** Read the file even when its mode lets the group or others read it. Default `false`. */
  readonly [allowReadableByOthers]?: boolean;
}

/**
 * A secret in a file of UTF-8 text, read when it is needed. One line break at the end is not part of it: editors and
 * `echo` put it there. The file may hold up to 65,536 octets.
 *
 * @param path - the file
 * @returns a source that throws DirectoryError `misconfigured` when the file cannot be read, is empty, is too long, or
 * when its mode lets the group or others read it (not checked on Windows, whose modes say nothing)
 */
export function secretFromFile(path: string, options: SecretFileOptions = {}): () => Promise<Secret<string>> {
  return async () => {
    const text = await readSecretFile(path, options[allowReadableByOthers] === true);
    const value = text.replace(/\r?\n$/, "");
    if (value === "") throw new DirectoryError("misconfigured", `The secret file ${path} is empty.`);
    return new Secret(value);
  };
}

async function readSecretFile(path: string, othersMayRead: boolean): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY);
    // The mode of the opened file, not of the path: the path may point elsewhere a moment later.
    const { mode } = await file.stat();
    if (!othersMayRead && process.platform !== "win32" && (mode & 0o044) !== 0) {
      throw new DirectoryError(
        "misconfigured",
        `The secret file ${path} can be read by others; chmod it to 600.`,
      );
    }
    const octets = Buffer.alloc(maxFileOctets + 1);
    let length = 0;
    while (length < octets.length) {
      const { bytesRead } = await file.read(octets, length, octets.length - length, null);
      if (bytesRead === 0)
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets.subarray(0, length));
      length += bytesRead;
    }
    throw new DirectoryError(
      "misconfigured",
      `The secret file ${path} is longer than ${maxFileOctets} octets.`,
    );
  } catch (cause) {
    if (cause instanceof DirectoryError) throw cause;
    throw new DirectoryError("misconfigured", `The secret file ${path} cannot be read.`, { cause });
  } finally {
    await file?.close();
  }
}
