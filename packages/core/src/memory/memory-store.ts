import { DirectoryError } from "../errors.ts";
import type { OrganizationId } from "../model/ids.ts";
import type { CallOptions, Reader, Store, Transaction } from "../store/store.ts";
import { MemoryOrganization } from "./memory-organization.ts";

/**
 * A store that lives in the process and is gone with it: the reference for the store contract, and the right one for
 * unit tests. Good for some 100,000 users; above that an embedded database is as fast where it matters.
 */
export function memoryStore(): Store {
  const organizations = new Map<OrganizationId, MemoryOrganization>();
  const organization = (id: OrganizationId): MemoryOrganization => {
    let found = organizations.get(id);
    if (found === undefined) {
      found = new MemoryOrganization();
      organizations.set(id, found);
    }
    return found;
  };
  return {
    capabilities: { durable: false },
    open: async () => {},
    close: async () => {
      await Promise.all([...organizations.values()].map((one) => one.idle()));
    },
    reader: (id): Reader => organization(id).reader,
    transaction: async <T>(
      id: OrganizationId,
      work: (tx: Transaction) => Promise<T>,
      options?: CallOptions,
    ): Promise<T> => {
      if (options?.signal?.aborted)
        throw new DirectoryError("timeout", "aborted before the transaction began");
      return organization(id).transaction(work);
    },
    collectGarbage: async (now) => {
      let dropped = 0;
      for (const one of organizations.values()) dropped += await one.collectGarbage(now);
      return dropped;
    },
  };
}
