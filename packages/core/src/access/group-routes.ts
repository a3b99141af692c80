import { DirectoryError } from "../errors.ts";
import type { GroupId } from "../model/ids.ts";
import type { CallOptions, Reader } from "../store/store.ts";
import type { AccessPath } from "./decision.ts";
import { maxGroupNesting } from "./group-graph.ts";

/** Groups from a direct one upwards. */
type Route = AccessPath["groups"];

const maxRoutes = 1000;

/**
 * Every route from a member's direct groups up to each of `targets`, with one read per level of nesting.
 * @throws DirectoryError `limit-exceeded` for more than 1000 routes
 */
export async function routesTo(
  reader: Reader,
  member: string,
  targets: ReadonlySet<string>,
  options?: CallOptions,
): Promise<ReadonlyMap<string, readonly Route[]>> {
  const parents = await edgesAbove(reader, member, options);
  const leading = leadingTo(targets, parents);
  const groups = await reader.getMany("group", [...leading], options);
  const names = new Map<string, string>(groups.map((group) => [group.id, group.name]));
  const routes = new Map<string, Route[]>();
  let found = 0;
  const walk = (from: string, route: Route): void => {
    if (route.length > maxGroupNesting) return;
    for (const group of parents.get(from) ?? []) {
      if (!leading.has(group) || route.some((step) => step.id === group)) continue;
      const longer = [...route, { id: group as GroupId, name: names.get(group) ?? "" }];
      if (targets.has(group)) {
        if (++found > maxRoutes) {
          throw new DirectoryError("limit-exceeded", "too many paths to explain", {
            details: { limit: "maxRoutes", value: maxRoutes },
          });
        }
        routes.set(group, [...(routes.get(group) ?? []), longer]);
      }
      walk(group, longer);
    }
  };
  walk(member, []);
  return routes;
}

/** For the member and each group above it, the groups it is a direct member of. */
async function edgesAbove(
  reader: Reader,
  member: string,
  options: CallOptions | undefined,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const parents = new Map<string, string[]>();
  let level: readonly string[] = [member];
  for (let depth = 0; level.length > 0 && depth <= maxGroupNesting; depth++) {
    for (const one of level) parents.set(one, []);
    const edges = await reader.groupsOf(level, options);
    for (const edge of edges) parents.get(edge.member)?.push(edge.group);
    level = [...new Set(edges.map((edge) => edge.group as string))].filter((group) => !parents.has(group));
  }
  return parents;
}

/** The groups from which a target can be reached, so that no dead end is walked. */
function leadingTo(
  targets: ReadonlySet<string>,
  parents: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const leading = new Set(targets);
  for (let before = -1; before !== leading.size; ) {
    before = leading.size;
    for (const [one, above] of parents) if (above.some((group) => leading.has(group))) leading.add(one);
  }
  return leading;
}
