import { memoryStore, type OrganizationId, type Reader } from "@directorykit/core";
import { type BrokenStore, withFault } from "./faulty-store.fixture.ts";

/** Faults in memberships, the feed, one-time records, the audit trail and the separation of organizations. */
export const brokenRest: readonly BrokenStore[] = [
  {
    fault: "an edge that was there is reported as new",
    suite: "graph",
    make: () =>
      withFault((tx) => ({
        addMembers: async (edges) => {
          await tx.addMembers(edges);
          return edges;
        },
      })),
  },
  {
    fault: "the kind of member is taken after the page is cut",
    suite: "graph",
    make: () =>
      withFault((tx) => ({
        membersOf: async (group, { kind, ...page }, options) => {
          const edges = await tx.membersOf(group, page, options);
          return edges.filter((edge) => kind === undefined || edge.memberKind === kind);
        },
      })),
  },
  {
    fault: "revisions have a gap",
    suite: "change feed",
    make: () =>
      withFault((tx) => ({
        changes: async (after, limit, options) => {
          const page = await tx.changes(after, limit, options);
          return { ...page, changes: page.changes.filter((change) => change.revision !== 3) };
        },
      })),
  },
  {
    fault: "taking a one-time record leaves it there",
    suite: "one-time records",
    make: () => withFault((tx) => ({ consumeOnce: (key, now) => tx.peekOnce(key, now) })),
  },
  {
    fault: "reservations are looked up outside of the transaction",
    suite: "one-time records",
    make: () => {
      const held = new Map<string, number>();
      return withFault((_tx, organization) => ({
        reserve: async (key, expiresAt, now) => {
          const free = (held.get(`${organization} ${key}`) ?? 0) <= now;
          await new Promise((resolve) => setImmediate(resolve));
          if (free) setImmediate(() => held.set(`${organization} ${key}`, expiresAt));
          return free;
        },
      }));
    },
  },
  {
    fault: "an increment passes its maximum",
    suite: "one-time records",
    make: () => withFault((tx) => ({ increment: (key, { max: _, ...step }) => tx.increment(key, step) })),
  },
  {
    fault: "garbage collection drops nothing",
    suite: "one-time records",
    make: () => ({ ...memoryStore(), collectGarbage: async () => 0 }),
  },
  {
    fault: "a family of actions is any action that begins like it",
    suite: "audit",
    make: () =>
      withFault((tx) => ({
        audit: async (query, options) => {
          if (query.action?.endsWith(".") !== true) return tx.audit(query, options);
          const { action, limit, ...rest } = query;
          const family = action.slice(0, -1);
          const all = await tx.audit({ ...rest, limit: 1000 }, options);
          return all.filter((event) => event.action.startsWith(family)).slice(0, limit);
        },
      })),
  },
  {
    fault: "long lists of ids are cut",
    suite: "limits",
    make: () =>
      withFault((tx) => ({ getMany: (kind, ids, options) => tx.getMany(kind, ids.slice(0, 5000), options) })),
  },
  {
    fault: "organizations share their one-time records",
    suite: "organizations",
    make: () => {
      const store = memoryStore();
      const shared = "shared" as OrganizationId;
      return {
        ...store,
        reader: (organization): Reader => ({
          ...store.reader(organization),
          peekOnce: (key, now) => store.reader(shared).peekOnce(key, now),
        }),
        transaction: (organization, work, options) =>
          store.transaction(
            organization,
            (tx) =>
              work({
                ...tx,
                putOnce: (key, value, at) =>
                  store.transaction(shared, (other) => other.putOnce(key, value, at)),
                consumeOnce: (key, now) => store.transaction(shared, (other) => other.consumeOnce(key, now)),
                peekOnce: (key, now) => store.reader(shared).peekOnce(key, now),
              }),
            options,
          ),
      };
    },
  },
  {
    fault: "organizations are told apart by the beginning of their name",
    suite: "organizations",
    make: () => {
      const store = memoryStore();
      const cut = (organization: OrganizationId): OrganizationId =>
        organization.slice(0, 4) as OrganizationId;
      return {
        ...store,
        reader: (organization) => store.reader(cut(organization)),
        transaction: (organization, work, options) => store.transaction(cut(organization), work, options),
      };
    },
  },
  {
    fault: "a new method of the reader has no test yet",
    suite: "organizations",
    make: () => {
      const store = memoryStore();
      return {
        ...store,
        reader: (organization): Reader =>
          ({ ...store.reader(organization), recentlyChanged: async () => [] }) as Reader,
      };
    },
  },
  {
    fault: "it promises durability that nobody tests",
    suite: "capabilities",
    make: () => ({ ...memoryStore(), capabilities: { durable: true } }),
  },
];
