import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Change, DirectoryError } from "@directorykit/core";
import { LdapResultCode } from "../codec/index.ts";
import { Organizations } from "../handlers/organizations.ts";
import {
  type LdapServerOptions,
  type LdapTlsOptions,
  type ResolvedLdapOptions,
  resolveOptions,
} from "../options.ts";
import { DirectoryView } from "../view/directory-view.ts";
import { AnswerCache } from "./answer-cache.ts";
import { Connection, type Peer } from "./connection.ts";
import { LastingSearches } from "./lasting-searches.ts";
import type { Realm } from "./realm.ts";
import type { ServerContext } from "./server-context.ts";
import { SessionRegister } from "./session-register.ts";
import { TlsSetup } from "./tls-setup.ts";

/** Where to listen. */
export interface LdapListenOptions {
  /** Port; 0 picks a free one. Default 389, or 636 with `tls`. */
  readonly port?: number;
  /** Address. Default `127.0.0.1`. */
  readonly host?: string;
  /** Whether connections start with TLS (LDAPS). Default false: StartTLS is offered instead. */
  readonly tls?: boolean;
  /**
   * Whether other processes may listen on the port too, each with this option: the system hands every new connection to
   * one of them. Not on every system (Linux and FreeBSD have it, macOS and Windows do not). Default false.
   */
  readonly reusePort?: boolean;
}

/** Options of closing. */
export interface LdapCloseOptions {
  /** Milliseconds operations under way may still take. Default 5,000. */
  readonly drainMs?: number;
}

/** A port that is being listened on. */
export interface LdapListener {
  /** Address it listens on. */
  readonly host: string;
  /** Port it listens on. */
  readonly port: number;
  /** The same as an LDAP URL. */
  readonly url: string;
  /** The server it belongs to. */
  readonly server: LdapServer;
  /** Closes the whole server: this port, its others, and every connection. */
  close(options?: LdapCloseOptions): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const sweepMs = 500;
/** Milliseconds that peers have to read the last words of a server that shuts down. */
const lastWordsMs = 1000;

/**
 * Makes an LDAP server over a directory (RFC 4511). Nothing is opened before {@link LdapServer.listen}.
 *
 * @throws DirectoryError `misconfigured` for unknown options, values out of range, or a certificate that cannot be read
 */
export function ldapServer(options: LdapServerOptions): LdapServer {
  return new LdapServer(resolveOptions(options));
}

/** An LDAP server: its ports, its connections, and what they share. */
export class LdapServer {
  readonly #options: ResolvedLdapOptions;
  readonly #context: ServerContext;
  readonly #register = new SessionRegister();
  readonly #listeners = new Set<Server>();
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  #tls: TlsSetup | undefined;
  #stopListening: readonly (() => void)[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #nextId = 1;
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  /** @internal */
  constructor(organizations: ReturnType<typeof resolveOptions>) {
    const [options] = organizations;
    this.#options = options;
    if (options.tls !== undefined) this.#tls = new TlsSetup(options.tls);
    const { metrics, logger } = options.directory;
    const others = organizations.slice(1).map(realmFor);
    const first = realmFor(options);
    this.#context = {
      options,
      realms: [first, ...others],
      organizations: new Organizations(
        [first.view, ...others.map(({ view }) => view)],
        options.nestedBaseDns,
      ),
      register: this.#register,
      lasting: new LastingSearches(options.limits.maxLastingSearches),
      logger,
      tls: () => this.#tls,
      count: (what) =>
        metrics.count(
          what === "malformed" || what === "revoked"
            ? `directorykit_ldap_${what}_total`
            : "directorykit_ldap_limit_hit_total",
          what === "malformed" || what === "revoked" ? {} : { limit: what },
        ),
      operation: (type) => metrics.count("directorykit_ldap_operations_total", { operation: type }),
    };
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Listens on a port. May be called more than once, for LDAP and LDAPS.
   * @throws DirectoryError `misconfigured` when the port is taken or not allowed, there is no base DN, those of two
   * organizations are the same or one lies below the other (unless `allowNestedBaseDns` has it), or TLS has no
   * certificate
   */
  async listen(options: LdapListenOptions = {}): Promise<LdapListener> {
    const { host = "127.0.0.1", tls = false, reusePort = false } = options;
    const port = options.port ?? (tls ? 636 : 389);
    this.#assertOpen();
    if (tls && this.#tls === undefined)
      throw new DirectoryError("misconfigured", "LDAPS needs a certificate: give ldapServer the option tls");
    // Before anything is read, so that no change to it is missed.
    this.#start();
    let listener: Server;
    try {
      await this.#context.organizations.assertAll();
      this.#assertOpen();
      listener = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket, tls));
      await startListening(listener, { port, host, reusePort });
    } catch (error) {
      if (this.#listeners.size === 0 && this.#connections.size === 0) this.#stop();
      throw error;
    }
    listener.on("error", (error) =>
      this.#options.directory.logger.error(
        { error: String(error) },
        "an LDAP port could not take a connection",
      ),
    );
    this.#listeners.add(listener);
    if (this.#closing !== undefined) {
      listener.close();
      this.#assertOpen();
    }
    const address = listener.address() as AddressInfo;
    const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return {
      host: address.address,
      port: address.port,
      url: `${tls ? "ldaps" : "ldap"}://${shown}:${address.port}`,
      server: this,
      close: (close) => this.close(close),
      [Symbol.asyncDispose]: () => this.close(),
    };
  }

  /** Takes a new certificate for connections from now on; those that are open go on. @throws DirectoryError `misconfigured` */
  setTls(tls: LdapTlsOptions): void {
    this.#tls = new TlsSetup(tls);
  }

  /**
   * Stops listening, lets operations under way end, tells every peer (Notice of Disconnection, unavailable), closes.
   * Idempotent.
   */
  close(options: LdapCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#shutDown(options.drainMs ?? 5000);
    return this.#closing;
  }

  /** The same as {@link LdapServer.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Serves one stream as a connection, without a port.
   *
   * @throws DirectoryError `misconfigured` when the server is closed
   * @internal
   */
  serve(stream: Duplex, peer: Peer): void {
    this.#assertOpen();
    this.#start();
    this.#connect(stream, peer);
  }

  async #shutDown(drainMs: number): Promise<void> {
    const closed = [...this.#listeners].map((listener) => new Promise((resolve) => listener.close(resolve)));
    const connections = [...this.#connections];
    const end = (connection: Connection): void =>
      connection.disconnect(LdapResultCode.unavailable, "the server is shutting down");
    const late = setTimeout(() => connections.forEach(end), drainMs);
    const deaf = setTimeout(() => {
      for (const connection of connections) connection.destroy();
    }, drainMs + lastWordsMs);
    for (const connection of connections) connection.drain(() => end(connection));
    await Promise.all(closed);
    if (this.#connections.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#emptied = resolve;
      await promise;
    }
    clearTimeout(late);
    clearTimeout(deaf);
    this.#stop();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new DirectoryError("misconfigured", "the LDAP server is closed");
  }

  #start(): void {
    if (this.#sweep !== undefined) return;
    this.#stopListening = this.#context.realms.map((realm) =>
      realm.view.options.directory.onChanges(
        (changes) => this.#changed(realm, changes),
        () => this.#lostChanges(realm),
      ),
    );
    this.#sweep = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#connections) connection.checkTimeouts(now);
    }, sweepMs);
    this.#sweep.unref();
  }

  #stop(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    for (const stop of this.#stopListening) stop();
    this.#stopListening = [];
    for (const { view, answers } of this.#context.realms) {
      view.forgetAll();
      answers.clear();
    }
  }

  #changed({ view, answers }: Realm, changes: readonly Change[]): void {
    for (const change of changes) view.forget(change);
    answers.apply(changes);
    this.#register.apply(view, changes);
    if (changes.some(({ kind }) => kind === "resource" || kind === "organization")) this.#settlePlaces();
  }

  /** Has who comes first hang on when they came, and not on when somebody binds next. */
  #settlePlaces(): void {
    this.#context.organizations.trees().catch(() => {
      // Whoever binds next learns what is wrong.
    });
  }

  /** Changes happened that this node will never hear of: nothing kept counts any more, and everyone binds anew. */
  #lostChanges({ view, answers }: Realm): void {
    view.forgetAll();
    answers.clear();
    this.#register.endAll(view);
    this.#settlePlaces();
  }

  #accept(socket: Socket, tls: boolean): void {
    const address = socket.remoteAddress;
    const { limits } = this.#options;
    const full =
      this.#connections.size >= limits.maxConnections
        ? "maxConnections"
        : (this.#perAddress.get(address ?? "") ?? 0) >= limits.maxConnectionsPerAddress
          ? "maxConnectionsPerAddress"
          : undefined;
    // Without an address the peer has left already.
    if (this.#closing !== undefined || address === undefined || full !== undefined) {
      if (full !== undefined) this.#context.count(full);
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    const connection = this.#connect(socket, { address, secure: false });
    if (tls) connection.secure();
  }

  #connect(stream: Duplex, peer: Peer): Connection {
    const { address } = peer;
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    const connection = new Connection(stream, peer, `ldap-${this.#nextId++}`, this.#context, (closed) =>
      this.#closed(closed),
    );
    this.#connections.add(connection);
    return connection;
  }

  #closed(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const left = (this.#perAddress.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(connection.address, left);
    else this.#perAddress.delete(connection.address);
    if (this.#connections.size === 0) this.#emptied?.();
  }
}

function realmFor(options: ResolvedLdapOptions): Realm {
  return { view: new DirectoryView(options), answers: new AnswerCache(options.limits.maxAnswerCacheBytes) };
}

function startListening(
  listener: Server,
  where: { readonly port: number; readonly host: string; readonly reusePort: boolean },
): Promise<void> {
  const { port, host } = where;
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const why =
        cause.code === "EADDRINUSE"
          ? "is in use"
          : cause.code === "EACCES"
            ? "needs more rights"
            : cause.code === "ENOTSUP"
              ? "cannot be shared on this system"
              : "cannot be listened on";
      reject(
        new DirectoryError("misconfigured", `LDAP port ${port} on ${host} ${why}`, {
          cause,
          details: { port },
        }),
      );
    };
    listener.once("error", failed);
    listener.listen({ ...where }, () => {
      listener.off("error", failed);
      resolve();
    });
  });
}
