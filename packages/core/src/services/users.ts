import { DirectoryError } from "../errors.ts";
import type { UserId } from "../model/ids.ts";
import type { Session } from "../model/session.ts";
import type { User, UserState } from "../model/user.ts";
import { allPages, removeAll } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { foldCase } from "../text/normalize.ts";
import { invalid } from "../validate/validate.ts";
import {
  commit,
  type NewRecord,
  type RecordPatch,
  type UnitOfWork,
  type WriteOptions,
} from "../write/unit-of-work.ts";
import type { Credentials } from "./credentials.ts";
import { applyRulesTo } from "./rule-groups.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { checkUserFields, newUser, type UserContent, type UserFields } from "./user-input.ts";

/** A user to create, with a first password if there is one. */
export interface NewUser extends UserFields {
  /** A first password; it must meet the password policy. */
  readonly password?: string;
  /** A password hash from elsewhere, in a form {@link Credentials.importPasswordHash} takes. */
  readonly passwordHash?: string;
}

/** Options of a change to a record. */
export interface UpdateOptions extends WriteOptions {
  /** The version that was read; the change is refused with `stale-write` if the record has moved on. */
  readonly expectedVersion?: number;
}

/** People. Every change is one transaction with its audit event. */
export class Users {
  readonly #environment: ServiceEnvironment;
  readonly #credentials: Credentials;

  /** @internal */
  constructor(environment: ServiceEnvironment, credentials: Credentials) {
    this.#environment = environment;
    this.#credentials = credentials;
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
    const prepared: { fields: UserContent; secret: string | undefined }[] = [];
    for (const [i, input] of users.entries()) {
      const path = users.length === 1 ? "" : `[${i}]`;
      const { password, passwordHash, ...rest } = input;
      const fields = this.#newUser(path, rest);
      const secret = await this.#credentials.prepareFirstPassword(
        path,
        fields,
        password,
        passwordHash,
        options,
      );
      prepared.push({ fields, secret });
    }
    return commit(this.#environment, options, async (unit) => {
      const created = await this.insert(
        unit,
        prepared.map((one) => one.fields),
      );
      const passwords = created.flatMap((user, i): NewRecord<"credential">[] => {
        const secret = prepared[i]?.secret;
        return secret === undefined ? [] : [{ user: user.id, kind: "password", secret, status: "active" }];
      });
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
   * Changes fields; those not given stay. `posix: null` takes the Unix account away.
   * @throws DirectoryError `not-found`, `invalid-input`, `conflict`, `stale-write`
   */
  async update(id: UserId, changes: Partial<UserFields>, options: UpdateOptions = {}): Promise<User> {
    const fields = checkUserFields("", changes, this.#environment.registry());
    const patch: RecordPatch<"user"> = changes.posix === null ? { ...fields, posix: undefined } : fields;
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.get("user", id);
      expectVersion(before.version, options);
      const after = await unit.update("user", before, patch);
      if (after === before) return before;
      await applyRulesTo(unit, "user", [after]);
      unit.audit({
        action: before.state === after.state ? "user.updated" : stateAction(after.state),
        target: targetOf(after),
        details: { fields: Object.keys(fields).join(",") },
      });
      if (after.state !== "active") await endSessions(unit, id);
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
      expectVersion(user.version, options);
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

/** Refuses a change to a record that has moved on since the caller read it. */
export function expectVersion(actual: number, options: UpdateOptions): void {
  if (options.expectedVersion !== undefined && options.expectedVersion !== actual) {
    throw new DirectoryError("stale-write", "the record changed since it was read", {
      details: { expected: options.expectedVersion, actual },
    });
  }
}

function stateAction(state: UserState): string {
  return state === "active" ? "user.activated" : state === "suspended" ? "user.suspended" : "user.staged";
}

function targetOf(user: User): { kind: string; id: string; name: string } {
  return { kind: "user", id: user.id, name: user.username };
}
