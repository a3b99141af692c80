import {
  type Change,
  type DecisionReason,
  everySession,
  type RecordChange,
  type ResourceId,
  type Session,
  type SessionId,
  type UserId,
  type WriteOptions,
} from "@directorykit/core";
import { AttributeType, integerOf } from "../codec/attribute-type.ts";
import type { RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { type AccountedSessions, protocol } from "../handlers/accounting.ts";
import { sessionAttributes } from "../handlers/disconnect.ts";
import { isOnlyNamed } from "../handlers/session-class.ts";
import type { ResolvedRadiusOptions } from "../options.ts";
import type { NetworkList } from "../view/network-list.ts";
import { BoundedRound } from "./bounded-round.ts";
import { DisconnectQueue, type ToldSession } from "./disconnect-queue.ts";
import { askAccessServer, type DynamicAuthorizationResult } from "./dynamic-authorization.ts";
import { RecentlyStopped } from "./recently-stopped.ts";

/** People whose access is looked at at once. */
const maxChecked = 100;
/** Grants may end by the clock, with no change to tell of it: all sessions are looked at this often, in milliseconds. */
const clockMs = 30_000;
/** Milliseconds before what could not be known is looked at again: twice as long each time. */
const firstAgainMs = 1_000;
const longestAgainMs = 16_000;
/** Milliseconds after which somebody goes whose access cannot be known. */
const maxUnknownMs = 60_000;
/** Error-Cause of an access server that does not know the session: it is over (RFC 5176 §3.5). */
const sessionContextNotFound = 503;

/**
 * The sessions that access servers have told of, so that a change to somebody's access ends theirs: the access server is
 * asked to throw them off (RFC 5176). It is filled from the store, so that sessions outlive the process. The record of a
 * session that is to end stays until the access server has said that it is over, so that another process goes on asking.
 */
export class SessionRegister implements AccountedSessions {
  readonly #options: ResolvedRadiusOptions;
  readonly #networks: NetworkList;
  readonly #live = new Map<SessionId, Session>();
  readonly #byKey = new Map<string, SessionId>();
  readonly #ofUser = new Map<UserId, Set<SessionId>>();
  /** Sessions that ended where nobody need be told, until their records are gone. */
  readonly #ended = new Set<SessionId>();
  /** By when sessions could not be known to be allowed for the first time. */
  readonly #unknownSince = new Map<SessionId, number>();
  /** People to look at again soon, since something could not be read. */
  readonly #again = new Set<UserId>();
  #againMs = firstAgainMs;
  #againTimer: NodeJS.Timeout | undefined;
  /** Keys of sessions that are being ended since they are not allowed, whose records are still there. */
  readonly #leaving = new Set<string>();
  readonly #abort = new AbortController();
  /** What ended while sessions were being read: those that were read before are over. */
  readonly #endedMeanwhile = new Set<SessionId | UserId>();
  readonly #stopped: RecentlyStopped;
  #learning = 0;
  #clock: NodeJS.Timeout | undefined;
  readonly #queue: DisconnectQueue;
  /** Whoever a change is about does not wait for all the others. */
  readonly #affected = new BoundedRound<UserId>(maxChecked, (user) => this.#checkUser(user));
  readonly #all = new BoundedRound<UserId>(maxChecked, (user) => this.#checkUser(user));
  readonly #unread = new BoundedRound<UserId>(maxChecked, async (user) => {
    await this.#learn(user);
    await this.#checkUser(user);
  });

  constructor(options: ResolvedRadiusOptions, networks: NetworkList) {
    this.#options = options;
    this.#networks = networks;
    const { directory } = options;
    this.#stopped = new RecentlyStopped(() => directory.clock());
    this.#queue = new DisconnectQueue({
      ask: (session) => this.#askToEnd(session),
      ended: (key) => this.#isOver(key),
      failed: ({ user, data }, outcome, willRetry) => {
        const told = { outcome, client: data["client"], user, willRetry };
        directory.logger.warn(told, "a RADIUS session could not be ended");
      },
      isFull: () =>
        directory.metrics.count("directorykit_radius_limit_hit_total", { limit: "undeliveredDisconnects" }),
      clock: () => directory.clock(),
    });
  }

  /** Live sessions that are known. */
  get size(): number {
    return this.#live.size;
  }

  /** Sessions that their access servers still have to end. */
  get undelivered(): number {
    return this.#queue.size;
  }

  /** A live session that is known. */
  get(id: SessionId): Session | undefined {
    return this.#live.get(id);
  }

  /**
   * Learns the sessions there are, and then ends those whose access was taken away while nobody listened, or whose record
   * went with no change to tell of it.
   * @throws DirectoryError when they cannot be read
   */
  async load(): Promise<void> {
    const lost = new Set(this.#live.keys());
    await this.#read(async () => {
      for await (const session of this.#options.directory.sessions.ofProtocol(protocol)) {
        lost.delete(session.id);
        if (!this.#endedWhileRead(session)) this.#add(session);
      }
    });
    for (const id of lost) this.#gone(id);
    this.#all.add(this.#ofUser.keys());
    this.#clock ??= setInterval(() => this.#all.add(this.#ofUser.keys()), clockMs).unref();
  }

  /** Follows changes, and ends what they end. */
  apply(changes: readonly Change[]): void {
    const affected = new Set<UserId>();
    let all = false;
    for (const change of changes) {
      if (change.kind === "session") this.#followSession(change);
      else if (change.kind === "user") affected.add(change.id as UserId);
      else if (change.kind === "membership" && change.memberKind === "user")
        affected.add(change.member as UserId);
      else if (["membership", "group", "grant", "resource"].includes(change.kind)) all = true;
    }
    this.#affected.add([...affected].filter((user) => this.#ofUser.has(user)));
    if (all) this.#all.add(this.#ofUser.keys());
  }

  /** Checks everybody: among changes that were lost may have been anything. */
  async checkAll(): Promise<void> {
    await this.load().catch(() => this.#all.add(this.#ofUser.keys()));
  }

  /**
   * Ends the record of a session that its access server has ended: nobody need be told.
   * @throws DirectoryError when it could not be ended; then the access server is told when somebody else ends it
   */
  async endRecord(id: SessionId, options: WriteOptions = { protocol }): Promise<void> {
    const session = this.#live.get(id);
    if (session !== undefined) this.#cancel(keyOf(session));
    this.#ended.add(id);
    try {
      // Without a record there is no change to tell that it has gone.
      if (!(await this.#options.directory.sessions.end(id, options))) this.#forget(id);
    } catch (error) {
      this.#ended.delete(id);
      throw error;
    }
  }

  /** Has somebody thrown off whose session cannot begin. */
  throwOff(session: Required<ToldSession>): void {
    this.#disconnect(session.handle, session, 0);
  }

  /** A session has stopped. */
  stopped(handle: string): void {
    this.#cancel(handle);
    this.#stopped.add(handle);
  }

  /** A session starts. */
  started(handle: string): void {
    this.#stopped.delete(handle);
  }

  /** Whether a session has stopped in the last minute. */
  hasStopped(handle: string): boolean {
    return this.#stopped.has(handle);
  }

  /** An access server has started anew, or is about to go. */
  nobodyIsOn(nas: string): void {
    this.#queue.cancelAllOf(nas);
  }

  /** Asks nobody any more. Records of sessions that are to end stay, so that another process asks. */
  close(): void {
    this.#queue.close();
    this.#abort.abort();
    clearInterval(this.#clock);
    clearTimeout(this.#againTimer);
    for (const round of [this.#affected, this.#all, this.#unread]) round.clear();
    this.#live.clear();
    this.#ofUser.clear();
  }

  #followSession({ operation, name, user, id: changed, fields }: RecordChange): void {
    const id = changed as SessionId;
    const known = this.#live.get(id);
    if (operation === "deleted" && name === everySession) {
      if (this.#learning > 0) this.#endedMeanwhile.add(user as UserId);
      for (const one of [...(this.#ofUser.get(user as UserId) ?? [])]) this.#gone(one);
    } else if (operation === "deleted") {
      this.#gone(id);
    } else if (operation === "updated" && known !== undefined) {
      // How long it lives now is not in the change: as long as records let sessions live is near enough, and reads nothing.
      const expiresAt = this.#options.directory.clock() + this.#options.limits.sessionIdleMs;
      if (fields?.includes("expiresAt") === true) this.#live.set(id, { ...known, expiresAt });
    } else if (user !== undefined) {
      void this.#learn(user as UserId);
    }
  }

  /**
   * Learns of a session that has begun. What let somebody in may be over before their access server tells of them, and the
   * change that ended it found no session.
   */
  async #learn(user: UserId): Promise<void> {
    try {
      await this.#read(async () => {
        for (const session of await this.#options.directory.sessions.ofUser(user))
          if (session.protocol === protocol && !this.#endedWhileRead(session) && this.#add(session))
            void this.#check(session);
      });
    } catch {
      this.#lookAgain(user);
    }
  }

  /** Reads sessions, of which some may end before they are known here. */
  async #read(reading: () => Promise<void>): Promise<void> {
    this.#learning += 1;
    try {
      await reading();
    } finally {
      this.#learning -= 1;
      if (this.#learning === 0) this.#endedMeanwhile.clear();
    }
  }

  #endedWhileRead({ id, user }: Session): boolean {
    if (this.#endedMeanwhile.has(id)) return true;
    if (!this.#endedMeanwhile.has(user)) return false;
    // This one may have begun since: that is seen by reading it anew.
    this.#lookAgain(user);
    return true;
  }

  /** The record is gone: somebody has ended the session, unless the access server has, or its time has come. */
  #gone(id: SessionId): void {
    const byPeer = this.#ended.has(id);
    if (this.#learning > 0) this.#endedMeanwhile.add(id);
    const session = this.#forget(id);
    if (session === undefined || byPeer || isOnlyNamed(session)) return;
    if (session.expiresAt <= this.#options.directory.clock()) return;
    this.#disconnect(keyOf(session), session, session.expiresAt);
  }

  async #checkUser(user: UserId): Promise<void> {
    for (const id of [...(this.#ofUser.get(user) ?? [])]) {
      const session = this.#live.get(id);
      if (session !== undefined) await this.#check(session);
    }
  }

  /** Which factors were shown is not known where access servers do not send back Class: that alone ends nothing. */
  async #check(session: Session): Promise<void> {
    // It may be anybody's: an administrator may end it, but nobody's lost access does.
    if (isOnlyNamed(session)) return;
    const reason = await this.#decide(session);
    const { id, user, factors } = session;
    if (!this.#live.has(id)) return;
    if (reason === undefined) {
      const now = this.#options.directory.clock();
      const since = this.#unknownSince.get(id) ?? now;
      this.#unknownSince.set(id, since);
      this.#lookAgain(user);
      if (now - since >= maxUnknownMs) this.#end(session);
      return;
    }
    this.#unknownSince.delete(id);
    if (this.#unknownSince.size === 0) this.#againMs = firstAgainMs;
    if (reason === "granted" || (reason === "mfa-required" && factors.length === 0)) this.#stays(session);
    else this.#end(session);
  }

  /** The record goes with the answer of the access server, or when it says that the session is over. */
  #end(session: Session): void {
    const key = keyOf(session);
    if (this.#queue.get(key) === undefined) this.#leaving.add(key);
    this.#disconnect(key, session, session.expiresAt);
  }

  /** Who is allowed again before their access server has answered stays. */
  #stays(session: Session): void {
    const key = keyOf(session);
    if (this.#leaving.delete(key)) this.#queue.cancel(key);
  }

  /**
   * Whether somebody may still be here; `undefined` when that cannot be known now. A moment in which a store is busy must
   * not throw a whole building off its network: only an answer ends a session, or none for a minute.
   */
  async #decide({ user, data, factors }: Session): Promise<DecisionReason | undefined> {
    const { resource, address } = data;
    if (resource === undefined) return "unknown-resource";
    try {
      const context = { factors, ...(address === undefined ? {} : { address }) };
      return (await this.#options.directory.authorize(user, resource as ResourceId, context)).reason;
    } catch {
      return undefined;
    }
  }

  #lookAgain(user: UserId): void {
    if (this.#abort.signal.aborted) return;
    this.#again.add(user);
    this.#againTimer ??= setTimeout(() => {
      this.#againTimer = undefined;
      const users = [...this.#again];
      this.#again.clear();
      this.#againMs = Math.min(this.#againMs * 2, longestAgainMs);
      this.#unread.add(users);
    }, this.#againMs).unref();
  }

  /** @returns whether it was not known */
  #add(session: Session): boolean {
    const isNew = !this.#live.has(session.id);
    this.#live.set(session.id, session);
    this.#byKey.set(keyOf(session), session.id);
    const own = this.#ofUser.get(session.user);
    if (own === undefined) this.#ofUser.set(session.user, new Set([session.id]));
    else own.add(session.id);
    // What the access server calls by the same name now is somebody else's.
    const before = this.#queue.get(keyOf(session));
    if (before !== undefined && before.user !== session.user) this.#cancel(keyOf(session));
    return isNew;
  }

  #forget(id: SessionId): Session | undefined {
    const session = this.#live.get(id);
    this.#ended.delete(id);
    this.#unknownSince.delete(id);
    if (session === undefined) return undefined;
    this.#live.delete(id);
    const key = keyOf(session);
    this.#leaving.delete(key);
    if (this.#byKey.get(key) === id) this.#byKey.delete(key);
    const own = this.#ofUser.get(session.user);
    own?.delete(id);
    if (own?.size === 0) this.#ofUser.delete(session.user);
    return session;
  }

  #cancel(key: string): void {
    this.#leaving.delete(key);
    this.#queue.cancel(key);
  }

  /** @param until - it is over by then, in milliseconds since the epoch; at the earliest as long from now as records let live */
  #disconnect(key: string, session: ToldSession, until: number): void {
    const { directory, limits } = this.#options;
    this.#queue.add(key, session, Math.max(until, directory.clock() + limits.sessionIdleMs));
  }

  async #askToEnd(session: ToldSession): Promise<DynamicAuthorizationResult> {
    const result = await this.ask(PacketCode.disconnectRequest, session, []);
    const { outcome } = result;
    const told = { outcome, client: session.data["client"], user: session.user };
    if (outcome === "acknowledged" || outcome === "over")
      this.#options.directory.logger.info(told, "a RADIUS session was ended");
    return result;
  }

  /** An access server has ended what it knows by a name: the record goes, if there is one. */
  #isOver(key: string): void {
    this.#leaving.delete(key);
    const id = this.#byKey.get(key);
    // When it cannot be ended now, the next look has the access server asked anew, which knows no such session then.
    if (id !== undefined) this.endRecord(id).catch(() => {});
  }

  /** Asks the access server of a session to end it, or to change it. */
  async ask(
    code: typeof PacketCode.disconnectRequest | typeof PacketCode.coaRequest,
    session: ToldSession,
    attributes: readonly RawAttribute[],
  ): Promise<DynamicAuthorizationResult> {
    const result = await this.#send(code, session, attributes).catch(
      (): DynamicAuthorizationResult => ({ outcome: "unanswered" }),
    );
    const kind = code === PacketCode.disconnectRequest ? "disconnect" : "change";
    this.#options.directory.metrics.count("directorykit_radius_dynamic_authorization_total", {
      kind,
      outcome: result.outcome,
    });
    return result;
  }

  async #send(
    code: typeof PacketCode.disconnectRequest | typeof PacketCode.coaRequest,
    session: ToldSession,
    attributes: readonly RawAttribute[],
  ): Promise<DynamicAuthorizationResult> {
    const { address, resource: network } = session.data;
    const { clients } = await this.#networks.get();
    const client = address === undefined ? undefined : clients.find(address);
    const port = client?.dynamicAuthorizationPort;
    const own = client?.secrets.filter(({ networks }) =>
      networks.some(({ resource }) => resource.id === network),
    );
    // A network that has gone meanwhile leaves no secret to choose by.
    const known = own === undefined || own.length === 0 ? (client?.secrets ?? []) : own;
    if (address === undefined || port === undefined || known.length === 0) return { outcome: "unsupported" };
    const answer = await askAccessServer(
      code,
      [...sessionAttributes(session), ...attributes],
      { address, port, secrets: known.map(({ secret }) => secret) },
      this.#abort.signal,
    );
    if (answer === undefined) return { outcome: "unanswered" };
    if (answer.code === PacketCode.disconnectAck || answer.code === PacketCode.coaAck)
      return { outcome: "acknowledged" };
    const errorCause = integerOf(answer, AttributeType.errorCause);
    if (errorCause === undefined) return { outcome: "refused" };
    return { outcome: errorCause === sessionContextNotFound ? "over" : "refused", errorCause };
  }
}

/** What an access server knows a session by, over all sessions that one calls the same. */
function keyOf(session: Pick<Session, "id" | "handle">): string {
  return session.handle ?? session.id;
}
