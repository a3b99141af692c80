import { DirectoryError } from "../errors.ts";
import type { UserId } from "../model/ids.ts";
import type { Session } from "../model/session.ts";
import type { User, UserState } from "../model/user.ts";
import { allPages, removeAll } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { foldCase } from "../text/normalize.ts";
import { invalid } from "../validate/validate.ts";
import { commit, type RecordPatch, type UnitOfWork, type WriteOptions } from "../write/unit-of-work.ts";
import type { Passwords } from "./passwords.ts";
import type { PreparedPassword } from "./prepared-password.ts";
import { applyRulesTo } from "./rule-groups.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { credentialOf, setAtOf } from "./stored-credential.ts";
import {
  type AttributeChanges,
  checkAttributeChanges,
  checkUserFields,
  newUser,
  type UserContent,
  type UserFields,
  withAttributeChanges,
} from "./user-input.ts";

/** A user to create, with a first password if there is one. */
export interface NewUser extends UserFields {
  /** A first password; it must meet the password policy. */
  readonly password?: string;
  /** A password hash from elsewhere, in a form {@link Credentials.importPasswordHash} takes. */
  readonly passwordHash?: string;
}

/** What may change of a user: all of it in one transaction. */
export interface UserChanges extends Partial<UserFields> {
  /**
   * A new password; it must meet the password policy, and be another where the one before must be changed. One that
   * {@link Credentials.prepare} has made is stored as it is. `null` takes the password away, and with it that it must be
   * changed. Either way the user's sessions end.
   */
  readonly password?: string | PreparedPassword | null;
  /** A password hash from elsewhere, in a form {@link Credentials.importPasswordHash} takes. Ends sessions too. */
  readonly passwordHash?: string;
  /** New values of some of the attributes the host has defined. `attributes` replaces all of them. */
  readonly attributeChanges?: AttributeChanges;
}

/** Options of a change to a record. */
export interface UpdateOptions extends WriteOptions {
  /** The version that was read; the change is refused with `stale-write` if the record has moved on. */
  readonly expectedVersion?: number;
  /**
   * The revision of the directory by which the caller decided; the change is refused with `stale-write` if anything at
   * all has changed since. For decisions that hang on other records than the one that changes. From
   * {@link Directory.catchUp}.
   */
  readonly expectedRevision?: number;
}

/** Options of a change to a user. */
export interface UserUpdateOptions extends UpdateOptions {
  /**
   * When the password was set that the caller has seen proved, from {@link Credentials.passwordSetAt}; the change is
   * refused with `stale-write` and `details.reason` `password` if it is another one by now.
   */
  readonly expectedPasswordSetAt?: number;
}

/** People. Every change is one transaction with its audit event. */
export class Users {
  readonly #environment: ServiceEnvironment;
  readonly #passwords: Passwords;

  /** @internal */
  constructor(environment: ServiceEnvironment, passwords: Passwords) {
    this.#environment = environment;
    this.#passwords = passwords;
  }

  /**
   * Adds a user.
   * @throws DirectoryError `invalid-input` naming the field, `conflict` when a unique value is taken
   */
  async create(user: NewUser, options: WriteOptions = {}): Promise<User> {
    const [created] = await this.createMany([user], options);
    return created as User;
  }

  /**
   * Adds users in one transaction: all or none.
   * @throws DirectoryError as for {@link Users.create}, with `details.path` naming which
   */
  async createMany(users: readonly NewUser[], options: WriteOptions = {}): Promise<readonly User[]> {
    const prepared: { fields: UserContent; secret: PreparedPassword | undefined }[] = [];
    for (const [i, input] of users.entries()) {
      const path = users.length === 1 ? "" : `[${i}]`;
      const { password, passwordHash, ...rest } = input;
      const fields = this.#newUser(path, rest);
      const secret = await this.#passwords.prepareFirst(path, fields, password, passwordHash, options);
      prepared.push({ fields, secret });
    }
    return commit(this.#environment, options, async (unit) => {
      const created = await this.insert(
        unit,
        prepared.map((one) => one.fields),
      );
      const passwords = created.flatMap((user, i) =>
        this.#passwords.firstRecords(unit, user.id, prepared[i]?.secret),
      );
      await unit.createMany("credential", passwords);
      return created;
    });
  }

  /** Adds checked users within a transaction. @internal */
  async insert(unit: UnitOfWork, users: readonly UserContent[]): Promise<readonly User[]> {
    const created = await unit.createMany("user", users);
    await applyRulesTo(unit, "user", created);
    for (const user of created) unit.audit({ action: "user.created", target: targetOf(user) });
    return created;
  }

  /** The user, or `undefined`. */
  get(id: UserId, options?: CallOptions): Promise<User | undefined> {
    return this.#environment.reader.get("user", id, options);
  }

  /** The user with this login name, regardless of case, or `undefined`. */
  byUsername(username: string, options?: CallOptions): Promise<User | undefined> {
    return this.#environment.reader.getByKey("user", "username", foldCase(username), options);
  }

  /** The user with this primary e-mail address, regardless of case, or `undefined`. */
  byEmail(email: string, options?: CallOptions): Promise<User | undefined> {
    return this.#environment.reader.getByKey("user", "primaryEmail", foldCase(email), options);
  }

  /**
   * Changes what is given; the rest stays. `posix: null` takes the Unix account away.
   * @throws DirectoryError `not-found`, `invalid-input` (with `details.violation` when the password is refused),
   * `conflict`, `stale-write` (with `details.reason` `must-change` when the password came to be marked meanwhile),
   * `overloaded`
   */
  async update(id: UserId, changes: UserChanges, options: UserUpdateOptions = {}): Promise<User> {
    const { password, passwordHash, attributeChanges, ...rest } = changes;
    const registry = this.#environment.registry();
    const fields = checkUserFields("", rest, registry);
    const attributes = checkAttributeChanges(attributeChanges, rest.attributes, "user", registry);
    const secret = await this.#passwords.prepareChange(id, fields, password, passwordHash, options);
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.get("user", id);
      await expectCurrent(unit, before.version, options);
      await expectPassword(unit, id, options);
      const patch: RecordPatch<"user"> = {
        ...fields,
        ...(rest.posix === null ? { posix: undefined } : {}),
        ...(attributes === undefined ? {} : { attributes: withAttributeChanges(before, attributes) }),
      };
      const after = await unit.update("user", before, patch);
      if (after !== before) {
        await applyRulesTo(unit, "user", [after]);
        unit.audit({
          action: before.state === after.state ? "user.updated" : stateAction(after.state),
          target: targetOf(after),
          details: { fields: Object.keys(patch).join(",") },
        });
      }
      if (secret !== undefined) await this.#passwords.change(unit, id, secret);
      if (secret !== undefined || (after !== before && after.state !== "active")) await endSessions(unit, id);
      return after;
    });
  }

  /** Takes every access away until {@link Users.activate}; ends all sessions. */
  suspend(id: UserId, options: UpdateOptions = {}): Promise<User> {
    return this.update(id, { state: "suspended" }, options);
  }

  /** Gives a staged or suspended user their access (back). */
  activate(id: UserId, options: UpdateOptions = {}): Promise<User> {
    return this.update(id, { state: "active" }, options);
  }

  /** Removes a user with their memberships, direct grants, credentials and sessions. @throws DirectoryError `not-found` */
  async delete(id: UserId, options: UpdateOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const user = await unit.get("user", id);
      await expectCurrent(unit, user.version, options);
      await unit.unlink(await unit.tx.groupsOf([id]));
      await removeAll(unit, "grant", "user", id);
      await removeAll(unit, "credential", "user", id);
      await removeAll(unit, "session", "user", id);
      await unit.remove("user", user);
      unit.audit({ action: "user.deleted", target: targetOf(user) });
    });
  }

  /** All users in the order they were made, fetched by pages. */
  list(options?: CallOptions): AsyncGenerator<User, void, void> {
    return allPages(this.#environment.reader, "user", { op: "true" }, options);
  }

  #newUser(path: string, input: UserFields): UserContent {
    const fields = checkUserFields(path, input, this.#environment.registry());
    if (fields.username === undefined)
      throw invalid(path === "" ? "username" : `${path}.username`, "is required");
    return { ...newUser, ...fields, username: fields.username };
  }
}

/** Ends a user's sessions within a transaction. */
export async function endSessions(unit: UnitOfWork, user: UserId, except?: string): Promise<number> {
  const keep = (session: Session): boolean => session.id !== except;
  const ended = await removeAll(unit, "session", "user", user, keep);
  if (ended > 0)
    unit.audit({ action: "session.ended", target: { kind: "user", id: user }, details: { sessions: ended } });
  return ended;
}

/** Refuses a change to a record that has moved on since the caller read it, or in a directory that has. */
export async function expectCurrent(unit: UnitOfWork, actual: number, options: UpdateOptions): Promise<void> {
  const { expectedVersion, expectedRevision } = options;
  if (expectedVersion !== undefined && expectedVersion !== actual) throw stale(expectedVersion, actual);
  if (expectedRevision === undefined) return;
  const revision = await unit.tx.revision();
  if (revision !== expectedRevision) throw stale(expectedRevision, revision);
}

async function expectPassword(
  unit: UnitOfWork,
  id: UserId,
  { expectedPasswordSetAt }: UserUpdateOptions,
): Promise<void> {
  if (expectedPasswordSetAt === undefined) return;
  const password = await credentialOf(unit.tx, id, "password");
  if (password === undefined || setAtOf(password) !== expectedPasswordSetAt)
    throw new DirectoryError("stale-write", "the password changed since it was proved", {
      details: { reason: "password" },
    });
}

function stale(expected: number, actual: number): DirectoryError {
  return new DirectoryError("stale-write", "the record changed since it was read", {
    details: { expected, actual },
  });
}

function stateAction(state: UserState): string {
  return state === "active" ? "user.activated" : state === "suspended" ? "user.suspended" : "user.staged";
}

function targetOf(user: User): { kind: string; id: string; name: string } {
  return { kind: "user", id: user.id, name: user.username };
}
