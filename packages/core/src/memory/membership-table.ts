import type { MemberKind, Membership } from "../model/group.ts";

/** The membership edges of one organization, found from either end. */
export class MembershipTable {
  readonly #byMember = new Map<string, Map<string, Membership>>();
  readonly #byGroup = new Map<string, Map<string, Membership>>();
  readonly #ordered = new Map<string, readonly string[]>();
  readonly #none: ReadonlyMap<string, unknown> = new Map();

  add(edge: Membership): boolean {
    const groups = entry(this.#byMember, edge.member);
    if (groups.has(edge.group)) return false;
    const kept = Object.freeze({ ...edge });
    groups.set(edge.group, kept);
    entry(this.#byGroup, edge.group).set(edge.member, kept);
    this.#ordered.delete(edge.group);
    return true;
  }

  remove(group: string, member: string): Membership | undefined {
    const edge = this.#byMember.get(member)?.get(group);
    if (edge === undefined) return undefined;
    this.#byMember.get(member)?.delete(group);
    this.#byGroup.get(group)?.delete(member);
    this.#ordered.delete(group);
    return edge;
  }

  has(group: string, member: string): boolean {
    return this.#byMember.get(member)?.has(group) === true;
  }

  /** The groups that a member is directly in, as they stand. */
  groupIdsOf(member: string): Pick<ReadonlyMap<string, unknown>, "has" | "keys"> {
    return this.#byMember.get(member) ?? this.#none;
  }

  groupsOf(members: readonly string[]): readonly Membership[] {
    return [...new Set(members)].flatMap((member) => [...(this.#byMember.get(member)?.values() ?? [])]);
  }

  membersOf(
    group: string,
    after: string | undefined,
    limit: number,
    kind: MemberKind | undefined,
  ): readonly Membership[] {
    const members = this.#byGroup.get(group);
    if (members === undefined) return [];
    let ids = this.#ordered.get(group);
    if (ids === undefined) {
      ids = [...members.keys()].sort();
      this.#ordered.set(group, ids);
    }
    const page: Membership[] = [];
    for (
      let i = after === undefined ? 0 : placeAfter(ids, after);
      i < ids.length && page.length < limit;
      i++
    ) {
      const edge = members.get(ids[i] as string);
      if (edge !== undefined && (kind === undefined || edge.memberKind === kind)) page.push(edge);
    }
    return page;
  }
}

function entry(table: Map<string, Map<string, Membership>>, key: string): Map<string, Membership> {
  let inner = table.get(key);
  if (inner === undefined) {
    inner = new Map();
    table.set(key, inner);
  }
  return inner;
}

function placeAfter(ids: readonly string[], after: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as string) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
