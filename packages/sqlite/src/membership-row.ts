import { DirectoryError, type MemberKind, type Membership } from "@directorykit/core";
import type { SqlRow, SqlValue } from "./driver.ts";
import { decodeHexId, decodeId, encodeId } from "./record-id.ts";

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

/** The edges of one group in a text of `hex of member, digit of kind, digit of origin`, separated by commas. */
export function membersFromText(group: string, text: string): readonly Membership[] {
  const edges: Membership[] = [];
  for (let from = 0; from < text.length; ) {
    const comma = text.indexOf(",", from);
    const end = comma < 0 ? text.length : comma;
    edges.push({
      group: group as Membership["group"],
      member: decodeHexId(text.slice(from, end - 2)),
      memberKind: memberKinds[text.charCodeAt(end - 2) - 48] as MemberKind,
      origin: origins[text.charCodeAt(end - 1) - 48] as Membership["origin"],
    });
    from = end + 1;
  }
  return edges;
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
