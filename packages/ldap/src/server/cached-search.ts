import {
  type BerWriter,
  encodeControls,
  encodeOperationBytes,
  type Filter,
  LdapResultCode,
  type PeekedMessage,
  type SearchRequest,
  SearchShape,
  writeEncodedOperation,
  writeEncodedOperations,
} from "../codec/index.ts";
import type { OperationContext } from "../handlers/operation-context.ts";
import { followsPersonOnly, PlannedSearch } from "../handlers/planned-search.ts";
import { type EntrySink, search } from "../handlers/search.ts";
import { type LdapIdentity, type Outcome, sightOf } from "../handlers/session.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Schema } from "../view/schema.ts";
import type { Tree } from "../view/tree.ts";
import type { AnswerCache } from "./answer-cache.ts";
import type { Realm } from "./realm.ts";
import type { SearchPlan } from "./search-plans.ts";

const maxEntries = 64;
const uniqueTypes: readonly string[] = ["uid", "entryUUID", "uidNumber", "employeeNumber"];

/** Takes encoded entries with their encoded controls; a promise means "wait". Throws once nobody waits for them. */
export type EncodedEntrySink = (entry: Uint8Array, controls?: Uint8Array) => void | Promise<void>;

/** The octets a request came in. */
export interface RequestOrigin {
  readonly frame: Buffer;
  readonly peeked: PeekedMessage;
}

/**
 * Answers a search without waiting, when its answer was kept or its plan can give it.
 *
 * @param identity - a reader of the whole directory who is still let in
 * @returns whether it was answered
 */
export function answerAtOnce(
  frame: Buffer,
  { messageId, opStart, opEnd }: PeekedMessage,
  identity: LdapIdentity,
  { view, answers }: Realm,
  writer: BerWriter,
): boolean {
  const { schema } = view;
  answers.follow(schema);
  const sight = sightOf(identity, view.options);
  const plan = answers.plans.find(frame, opStart, opEnd, sight);
  if (plan !== undefined) return answerPlanned(plan, frame, messageId, identity, view, answers, writer);
  const kept = answers.get(answerKey(sight, frame, opStart, opEnd), schema);
  if (kept === undefined || kept.users.includes(identity.user)) return false;
  writeEncodedOperations(writer, messageId, kept.slab.bytes, kept.start, kept.end);
  return true;
}

function answerPlanned(
  { shape, search, answers: table }: SearchPlan,
  frame: Buffer,
  messageId: number,
  { user: reader, tree }: LdapIdentity,
  view: DirectoryView,
  answers: AnswerCache,
  writer: BerWriter,
): boolean {
  const { valueStart, valueEnd } = shape;
  if (!isPlain(frame, valueStart, valueEnd)) return false;
  const value = frame.toString("latin1", valueStart, valueEnd);
  const kept = table.get(value);
  if (kept !== undefined) {
    if (kept.users.includes(reader)) return false;
    writeEncodedOperations(writer, messageId, kept.slab.bytes, kept.start, kept.end);
    return true;
  }
  const found = search.now(value, reader);
  if (found === undefined) return false;
  if (found !== "nobody") {
    const { entry, user, isOnly } = found;
    writeEncodedOperation(writer, messageId, entry);
    if (view.isTimedCached(tree) === false)
      answers.keep(table, value, { ops: [entry, done], users: [user], pinned: isOnly });
  }
  writeEncodedOperation(writer, messageId, done);
  return true;
}

/** Whether a value is plain text: visible ASCII and spaces. Others are looked at more closely. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const octet = bytes[i] as number;
    if (octet < 0x20 || octet > 0x7e) return false;
  }
  return end > start;
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
 * @param write - sends the entries
 */
export async function cachedSearch(
  request: SearchRequest,
  context: OperationContext,
  origin: RequestOrigin | undefined,
  answers: AnswerCache,
  write: EncodedEntrySink,
): Promise<Outcome> {
  const { session, view } = context;
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
  const sink: EntrySink = {
    entry: (op, about, controls) => {
      recorder?.entry(op, about);
      return controls === undefined ? write(op) : write(op, encodeControls(controls));
    },
  };
  const outcome = await search(request, context, sink);
  if (origin !== undefined && identity !== undefined && outcome.resultCode === LdapResultCode.success)
    plan(request, identity, view, origin, answers).catch((error: unknown) =>
      directory.logger.error({ error: String(error) }, "an LDAP search could not be planned"),
    );
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

/** Keeps a plan for searches like this one. */
async function plan(
  request: SearchRequest,
  identity: LdapIdentity,
  view: DirectoryView,
  { frame, peeked }: RequestOrigin,
  answers: AnswerCache,
): Promise<void> {
  const { directory } = view.options;
  if (identity.search !== "directory" || !directory.fresh) return;
  const { revision } = directory;
  const { schema } = view;
  answers.follow(schema);
  const { opStart, opEnd } = peeked;
  const sight = sightOf(identity, view.options);
  const isPlanned = (): boolean => answers.plans.find(frame, opStart, opEnd, sight) !== undefined;
  if (isPlanned()) return;
  const search = await PlannedSearch.of(request, identity, view);
  if (search === undefined) return;
  let seen = 0;
  const shape = SearchShape.of(frame.subarray(opStart, opEnd), () => seen++ === search.test);
  if (shape === undefined) return;
  // Whether answers depend on the clock is asked without waiting from now on.
  await view.isTimed(identity.tree);
  // What was translated may mean something else by now, and others may have planned the same.
  if (directory.revision !== revision || view.schema !== schema) return;
  if (!isPlanned()) answers.plans.add(shape, search);
}

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
    this.#reader = { user: identity.user, tree: identity.tree, sight: sightOf(identity, view.options) };
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
    // It is the sender's own again as soon as this returns.
    this.#ops.push(Uint8Array.from(op));
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
