import { createHash, randomBytes } from "node:crypto";
import { DirectoryError } from "../errors.ts";
import type { SessionId, UserId } from "../model/ids.ts";
import type { Factor, Session } from "../model/session.ts";
import type { CallOptions } from "../store/store.ts";
import { commit, type WriteOptions } from "../write/unit-of-work.ts";
import { recordsBy } from "./record-pages.ts";
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
  /** What the adapter keeps with it; no secrets. */
  readonly data?: Readonly<Record<string, string>>;
}

/** Live sign-ins. */
export class Sessions {
  readonly #environment: ServiceEnvironment;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /**
   * Begins a session. The bearer secret is returned once and stored as a hash.
   * @throws DirectoryError `denied` when the user is not active, `not-found`
   */
  async begin(
    session: NewSession,
    options: WriteOptions = {},
  ): Promise<{ readonly session: Session; readonly secret: string }> {
    const secret = randomBytes(32).toString("base64url");
    const { user, protocol, factors, lifetimeMs, data = {} } = session;
    const begun = await commit(this.#environment, { protocol, ...options }, async (unit) => {
      if ((await unit.get("user", user)).state !== "active")
        throw new DirectoryError("denied", "the user is not active");
      const created = await unit.create("session", {
        user,
        protocol,
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

  /** Live sessions of a user. */
  async ofUser(user: UserId, options?: CallOptions): Promise<readonly Session[]> {
    const now = this.#environment.clock();
    return (await recordsBy(this.#environment.reader, "session", "user", user, options)).filter(
      (one) => one.expiresAt > now,
    );
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

  /** Ends every session of a user but, where given, one. @returns how many */
  async endAll(user: UserId, options: WriteOptions & { readonly except?: SessionId } = {}): Promise<number> {
    return commit(this.#environment, options, (unit) => endSessions(unit, user, options.except));
  }
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
