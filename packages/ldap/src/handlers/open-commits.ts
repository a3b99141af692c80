import { DirectoryError } from "@directorykit/core";

/** Why a connection is to end: somebody's password became another one, or they are no longer let in. */
export type EndReason = "password" | "access";

/**
 * Puts off the end of a connection while changes that were asked for on it are committed, so that the peer hears that they
 * were made. A password that was changed on the connection itself does not end it; all else does, as soon as the changes
 * are answered, and no further ones are begun.
 */
export class OpenCommits {
  #open = 0;
  #passwords = 0;
  #ownPasswords = 0;
  #isShut = false;

  /** @returns whether it may be: not when the connection is about to end */
  begin(): boolean {
    if (this.#isEnding) return false;
    this.#open += 1;
    return true;
  }

  /** Notes that the person's password was changed on this very connection. */
  changedOwnPassword(): void {
    this.#ownPasswords += 1;
  }

  /** Notes that the connection is to end. @returns whether that is put off */
  putOff(reason: EndReason): boolean {
    if (this.#open === 0) return false;
    if (reason === "password") this.#passwords += 1;
    else this.#isShut = true;
    return true;
  }

  /** A change is committed and answered, or will not be. @returns whether the connection is to end now */
  end(): boolean {
    this.#open -= 1;
    if (this.#open > 0) return false;
    const ends = this.#isEnding;
    this.#passwords = 0;
    this.#ownPasswords = 0;
    return ends;
  }

  get #isEnding(): boolean {
    return this.#isShut || this.#passwords > this.#ownPasswords;
  }
}

/** The changes that one operation makes. */
export class OperationCommits {
  readonly #commits: OpenCommits | undefined;
  #isOpen = false;

  /** @param commits - those of whoever the connection is bound as */
  constructor(commits: OpenCommits | undefined) {
    this.#commits = commits;
  }

  /**
   * Makes a change, which keeps the connection until {@link OperationCommits.close}.
   * @param ownPassword - whether it is one of the password of whoever the connection is bound as
   * @throws DirectoryError `overloaded` when the connection is about to end
   */
  async run<T>(work: () => Promise<T>, ownPassword: boolean): Promise<T> {
    if (!this.#isOpen && this.#commits?.begin() === false)
      throw new DirectoryError("overloaded", "the connection is about to end");
    this.#isOpen = this.#commits !== undefined;
    const done = await work();
    if (ownPassword) this.#commits?.changedOwnPassword();
    return done;
  }

  /** The operation is answered. @returns whether the connection is to end now */
  close(): boolean {
    if (!this.#isOpen) return false;
    this.#isOpen = false;
    return this.#commits?.end() === true;
  }
}
