import {
  type Control,
  encodeControls,
  encodeOperationBytes,
  type Filter,
  joinSearchEntry,
  LdapResultCode,
  type PeekedMessage,
  type SearchRequest,
} from "../codec/index.ts";
import type { OperationContext } from "../handlers/operation-context.ts";
import { search } from "../handlers/search.ts";
import { type LdapIdentity, type Outcome, sightOf } from "../handlers/session.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Schema } from "../view/schema.ts";
import type { Tree } from "../view/tree.ts";
import type { AnswerCache } from "./answer-cache.ts";

const maxEntries = 64;
const uniqueTypes: readonly string[] = ["uid", "entryUUID", "uidNumber", "employeeNumber"];

/** The octets a request came in. */
export interface RequestOrigin {
  readonly frame: Buffer;
  readonly peeked: PeekedMessage;
}

/** The key of a search: what its reader sees (by `sightOf`), and the request's octets without its messageID. */
export function answerKey(sight: string, frame: Buffer, opStart: number, opEnd: number): string {
  return `${sight}\0${frame.toString("latin1", opStart, opEnd)}`;
}

/**
 * Answers a search, and keeps the answer if it may be given again.
 *
 * @param origin - the request's octets; `undefined` when its answer may not be kept
 * @param answers - where answers are kept
 * @param write - sends an encoded entry; a promise means "wait"
 */
export async function cachedSearch(
  request: SearchRequest,
  context: OperationContext,
  origin: RequestOrigin | undefined,
  answers: AnswerCache,
  write: (entry: Uint8Array, controls?: Uint8Array) => void | Promise<void>,
): Promise<Outcome> {
  const { session, view, signal } = context;
  const { identity } = session;
  const { directory, limits } = view.options;
  // The root DSE differs between connections with and without TLS.
  const mayKeep =
    origin !== undefined &&
    request.baseObject !== "" &&
    identity?.search === "directory" &&
    limits.maxAnswerCacheBytes > 0 &&
    directory.fresh;
  const recorder = mayKeep ? new AnswerRecorder(identity, view) : undefined;
  const sink = {
    entry: (
      objectName: Uint8Array,
      attributes: readonly Uint8Array[],
      about: readonly string[],
      controls?: readonly Control[],
    ): void | Promise<void> => {
      if (signal.aborted) throw new DOMException("given up", "AbortError");
      const bytes = joinSearchEntry(objectName, attributes);
      recorder?.entry(bytes, about);
      return controls === undefined ? write(bytes) : write(bytes, encodeControls(controls));
    },
  };
  const outcome = await search(request, context, sink);
  if (recorder !== undefined && origin !== undefined && outcome.resultCode === LdapResultCode.success)
    await recorder.keep(answers, origin, request);
  return outcome;
}

const done = encodeOperationBytes({
  type: "searchResDone",
  resultCode: LdapResultCode.success,
  matchedDN: "",
  diagnosticMessage: "",
});

/** Gathers an answer while it is sent. */
class AnswerRecorder {
  readonly #ops: Uint8Array[] = [];
  readonly #about = new Set<string>();
  readonly #reader: Pick<LdapIdentity, "user" | "tree"> & { readonly sight: string };
  readonly #view: DirectoryView;
  readonly #schema: Schema;
  readonly #revision: number;
  #tooLarge = false;

  /** To be made before the search begins: an answer counts only if nothing has happened since. */
  constructor(identity: LdapIdentity, view: DirectoryView) {
    this.#reader = { user: identity.user, tree: identity.tree, sight: sightOf(identity) };
    this.#view = view;
    this.#schema = view.schema;
    this.#revision = view.options.directory.revision;
  }

  entry(op: Uint8Array, about: readonly string[]): void {
    if (this.#ops.length === maxEntries) this.#tooLarge = true;
    if (this.#tooLarge) {
      this.#ops.length = 0;
      return;
    }
    this.#ops.push(op);
    for (const id of about) this.#about.add(id);
  }

  /** Keeps the answer, unless something happened meanwhile or it depends on who asks or when. */
  async keep(cache: AnswerCache, { frame, peeked }: RequestOrigin, request: SearchRequest): Promise<void> {
    const { user, tree, sight } = this.#reader;
    const view = this.#view;
    if (this.#tooLarge || this.#about.has(user) || (await view.isTimed(tree))) return;
    if (view.options.directory.revision !== this.#revision || view.schema !== this.#schema) return;
    const pinned =
      this.#ops.length === 1 && this.#about.size > 0 && namesOnePerson(request, view.schema, tree);
    const key = answerKey(sight, frame, peeked.opStart, peeked.opEnd);
    cache.set(key, { ops: [...this.#ops, done], users: [...this.#about], pinned }, this.#schema);
  }
}

/** Whether only one certain person can ever be in the answer, so that changes to others leave it as it is. */
function namesOnePerson(request: SearchRequest, schema: Schema, tree: Tree): boolean {
  if (!followsPersonOnly(request.filter, schema)) return false;
  return (
    hasUniqueTest(request.filter, schema) ||
    (request.scope === "baseObject" && request.baseObject.toLowerCase().endsWith(tree.usersDn.toLowerCase()))
  );
}

function hasUniqueTest(filter: Filter, schema: Schema): boolean {
  if (filter.type === "and") return filter.filters.some((part) => hasUniqueTest(part, schema));
  if (filter.type !== "equalityMatch") return false;
  const name = schema.type(filter.attribute)?.names[0];
  return name !== undefined && uniqueTypes.includes(name);
}

/** Whether no test looks at other people by their DN; memberOf looks at groups, and changes to those clear everything. */
function followsPersonOnly(filter: Filter, schema: Schema): boolean {
  switch (filter.type) {
    case "and":
    case "or":
      return filter.filters.every((part) => followsPersonOnly(part, schema));
    case "not":
      return followsPersonOnly(filter.filter, schema);
    default: {
      const type = filter.attribute === undefined ? undefined : schema.type(filter.attribute);
      return type === undefined || type.syntax !== "dn" || type.names[0] === "memberOf";
    }
  }
}
