import { randomInt } from "node:crypto";

/**
 * A password that has met the policy and is hashed, or a hash from elsewhere that was found fit: ready to be stored
 * without waiting. Shows nothing of either. Made by {@link Credentials.prepare}.
 */
export class PreparedPassword {
  /** Whether the hash came from elsewhere, so that no policy has seen the password. */
  readonly isImported: boolean;
  readonly #hash: string;
  readonly #ntHash: Uint8Array | undefined;
  readonly #differsFrom: string | undefined;

  /** @internal */
  constructor(hash: string, isImported: boolean, ntHash?: Uint8Array, differsFrom?: string) {
    this.#hash = hash;
    this.#ntHash = ntHash;
    this.isImported = isImported;
    this.#differsFrom = differsFrom;
  }

  /** What is stored. @internal */
  get hash(): string {
    return this.#hash;
  }

  /** What is stored beside it where that is allowed. @internal */
  get ntHash(): Uint8Array | undefined {
    return this.#ntHash;
  }

  /** Names the stored password that this one was compared with and is not, if one must be changed. @internal */
  get differsFrom(): string | undefined {
    return this.#differsFrom;
  }
}

/** Letters and digits of which none is easily taken for another. */
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
const groupLength = 5;

/** A random password of at least 20 letters and digits (99 bits), in groups with hyphens between. */
export function randomPassword(minLength: number): string {
  const groups = Math.max(4, Math.ceil((minLength + 1) / (groupLength + 1)));
  const group = (): string =>
    Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join("");
  return Array.from({ length: groups }, group).join("-");
}
