import { type Filter as CoreFilter, foldCase, type RecordTypes } from "@directorykit/core";
import {
  type Control,
  ControlOid,
  type DereferenceResult,
  encodeDereferenceResponse,
  LdapResultCode,
  parseDn,
} from "../codec/index.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { Entry } from "../view/entry.ts";
import type { AttributeTypeDefinition } from "../view/schema-definitions.ts";
import { Selection } from "../view/selection.ts";
import type { Tree, TreeNode } from "../view/tree.ts";
import { turn } from "../view/turn.ts";
import type { EntrySource } from "./entry-source.ts";
import type { OperationContext } from "./operation-context.ts";
import type { Outcome } from "./session.ts";

/** Entries that are looked up at a time. */
const batchSize = 500;

/** Ends a search that follows more values than it may. */
export const tooManyValues: unique symbol = Symbol("too many values to follow");

interface Followed {
  readonly name: string;
  readonly type: AttributeTypeDefinition;
  readonly selection: Selection;
}

/** What an entry says when it is followed: encoded attributes. */
type Attributes = readonly Uint8Array[];
type Found = ReadonlyMap<string, Attributes>;

/**
 * Follows attributes of entries to the entries that they name, and says what of those was asked for
 * (draft-masarati-ldap-deref-00). What the reader does not see leads nowhere.
 */
export class Dereferencer {
  readonly #followed: readonly Followed[];
  readonly #view: DirectoryView;
  readonly #source: EntrySource;
  readonly #tree: Tree;
  readonly #signal: AbortSignal;
  #left: number;

  private constructor(
    followed: readonly Followed[],
    source: EntrySource,
    tree: Tree,
    { view, signal }: OperationContext,
  ) {
    this.#followed = followed;
    this.#view = view;
    this.#source = source;
    this.#tree = tree;
    this.#signal = signal;
    this.#left = view.options.limits.maxDereferencedValues;
  }

  /**
   * Prepares what the request's control asks for; `undefined` when it asks for nothing.
   * @returns the result instead when the control is critical and asks to follow what names no entries
   */
  static of(
    context: OperationContext,
    source: EntrySource | undefined,
  ): Dereferencer | undefined | { readonly refusal: Outcome } {
    const { dereference } = context.controls;
    const { identity } = context.session;
    if (dereference === undefined || identity === undefined || source === undefined) return undefined;
    const { schema, hidden } = context.view;
    const followed: Followed[] = [];
    for (const { derefAttr, attributes } of dereference.value) {
      const type = schema.type(derefAttr);
      if (type?.syntax === "dn" && !hidden.has(type)) {
        followed.push({ name: derefAttr, type, selection: new Selection(attributes, false, schema) });
      } else if (dereference.critical) {
        const resultCode = LdapResultCode.unavailableCriticalExtension;
        return { refusal: { resultCode, diagnosticMessage: "not an attribute that names entries" } };
      }
    }
    return followed.length === 0 ? undefined : new Dereferencer(followed, source, identity.tree, context);
  }

  /** Names of the attributes that are followed, which entries must have. */
  get names(): readonly string[] {
    return this.#followed.map(({ name }) => name);
  }

  /**
   * The control that goes with an entry; `undefined` when it names no others.
   * @throws {@link tooManyValues} when the search has followed as many as it may
   */
  async control(entry: Entry, seesPrivate: boolean): Promise<Control | undefined> {
    const results: DereferenceResult<Attributes>[] = [];
    for (const { name, type, selection } of this.#followed) {
      const values = entry.attributes.flatMap((one) =>
        one.type === type && (!one.selfOnly || seesPrivate) ? one.values : [],
      );
      this.#left -= values.length;
      if (this.#left < 0) throw tooManyValues;
      for (let at = 0; at < values.length; at += batchSize) {
        const batch = values.slice(at, at + batchSize);
        const found = await this.#follow(batch, selection);
        for (const [i, derefVal] of batch.entries()) {
          const attrVals = found[i];
          const isEmpty = attrVals === undefined || attrVals.length === 0;
          results.push({ derefAttr: name, derefVal, ...(isEmpty ? {} : { attrVals }) });
        }
      }
    }
    if (results.length === 0) return undefined;
    return { oid: ControlOid.dereference, critical: false, value: encodeDereferenceResponse(results) };
  }

  /** What the entries of these names say; `undefined` for those that are not there or not seen. */
  async #follow(
    names: readonly string[],
    selection: Selection,
  ): Promise<readonly (Attributes | undefined)[]> {
    const nodes = names.map((name) => this.#tree.locate(parseDn(name)));
    const users = await this.#users(nodes, selection);
    const groups = await this.#groups(nodes, selection);
    return nodes.map((node) => {
      if (node?.type === "user") return users.get(node.username);
      return node?.type === "group" ? groups.get(node.name) : undefined;
    });
  }

  /** By the folded name in the DN. */
  async #users(nodes: readonly (TreeNode | undefined)[], selection: Selection): Promise<Found> {
    const names = nodes.flatMap((node) => (node?.type === "user" ? node.username : []));
    const filter = this.#source.visibleUsers(isOneOf("username", names));
    const found = new Map<string, Attributes>();
    for await (const user of this.#stream("user", names, filter)) {
      const entry = await this.#source.user(user, selection);
      found.set(
        foldCase(user.username),
        selection.apply(entry, this.#source.seesPrivate(user), this.#view.hidden),
      );
      await turn();
    }
    return found;
  }

  /** By the folded name in the DN. */
  async #groups(nodes: readonly (TreeNode | undefined)[], selection: Selection): Promise<Found> {
    const names = nodes.flatMap((node) => (node?.type === "group" ? node.name : []));
    const filter = this.#source.visibleGroups(isOneOf("name", names));
    const found = new Map<string, Attributes>();
    for await (const group of this.#stream("group", names, filter)) {
      const entry = await this.#source.group(group, selection);
      found.set(foldCase(group.name), selection.apply(entry, false, this.#view.hidden));
      await turn();
    }
    return found;
  }

  async *#stream<K extends "user" | "group">(
    kind: K,
    names: readonly string[],
    filter: CoreFilter,
  ): AsyncGenerator<RecordTypes[K], void, void> {
    if (names.length === 0) return;
    yield* this.#view.options.directory.stream(kind, { filter }, { signal: this.#signal });
  }
}

function isOneOf(attribute: string, values: readonly string[]): CoreFilter {
  return { op: "or", of: values.map((value) => ({ op: "equals", attribute, value })) };
}
