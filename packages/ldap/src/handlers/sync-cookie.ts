import { changeSequenceNumber, parseChangeSequenceNumber } from "../view/change-sequence-number.ts";

/** How far a consumer of content synchronization has come. */
export interface SyncPlace {
  /** The revision of the change feed it has seen. */
  readonly revision: number;
  /** The time of that change, in milliseconds since the epoch; never before that of an earlier place. */
  readonly at: number;
}

/** What a consumer sends back (RFC 4533 §2.1.2). */
export interface SyncCookie {
  /** The number by which OpenLDAP tells its consumers apart, to be given back as it came; 0 for others. */
  readonly replica: number;
  /** Absent before the first synchronization, and in what is no cookie of ours. */
  readonly place?: SyncPlace;
}

const maxCookieLength = 1024;
const ours = 0;

/**
 * Reads a cookie. It takes the form that OpenLDAP's consumer takes apart and puts together itself, `rid=001,csn=…`, so it
 * can carry nothing else, and nothing is trusted to it: all it says is from where on to tell.
 */
export function readSyncCookie(octets: Uint8Array | undefined): SyncCookie {
  const text = octets === undefined || octets.length > maxCookieLength ? "" : Buffer.from(octets).toString();
  const replica = Number(/(?:^|,)rid=(\d{1,3})(?:,|$)/.exec(text)?.[1] ?? 0);
  // One of several servers' numbers may stand there, with semicolons in between.
  const numbers = /(?:^|,)csn=([^,]*)/.exec(text)?.[1]?.split(";") ?? [];
  for (const number of numbers) {
    const stamp = parseChangeSequenceNumber(number);
    // A consumer that had to make numbers up itself knows no revision.
    if (stamp?.serverId === ours && stamp.revision > 0) {
      const at = Math.floor(stamp.microseconds / 1000);
      return { replica, place: { revision: stamp.revision, at } };
    }
  }
  return { replica };
}

/** Writes a cookie. */
export function writeSyncCookie(replica: number, place: SyncPlace): Uint8Array {
  const rid = String(replica).padStart(3, "0");
  return Buffer.from(`rid=${rid},csn=${changeSequenceNumber(place.at, place.revision) ?? ""}`);
}
