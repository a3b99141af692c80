import { optionalOctets } from "../decode-components.ts";
import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";
import { readUuid, writeUuid } from "./content-sync.ts";

const SyncInfoTag = { newcookie: 0x80, refreshDelete: 0xa1, refreshPresent: 0xa2, syncIdSet: 0xa3 } as const;
/** UUIDs that one message may name; 18 octets each on the wire. */
const maxUuids = 262_144;

/** Value of a sync info message, an intermediate response between entries (RFC 4533 §2.5). */
export type SyncInfo =
  | { readonly type: "newcookie"; readonly cookie: Uint8Array }
  | {
      readonly type: "refreshDelete" | "refreshPresent";
      readonly cookie?: Uint8Array;
      /** Whether the refresh is complete; TRUE by default on the wire. */
      readonly refreshDone: boolean;
    }
  | {
      readonly type: "syncIdSet";
      readonly cookie?: Uint8Array;
      /** Whether the entries named are gone, rather than present. */
      readonly refreshDeletes: boolean;
      /** 16 octets each. */
      readonly syncUUIDs: readonly Uint8Array[];
    };

/** @throws LdapDecodeError when the value is malformed. */
export function decodeSyncInfo(value: Uint8Array): SyncInfo {
  return decodeWhole(value, (reader): SyncInfo => {
    const tag = reader.peekTag();
    if (tag === SyncInfoTag.newcookie) return { type: "newcookie", cookie: reader.octets(tag) };
    if (tag === SyncInfoTag.syncIdSet) {
      const outer = reader.open(tag);
      const cookie = optionalOctets(reader, BerTag.octetString);
      const refreshDeletes = reader.peekTag() === BerTag.boolean && reader.boolean();
      const set = reader.open(BerTag.set);
      const syncUUIDs: Uint8Array[] = [];
      while (reader.hasMore) {
        if (syncUUIDs.length === maxUuids) throw reader.error("too-many", "too many UUIDs");
        syncUUIDs.push(readUuid(reader));
      }
      reader.close(set);
      reader.closeSequence(outer, -1);
      return { type: "syncIdSet", ...(cookie !== undefined && { cookie }), refreshDeletes, syncUUIDs };
    }
    const outer = reader.open(
      tag === SyncInfoTag.refreshDelete ? SyncInfoTag.refreshDelete : SyncInfoTag.refreshPresent,
    );
    const cookie = optionalOctets(reader, BerTag.octetString);
    const refreshDone = reader.peekTag() === BerTag.boolean ? reader.boolean() : true;
    reader.closeSequence(outer, -1);
    return {
      type: tag === SyncInfoTag.refreshDelete ? "refreshDelete" : "refreshPresent",
      ...(cookie !== undefined && { cookie }),
      refreshDone,
    };
  });
}

/** @throws RangeError when a UUID is not 16 octets long. */
export function encodeSyncInfo(info: SyncInfo): Uint8Array {
  return encodeWhole((writer) => {
    const tag = SyncInfoTag[info.type];
    if (info.type === "newcookie") {
      writer.octets(info.cookie, tag);
      return;
    }
    const mark = writer.begin(tag);
    if (info.cookie !== undefined) writer.octets(info.cookie);
    if (info.type === "syncIdSet") {
      if (info.refreshDeletes) writer.boolean(true);
      const set = writer.begin(BerTag.set);
      for (const uuid of info.syncUUIDs) writeUuid(writer, uuid);
      writer.end(set);
    } else if (!info.refreshDone) {
      writer.boolean(false);
    }
    writer.end(mark);
  });
}
