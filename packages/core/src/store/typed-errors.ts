import { DirectoryError, isDirectoryError } from "../errors.ts";
import type { CallOptions, ImmediateReader, Reader } from "./store.ts";

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
    ...(reader.immediate === undefined ? {} : { immediate: typedImmediate(reader) }),
  };
}

function typedImmediate(reader: Reader): () => ImmediateReader | undefined {
  const typed = <Given extends unknown[], T>(read: (...given: Given) => T) => {
    return (...given: Given): T => {
      try {
        return read(...given);
      } catch (error) {
        throw storeError(error);
      }
    };
  };
  const wrap = (inner: ImmediateReader): ImmediateReader => ({
    get: typed((kind, id) => inner.get(kind, id)) as ImmediateReader["get"],
    getByKey: typed((kind, name, value) => inner.getByKey(kind, name, value)) as ImmediateReader["getByKey"],
    getByEntry: typed((kind, attribute, value, limit) =>
      inner.getByEntry(kind, attribute, value, limit),
    ) as ImmediateReader["getByEntry"],
    isMember: typed((group, member) => inner.isMember(group, member)),
    groupIdsOf: typed((member) => inner.groupIdsOf(member)),
  });
  // Stores give the same object again and again, so it is wrapped once.
  let known: ImmediateReader | undefined;
  let wrapped: ImmediateReader | undefined;
  const ask = typed(() => reader.immediate?.());
  return () => {
    const inner = ask();
    if (inner === undefined) return undefined;
    if (inner !== known || wrapped === undefined) {
      known = inner;
      wrapped = wrap(inner);
    }
    return wrapped;
  };
}
