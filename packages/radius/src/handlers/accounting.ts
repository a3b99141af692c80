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
import { type Admitted, openClass } from "./session-class.ts";

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
  const { directory, limits } = options;
  switch (integerOf(packet, AttributeType.acctStatusType)) {
    case statusType.start:
    case statusType.interimUpdate:
      await keep(request, directory, { lifetimeMs: limits.sessionIdleMs, sessions });
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
  directory: Directory,
  { lifetimeMs, sessions }: { readonly lifetimeMs: number; readonly sessions: AccountedSessions },
): Promise<void> {
  const handle = handleOf(request);
  if (handle === undefined) return;
  const known = await directory.sessions.byHandle(protocol, handle);
  if (known !== undefined) {
    await directory.sessions.update(
      known.id,
      { lifetimeMs, data: { ...known.data, ...readData(request) } },
      from(request),
    );
    return;
  }
  const admitted = await whoIs(request, directory);
  if (admitted === undefined) {
    directory.metrics.count("directorykit_radius_accounting_unknown_total");
    return;
  }
  const data = { ...readData(request), resource: admitted.resource };
  const begun = {
    user: admitted.user,
    protocol,
    handle,
    factors: admitted.factors,
    lifetimeMs,
    data,
  } as const;
  try {
    await directory.sessions.begin(begun, from(request));
  } catch (error) {
    if (!isDirectoryError(error) || !["conflict", "denied", "not-found"].includes(error.code)) throw error;
    // In a conflict it has begun meanwhile. Else the person was suspended or deleted behind the login.
    if (error.code !== "conflict") sessions.throwOff(begun);
  }
}

async function end(request: RadiusRequest, directory: Directory, sessions: AccountedSessions): Promise<void> {
  const handle = handleOf(request);
  const known = handle === undefined ? undefined : await directory.sessions.byHandle(protocol, handle);
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
  const gone: Session[] = [];
  for await (const session of directory.sessions.ofProtocol(protocol))
    if (session.data["nas"] === nas) gone.push(session);
  for (const { id } of gone) await sessions.endRecord(id, from(request));
}

/** Whom the record is about: as the server has said itself, in Class; else as the access server says. */
async function whoIs(request: RadiusRequest, directory: Directory): Promise<Admitted | undefined> {
  const { packet, networks } = request;
  const own = attributeOf(packet, AttributeType.class);
  const admitted = own === undefined ? undefined : openClass(directory, own);
  if (admitted !== undefined && networks.some(({ resource }) => resource.id === admitted.resource))
    return admitted;
  const name = textOf(packet, AttributeType.userName);
  const network = networkOf(packet, networks);
  if (name === undefined || network === undefined) return undefined;
  const user: { readonly id: UserId } | undefined = await directory.users.byUsername(name);
  return user === undefined ? undefined : { user: user.id, resource: network.resource.id, factors: [] };
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
  const own = addressOf(attributeOf(packet, AttributeType.nasIpAddress)) ?? "";
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

function hex(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString("hex");
}

function from({ signal, correlation, address }: RadiusRequest): WriteOptions {
  return { signal, correlation, protocol, source: address };
}
