import { createHash } from "node:crypto";
import {
  type Directory,
  isDirectoryError,
  type Session,
  type SessionId,
  type UserId,
  type WriteOptions,
} from "@directorykit/core";
import { AttributeType, attributeOf, integerOf, textOf } from "../codec/attribute-type.ts";
import type { RadiusPacket } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import type { ResolvedRadiusOptions } from "../options.ts";
import { networkOf } from "./network-of.ts";
import type { RadiusAnswer, RadiusRequest } from "./request.ts";
import { type Admitted, byName, isOnlyNamed, openClass } from "./session-class.ts";
import { reservationsOf, stationOf } from "./session-reservations.ts";

/** What accounting records are worked on with. */
export interface AccountingContext {
  readonly options: ResolvedRadiusOptions;
  /** The sessions that there are. */
  readonly sessions: AccountedSessions;
}

/** What accounting records tell those who look after sessions. */
export interface AccountedSessions {
  /** Ends the record of a session that its access server has ended: nobody need throw it off. Rejects when it cannot. */
  endRecord(id: SessionId, options: WriteOptions): Promise<void>;
  /** Has somebody thrown off whose session cannot begin, since they may not be here any more. */
  throwOff(session: Pick<Session, "user" | "data"> & { readonly handle: string }): void;
  /** Told that a session has stopped: nobody asks for that any more, and a record that was late does not bring it back. */
  stopped(handle: string): void;
  /** Told that a session starts, which may have the name of one that has stopped. */
  started(handle: string): void;
  /** Whether a session has stopped in the last minute. */
  hasStopped(handle: string): boolean;
  /** Told that nobody is on an access server, by the name that `data.nas` has. */
  nobodyIsOn(nas: string): void;
}

/** The protocol of sessions that are kept here. */
export const protocol = "radius";

/** Values of Acct-Status-Type (RFC 2866 §5.1). */
const statusType = { start: 1, stop: 2, interimUpdate: 3, accountingOn: 7, accountingOff: 8 } as const;

const recorded: RadiusAnswer = { code: PacketCode.accountingResponse, attributes: [] };

/**
 * Records what an Accounting-Request tells (RFC 2866): who is on which network. It is answered once that is kept; a
 * record of somebody unknown is answered too, since sending it again would not make them known.
 *
 * @returns `undefined` for one that gets no answer: its kind is not known (RFC 2866 §2)
 * @throws DirectoryError when nothing could be kept
 */
export async function accounting(
  request: RadiusRequest,
  { options, sessions }: AccountingContext,
): Promise<RadiusAnswer | undefined> {
  const { packet } = request;
  const { directory } = options;
  switch (integerOf(packet, AttributeType.acctStatusType)) {
    case statusType.start:
      await keep(request, options, { sessions, isStart: true });
      return recorded;
    case statusType.interimUpdate:
      await keep(request, options, { sessions, isStart: false });
      return recorded;
    case statusType.stop:
      await end(request, directory, sessions);
      return recorded;
    case statusType.accountingOn:
    case statusType.accountingOff:
      await endAllOf(request, directory, sessions);
      return recorded;
    default:
      return undefined;
  }
}

async function keep(
  request: RadiusRequest,
  options: ResolvedRadiusOptions,
  { sessions, isStart }: { readonly sessions: AccountedSessions; readonly isStart: boolean },
): Promise<void> {
  const { directory, limits } = options;
  const handle = handleOf(request);
  if (handle === undefined) return;
  if (isStart) sessions.started(handle);
  else if (sessions.hasStopped(handle)) return;
  const admitted = admittedBy(request, directory);
  const known = await directory.sessions.byHandle(protocol, handle);
  if (known !== undefined && isOf(known, admitted)) {
    const data = { ...known.data, ...readData(request) };
    await directory.sessions.update(known.id, { lifetimeMs: limits.sessionIdleMs, data }, from(request));
    return;
  }
  // What the access server calls by this name now is another's, so the one before is over.
  if (known !== undefined) await sessions.endRecord(known.id, from(request));
  const whose = admitted ?? (await named(request, options));
  if (whose === undefined) {
    directory.metrics.count("directorykit_radius_accounting_unknown_total");
    return;
  }
  await begin(request, options, { whose, handle, sessions });
}

async function begin(
  request: RadiusRequest,
  { directory, limits }: ResolvedRadiusOptions,
  {
    whose: { user, resource, factors, by },
    handle,
    sessions,
  }: { readonly whose: Accounted; readonly handle: string; readonly sessions: AccountedSessions },
): Promise<void> {
  const data: Readonly<Record<string, string>> = {
    ...readData(request),
    resource,
    ...(by === undefined ? {} : { by }),
  };
  const session = { user, protocol, handle, factors, lifetimeMs: limits.sessionIdleMs, data } as const;
  try {
    await directory.sessions.begin(session, from(request));
    reservationsOf(directory).release({ user, resource, station: stationOf(data["callingStationId"]) });
  } catch (error) {
    if (!isDirectoryError(error) || !["conflict", "denied", "not-found"].includes(error.code)) throw error;
    // In a conflict it has begun meanwhile. Else the person was suspended or deleted behind the login.
    if (error.code !== "conflict" && by === undefined) sessions.throwOff(session);
  }
}

/** Whether a record of a session that is known is about the person that it is known of. */
function isOf(known: Session, admitted: Admitted | undefined): boolean {
  if (admitted === undefined) return true;
  const { user, data } = known;
  return user === admitted.user && data["resource"] === admitted.resource && !isOnlyNamed(known);
}

async function end(request: RadiusRequest, directory: Directory, sessions: AccountedSessions): Promise<void> {
  const handle = handleOf(request);
  if (handle === undefined) return;
  sessions.stopped(handle);
  const known = await directory.sessions.byHandle(protocol, handle);
  if (known === undefined) return;
  await sessions.endRecord(known.id, from(request));
}

/** An access server has started anew, or is about to go: nobody is on it. */
async function endAllOf(
  request: RadiusRequest,
  directory: Directory,
  sessions: AccountedSessions,
): Promise<void> {
  const nas = nasOf(request);
  sessions.nobodyIsOn(nas);
  const gone: Session[] = [];
  for await (const session of directory.sessions.ofProtocol(protocol))
    if (session.data["nas"] === nas) gone.push(session);
  for (const { id } of gone) await sessions.endRecord(id, from(request));
}

/** Whose session a record is about. */
interface Accounted extends Admitted {
  readonly by?: typeof byName;
}

/** Whom the record is about, as the server has said itself in one of its Classes: proxies may add their own. */
function admittedBy({ packet, networks }: RadiusRequest, directory: Directory): Admitted | undefined {
  for (const { type, value } of packet.attributes) {
    if (type !== AttributeType.class) continue;
    const admitted = openClass(directory, value);
    if (admitted !== undefined && networks.some(({ resource }) => resource.id === admitted.resource))
      return admitted;
  }
  return undefined;
}

/**
 * Whom the record is about, as the access server says. Where people log in by EAP that is the name outside of the tunnel,
 * which a device can choose: it is told, and nothing hangs on it.
 */
async function named(
  { packet, networks }: RadiusRequest,
  { directory, tls }: ResolvedRadiusOptions,
): Promise<Accounted | undefined> {
  const name = textOf(packet, AttributeType.userName);
  const network = networkOf(packet, networks);
  if (name === undefined || network === undefined) return undefined;
  const user: { readonly id: UserId } | undefined = await directory.users.byUsername(name);
  if (user === undefined) return undefined;
  const { methods, resource } = network;
  const isProved = tls === undefined || (methods !== undefined && [...methods].every((one) => one === "pap"));
  return { user: user.id, resource: resource.id, factors: [], ...(isProved ? {} : { by: byName }) };
}

/** Access servers give ids that are unique to themselves (RFC 2866 §5.5), and some start anew with each boot. */
function handleOf(request: RadiusRequest): string | undefined {
  const id = attributeOf(request.packet, AttributeType.acctSessionId);
  if (id === undefined || id.length === 0) return undefined;
  const station = textOf(request.packet, AttributeType.callingStationId) ?? "";
  return createHash("sha256")
    .update(`${nasOf(request)}\n${station}\n`)
    .update(id)
    .digest("hex");
}

/** The access server: its own name or address, where a proxy passes on the records of several, and that of the client. */
function nasOf({ packet, address }: RadiusRequest): string {
  const name = textOf(packet, AttributeType.nasIdentifier);
  const own =
    addressOf(attributeOf(packet, AttributeType.nasIpAddress)) ??
    ipv6Of(attributeOf(packet, AttributeType.nasIpv6Address)) ??
    "";
  return `${address} ${name ?? own}`.slice(0, 128);
}

/** What is kept of a record, and told back to the access server to end the session. */
function readData(request: RadiusRequest): Readonly<Record<string, string>> {
  const { packet, address, client } = request;
  const data: Record<string, string | undefined> = {
    nas: nasOf(request),
    client: client.name,
    address,
    userName: textOf(packet, AttributeType.userName),
    acctSessionId: hex(attributeOf(packet, AttributeType.acctSessionId)),
    callingStationId: textOf(packet, AttributeType.callingStationId),
    calledStationId: textOf(packet, AttributeType.calledStationId),
    nasIdentifier: textOf(packet, AttributeType.nasIdentifier),
    nasIpAddress: addressOf(attributeOf(packet, AttributeType.nasIpAddress)),
    nasIpv6Address: ipv6Of(attributeOf(packet, AttributeType.nasIpv6Address)),
    nasPort: integerOf(packet, AttributeType.nasPort)?.toString(),
    framedIpAddress: addressOf(attributeOf(packet, AttributeType.framedIpAddress)),
    inputOctets: octetsOf(packet, AttributeType.acctInputOctets, AttributeType.acctInputGigawords),
    outputOctets: octetsOf(packet, AttributeType.acctOutputOctets, AttributeType.acctOutputGigawords),
    sessionSeconds: integerOf(packet, AttributeType.acctSessionTime)?.toString(),
  };
  return Object.fromEntries(
    Object.entries(data).filter((one): one is [string, string] => one[1] !== undefined),
  );
}

/** Octets of a session, of which a second attribute counts those that do not fit into 32 bits (RFC 2869 §5.1). */
function octetsOf(packet: RadiusPacket, low: number, high: number): string | undefined {
  const octets = integerOf(packet, low);
  return octets === undefined ? undefined : String((integerOf(packet, high) ?? 0) * 2 ** 32 + octets);
}

function addressOf(value: Uint8Array | undefined): string | undefined {
  return value?.length === 4 ? value.join(".") : undefined;
}

/** Eight groups of four digits, none left out. */
function ipv6Of(value: Uint8Array | undefined): string | undefined {
  return value?.length === 16 ? hex(value)?.match(/.{4}/g)?.join(":") : undefined;
}

function hex(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString("hex");
}

function from({ signal, correlation, address }: RadiusRequest): WriteOptions {
  return { signal, correlation, protocol, source: address };
}
