import { encodeOperationBytes, type Filter, LdapResultCode, type SearchRequest } from "../codec/index.ts";
import type { LdapIdentity } from "../handlers/session.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Schema } from "../view/schema.ts";
import type { AnswerCache } from "./answer-cache.ts";

const maxEntries = 64;
const uniqueTypes: readonly string[] = ["uid", "entryUUID", "uidNumber", "employeeNumber"];

/** The key of a search: who sees what, and the request's octets without its messageID. */
export function answerKey(identity: LdapIdentity, frame: Buffer, opStart: number, opEnd: number): string {
  return `${identity.tree.suffix}\0${frame.toString("latin1", opStart, opEnd)}`;
}

const done = encodeOperationBytes({
  type: "searchResDone",
  resultCode: LdapResultCode.success,
  matchedDN: "",
  diagnosticMessage: "",
});

/** Gathers an answer while it is sent, and keeps it if it may be given again. */
export class AnswerRecorder {
  readonly #ops: Uint8Array[] = [];
  readonly #about = new Set<string>();
  readonly #revision: number;
  #tooLarge = false;

  /** @param revision - the directory's revision before the search began */
  constructor(revision: number) {
    this.#revision = revision;
  }

  entry(op: Uint8Array, about: readonly string[]): void {
    if (this.#ops.length === maxEntries) this.#tooLarge = true;
    else this.#ops.push(op);
    for (const id of about) this.#about.add(id);
  }

  /** Keeps the answer, unless something happened meanwhile or it depends on who asks or when. */
  async keep(
    cache: AnswerCache,
    key: string,
    request: SearchRequest,
    identity: LdapIdentity,
    view: DirectoryView,
  ): Promise<void> {
    if (this.#tooLarge || this.#about.has(identity.user) || (await view.isTimed(identity.tree))) return;
    if (view.options.directory.revision !== this.#revision) return;
    const pinned =
      this.#ops.length === 1 && this.#about.size > 0 && namesOnePerson(request, view.schema, identity);
    cache.set(key, { ops: [...this.#ops, done], users: [...this.#about], pinned });
  }
}

/** Whether only one certain person can ever be in the answer, so that changes to others leave it as it is. */
function namesOnePerson(request: SearchRequest, schema: Schema, identity: LdapIdentity): boolean {
  if (!followsPersonOnly(request.filter, schema)) return false;
  const { tree } = identity;
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
