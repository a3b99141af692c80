import type { X509Certificate } from "node:crypto";
import { isDirectoryError, type Logger } from "@directorykit/core";
import { AttributeType, attributesOf } from "../codec/attribute-type.ts";
import { decodePacket, type RadiusPacket, type RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { isRadiusDecodeError } from "../codec/radius-decode-error.ts";
import { SharedSecret } from "../codec/shared-secret.ts";
import { encodeResponse } from "../codec/signature.ts";
import { failedRequestOf } from "../errors.ts";
import { type AccessContext, access, rejected } from "../handlers/access.ts";
import { type AccountingContext, accounting } from "../handlers/accounting.ts";
import { type DiscardReason, secretOf } from "../handlers/authenticity.ts";
import { networkOf } from "../handlers/network-of.ts";
import type { RadiusAnswer, RadiusRequest } from "../handlers/request.ts";
import type { KnownClient } from "../view/client-table.ts";
import { plainAddress } from "../view/network.ts";
import type { NetworkList, Networks } from "../view/network-list.ts";
import { Deadlines } from "./deadlines.ts";
import { DuplicateCache } from "./duplicate-cache.ts";
import { eapRefusal } from "./eap-conversations.ts";
import { PendingRequests } from "./pending-requests.ts";
import { UnknownClients } from "./unknown-clients.ts";

/** What a port is for. By TLS there is one for all (RFC 6614 §2.1). */
export type PortRole = "authentication" | "accounting" | "any";

/** Where packets come from, and how answers go back. */
export interface Peer {
  /** Its address. */
  readonly address: string;
  /** Its port: with the address, what tells its requests from another's. */
  readonly port: number;
  /** The certificate that it has shown, when it came by TLS. */
  readonly certificate?: X509Certificate;
  /** Sends it a packet. Nothing is heard of one that does not arrive. */
  send(octets: Uint8Array): void;
}

/** What the desk works with. */
export interface DeskContext extends AccessContext, AccountingContext {
  readonly networks: NetworkList;
}

const expected: Readonly<Record<PortRole, ReadonlySet<number>>> = {
  authentication: new Set([PacketCode.accessRequest, PacketCode.statusServer]),
  accounting: new Set([PacketCode.accountingRequest, PacketCode.statusServer]),
  any: new Set([PacketCode.accessRequest, PacketCode.accountingRequest, PacketCode.statusServer]),
};
/** What is signed with where TLS proves who sent it (RFC 6614 §2.3). */
export const tlsSecret: SharedSecret = new SharedSecret("radsec");

/**
 * Takes packets in, whatever way they came: finds out who sent them and whether that is so, gives those that it has
 * answered before the same answer, has the others worked on, and signs and sends what comes of it.
 */
export class RequestDesk {
  readonly #context: DeskContext;
  readonly #logger: Logger;
  readonly #duplicates: DuplicateCache;
  readonly #pending: PendingRequests;
  readonly #deadlines: Deadlines;
  readonly #unknown: UnknownClients;
  readonly #delayed = new Set<NodeJS.Timeout>();
  #nextId = 1;
  #waiting = 0;
  #isClosed = false;
  /** Whether nobody waits for answers any more. */
  #isDrained = false;

  constructor(context: DeskContext) {
    this.#context = context;
    const { directory, limits } = context.options;
    this.#logger = directory.logger;
    this.#duplicates = new DuplicateCache(limits.duplicateMs, limits.maxDuplicates);
    this.#pending = new PendingRequests(limits);
    this.#deadlines = new Deadlines(limits.maxRequestMs);
    this.#unknown = new UnknownClients(directory.logger);
  }

  /**
   * Takes one packet in. Never throws: what is wrong with it is counted.
   * @returns why it was discarded, if it was
   */
  take(octets: Uint8Array, peer: Peer, role: PortRole): DiscardReason | undefined {
    if (this.#isClosed) return undefined;
    let reason: DiscardReason | undefined;
    this.#safely(() => {
      const networks = this.#context.networks.now;
      // Anybody can write 0 there, and nothing can be sent to it.
      if (peer.port === 0) reason = "no-source-port";
      else if (networks === undefined) this.#wait(octets, peer, role);
      else reason = this.#takeFrom(networks, octets, peer, role);
      if (reason !== undefined) this.#count(reason);
    });
    return reason;
  }

  /** Whether a peer that has shown a certificate is one of those that may ask by TLS. Rejects when that cannot be read. */
  async mayAsk(peer: Omit<Peer, "send">): Promise<boolean> {
    const { clients } = await this.#context.networks.get();
    const address = plainAddress(peer.address);
    const client = address === undefined ? undefined : clients.find(address);
    const isKnown = client !== undefined && clientBy(peer, client) !== undefined;
    if (!isKnown) this.#unknown.note(peer.address);
    return isKnown;
  }

  #takeFrom(networks: Networks, octets: Uint8Array, peer: Peer, role: PortRole): DiscardReason | undefined {
    const address = plainAddress(peer.address);
    const known = address === undefined ? undefined : networks.clients.find(address);
    const client = known === undefined ? undefined : clientBy(peer, known);
    if (address === undefined || client === undefined) {
      this.#unknown.note(peer.address);
      return "unknown-client";
    }
    let packet: RadiusPacket;
    try {
      packet = decodePacket(octets);
    } catch (error) {
      if (!isRadiusDecodeError(error)) throw error;
      return "malformed";
    }
    if (!expected[role].has(packet.code)) return "unexpected-code";
    const found = secretOf(packet, client, wayOf(peer));
    if (typeof found === "string") return found;
    const { secret, networks: own } = found;
    const id = `radius-${this.#nextId++}`;
    const request = { packet, client, address, secret, networks: own, correlation: id };
    if (packet.code === PacketCode.statusServer) this.#send(peer, this.#sign(request, statusAnswer(role)));
    else this.#work(request, peer);
    return undefined;
  }

  /** Networks are read for the first time, or anew after a change: the packet waits, or its client sends it again. */
  #wait(octets: Uint8Array, peer: Peer, role: PortRole): void {
    if (this.#waiting >= this.#context.options.limits.maxPending) {
      this.#metrics.count("directorykit_radius_limit_hit_total", { limit: "maxPending" });
      return;
    }
    this.#waiting += 1;
    this.#context.networks
      .get()
      .then(
        () => this.take(octets, peer, role),
        () => this.#count("networks-unreadable"),
      )
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Takes nothing in any more, and waits for what is being worked on. */
  async close(drainMs: number): Promise<void> {
    this.#isClosed = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, drainMs);
    await Promise.race([this.#pending.idle(), promise]);
    clearTimeout(late);
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
    this.#deadlines.close();
    this.#isDrained = true;
  }

  #work(request: Omit<RadiusRequest, "signal">, peer: Peer): void {
    const { packet, address } = request;
    const source = { peer: `${wayOf(peer)} ${address} ${peer.port}`, client: request.client.cidr };
    const seen = this.#duplicates.see(source, packet, performance.now());
    if (seen !== "new") {
      this.#metrics.count("directorykit_radius_duplicates_total");
      if (typeof seen === "object") this.#send(peer, seen.answer);
      return;
    }
    const limit = this.#pending.begin(address);
    if (limit !== undefined) {
      // Forgotten, so that it is worked on when it comes again.
      this.#duplicates.forget(source, packet);
      this.#metrics.count("directorykit_radius_limit_hit_total", { limit });
      return;
    }
    const deadline = this.#deadlines.begin();
    void this.#answer({ ...request, signal: deadline.signal })
      .then((octets) => {
        if (octets === undefined) {
          // When it comes again there may be an answer.
          this.#duplicates.forget(source, packet);
          return;
        }
        const finish = (): void => {
          if (this.#duplicates.answered(source, packet, octets)) this.#send(peer, octets);
        };
        if (octets[0] === PacketCode.accessReject) this.#later(finish);
        else finish();
      })
      .catch((error: unknown) => {
        this.#duplicates.forget(source, packet);
        this.#logger.error(
          { error: String(error), correlation: request.correlation },
          "a RADIUS request failed",
        );
      })
      .finally(() => {
        this.#deadlines.end(deadline);
        this.#pending.end(address);
      });
  }

  /** The octets of what a request is answered with, if it is. */
  async #answer(request: RadiusRequest): Promise<Uint8Array | undefined> {
    const { packet } = request;
    const kind = packet.code === PacketCode.accessRequest ? "access" : "accounting";
    try {
      const answer = await (kind === "access"
        ? access(request, this.#context)
        : accounting(request, this.#context));
      const octets = answer === undefined ? undefined : this.#fitting(request, answer);
      this.#metrics.count("directorykit_radius_requests_total", {
        kind,
        answer: String(octets?.[0] ?? "none"),
      });
      return octets;
    } catch (error) {
      if (isRadiusDecodeError(error)) {
        this.#count("malformed");
        return undefined;
      }
      if (!isDirectoryError(error))
        this.#logger.error(
          { error: String(error), correlation: request.correlation },
          "a RADIUS request failed",
        );
      this.#metrics.count("directorykit_radius_requests_total", { kind, answer: "failed" });
      return kind === "access" && failedRequestOf(error) === "refusal"
        ? this.#sign(request, refusalOf(request))
        : undefined;
    }
  }

  /** An acceptance that fits into no packet is refused: silence would cost a password hash each time it is asked for again. */
  #fitting(request: RadiusRequest, answer: RadiusAnswer): Uint8Array {
    try {
      return this.#sign(request, answer);
    } catch (error) {
      if (!(error instanceof RangeError) || request.packet.code !== PacketCode.accessRequest) throw error;
      const { client, packet, networks, correlation } = request;
      const network = networkOf(packet, networks)?.resource.name;
      this.#logger.error(
        { client: client.name, network, error: error.message, correlation },
        "the answer to an Access-Request cannot be written, so that it is refused: its grants have too many attributes",
      );
      return this.#sign(request, refusalOf(request));
    }
  }

  /** Proxy-State goes back as it came, in its order, behind what is ours (RFC 2865 §5.33). */
  #sign({ packet, secret }: Omit<RadiusRequest, "signal">, { code, attributes }: RadiusAnswer): Uint8Array {
    const states: RawAttribute[] = packet.attributes.filter(({ type }) => type === AttributeType.proxyState);
    return encodeResponse(
      { code, identifier: packet.identifier, attributes: [...attributes, ...states] },
      packet.authenticator,
      secret,
    );
  }

  #later(work: () => void): void {
    const { rejectDelayMs, maxPending } = this.#context.options.limits;
    if (rejectDelayMs === 0 || this.#delayed.size >= maxPending) {
      work();
      return;
    }
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      this.#safely(work);
    }, rejectDelayMs);
    this.#delayed.add(timer);
  }

  #send(peer: Peer, octets: Uint8Array): void {
    if (this.#isDrained) return;
    this.#safely(() => peer.send(octets));
  }

  /** What a packet brings about must not reach the event loop as an error: that ends the process, and all its logins. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logger.error({ error: String(error) }, "a RADIUS packet could not be dealt with");
    }
  }

  #count(reason: DiscardReason | "networks-unreadable"): void {
    this.#metrics.count("directorykit_radius_discarded_total", { reason });
  }

  get #metrics() {
    return this.#context.options.directory.metrics;
  }
}

function wayOf({ certificate }: Omit<Peer, "send">): "udp" | "tls" {
  return certificate === undefined ? "udp" : "tls";
}

/** A client as it counts for the way that a request of its came; `undefined` when it does not come that way. */
function clientBy({ certificate }: Omit<Peer, "send">, client: KnownClient): KnownClient | undefined {
  if (certificate === undefined) return client.secrets.length === 0 ? undefined : client;
  const networks = client.tls
    .filter(({ names }) => names.length === 0 || names.some((name) => isNamed(certificate, name)))
    .map(({ network }) => network);
  if (networks.length === 0) return undefined;
  // TLS proves what a Message-Authenticator would. One that is there must be right all the same.
  return { ...client, secrets: [{ secret: tlsSecret, networks }], requireMessageAuthenticator: false };
}

function isNamed(certificate: X509Certificate, name: string): boolean {
  return certificate.checkHost(name, { subject: "never" }) !== undefined;
}

function refusalOf({ packet }: RadiusRequest): RadiusAnswer {
  const eap = attributesOf(packet, AttributeType.eapMessage);
  return eap.length === 0 ? rejected : eapRefusal(Buffer.concat(eap));
}

function statusAnswer(role: PortRole): RadiusAnswer {
  const code = role === "accounting" ? PacketCode.accountingResponse : PacketCode.accessAccept;
  return { code, attributes: [] };
}
