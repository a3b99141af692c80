import { BerTag } from "../tag.ts";
import { decodeWhole, encodeWhole } from "../whole-value.ts";

/** Kinds of change, with their bits on the wire (draft-ietf-ldapext-psearch-03 §4). */
export const persistentSearchChanges = { add: 1, delete: 2, modify: 4, modDN: 8 } as const;

/** One of the kinds of change. */
export type PersistentSearchChange = keyof typeof persistentSearchChanges;

/** Value of a persistent search request (draft-ietf-ldapext-psearch-03 §4). */
export interface PersistentSearchRequest {
  /** The kinds of change to be told of, as bits. */
  readonly changeTypes: number;
  /** Whether what is there already is left out. */
  readonly changesOnly: boolean;
  /** Whether each entry is to come with an {@link EntryChangeNotification}. */
  readonly returnECs: boolean;
}

/** Value of an entry change notification (draft-ietf-ldapext-psearch-03 §5). */
export interface EntryChangeNotification {
  /** What has happened to the entry. */
  readonly changeType: PersistentSearchChange;
  /** The name it had before, where that changed. */
  readonly previousDN?: string;
}

const known = 15;

/** @throws LdapDecodeError when the value is malformed, or names no kind of change that is known */
export function decodePersistentSearch(value: Uint8Array): PersistentSearchRequest {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const changeTypes = reader.integer();
    if ((changeTypes & known) === 0 || changeTypes > known)
      throw reader.error("invalid-value", "unknown kinds of change");
    const changesOnly = reader.boolean();
    const returnECs = reader.boolean();
    reader.closeSequence(outer, -1);
    return { changeTypes, changesOnly, returnECs };
  });
}

export function encodePersistentSearch(request: PersistentSearchRequest): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.integer(request.changeTypes);
    writer.boolean(request.changesOnly);
    writer.boolean(request.returnECs);
    writer.end(mark);
  });
}

/** @throws LdapDecodeError when the value is malformed */
export function decodeEntryChange(value: Uint8Array): EntryChangeNotification {
  return decodeWhole(value, (reader) => {
    const outer = reader.open(BerTag.sequence);
    const bit = reader.enumerated(known, 1);
    const [changeType] = Object.entries(persistentSearchChanges).find(([, one]) => one === bit) ?? [];
    if (changeType === undefined) throw reader.error("invalid-value", "unknown kind of change");
    const previousDN = reader.peekTag() === BerTag.octetString ? reader.string() : undefined;
    // A change number may follow; servers that keep a change log in the tree give it.
    if (reader.peekTag() === BerTag.integer) reader.skip();
    reader.closeSequence(outer, -1);
    return {
      changeType: changeType as PersistentSearchChange,
      ...(previousDN === undefined ? {} : { previousDN }),
    };
  });
}

export function encodeEntryChange(change: EntryChangeNotification): Uint8Array {
  return encodeWhole((writer) => {
    const mark = writer.begin(BerTag.sequence);
    writer.enumerated(persistentSearchChanges[change.changeType]);
    if (change.previousDN !== undefined) writer.string(change.previousDN);
    writer.end(mark);
  });
}
