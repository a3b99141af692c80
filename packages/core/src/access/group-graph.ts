import { DirectoryError } from "../errors.ts";
import type { CallOptions, ImmediateReader, Reader } from "../store/store.ts";

/** How deep groups may be nested in one another. Counted in edges from a user's direct group upwards. */
export const maxGroupNesting = 32;

const pageSize = 1000;

/**
 * All groups a member belongs to, direct and through nesting, with one read per level. A cycle, which writes refuse
 * but a store may hold all the same, ends the walk by the visited set.
 */
export async function ancestorsOf(
  reader: Reader,
  member: string,
  options?: CallOptions,
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  let level: readonly string[] = [member];
  for (let depth = 0; level.length > 0 && depth <= maxGroupNesting; depth++) {
    const next: string[] = [];
    for (const edge of await reader.groupsOf(level, options)) {
      if (!seen.has(edge.group)) {
        seen.add(edge.group);
        next.push(edge.group);
      }
    }
    level = next;
  }
  return seen;
}

/** Groups a walk without waiting looks at before it is left to one that waits: nobody else gets a turn meanwhile. */
const maxWalkedAtOnce = 64;

/** {@link ancestorsOf} without waiting; `undefined` when there are many. */
export function ancestorsNow(reads: ImmediateReader, member: string): ReadonlySet<string> | undefined {
  const seen = new Set<string>();
  let level: readonly string[] = [member];
  for (let depth = 0; level.length > 0 && depth <= maxGroupNesting; depth++) {
    const next: string[] = [];
    for (const one of level) {
      for (const group of reads.groupIdsOf(one)) {
        if (seen.has(group)) continue;
        seen.add(group);
        next.push(group);
      }
      if (seen.size > maxWalkedAtOnce) return undefined;
    }
    level = next;
  }
  return seen;
}

/** The groups given and all groups nested in them. */
export async function descendantsOf(reader: Reader, groups: readonly string[]): Promise<ReadonlySet<string>> {
  const seen = new Set(groups);
  let level: readonly string[] = [...seen];
  for (let depth = 0; level.length > 0 && depth <= maxGroupNesting; depth++) {
    const next: string[] = [];
    for (const group of level) {
      for await (const child of nestedGroups(reader, group)) {
        if (!seen.has(child)) {
          seen.add(child);
          next.push(child);
        }
      }
    }
    level = next;
  }
  return seen;
}

async function* nestedGroups(reader: Reader, group: string): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const page = await reader.membersOf(group, {
      limit: pageSize,
      kind: "group",
      ...(after === undefined ? {} : { after }),
    });
    for (const edge of page) yield edge.member;
    if (page.length < pageSize) return;
    after = page.at(-1)?.member;
  }
}

/**
 * Refuses an edge that would close a circle or nest too deep.
 * @throws DirectoryError `conflict` for a circle, `limit-exceeded` for the depth
 */
export async function checkNesting(reader: Reader, parent: string, child: string): Promise<void> {
  const above = await ancestorsOf(reader, parent);
  if (parent === child || above.has(child)) {
    throw new DirectoryError("conflict", "a group cannot be a member of itself, directly or through others", {
      details: { reason: "circle", member: child },
    });
  }
  const depth = (await heightAbove(reader, parent)) + 1 + (await heightBelow(reader, child));
  if (depth > maxGroupNesting) {
    throw new DirectoryError("limit-exceeded", `groups may be nested ${maxGroupNesting} deep`, {
      details: { limit: "maxGroupNesting", value: maxGroupNesting },
    });
  }
}

async function heightAbove(reader: Reader, group: string): Promise<number> {
  let level: readonly string[] = [group];
  for (let height = 0; ; height++) {
    const next = [...new Set((await reader.groupsOf(level)).map((edge) => edge.group))];
    if (next.length === 0 || height > maxGroupNesting) return height;
    level = next;
  }
}

async function heightBelow(reader: Reader, group: string): Promise<number> {
  let level: readonly string[] = [group];
  for (let height = 0; ; height++) {
    const next = new Set<string>();
    for (const one of level) for await (const child of nestedGroups(reader, one)) next.add(child);
    if (next.size === 0 || height > maxGroupNesting) return height;
    level = [...next];
  }
}
