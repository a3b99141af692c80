import { isUtf8 } from "node:buffer";
import { isIP } from "node:net";
import {
  type AuthenticationAttempt,
  type AuthenticationResult,
  type Decision,
  type Directory,
  type Factor,
  isDirectoryError,
  type User,
} from "@directorykit/core";
import { AttributeType, attributeOf, textOf } from "../codec/attribute-type.ts";
import { revealPassword } from "../codec/hidden-value.ts";
import type { RadiusPacket } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import type { ResolvedRadiusOptions } from "../options.ts";
import { type Network, offers } from "../view/network.ts";
import type { ReplyWriter } from "../view/reply-attributes.ts";
import { hasMsChap, msChapLogin } from "./ms-chap-login.ts";
import { networkOf } from "./network-of.ts";
import type { RadiusAnswer, RadiusRequest } from "./request.ts";
import { isOnlyNamed, sealClass } from "./session-class.ts";
import { reservationsOf, stationOf } from "./session-reservations.ts";

/** What logins are worked on with. */
export interface AccessContext {
  readonly options: ResolvedRadiusOptions;
  /** Writes what grants add to an acceptance. */
  readonly reply: ReplyWriter;
  /** Works on logins by EAP. */
  eap(request: RadiusRequest, network: Network): Promise<RadiusAnswer | undefined>;
}

/** What somebody is asked for whose password was right. */
export const codePrompt = "Code: ";

/** One answer for every way of not being let in: nobody learns which it was. */
export const rejected: RadiusAnswer = { code: PacketCode.accessReject, attributes: [] };

/**
 * Answers an Access-Request (RFC 2865 §4.1).
 *
 * @returns `undefined` for one that gets no answer
 * @throws DirectoryError when the directory cannot say who it is
 */
export async function access(
  request: RadiusRequest,
  context: AccessContext,
): Promise<RadiusAnswer | undefined> {
  const { packet, networks, client } = request;
  const { directory } = context.options;
  const network = networkOf(packet, networks);
  if (network === undefined) {
    directory.logger.info({ client: client.name }, "an Access-Request is for none of its client's networks");
    return rejected;
  }
  if (!network.isServed) {
    const told = { client: client.name, network: network.resource.name };
    directory.logger.warn(told, "an Access-Request is for a network whose settings cannot be used");
    return rejected;
  }
  if (attributeOf(packet, AttributeType.eapMessage) !== undefined) return context.eap(request, network);
  if (hasMsChap(packet) && offers(network, "mschapv2")) return msChapLogin(request, network, context);
  const hidden = attributeOf(packet, AttributeType.userPassword);
  if (hidden === undefined || !offers(network, "pap")) {
    directory.logger.info(
      { client: client.name, network: network.resource.name, method: methodOf(packet) },
      "a way of logging in that the network does not offer",
    );
    return rejected;
  }
  return passwordLogin(
    request,
    network,
    revealPassword(hidden, packet.authenticator, request.secret),
    context,
  );
}

async function passwordLogin(
  request: RadiusRequest,
  network: Network,
  octets: Uint8Array,
  context: AccessContext,
): Promise<RadiusAnswer> {
  const { packet } = request;
  // Octets that are no text are nobody's password, and take the same time.
  const { buffer, byteOffset, length } = octets;
  const password = isUtf8(octets) ? Buffer.from(buffer, byteOffset, length).toString("utf8") : "";
  octets.fill(0);
  const state = attributeOf(packet, AttributeType.state);
  const username = textOf(packet, AttributeType.userName) ?? "";
  const attempt: Pick<AuthenticationAttempt, "username" | "password" | "state" | "code"> =
    state === undefined
      ? { username, password }
      : { username, state: Buffer.from(state).toString("latin1"), code: password };
  const result = await authenticate(request, network, { ...attempt, canChallenge: true }, context);
  if (result.outcome === "challenge")
    return {
      code: PacketCode.accessChallenge,
      attributes: [
        { type: AttributeType.state, value: Buffer.from(result.challenge.state, "latin1") },
        { type: AttributeType.replyMessage, value: Buffer.from(codePrompt) },
      ],
    };
  if (result.outcome !== "accepted") return rejected;
  const answer = await admit(request, network, result, context);
  if (answer.code !== PacketCode.accessAccept) return answer;
  // The name that accounting is to go by, however they wrote it (RFC 2865 §5.1).
  const name = { type: AttributeType.userName, value: Buffer.from(result.user.username) };
  return { code: answer.code, attributes: [name, ...answer.attributes] };
}

/** Establishes who somebody is, for a network, in the terms that all ways of logging in share. */
export function authenticate(
  { packet, address, signal, correlation }: RadiusRequest,
  network: Network,
  attempt: Omit<AuthenticationAttempt, "protocol">,
  { options }: Pick<AccessContext, "options">,
): Promise<AuthenticationResult> {
  return options.directory.authenticate(
    {
      ...attempt,
      protocol: "radius",
      source: sourceOf(packet, address),
      address,
      correlation,
      resource: network.resource.id,
    },
    { signal },
  );
}

/** Somebody who has shown who they are. */
export interface Person {
  readonly user: User;
  readonly factors: readonly Factor[];
  readonly mustChangePassword: boolean;
}

/**
 * Lets in somebody who has shown who they are, if the grants do.
 * @param isFinal - whether this goes to the access server; else it is seen whether they would be let in
 */
export async function admit(
  request: RadiusRequest,
  network: Network,
  who: Person,
  { options, reply }: Pick<AccessContext, "options" | "reply">,
  isFinal = true,
): Promise<RadiusAnswer> {
  const { directory } = options;
  const { user, factors } = who;
  const { resource } = network;
  const refuse = (reason: string): RadiusAnswer => {
    directory.metrics.count("directorykit_radius_refused_total", { reason });
    directory.logger.info(
      { network: resource.name, user: user.id, reason },
      "somebody who is known was refused",
    );
    return rejected;
  };
  // There is no way here to choose another one.
  if (who.mustChangePassword) return refuse("must-change-password");
  const decision = await directory.authorize(user.id, resource.id, { factors, address: request.address });
  if (!decision.allowed) return refuse(decision.reason);
  if (await hasTooManySessions(directory, user, network, { ...decision, packet: request.packet, isFinal }))
    return refuse("too-many-sessions");
  const own = {
    type: AttributeType.class,
    value: sealClass(directory, { user: user.id, resource: resource.id, factors }),
  };
  try {
    return { code: PacketCode.accessAccept, attributes: [own, ...reply.write(decision.attributes, request)] };
  } catch (error) {
    if (!isDirectoryError(error)) throw error;
    // Without what the grant adds, somebody could land on a network that is not for them.
    const told = { network: resource.name, user: user.id, error: error.message };
    directory.logger.error(told, "a grant cannot be told to its client");
    return rejected;
  }
}

/** A device that logs in anew, or roams, does not count against itself; who is known by a mere name counts against nobody. */
async function hasTooManySessions(
  directory: Directory,
  user: User,
  network: Network,
  {
    attributes,
    packet,
    isFinal,
  }: Pick<Decision, "attributes"> & Pick<RadiusRequest, "packet"> & { readonly isFinal: boolean },
): Promise<boolean> {
  const own = attributes["maxSessions"];
  const most = typeof own === "number" ? own : network.maxSessions;
  if (most === undefined) return false;
  const resource = network.resource.id;
  const live = (await directory.sessions.ofUser(user.id)).filter(
    (one) => one.protocol === "radius" && one.data["resource"] === resource && !isOnlyNamed(one),
  );
  const station = stationOf(textOf(packet, AttributeType.callingStationId));
  const arrival = { user: user.id, resource, station };
  return !reservationsOf(directory).take(arrival, live, most, directory.clock(), isFinal);
}

/**
 * Where failures count: the device that logs in, as its access server names it, by its own address for a VPN. The access
 * server is the same for everybody, so that one stranger at it would keep all others out.
 */
function sourceOf(packet: RadiusPacket, address: string): string {
  const station = textOf(packet, AttributeType.callingStationId)?.trim().toLowerCase();
  if (station === undefined || station === "") return address;
  return isIP(station) === 0 ? `station ${station.slice(0, 64)}` : station;
}

function methodOf(packet: RadiusPacket): string {
  if (attributeOf(packet, AttributeType.userPassword) !== undefined) return "pap";
  if (hasMsChap(packet)) return "mschapv2";
  return attributeOf(packet, AttributeType.chapPassword) === undefined ? "none" : "chap";
}
