import { randomBytes } from "node:crypto";
import { DirectoryError } from "@directorykit/core";
import { AttributeType, attributeOf, attributesOf, textOf } from "../codec/attribute-type.ts";
import { encodeAttribute } from "../codec/dictionary/encode-attribute.ts";
import { standardDictionary } from "../codec/dictionary/standard-dictionary.ts";
import { EapCode, encodeEapResult } from "../codec/eap-packet.ts";
import { maxValueOctets, type RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { type AccessContext, admit, type Person } from "../handlers/access.ts";
import { EapConversation, type EapStep } from "../handlers/eap/conversation.ts";
import { DirectoryVerifier } from "../handlers/eap/directory-verifier.ts";
import type { EapMethodName, EapSettings } from "../handlers/eap/eap-settings.ts";
import type { TlsTunnels } from "../handlers/eap/tls-tunnel.ts";
import type { RadiusAnswer, RadiusRequest } from "../handlers/request.ts";
import type { RadiusLimits } from "../options.ts";
import { type Network, type NetworkMethod, offers } from "../view/network.ts";
import { RecencyGroups } from "./recency-groups.ts";
import { NodeTlsTunnels } from "./tls-tunnel.ts";

/** A login that is under way. */
interface OpenLogin {
  readonly conversation: EapConversation<Person>;
  readonly verifier: DirectoryVerifier;
  readonly network: Network;
  /** The client that it came by: a State of one is no other's. */
  readonly address: string;
  /** The device, as its client names it; `undefined` where it names none. */
  readonly station: string | undefined;
  /** Empty before its first challenge. */
  state: string;
  lastAt: number;
  isOver: boolean;
}

const stateOctets = 16;
const maxStationLetters = 64;
const sweepMs = 1_000;
/** What EAP calls the methods of a network, in the order in which they are offered. */
const methodNames: Readonly<Partial<Record<NetworkMethod, EapMethodName>>> = {
  "eap-tls": "tls",
  "eap-ttls-pap": "ttls-pap",
  "eap-ttls-gtc": "ttls-gtc",
  "peap-gtc": "peap-gtc",
  "peap-mschapv2": "peap-mschapv2",
  "eap-ttls-mschapv2": "ttls-mschapv2",
};

/**
 * The logins by EAP that are under way (RFC 3579). Each is known by the State of the last challenge, which is new with every
 * one of them, can be guessed by nobody, and is taken from nobody but the client that it was given to.
 */
export class EapConversations {
  readonly #context: Pick<AccessContext, "options" | "reply">;
  readonly #tunnels: TlsTunnels | undefined;
  /** In the order in which they were last heard of. */
  readonly #open = new Map<string, OpenLogin>();
  readonly #ofStation = new RecencyGroups<OpenLogin>();
  readonly #ofClient = new RecencyGroups<OpenLogin>();
  #sweep: NodeJS.Timeout | undefined;

  /** @throws DirectoryError `misconfigured` for a certificate or key that cannot be used */
  constructor(context: Pick<AccessContext, "options" | "reply">) {
    this.#context = context;
    const { tls } = context.options;
    try {
      this.#tunnels = tls === undefined ? undefined : new NodeTlsTunnels(tls);
    } catch (cause) {
      throw new DirectoryError("misconfigured", "the certificate for EAP cannot be used", { cause });
    }
  }

  /** Logins under way. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes the next message of a login. @throws DirectoryError when the directory cannot say who it is */
  async take(request: RadiusRequest, network: Network): Promise<RadiusAnswer | undefined> {
    const { packet } = request;
    const octets = Buffer.concat(attributesOf(packet, AttributeType.eapMessage));
    const login = this.#find(request, network) ?? this.#begin(request, network);
    if (login === undefined) return eapRefusal(octets);
    this.#heard(login);
    login.verifier.request = request;
    let step: EapStep<Person>;
    try {
      step = await login.conversation.receive(octets);
    } catch (error) {
      this.#end(login);
      throw error;
    }
    switch (step.type) {
      case "discard":
        // What says nothing has begun nothing.
        if (login.state === "") this.#end(login);
        return undefined;
      case "request":
        if (login.isOver) return eapRefusal(octets);
        return {
          code: PacketCode.accessChallenge,
          attributes: [...eapMessages(step.packet), this.#keep(login)],
        };
      case "failure":
        this.#end(login);
        this.#log(request, network, step.reason);
        return { code: PacketCode.accessReject, attributes: eapMessages(step.packet) };
      case "success":
        this.#end(login);
        return this.#accept(request, network, step, octets);
    }
  }

  /** Ends all logins. */
  close(): void {
    for (const login of [...this.#open.values()]) this.#end(login);
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  async #accept(
    request: RadiusRequest,
    network: Network,
    { packet, subject, sendKey, recvKey }: Extract<EapStep<Person>, { readonly type: "success" }>,
    response: Uint8Array,
  ): Promise<RadiusAnswer> {
    try {
      // Once more: what hides values is the last request, and something may have changed since the person was verified.
      const answer = await admit(request, network, subject, this.#context);
      if (answer.code !== PacketCode.accessAccept) return eapRefusal(response);
      const keys = [
        ...hiddenKey("MS-MPPE-Recv-Key", recvKey, request),
        ...hiddenKey("MS-MPPE-Send-Key", sendKey, request),
      ];
      return { code: answer.code, attributes: [...eapMessages(packet), ...keys, ...answer.attributes] };
    } finally {
      sendKey.fill(0);
      recvKey.fill(0);
    }
  }

  /** A login goes on where it began: on another network other methods may count. */
  #find({ packet, address }: RadiusRequest, network: Network): OpenLogin | undefined {
    const state = attributeOf(packet, AttributeType.state);
    if (state === undefined) return undefined;
    const login = this.#open.get(Buffer.from(state).toString("latin1"));
    return login?.address === address && login.network.resource.id === network.resource.id
      ? login
      : undefined;
  }

  #begin(request: RadiusRequest, network: Network): OpenLogin | undefined {
    const { packet, address } = request;
    // A State that is not known is of a login that is over.
    if (attributeOf(packet, AttributeType.state) !== undefined) return undefined;
    const settings = this.#settingsOf(network);
    if (this.#tunnels === undefined || settings === undefined) return undefined;
    const station = stationOf(request);
    this.#makeRoom(address, station);
    const verifier = new DirectoryVerifier(request, network, this.#context);
    const conversation = new EapConversation(settings, verifier, this.#tunnels);
    return {
      conversation,
      verifier,
      network,
      address,
      station,
      state: "",
      lastAt: performance.now(),
      isOver: false,
    };
  }

  /** One client has half of all at most: what comes by it cannot keep out who comes by others. */
  #makeRoom(address: string, station: string | undefined): void {
    const { maxConversations, maxConversationsPerStation } = this.#context.options.limits;
    if (station !== undefined && this.#ofStation.sizeOf(station) >= maxConversationsPerStation)
      this.#giveWay(this.#ofStation.oldest(station), "maxConversationsPerStation");
    const share = Math.max(1, Math.floor(maxConversations / 2));
    const full =
      this.#ofClient.sizeOf(address) >= share
        ? address
        : this.#ofClient.size >= maxConversations
          ? this.#ofClient.largest()
          : undefined;
    if (full !== undefined) this.#giveWay(this.#ofClient.oldest(full), "maxConversations");
  }

  #giveWay(login: OpenLogin | undefined, limit: keyof RadiusLimits): void {
    if (login === undefined) return;
    this.#context.options.directory.metrics.count("directorykit_radius_limit_hit_total", { limit });
    this.#end(login);
  }

  #settingsOf(network: Network): EapSettings | undefined {
    const { limits, tls } = this.#context.options;
    const methods = Object.entries(methodNames)
      .filter(([method]) => offers(network, method as NetworkMethod))
      .map(([, name]) => name)
      .filter((name) => name !== "tls" || tls?.clientAuthorities !== undefined);
    if (methods.length === 0) return undefined;
    return {
      methods,
      fragmentOctets: limits.eapFragmentOctets,
      checkInnerRealm: true,
      serverName: "directorykit",
    };
  }

  #heard(login: OpenLogin): void {
    login.lastAt = performance.now();
    this.#ofClient.touch(login.address, login);
    if (login.station !== undefined) this.#ofStation.touch(login.station, login);
    // The order of those that are open is that in which they were heard of.
    if (this.#open.delete(login.state)) this.#open.set(login.state, login);
  }

  /** Keeps a login for its next message. @returns the State by which it is known */
  #keep(login: OpenLogin): RawAttribute {
    this.#open.delete(login.state);
    const state = randomBytes(stateOctets);
    login.state = state.toString("latin1");
    login.lastAt = performance.now();
    this.#open.set(login.state, login);
    this.#sweep ??= setInterval(() => this.#endOld(), sweepMs).unref();
    return { type: AttributeType.state, value: state };
  }

  #end(login: OpenLogin): void {
    if (login.isOver) return;
    login.isOver = true;
    login.conversation.close();
    this.#open.delete(login.state);
    this.#ofClient.remove(login.address, login);
    if (login.station !== undefined) this.#ofStation.remove(login.station, login);
  }

  #endOld(): void {
    const before = performance.now() - this.#context.options.limits.conversationIdleMs;
    for (const login of this.#open.values()) {
      if (login.lastAt > before) break;
      this.#end(login);
    }
    if (this.#open.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #log({ client, correlation }: RadiusRequest, network: Network, reason: string): void {
    const told = { client: client.name, network: network.resource.name, reason, correlation };
    this.#context.options.directory.logger.info(told, "a login by EAP failed");
  }
}

/** A device counts by its client: what one says of it is nothing to the others. */
function stationOf({ packet, address }: RadiusRequest): string | undefined {
  const station = textOf(packet, AttributeType.callingStationId)?.trim().slice(0, maxStationLetters);
  return station === undefined || station === "" ? undefined : `${address} ${station.toLowerCase()}`;
}

function eapMessages(packet: Uint8Array): readonly RawAttribute[] {
  const attributes: RawAttribute[] = [];
  for (let at = 0; at < packet.length; at += maxValueOctets)
    attributes.push({ type: AttributeType.eapMessage, value: packet.subarray(at, at + maxValueOctets) });
  return attributes;
}

/** A refusal of what a device has said: with EAP-Failure, as RFC 3579 §2.6.1 has it. */
export function eapRefusal(response: Uint8Array): RadiusAnswer {
  const failure = encodeEapResult({ code: EapCode.failure, identifier: response[1] ?? 0 });
  return { code: PacketCode.accessReject, attributes: eapMessages(failure) };
}

function hiddenKey(
  name: string,
  key: Uint8Array,
  { packet, secret }: RadiusRequest,
): readonly RawAttribute[] {
  const definition = standardDictionary.byName(name);
  if (definition === undefined) throw new TypeError(`the dictionary has no ${name}`);
  return encodeAttribute(definition, key, { requestAuthenticator: packet.authenticator, secret });
}
