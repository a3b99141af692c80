import { DirectoryError } from "../errors.ts";
import type { UserId } from "../model/ids.ts";
import type { User } from "../model/user.ts";
import { assertSupportedHash } from "../password/imported-hash.ts";
import { checkPassword, type PasswordViolation } from "../password/password-policy.ts";
import type { NewRecord, UnitOfWork, WriteOptions } from "../write/unit-of-work.ts";
import type { SetPasswordOptions } from "./credentials.ts";
import type { NtHashes } from "./nt-hashes.ts";
import { organizationName } from "./organization.ts";
import { compareWithMarked, expectAnother } from "./password-reuse.ts";
import { PreparedPassword, randomPassword } from "./prepared-password.ts";
import { hashWork, type ServiceEnvironment } from "./service-environment.ts";
import { credentialOf, putCredential } from "./stored-credential.ts";
import type { UserContent } from "./user-input.ts";

/** What the policy looks at of whoever is to have a password. */
export type PasswordOwner = Pick<User, "username" | "emails" | "name">;

/** New passwords, from what is typed to what is stored: the policy, the hash, the record. */
export class Passwords {
  readonly #environment: ServiceEnvironment;
  readonly #ntHashes: NtHashes;

  constructor(environment: ServiceEnvironment, ntHashes: NtHashes) {
    this.#environment = environment;
    this.#ntHashes = ntHashes;
  }

  /** Why the policy would refuse a password; empty when it would not. */
  async violations(user: PasswordOwner, password: string): Promise<readonly PasswordViolation[]> {
    const words = [
      user.username,
      ...user.emails.map((email) => email.value.split("@")[0] ?? ""),
      user.name.given ?? "",
      user.name.family ?? "",
      await organizationName(this.#environment),
      "directorykit",
    ].filter((word) => word.length >= 3);
    return checkPassword(password, this.#environment.passwordPolicy, { words });
  }

  /** A password that the policy takes. @throws DirectoryError `misconfigured` when the policy refuses everything */
  async generate(user: PasswordOwner): Promise<string> {
    for (let tries = 0; tries < 20; tries++) {
      const password = randomPassword(this.#environment.passwordPolicy.minLength);
      if ((await this.violations(user, password)).length === 0) return password;
    }
    throw new DirectoryError("misconfigured", "the password policy refuses every password made up for it");
  }

  /**
   * Checks a password of someone who is there already, and hashes it.
   * @throws DirectoryError `invalid-input` with `details.violation` when the policy refuses it, or when it is the one
   * that must be changed and the mark does not stay; `overloaded`
   */
  async prepare(
    user: PasswordOwner & Pick<User, "id">,
    password: string,
    options: SetPasswordOptions,
  ): Promise<PreparedPassword> {
    await this.#checkPolicy("password", user, password);
    const differsFrom =
      options.mustChange === true
        ? undefined
        : await compareWithMarked(this.#environment, user, password, options);
    return this.#hash(password, options, differsFrom);
  }

  /** What a change of a user does to their password: `null` takes it away, `undefined` leaves it. */
  async prepareChange(
    id: UserId,
    fields: Partial<UserContent>,
    password: string | PreparedPassword | null | undefined,
    hash: string | undefined,
    options: WriteOptions,
  ): Promise<PreparedPassword | null | undefined> {
    assertOneForm("password", password, hash);
    if (hash !== undefined) return imported(hash);
    if (password === undefined || password === null || password instanceof PreparedPassword) return password;
    if (typeof password !== "string") throw new DirectoryError("invalid-input", "password: must be text");
    const user = await this.#environment.reader.get("user", id, options);
    if (user === undefined)
      throw new DirectoryError("not-found", "no such user", { details: { kind: "user", id } });
    return this.prepare({ ...user, ...fields }, password, options);
  }

  /** Hashes a user's first password, after the policy, or checks an imported hash. @param path - of the user's fields */
  async prepareFirst(
    path: string,
    user: UserContent,
    password: string | undefined,
    hash: string | undefined,
    options: WriteOptions,
  ): Promise<PreparedPassword | undefined> {
    const at = path === "" ? "password" : `${path}.password`;
    assertOneForm(at, password, hash);
    if (hash !== undefined) return imported(hash);
    if (password === undefined) return undefined;
    await this.#checkPolicy(at, user, password);
    return this.hashCarriedOver(password, options);
  }

  /** Hashes without asking the policy, for passwords that are in use elsewhere already. */
  hashCarriedOver(password: string, options: WriteOptions): Promise<PreparedPassword> {
    return this.#hash(password, options);
  }

  /** The records of first passwords, within the transaction that makes the users. */
  firstRecords(
    unit: UnitOfWork,
    user: UserId,
    password: PreparedPassword | undefined,
    mustChange = false,
  ): readonly NewRecord<"credential">[] {
    if (password === undefined) return [];
    const { hash: secret, ntHash } = password;
    const mark = mustChange ? { mustChange } : {};
    const own: NewRecord<"credential"> = { user, kind: "password", secret, status: "active", ...mark };
    if (ntHash === undefined) return [own];
    this.#ntHashes.audit(unit, user);
    return [own, this.#ntHashes.record(unit, user, ntHash)];
  }

  /** Stores a prepared password, or takes the password away, and tells the audit trail, within a transaction. */
  async change(unit: UnitOfWork, id: UserId, change: PreparedPassword | null): Promise<void> {
    let action = "credential.password-removed";
    if (change === null) {
      const before = await unit.tx.getByKey("credential", "kind", `${id}/password`);
      if (before === undefined) return;
      await unit.remove("credential", before);
      await this.#ntHashes.replace(unit, id, undefined);
    } else {
      action = change.isImported ? "credential.password-imported" : "credential.password-set";
      await this.store(unit, id, change, false);
    }
    unit.audit({ action, target: { kind: "user", id } });
  }

  /**
   * Stores a password's hash within a transaction.
   * @throws DirectoryError as {@link expectAnother} does, unless the password is one to change again
   */
  async store(
    unit: UnitOfWork,
    user: UserId,
    password: PreparedPassword,
    mustChange: boolean,
  ): Promise<void> {
    const { hash: secret, ntHash } = password;
    if (!mustChange) expectAnother(await credentialOf(unit.tx, user, "password"), password);
    const mark = mustChange ? { mustChange } : {};
    await putCredential(unit, user, "password", { secret, status: "active", ...mark });
    await this.#ntHashes.replace(unit, user, ntHash);
  }

  async #hash(password: string, options: WriteOptions, differsFrom?: string): Promise<PreparedPassword> {
    const hash = await this.#environment.hasher.hash(password, hashWork(options));
    return new PreparedPassword(hash, false, this.#ntHashes.of(password), differsFrom);
  }

  async #checkPolicy(path: string, user: PasswordOwner, password: string): Promise<void> {
    const [first] = await this.violations(user, password);
    if (first !== undefined) {
      throw new DirectoryError("invalid-input", `${path}: ${first.reason}`, {
        details: { path, violation: first.code },
      });
    }
  }
}

function assertOneForm(path: string, password: unknown, hash: string | undefined): void {
  if (password !== undefined && hash !== undefined)
    throw new DirectoryError("invalid-input", `${path}: give either password or passwordHash`);
}

/** @throws DirectoryError `invalid-input` for a hash that is not taken over */
function imported(hash: string): PreparedPassword {
  assertSupportedHash(hash);
  return new PreparedPassword(hash, true);
}
