import type { BerReader } from "../ber-reader.ts";
import type { BerWriter } from "../ber-writer.ts";
import { optionalOctets } from "../decode-components.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

const uuidLength = 16;

/** How a synchronization goes on after the first answer, with wire values 1 and 3 (RFC 4533 §2.2). */
export type SyncMode = "refreshOnly" | "refreshAndPersist";

/** Value of a sync request (RFC 4533 §2.2). */
export interface SyncRequest {
  readonly mode: SyncMode;
  /** What the server gave last; absent for the first time. */
  readonly cookie?: Uint8Array;
  /** Whether the client prefers to start over to being told e-syncRefreshRequired. */
  readonly reloadHint: boolean;
}

/** What became of an entry, in the order of the wire values (RFC 4533 §2.3). */
export const syncStates = ["present", "add", "modify", "delete"] as const;
export type SyncState = (typeof syncStates)[number];

/** Value of a sync state, at every entry and reference (RFC 4533 §2.3). */
export interface SyncStateValue {
  readonly state: SyncState;
  /** 16 octets. */
  readonly entryUUID: Uint8Array;
  readonly cookie?: Uint8Array;
}

/** Value of a sync done (RFC 4533 §2.4). */
export interface SyncDoneValue {
  readonly cookie?: Uint8Array;
  /** Whether deleted entries were named; otherwise those not mentioned are gone. */
  readonly refreshDeletes: boolean;
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodeSyncRequest(value: Uint8Array): SyncRequest {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const wireMode = reader.enumerated(3, 1);
    if (wireMode === 2) throw reader.error("invalid-value", "unknown mode");
    const cookie = optionalOctets(reader, BerTag.octetString);
    const reloadHint = reader.peekTag() === BerTag.boolean && reader.boolean();
    reader.closeSequence(outer, -1);
    return {
      mode: wireMode === 1 ? "refreshOnly" : "refreshAndPersist",
      ...(cookie !== undefined && { cookie }),
      reloadHint,
    };
  });
}

export function encodeSyncRequest(request: SyncRequest): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.enumerated(request.mode === "refreshOnly" ? 1 : 3);
    if (request.cookie !== undefined) writer.octets(request.cookie);
    if (request.reloadHint) writer.boolean(true);
    writer.end(mark);
  });
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodeSyncState(value: Uint8Array): SyncStateValue {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const state = syncStates[reader.enumerated(syncStates.length - 1)] as SyncState;
    const entryUUID = readUuid(reader);
    const cookie = optionalOctets(reader, BerTag.octetString);
    reader.closeSequence(outer, -1);
    return { state, entryUUID, ...(cookie !== undefined && { cookie }) };
  });
}

/** @throws RangeError when `entryUUID` is not 16 octets long. */
export function encodeSyncState(value: SyncStateValue): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.enumerated(syncStates.indexOf(value.state));
    writeUuid(writer, value.entryUUID);
    if (value.cookie !== undefined) writer.octets(value.cookie);
    writer.end(mark);
  });
}

/** @throws LdapDecodeError when the value is malformed. */
export function decodeSyncDone(value: Uint8Array): SyncDoneValue {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const cookie = optionalOctets(reader, BerTag.octetString);
    const refreshDeletes = reader.peekTag() === BerTag.boolean && reader.boolean();
    reader.closeSequence(outer, -1);
    return { ...(cookie !== undefined && { cookie }), refreshDeletes };
  });
}

export function encodeSyncDone(value: SyncDoneValue): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    if (value.cookie !== undefined) writer.octets(value.cookie);
    if (value.refreshDeletes) writer.boolean(true);
    writer.end(mark);
  });
}

/** Reads a syncUUID (RFC 4533 §2.1). */
export function readUuid(reader: BerReader): Uint8Array {
  const uuid = reader.octets();
  if (uuid.length !== uuidLength) throw reader.error("bad-length", "UUID of other than 16 octets");
  return uuid;
}

/** Writes a syncUUID. @throws RangeError when it is not 16 octets long. */
export function writeUuid(writer: BerWriter, uuid: Uint8Array): void {
  if (uuid.length !== uuidLength) throw new RangeError("a UUID must have 16 octets");
  writer.octets(uuid);
}
