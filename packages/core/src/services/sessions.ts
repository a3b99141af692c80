import { createHash, randomBytes } from "node:crypto";
import { sessionHandleKey } from "../attributes/index-record.ts";
import { DirectoryError } from "../errors.ts";
import type { SessionId, UserId } from "../model/ids.ts";
import type { Factor, Session } from "../model/session.ts";
import { allPages, recordsBy } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { checkJsonObject } from "../validate/json.ts";
import { checkInteger, checkName, invalid, optional } from "../validate/validate.ts";
import { commit, type UnitOfWork, type WriteOptions } from "../write/unit-of-work.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { endSessions } from "./users.ts";

/** A session to begin. */
export interface NewSession {
  /** Whose. */
  readonly user: UserId;
  /** The protocol it lives on. */
  readonly protocol: string;
  /** The factors shown. */
  readonly factors: readonly Factor[];
  /** How long it lives, in milliseconds from now. */
  readonly lifetimeMs: number;
  /** What the protocol knows it by; see {@link Session.handle}. At most 256 characters. */
  readonly handle?: string;
  /** What the adapter keeps with it; no secrets. */
  readonly data?: Readonly<Record<string, string>>;
}

/** What may change of a session. */
export interface SessionChanges {
  /** How long it lives from now on, in milliseconds. */
  readonly lifetimeMs?: number;
  /** Replaces what the adapter keeps with it; no secrets. */
  readonly data?: Readonly<Record<string, string>>;
}

const dropBatch = 500;
const maxHandleLength = 256;
const maxLifetimeMs = 366 * 86_400_000;

/** Live sign-ins. */
export class Sessions {
  readonly #environment: ServiceEnvironment;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /**
   * Begins a session. The bearer secret is returned once and stored as a hash.
   * @throws DirectoryError `denied` when the user is not active, `not-found`, `conflict` when a live session has the
   * handle, `invalid-input` for a lifetime of less than a millisecond or more than a year, or for data that is not a few
   * words
   */
  async begin(
    session: NewSession,
    options: WriteOptions = {},
  ): Promise<{ readonly session: Session; readonly secret: string }> {
    const secret = randomBytes(32).toString("base64url");
    const { user, factors } = session;
    const protocol = checkName("protocol", session.protocol, 64);
    const lifetimeMs = checkInteger("lifetimeMs", session.lifetimeMs, 1, maxLifetimeMs);
    const data = checkData(session.data ?? {});
    const handle = optional("handle", session.handle, (path, value) =>
      checkName(path, value, maxHandleLength),
    );
    const begun = await commit(this.#environment, { protocol, ...options }, async (unit) => {
      if ((await unit.get("user", user)).state !== "active")
        throw new DirectoryError("denied", "the user is not active");
      if (handle !== undefined) await this.#dropOver(unit, protocol, handle);
      const created = await unit.create("session", {
        user,
        protocol,
        ...(handle === undefined ? {} : { handle }),
        factors,
        data,
        secretHash: hashOf(secret),
        authenticatedAt: unit.now,
        expiresAt: unit.now + lifetimeMs,
      });
      unit.audit({
        action: "session.begun",
        target: { kind: "user", id: user },
        details: { session: created.id },
      });
      return created;
    });
    return { session: begun, secret };
  }

  /** The live session a bearer secret stands for, or `undefined`. */
  async find(secret: string, options?: CallOptions): Promise<Session | undefined> {
    if (secret.length > 128) return undefined;
    const session = await this.#environment.reader.getByKey("session", "secretHash", hashOf(secret), options);
    return session !== undefined && session.expiresAt > this.#environment.clock() ? session : undefined;
  }

  /** The live session that a protocol knows by a handle, or `undefined`. */
  async byHandle(protocol: string, handle: string, options?: CallOptions): Promise<Session | undefined> {
    const key = sessionHandleKey(protocol, handle);
    const session = await this.#environment.reader.getByKey("session", "handle", key, options);
    return session !== undefined && session.expiresAt > this.#environment.clock() ? session : undefined;
  }

  /** Live sessions of a protocol, in the order in which they began. */
  async *ofProtocol(protocol: string, options?: CallOptions): AsyncGenerator<Session, void, void> {
    const filter = { op: "equals", attribute: "protocol", indexed: true, value: protocol } as const;
    for await (const session of allPages(this.#environment.reader, "session", filter, options))
      if (session.expiresAt > this.#environment.clock()) yield session;
  }

  /**
   * Lets a live session live longer, or shorter, or changes what the adapter keeps with it.
   * @throws DirectoryError `not-found` for one that is over, `invalid-input` as {@link Sessions.begin}
   */
  async update(id: SessionId, changes: SessionChanges, options: WriteOptions = {}): Promise<Session> {
    const lifetimeMs = optional("lifetimeMs", changes.lifetimeMs, (path, value) =>
      checkInteger(path, value, 1, maxLifetimeMs),
    );
    const data = optional("data", changes.data, (_, value) => checkData(value));
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.get("session", id);
      if (before.expiresAt <= unit.now) throw new DirectoryError("not-found", "the session is over");
      return unit.update("session", before, {
        ...(data === undefined ? {} : { data }),
        ...(lifetimeMs === undefined ? {} : { expiresAt: unit.now + lifetimeMs }),
      });
    });
  }

  /** Live sessions of a user. */
  async ofUser(user: UserId, options?: CallOptions): Promise<readonly Session[]> {
    const now = this.#environment.clock();
    return (await recordsBy(this.#environment.reader, "session", "user", user, options)).filter(
      (one) => one.expiresAt > now,
    );
  }

  /** A handle is free again once its session is over, whether or not the record is gone yet. */
  async #dropOver(unit: UnitOfWork, protocol: string, handle: string): Promise<void> {
    const before = await unit.tx.getByKey("session", "handle", sessionHandleKey(protocol, handle));
    if (before === undefined) return;
    if (before.expiresAt > unit.now)
      throw new DirectoryError("conflict", "a live session has this handle", {
        details: { session: before.id },
      });
    await unit.remove("session", before);
  }

  /** Ends one session. @returns whether it was there */
  async end(id: SessionId, options: WriteOptions = {}): Promise<boolean> {
    return commit(this.#environment, options, async (unit) => {
      const session = await unit.tx.get("session", id);
      if (session === undefined) return false;
      await unit.remove("session", session);
      unit.audit({
        action: "session.ended",
        target: { kind: "user", id: session.user },
        details: { session: id },
      });
      return true;
    });
  }

  /** Removes the records of sessions that are over. @returns how many @internal */
  async dropExpired(options: CallOptions = {}): Promise<number> {
    const filter = {
      op: "atMost",
      attribute: "expiresAt",
      indexed: true,
      value: this.#environment.clock(),
    } as const;
    let dropped = 0;
    for (let left = true; left; ) {
      dropped += await commit(this.#environment, options, async (unit) => {
        const over: Session[] = [];
        for await (const session of allPages(unit.tx, "session", filter)) {
          if (over.push(session) === dropBatch) break;
        }
        for (const session of over) await unit.remove("session", session);
        left = over.length === dropBatch;
        return over.length;
      });
    }
    return dropped;
  }

  /**
   * Ends every session of a user but, where given, one; also what has no record here, such as LDAP connections.
   * @returns how many there were a record of
   */
  async endAll(user: UserId, options: WriteOptions & { readonly except?: SessionId } = {}): Promise<number> {
    return commit(this.#environment, options, async (unit) => {
      const ended = await endSessions(unit, user, options.except);
      await unit.endLiveSessions(user);
      return ended;
    });
  }
}

function checkData(input: unknown): Readonly<Record<string, string>> {
  const data = checkJsonObject("data", input);
  for (const [name, value] of Object.entries(data))
    if (typeof value !== "string") throw invalid(`data.${name.slice(0, 64)}`, "must be text");
  return data as Readonly<Record<string, string>>;
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
