import { DirectoryError, isDirectoryError } from "../errors.ts";
import type { CallOptions, Reader } from "./store.ts";

/** What came out of a store, as one of our errors: whatever it is, the caller denies. */
export function storeError(error: unknown, signal?: AbortSignal): DirectoryError {
  if (isDirectoryError(error)) return error;
  return signal?.aborted === true
    ? new DirectoryError("timeout", "the caller stopped waiting for the store", { cause: error })
    : new DirectoryError("store-unavailable", "the store failed", { cause: error });
}

/** The same reads, rejecting with a {@link DirectoryError} whatever the store rejects with. */
export function withTypedErrors(reader: Reader): Reader {
  const typed = <Given extends unknown[], T>(read: (...given: Given) => Promise<T>) => {
    return async (...given: Given): Promise<T> => {
      try {
        return await read.apply(reader, given);
      } catch (error) {
        throw storeError(error, (given.at(-1) as CallOptions | undefined)?.signal);
      }
    };
  };
  return {
    revision: typed(reader.revision),
    get: typed(reader.get) as Reader["get"],
    getMany: typed(reader.getMany) as Reader["getMany"],
    getByKey: typed(reader.getByKey) as Reader["getByKey"],
    query: typed(reader.query) as Reader["query"],
    count: typed(reader.count),
    groupsOf: typed(reader.groupsOf),
    membersOf: typed(reader.membersOf),
    changes: typed(reader.changes),
    audit: typed(reader.audit),
    counter: typed(reader.counter),
    peekOnce: typed(reader.peekOnce),
  };
}
