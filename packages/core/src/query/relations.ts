import { type Authorizer, isInValidity } from "../access/authorizer.ts";
import { ancestorsOf, descendantsOf } from "../access/group-graph.ts";
import type { ChangeFeed } from "../changes/change-feed.ts";
import type { ResourceId } from "../model/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Reader } from "../store/store.ts";
import type { Entitled, KnownRelations, RelationResolver } from "./compile-filter.ts";

const maxKept = 1000;

/** Relations between records: looked up, or as far as they are known. */
export interface Relations extends RelationResolver, KnownRelations {
  /** A number that is another one once anything that was known has ceased to hold. */
  generation(): number;
}

/**
 * Looks up relations for filters. Who is entitled to a resource and what groups lie in a group is asked again and again by
 * the searches of a protocol view, so those answers are kept until the feed tells of a change to groups or grants, or a
 * grant's validity begins or ends.
 */
export function createRelations(
  reader: Reader,
  authorizer: Authorizer,
  feed: ChangeFeed,
  clock: Clock,
): Relations {
  const kept = new Map<string, Entitled>();
  const nested = new Map<string, readonly string[]>();
  /** When the first of the kept answers ends by the clock. */
  let until = Number.POSITIVE_INFINITY;
  let generation = 0;
  const forget = (): void => {
    generation += 1;
    until = Number.POSITIVE_INFINITY;
    kept.clear();
    nested.clear();
  };
  const present = (): number => {
    if (clock() >= until) forget();
    return generation;
  };
  feed.listen((changes) => {
    for (const change of changes) {
      const matters =
        change.kind === "grant" ||
        change.kind === "group" ||
        change.kind === "resource" ||
        (change.kind === "membership" && change.memberKind === "group");
      if (!matters) continue;
      forget();
      return;
    }
  }, forget);
  return {
    descendants: async (groups) => {
      await feed.ensureFresh();
      const begun = present();
      const key = JSON.stringify(groups);
      const found = nested.get(key);
      if (found !== undefined) return found;
      const computed = [...(await descendantsOf(reader, groups))];
      if (begun === generation) {
        if (nested.size >= maxKept) nested.clear();
        nested.set(key, computed);
      }
      return computed;
    },
    descendantsNow: (groups) => {
      if (!feed.isFresh()) return undefined;
      present();
      return nested.get(JSON.stringify(groups));
    },
    groupsOf: async (member, transitive) =>
      transitive
        ? [...(await ancestorsOf(reader, member))]
        : (await reader.groupsOf([member])).map((edge) => edge.group),
    entitled: async (resources) => {
      await feed.ensureFresh();
      const begun = present();
      const key = JSON.stringify(resources);
      const found = kept.get(key);
      if (found !== undefined) return found;
      const computed = await entitled(reader, authorizer, resources, clock());
      if (begun === generation) {
        if (kept.size >= maxKept) forget();
        kept.set(key, computed.answer);
        until = Math.min(until, computed.until);
      }
      return computed.answer;
    },
    entitledNow: (resources) => {
      if (!feed.isFresh()) return undefined;
      present();
      return kept.get(JSON.stringify(resources));
    },
    generation: present,
  };
}

async function entitled(
  reader: Reader,
  authorizer: Authorizer,
  resources: readonly ResourceId[],
  now: number,
): Promise<{ readonly answer: Entitled; readonly until: number }> {
  const groups = new Set<string>();
  const users = new Set<string>();
  let until = Number.POSITIVE_INFINITY;
  for (const resource of resources) {
    for (const grant of await authorizer.grantsOf(resource)) {
      for (const edge of [grant.notBefore, grant.notAfter])
        if (edge !== undefined && edge > now) until = Math.min(until, edge);
      if (!isInValidity(grant, now)) continue;
      if (grant.group !== undefined) groups.add(grant.group);
      if (grant.user !== undefined) users.add(grant.user);
    }
  }
  return { answer: { groups: [...(await descendantsOf(reader, [...groups]))], users: [...users] }, until };
}
