import {
  type Change,
  DirectoryError,
  type GrantAttributes,
  type Session,
  type SessionId,
} from "@directorykit/core";
import { PacketCode } from "../codec/packet-code.ts";
import { type RadiusServerOptions, type ResolvedRadiusOptions, resolveOptions } from "../options.ts";
import { NetworkList } from "../view/network-list.ts";
import { ReplyWriter } from "../view/reply-attributes.ts";
import type { DynamicAuthorizationResult } from "./dynamic-authorization.ts";
import { EapConversations } from "./eap-conversations.ts";
import { RadsecPort } from "./radsec-port.ts";
import { type Peer, type PortRole, RequestDesk } from "./request-desk.ts";
import { SessionRegister } from "./session-register.ts";
import { UdpPort } from "./udp-port.ts";

/** Where to listen. */
export interface RadiusListenOptions {
  /** Address. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port for logins; 0 picks a free one. Default 1812. */
  readonly port?: number;
  /** Port for accounting; 0 picks a free one. Default 1813. */
  readonly accountingPort?: number;
  /** Port for both over TLS, when the server has `radsec`; 0 picks a free one. Default 2083. */
  readonly radsecPort?: number;
}

/** Options of closing. */
export interface RadiusCloseOptions {
  /** Milliseconds requests under way may still take. Default 5,000. */
  readonly drainMs?: number;
}

/** Ports that are being listened on. */
export interface RadiusListener {
  /** Address they are on. */
  readonly host: string;
  /** Port for logins. */
  readonly port: number;
  /** Port for accounting. */
  readonly accountingPort: number;
  /** Port for both over TLS; `undefined` without `radsec`. */
  readonly radsecPort: number | undefined;
  /** The server they belong to. */
  readonly server: RadiusServer;
  /** Closes the whole server. */
  close(options?: RadiusCloseOptions): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a RADIUS server over a directory (RFC 2865, RFC 2866). Nothing is opened before {@link RadiusServer.listen}.
 *
 * @throws DirectoryError `misconfigured` for unknown options, values out of range, and a certificate that cannot be used
 */
export function radiusServer(options: RadiusServerOptions): RadiusServer {
  return new RadiusServer(resolveOptions(options));
}

interface OpenPort {
  readonly address: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

/** A RADIUS server: its ports, and what they share. */
export class RadiusServer {
  readonly #options: ResolvedRadiusOptions;
  readonly #networks: NetworkList;
  readonly #sessions: SessionRegister;
  readonly #reply: ReplyWriter;
  readonly #conversations: EapConversations;
  readonly #desk: RequestDesk;
  readonly #ports = new Set<OpenPort>();
  #starting: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(options: ResolvedRadiusOptions) {
    this.#options = options;
    this.#networks = new NetworkList(options.directory, options.resource, options.tls);
    this.#sessions = new SessionRegister(options, this.#networks);
    const reply = new ReplyWriter(options.dictionary);
    this.#reply = reply;
    this.#conversations = new EapConversations({ options, reply });
    this.#desk = new RequestDesk({
      options,
      networks: this.#networks,
      reply,
      eap: (request, network) => this.#conversations.take(request, network),
      sessions: this.#sessions,
    });
  }

  /**
   * Listens on a port for logins and one for accounting, by UDP, and with `radsec` on one for both over TLS.
   * @throws DirectoryError `misconfigured` when a port is taken or not allowed, there is no resource to serve, or the
   * settings of one cannot be read
   */
  async listen(options: RadiusListenOptions = {}): Promise<RadiusListener> {
    const { host = "127.0.0.1", port = 1812, accountingPort = 1813, radsecPort = 2083 } = options;
    await this.#start();
    await this.#networks.assertAll();
    const opened: OpenPort[] = [];
    try {
      for (const open of [
        () => this.#openUdp(host, port, "authentication"),
        () => this.#openUdp(host, accountingPort, "accounting"),
        () => this.#openRadsec(host, radsecPort),
      ])
        opened.push(...(await open()));
      if (this.#closing !== undefined) throw closed();
    } catch (error) {
      await Promise.all(opened.map((one) => one.close()));
      throw error;
    }
    for (const one of opened) this.#ports.add(one);
    const [logins, records, radsec] = opened as [OpenPort, OpenPort, OpenPort?];
    return {
      host: logins.address.host,
      port: logins.address.port,
      accountingPort: records.address.port,
      radsecPort: radsec?.address.port,
      server: this,
      close: (close) => this.close(close),
      [Symbol.asyncDispose]: () => this.close(),
    };
  }

  /**
   * Asks the access server of a session to end it (RFC 5176 §2.1). Access that is taken away does so by itself; this is for
   * somebody who is to log in anew. The session's record goes once the access server has said that it is over.
   *
   * @param id - one of `directory.sessions.ofProtocol("radius")`
   * @throws DirectoryError `not-found` for a session that is over
   */
  async disconnect(id: SessionId): Promise<DynamicAuthorizationResult> {
    const session = await this.#session(id);
    const result = await this.#sessions.ask(PacketCode.disconnectRequest, session, []);
    if (result.outcome === "acknowledged" || result.outcome === "over") await this.#sessions.endRecord(id);
    return result;
  }

  /**
   * Asks the access server of a session to change what it allows (RFC 5176 §2.2), such as the VLAN, while it goes on.
   *
   * @param attributes - as a grant has them: `vlan`, `filterId`, `sessionTimeout`, `reply` and so on
   * @throws DirectoryError `not-found` for a session that is over, `misconfigured` for attributes that cannot be sent
   */
  async changeAuthorization(id: SessionId, attributes: GrantAttributes): Promise<DynamicAuthorizationResult> {
    const session = await this.#session(id);
    return this.#sessions.ask(PacketCode.coaRequest, session, this.#reply.write(attributes));
  }

  async #session(id: SessionId): Promise<Session> {
    await this.#start();
    const session = this.#sessions.get(id);
    if (session === undefined) throw new DirectoryError("not-found", "there is no such session");
    return session;
  }

  /** Takes no more requests, lets those under way end, closes. Idempotent. */
  close(options: RadiusCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#shutDown(options.drainMs ?? 5_000);
    return this.#closing;
  }

  /** The same as {@link RadiusServer.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Takes one packet in as if it had come by a port.
   * @internal
   */
  async take(octets: Uint8Array, peer: Peer, role: PortRole): Promise<void> {
    await this.#start();
    this.#desk.take(octets, peer, role);
  }

  async #shutDown(drainMs: number): Promise<void> {
    await this.#desk.close(drainMs);
    await Promise.all([...this.#ports].map((port) => port.close()));
    this.#stopListening?.();
    this.#conversations.close();
    this.#sessions.close();
  }

  async #openUdp(host: string, port: number, role: PortRole): Promise<readonly OpenPort[]> {
    return [await UdpPort.open({ host, port }, role, this.#desk, (error) => this.#failed(error))];
  }

  async #openRadsec(host: string, port: number): Promise<readonly OpenPort[]> {
    const { radsec, limits, directory } = this.#options;
    if (radsec === undefined) return [];
    const context = {
      options: radsec,
      limits,
      desk: this.#desk,
      dictionary: this.#options.dictionary,
      count: (limit: string) => directory.metrics.count("directorykit_radius_limit_hit_total", { limit }),
      log: (error: Error) => this.#failed(error),
    };
    return [await RadsecPort.open({ host, port }, context)];
  }

  #failed(error: Error): void {
    this.#options.directory.logger.error({ error: String(error) }, "a RADIUS port failed");
  }

  /** Listens for changes before anything is read, so that none is missed. */
  #start(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    this.#stopListening ??= this.#options.directory.onChanges(
      (changes) => this.#changed(changes),
      () => {
        this.#networks.forgetAll();
        void this.#sessions.checkAll();
      },
    );
    this.#starting ??= this.#sessions.load().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  #changed(changes: readonly Change[]): void {
    for (const change of changes) this.#networks.forget(change);
    this.#sessions.apply(changes);
  }
}

function closed(): DirectoryError {
  return new DirectoryError("misconfigured", "the RADIUS server is closed");
}
