import { type Change, DirectoryError, isDirectoryError } from "@directorykit/core";
import {
  type Control,
  ControlOid,
  encodeObjectName,
  encodePartialAttribute,
  encodeSyncDone,
  LdapResultCode,
  type SearchRequest,
  type SyncInfo,
  type SyncRequest,
  type SyncState,
  type SyncStateValue,
} from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { changeSequenceNumber } from "../view/change-sequence-number.ts";
import type { Entry } from "../view/entry.ts";
import { Selection } from "../view/selection.ts";
import { turn } from "../view/turn.ts";
import { entriesInScope } from "./entries-in-scope.ts";
import { EntrySource } from "./entry-source.ts";
import type { EntryStream, FoundEntry } from "./entry-stream.ts";
import type { OperationContext } from "./operation-context.ts";
import { type LdapIdentity, type Outcome, sightOf, stillAdmitted } from "./session.ts";
import { readSyncCookie, type SyncCookie, type SyncPlace, writeSyncCookie } from "./sync-cookie.ts";
import { SyncCopy } from "./sync-copy.ts";
import { SyncFeed } from "./sync-feed.ts";
import { type SyncReach, syncReach } from "./sync-reach.ts";
import { UuidBatch, uuidOctets } from "./uuid-batch.ts";

/** Where a synchronization puts what it has to say. A promise means "wait": the peer is slow to read. */
export interface SyncSink {
  /** Takes an entry and what has become of it. One that is gone has no attributes. */
  entry(
    objectName: Uint8Array,
    attributes: readonly Uint8Array[],
    state: SyncStateValue,
  ): void | Promise<void>;
  /** Takes a sync info message. */
  info(info: SyncInfo): void | Promise<void>;
}

/** Entries looked at together. */
const entriesPerLook = 1000;

/** Ends a refresh that would tell more entries than the client has asked for. */
const sizeUp: unique symbol = Symbol("size limit");

const notAllowed: Outcome = {
  resultCode: LdapResultCode.insufficientAccessRights,
  diagnosticMessage: "content synchronization takes the grant attribute sync",
};

/**
 * Answers a search with the sync request control (RFC 4533): tells what has changed since the cookie, and with
 * refreshAndPersist goes on to tell what changes. It takes the grant attribute `sync`; the limits on searches do not
 * apply to it. Nothing is thrown: what goes wrong is in the result.
 */
export async function contentSync(
  request: SearchRequest,
  asked: SyncRequest,
  context: OperationContext,
  sink: SyncSink,
): Promise<Outcome> {
  const { session, view, signal } = context;
  const { directory } = view.options;
  const { identity } = session;
  if (identity?.sync !== true) return notAllowed;
  // RFC 4533 §3.5.2.
  if (request.derefAliases === "derefInSearching" || request.derefAliases === "derefAlways")
    return { resultCode: LdapResultCode.protocolError, diagnosticMessage: "aliases are not followed" };
  // Listening begins before the first look, so that nothing falls in between.
  const feed = asked.mode === "refreshAndPersist" ? new SyncFeed(directory, signal) : undefined;
  try {
    const sync = new ContentSync(request, asked, context, identity, sink);
    const refused = await sync.refresh();
    if (refused !== undefined) return refused;
    if (feed === undefined) return sync.done();
    await sync.refreshed();
    return await sync.persist(feed);
  } catch (error) {
    if (signal.aborted) return { resultCode: LdapResultCode.canceled };
    if (error === sizeUp) return { resultCode: LdapResultCode.sizeLimitExceeded };
    if (!isDirectoryError(error))
      directory.logger.error({ error: String(error) }, "an LDAP content synchronization failed");
    return { resultCode: resultCodeOfError(error) };
  } finally {
    feed?.close();
  }
}

/** What a synchronization sees at one time: who may see what, and how it looks, may be different the next. */
interface Look {
  readonly source: EntrySource;
  readonly selection: Selection;
  readonly entries: EntryStream;
}

/** One synchronization on its way. */
export class ContentSync {
  readonly #request: SearchRequest;
  readonly #context: OperationContext;
  readonly #identity: LdapIdentity;
  readonly #persists: boolean;
  readonly #sink: SyncSink;
  readonly #cookie: SyncCookie;
  #place: SyncPlace;
  /** Whether the consumer was told what is gone, rather than what is there. */
  #toldDeletes = false;
  /** What the consumer has by now, if it is to be told what changes. */
  readonly #copy = new SyncCopy();
  /** Entries that may still be told: the limit is one on the refresh stage (RFC 4533 §3.5.3). */
  #left: number;
  /** Names what the reader may see, as of the last look. */
  #sight = "";

  constructor(
    request: SearchRequest,
    asked: SyncRequest,
    context: OperationContext,
    identity: LdapIdentity,
    sink: SyncSink,
  ) {
    this.#request = request;
    this.#context = context;
    this.#identity = identity;
    this.#persists = asked.mode === "refreshAndPersist";
    this.#sink = sink;
    this.#cookie = readSyncCookie(asked.cookie);
    this.#place = this.#cookie.place ?? { revision: 0, at: 0 };
    this.#left = request.sizeLimit > 0 ? request.sizeLimit : Number.POSITIVE_INFINITY;
  }

  /** The refresh stage (RFC 4533 §3.3, §3.4). @returns the result when there can be none */
  async refresh(): Promise<Outcome | undefined> {
    const { directory } = this.#context.view.options;
    const { place } = this.#cookie;
    // Before it is settled which changes this stage tells: what goes from then on must be known to have been there.
    const refused = this.#persists ? await this.#remember() : undefined;
    if (refused !== undefined) return refused;
    await directory.ensureFresh({ signal: this.#context.signal });
    const revision = directory.revision;
    const look = await this.#look();
    if ("refusal" in look) return look.refusal;
    const reach = place === undefined ? undefined : await this.#reachSince(place, revision);
    // After a restore from a backup the consumer may be ahead of us.
    if (reach === undefined) this.#place = { revision: 0, at: this.#place.at };
    const { at } = await this.#context.view.contextStamp();
    this.#advance({ revision, at });
    if (reach === undefined || reach.everything) await this.#tellAll(look);
    else {
      this.#toldDeletes = true;
      await this.#tellReached(look, reach, false);
    }
    this.#left = Number.POSITIVE_INFINITY;
    return undefined;
  }

  /** Begins with the next change: what is there is not told. @returns the result when there can be none */
  async beginHere(): Promise<Outcome | undefined> {
    const { directory } = this.#context.view.options;
    await directory.ensureFresh({ signal: this.#context.signal });
    this.#advance({ revision: directory.revision, at: directory.clock() });
    this.#left = Number.POSITIVE_INFINITY;
    return this.#remember();
  }

  /** Whether it is known what the consumer has, and so by what names. */
  get knowsNames(): boolean {
    return this.#copy.entries !== undefined;
  }

  /** Ends the refresh stage of refreshAndPersist. */
  async refreshed(): Promise<void> {
    const type = this.#toldDeletes ? "refreshDelete" : "refreshPresent";
    await this.#sink.info({ type, cookie: this.#cookieNow(), refreshDone: true });
  }

  /** The result of refreshOnly. */
  done(): Outcome {
    const value = encodeSyncDone({ cookie: this.#cookieNow(), refreshDeletes: this.#toldDeletes });
    const control: Control = { oid: ControlOid.syncDone, critical: false, value };
    return { resultCode: LdapResultCode.success, controls: [control] };
  }

  /**
   * The persist stage (RFC 4533 §3.4.2): until the peer has had enough, may be told no more, or a change reaches too far.
   * @param byName - what is gone is to be named, so everything the consumer has must be known
   */
  async persist(feed: SyncFeed, byName = false): Promise<Outcome> {
    const { view, session, signal } = this.#context;
    for (;;) {
      const changes = await feed.next();
      if (changes === "ended") return { resultCode: LdapResultCode.canceled };
      const isAdmitted = await stillAdmitted(this.#identity, view, session.address);
      if (!isAdmitted && this.#identity.actedBy !== undefined)
        return { resultCode: LdapResultCode.authorizationDenied };
      if (!isAdmitted || !this.#identity.sync) return notAllowed;
      const news =
        changes === "lost" ? [] : changes.filter(({ revision }) => revision > this.#place.revision);
      const last = news.at(-1);
      if (changes !== "lost" && last === undefined) continue;
      const sight = this.#sight;
      const look = await this.#look();
      if ("refusal" in look) return look.refusal;
      const reach = changes === "lost" ? undefined : await syncReach(news, view, this.#identity.user, signal);
      const isFar = reach === undefined || reach.everything || this.#sight !== sight;
      // The consumer comes back with its cookie, and is told what is there instead.
      if (last === undefined || ((isFar || byName) && !this.knowsNames))
        return { resultCode: LdapResultCode.syncRefreshRequired };
      this.#advance({ revision: last.revision, at: last.at });
      if (isFar) await this.#tellDifference(look);
      else await this.#tellReached(look, reach, true);
    }
  }

  /** Tells all that is there, and of what the consumer had what is not. */
  async #tellDifference(look: Look): Promise<void> {
    const gone = new Map(this.#copy.entries);
    for await (const batch of look.entries.read(undefined, Number.POSITIVE_INFINITY))
      for (const { id } of batch) gone.delete(id);
    // First what is gone: what has come may have taken its name.
    for (const [id, { part }] of gone) if (part !== "fixed") await this.#sendGone(id, part);
    for await (const batch of look.entries.read(undefined, Number.POSITIVE_INFINITY)) {
      for (const found of batch) {
        await this.#send(look, found, this.#stateOf(found));
        await turn();
      }
    }
    await this.#sink.info({ type: "newcookie", cookie: this.#cookieNow() });
  }

  /** Notes what is there, as what the consumer has. @returns the result when there can be none */
  async #remember(): Promise<Outcome | undefined> {
    const look = await this.#look();
    if ("refusal" in look) return look.refusal;
    for await (const batch of look.entries.read(undefined, Number.POSITIVE_INFINITY)) {
      for (const found of batch) this.#copy.add(found);
      if (!this.knowsNames) break;
      await turn();
    }
    return undefined;
  }

  /** Tells all entries: what the consumer has beside them is gone. */
  async #tellAll(look: Look): Promise<void> {
    for await (const batch of look.entries.read(undefined, Number.POSITIVE_INFINITY)) {
      for (const found of batch) {
        await this.#send(look, found, "add");
        await turn();
      }
    }
  }

  /** Tells what has become of the entries that were reached. */
  async #tellReached(look: Look, reach: SyncReach, isPersisting: boolean): Promise<void> {
    const found: FoundEntry[] = [];
    const gone = new Map(reach.entries);
    const places = [...reach.entries].map(([id, part]) => ({ part, id }));
    for (let from = 0; from < places.length; from += entriesPerLook) {
      for (const one of await look.entries.fetch(places.slice(from, from + entriesPerLook))) {
        found.push(one);
        gone.delete(one.id);
      }
    }
    // First what is gone: what has come may have taken its name. The cookie goes with the last, or it would vouch for
    // what has not been told.
    if (isPersisting) {
      for (const id of [...gone.keys()]) if (this.#copy.has(id) === false) gone.delete(id);
      let left = gone.size;
      for (const [id, part] of gone) {
        left -= 1;
        await this.#sendGone(id, part, left === 0 && found.length === 0);
      }
    } else {
      const batch = new UuidBatch((syncUUIDs) =>
        this.#sink.info({ type: "syncIdSet", refreshDeletes: true, syncUUIDs }),
      );
      for (const id of gone.keys()) {
        this.#copy.delete(id);
        await batch.add(id);
      }
      await batch.flush();
    }
    for (const [i, one] of found.entries()) {
      const state = isPersisting && !reach.made.has(one.id) ? this.#stateOf(one) : "add";
      await this.#send(look, one, state, isPersisting && i === found.length - 1);
    }
  }

  /** What has become of an entry that is there, for the consumer (RFC 4533 §3.4.2). */
  #stateOf({ id }: FoundEntry): SyncState {
    return this.#copy.has(id) === false ? "add" : "modify";
  }

  async #send(look: Look, found: FoundEntry, state: SyncState, withCookie = false): Promise<void> {
    const { source, selection } = look;
    const entry = await build(look, found);
    const uuid = found.part === "fixed" ? firstValue(entry, "entryUUID") : found.id;
    if (uuid === undefined) return;
    if (this.#left === 0) throw sizeUp;
    this.#left -= 1;
    if (this.#persists) this.#copy.add(found);
    const isSelf = found.part === "user" && source.seesPrivate(found.record);
    const attributes = selection.apply(this.#stamped(entry), isSelf, this.#context.view.hidden);
    await this.#sink.entry(entry.objectName, attributes, this.#state(state, uuid, withCookie));
  }

  /** Tells of an entry that is gone: by the DN that it was told by, or by none where it is not known whether it ever was. */
  async #sendGone(id: string, part: "user" | "group", withCookie = false): Promise<void> {
    const { tree } = this.#identity;
    const name = this.#copy.delete(id)?.name;
    const dn = name === undefined ? "" : part === "user" ? tree.userDn(name) : tree.groupDn(name);
    await this.#sink.entry(encodeObjectName(dn), [], this.#state("delete", id, withCookie));
  }

  #state(state: SyncState, uuid: string, withCookie: boolean): SyncStateValue {
    return {
      state,
      entryUUID: uuidOctets(uuid),
      ...(withCookie ? { cookie: this.#cookieNow() } : {}),
    };
  }

  /**
   * The entry with the place of this message as its entryCSN. What an entry shows depends on other records too, so the
   * number of its own would stay the same while it changes, and OpenLDAP's consumer leaves such entries as they are.
   */
  #stamped(entry: Entry): Entry {
    const { schema } = this.#context.view;
    const type = schema.type("entryCSN");
    const number = changeSequenceNumber(this.#place.at, this.#place.revision);
    if (type === undefined || number === undefined) return entry;
    const encoded = encodePartialAttribute("entryCSN", [Buffer.from(number)]);
    const own = { type, values: [number], encoded, selfOnly: false };
    return { ...entry, attributes: [...entry.attributes.filter((one) => one.type !== type), own] };
  }

  async #look(): Promise<Look | { readonly refusal: Outcome }> {
    const { view, signal } = this.#context;
    const source = new EntrySource(view, this.#identity, signal);
    const scope = await entriesInScope(this.#request, this.#context, source);
    if ("refusal" in scope) return scope;
    const missing = await scope.missingBase();
    if (missing !== undefined) return { refusal: missing };
    const { attributes, typesOnly } = this.#request;
    const selection = new Selection(attributes, typesOnly, view.schema);
    const { search } = this.#identity;
    this.#sight = `${search} ${sightOf(this.#identity, view.options)}`;
    return { source, selection, entries: scope.entries };
  }

  /** What has changed since a place; `undefined` when nobody knows any more, or it is no place of ours. */
  async #reachSince(place: SyncPlace, now: number): Promise<SyncReach | undefined> {
    const { view, signal } = this.#context;
    if (place.revision > now) return undefined;
    try {
      const changes =
        place.revision === now
          ? []
          : behind(place, now, view.options.directory.changes(place.revision - 1, { signal }));
      return await syncReach(changes, view, this.#identity.user, signal);
    } catch (error) {
      if (isDirectoryError(error) && ["limit-exceeded", "invalid-input"].includes(error.code))
        return undefined;
      throw error;
    }
  }

  /** Time never goes back, or a consumer would take what is new for old. */
  #advance({ revision, at }: SyncPlace): void {
    if (revision > this.#place.revision) this.#place = { revision, at: Math.max(at, this.#place.at) };
  }

  #cookieNow(): Uint8Array {
    return writeSyncCookie(this.#cookie.replica, this.#place);
  }
}

/**
 * The changes behind a place up to a revision.
 * @param changes - from the one at the place on
 * @throws DirectoryError `invalid-input` for a place in another history than this: in that of another organization, or in
 * our own before it was restored from a backup
 */
async function* behind(
  { revision, at }: SyncPlace,
  last: number,
  changes: AsyncIterable<Change>,
): AsyncGenerator<Change, void, void> {
  for await (const change of changes) {
    if (change.revision > revision) yield change;
    else if (change.at > at) throw new DirectoryError("invalid-input", "the place is none of this feed");
    if (change.revision >= last) return;
  }
}

function build({ source, selection }: Look, found: FoundEntry): Entry | Promise<Entry> {
  if (found.part === "fixed") return found.entry;
  return found.part === "user" ? source.user(found.record, selection) : source.group(found.record, selection);
}

function firstValue(entry: Entry, name: string): string | undefined {
  return entry.attributes.find(({ type }) => type.names[0] === name)?.values[0];
}
