import {
  type Change,
  type DecisionReason,
  everySession,
  type RecordChange,
  type ResourceId,
  type Session,
  type SessionId,
  type UserId,
} from "@directorykit/core";
import { AttributeType, integerOf } from "../codec/attribute-type.ts";
import type { RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { protocol } from "../handlers/accounting.ts";
import { sessionAttributes } from "../handlers/disconnect.ts";
import type { ResolvedRadiusOptions } from "../options.ts";
import type { NetworkList } from "../view/network-list.ts";
import { askAccessServer } from "./dynamic-authorization.ts";

/** People whose access is looked at at once. */
const maxChecked = 100;
/** Grants may end by the clock, with no change to tell of it: all sessions are looked at this often, in milliseconds. */
const clockMs = 30_000;
/** Access servers that are being asked at once. */
const maxAsked = 256;
/** Error-Cause of an access server that does not know the session: it is over (RFC 5176 §3.5). */
const sessionContextNotFound = 503;

/** What has to be known of a session to end it. */
type ToldSession = Pick<Session, "user" | "data">;

/** What an access server said to a Disconnect- or CoA-Request. */
export interface DynamicAuthorizationResult {
  /**
   * `acknowledged`: it is done. `over`: the access server knows no such session. `refused`: it will not, or cannot.
   * `unanswered`: it said nothing in seven seconds. `unsupported`: it takes no such requests, or is no client any more.
   */
  readonly outcome: "acknowledged" | "over" | "refused" | "unanswered" | "unsupported";
  /** Why not, as a value of Error-Cause (RFC 5176 §3.5). */
  readonly errorCause?: number;
}

/**
 * The sessions that access servers have told of, so that a change to somebody's access ends theirs: the access server is
 * asked to throw them off (RFC 5176). It is filled from the store, so that sessions outlive the process.
 */
export class SessionRegister {
  readonly #options: ResolvedRadiusOptions;
  readonly #networks: NetworkList;
  readonly #live = new Map<SessionId, Session>();
  readonly #ofUser = new Map<UserId, Set<SessionId>>();
  readonly #ended = new Set<SessionId>();
  readonly #abort = new AbortController();
  /** Sessions that ended while others were being read. */
  readonly #endedMeanwhile = new Set<SessionId>();
  #learning = 0;
  #clock: NodeJS.Timeout | undefined;
  #asking = 0;
  readonly #queue: ToldSession[] = [];

  constructor(options: ResolvedRadiusOptions, networks: NetworkList) {
    this.#options = options;
    this.#networks = networks;
  }

  /** Live sessions that are known. */
  get size(): number {
    return this.#live.size;
  }

  /** A live session that is known. */
  get(id: SessionId): Session | undefined {
    return this.#live.get(id);
  }

  /**
   * Learns the sessions there are, and then ends those whose access was taken away while nobody listened.
   * @throws DirectoryError when they cannot be read
   */
  async load(): Promise<void> {
    for await (const session of this.#options.directory.sessions.ofProtocol(protocol)) this.#add(session);
    void this.#checkUsers([...this.#ofUser.keys()]);
    this.#clock ??= setInterval(() => void this.#checkUsers([...this.#ofUser.keys()]), clockMs).unref();
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
    void this.#checkUsers(all ? [...this.#ofUser.keys()] : [...affected]);
  }

  /** Checks everybody: among changes that were lost may have been anything. */
  async checkAll(): Promise<void> {
    await this.load().catch(() => this.#checkUsers([...this.#ofUser.keys()]));
  }

  /** Notes that an access server itself has ended a session, and need not be told. */
  endedByPeer(id: SessionId): void {
    this.#ended.add(id);
  }

  /** Has somebody thrown off whose session cannot begin. */
  throwOff(session: ToldSession): void {
    this.#disconnect(session);
  }

  /** Asks nobody any more. */
  close(): void {
    this.#abort.abort();
    clearInterval(this.#clock);
    this.#queue.length = 0;
    this.#live.clear();
    this.#ofUser.clear();
  }

  #followSession({ operation, name, user, id: changed }: RecordChange): void {
    const id = changed as SessionId;
    if (operation === "deleted" && name === everySession) {
      for (const one of [...(this.#ofUser.get(user as UserId) ?? [])]) this.#gone(one);
    } else if (operation === "deleted") {
      this.#gone(id);
    } else if (user !== undefined && !(operation === "updated" && this.#live.has(id))) {
      void this.#learn(user as UserId);
    }
  }

  /**
   * Learns of a session that has begun. What let somebody in may be over before their access server tells of them, and the
   * change that ended it found no session.
   */
  async #learn(user: UserId): Promise<void> {
    this.#learning += 1;
    try {
      for (const session of await this.#options.directory.sessions.ofUser(user)) {
        // It may have ended since it was read.
        if (session.protocol !== protocol || this.#endedMeanwhile.has(session.id)) continue;
        if (this.#add(session)) void this.#check(session);
      }
    } catch {
      // With the next look at everybody it is found, or was not kept.
    } finally {
      this.#learning -= 1;
      if (this.#learning === 0) this.#endedMeanwhile.clear();
    }
  }

  #gone(id: SessionId): void {
    const session = this.#live.get(id);
    const byPeer = this.#ended.delete(id);
    if (this.#learning > 0) this.#endedMeanwhile.add(id);
    if (session === undefined) return;
    this.#remove(session);
    if (!byPeer) this.#disconnect(session);
  }

  /** A few at a time: there may be a hundred thousand. */
  async #checkUsers(users: readonly UserId[]): Promise<void> {
    for (let at = 0; at < users.length; at += maxChecked)
      await Promise.all(users.slice(at, at + maxChecked).map((user) => this.#checkUser(user)));
  }

  async #checkUser(user: UserId): Promise<void> {
    for (const id of [...(this.#ofUser.get(user) ?? [])]) {
      const session = this.#live.get(id);
      if (session !== undefined) await this.#check(session);
    }
  }

  /** Which factors were shown is not known where access servers do not send back Class: that alone ends nothing. */
  async #check(session: Session): Promise<void> {
    const reason = await this.#decide(session);
    const isUnknown = reason === "mfa-required" && session.factors.length === 0;
    if (reason !== "granted" && !isUnknown) await this.#end(session);
  }

  async #end(session: Session): Promise<void> {
    if (this.#live.get(session.id) === undefined) return;
    // The record goes with the answer of the access server, or when it says that the session is over.
    this.#remove(session);
    this.#disconnect(session);
    await this.#options.directory.sessions.end(session.id, { protocol }).catch(() => {});
  }

  async #decide({ user, data, factors }: Session): Promise<DecisionReason | undefined> {
    const { resource, address } = data;
    if (resource === undefined) return undefined;
    try {
      const context = { factors, ...(address === undefined ? {} : { address }) };
      return (await this.#options.directory.authorize(user, resource as ResourceId, context)).reason;
    } catch {
      // A store that cannot be read denies.
      return undefined;
    }
  }

  /** @returns whether it was not known */
  #add(session: Session): boolean {
    const isNew = !this.#live.has(session.id);
    this.#live.set(session.id, session);
    const own = this.#ofUser.get(session.user);
    if (own === undefined) this.#ofUser.set(session.user, new Set([session.id]));
    else own.add(session.id);
    return isNew;
  }

  #remove(session: Session): void {
    this.#live.delete(session.id);
    const own = this.#ofUser.get(session.user);
    own?.delete(session.id);
    if (own?.size === 0) this.#ofUser.delete(session.user);
  }

  #disconnect(session: ToldSession): void {
    this.#queue.push(session);
    this.#askNext();
  }

  #askNext(): void {
    while (this.#asking < maxAsked) {
      const session = this.#queue.shift();
      if (session === undefined) return;
      this.#asking += 1;
      void this.#ask(session).finally(() => {
        this.#asking -= 1;
        this.#askNext();
      });
    }
  }

  async #ask(session: ToldSession): Promise<void> {
    const { directory } = this.#options;
    const { outcome } = await this.ask(PacketCode.disconnectRequest, session, []);
    const told = { outcome, client: session.data["client"], user: session.user };
    if (outcome === "acknowledged" || outcome === "over")
      directory.logger.info(told, "a RADIUS session was ended");
    else directory.logger.warn(told, "a RADIUS session could not be ended");
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
