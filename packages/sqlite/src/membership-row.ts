import { DirectoryError, type MemberKind, type Membership } from "@directorykit/core";
import type { SqlRow, SqlValue } from "./driver.ts";
import { decodeId, encodeId } from "./record-id.ts";

/** Kinds of members by their number in the file. New ones go to the end. */
export const memberKinds: readonly MemberKind[] = ["user", "group", "system"];

/** Origins of memberships by their number in the file. */
const origins: readonly Membership["origin"][] = ["static", "rule"];

/** The edge in a row of `container, member, kind, origin`. */
export function membershipOf(row: SqlRow): Membership {
  return {
    group: decodeId(row[0] as Uint8Array) as Membership["group"],
    member: decodeId(row[1] as Uint8Array),
    memberKind: memberKinds[row[2] as number] as MemberKind,
    origin: origins[row[3] as number] as Membership["origin"],
  };
}

/** The row of an edge: `organization, member, container, kind, origin`. */
export function membershipRow(organization: number, edge: Membership): readonly SqlValue[] {
  return [
    organization,
    encodeId(edge.member),
    encodeId(edge.group),
    codeOf(memberKinds, edge.memberKind),
    codeOf(origins, edge.origin),
  ];
}

function codeOf(list: readonly string[], word: string): number {
  const code = list.indexOf(word);
  if (code < 0) throw new DirectoryError("invalid-input", "a membership of a kind this store does not know");
  return code;
}
