import { isDirectoryError } from "@directorykit/core";
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
import type { Outcome } from "./session.ts";
import { readSyncCookie, type SyncCookie, type SyncPlace, writeSyncCookie } from "./sync-cookie.ts";
import { SyncFeed } from "./sync-feed.ts";
import { type SyncReach, syncReach } from "./sync-reach.ts";

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

/** UUIDs in one sync info message. */
const idsPerMessage = 1000;
/** Entries that are remembered of a consumer, so that it need not come anew when a change reaches far. */
const maxRemembered = 10_000;

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
  if (identity?.sync !== true)
    return {
      resultCode: LdapResultCode.insufficientAccessRights,
      diagnosticMessage: "content synchronization takes the grant attribute sync",
    };
  if (asked.mode === "refreshAndPersist" && context.controls.proxiedAuthorization !== undefined)
    // The connection ends when the one who is bound loses access; whoever they act as would go on seeing.
    return { resultCode: LdapResultCode.unwillingToPerform, diagnosticMessage: "not on behalf of another" };
  // Listening begins before the first look, so that nothing falls in between.
  const feed = asked.mode === "refreshAndPersist" ? new SyncFeed(directory, signal) : undefined;
  try {
    const source = new EntrySource(view, identity, signal);
    const sync = new ContentSync(request, asked, context, source, sink);
    const refused = await sync.refresh();
    if (refused !== undefined) return refused;
    if (feed === undefined) return sync.done();
    await sync.refreshed();
    return await sync.persist(feed);
  } catch (error) {
    if (signal.aborted) return { resultCode: LdapResultCode.canceled };
    if (!isDirectoryError(error))
      directory.logger.error({ error: String(error) }, "an LDAP content synchronization failed");
    return { resultCode: resultCodeOfError(error) };
  } finally {
    feed?.close();
  }
}

/** One synchronization on its way. */
export class ContentSync {
  readonly #request: SearchRequest;
  readonly #context: OperationContext;
  readonly #source: EntrySource;
  readonly #sink: SyncSink;
  readonly #selection: Selection;
  readonly #cookie: SyncCookie;
  #place: SyncPlace;
  /** Whether the consumer was told what is gone, rather than what is there. */
  #toldDeletes = false;
  /** What the consumer has by now; `undefined` when it is too much to remember. */
  #remembered: Map<string, "user" | "group" | "fixed"> | undefined;

  constructor(
    request: SearchRequest,
    asked: SyncRequest,
    context: OperationContext,
    source: EntrySource,
    sink: SyncSink,
  ) {
    this.#request = request;
    this.#context = context;
    this.#source = source;
    this.#sink = sink;
    this.#selection = new Selection(request.attributes, request.typesOnly, context.view.schema);
    this.#cookie = readSyncCookie(asked.cookie);
    this.#place = this.#cookie.place ?? { revision: 0, at: 0 };
  }

  /** The refresh stage (RFC 4533 §3.3, §3.4). @returns the result when there can be none */
  async refresh(): Promise<Outcome | undefined> {
    const { directory } = this.#context.view.options;
    const { place } = this.#cookie;
    await directory.ensureFresh({ signal: this.#context.signal });
    const revision = directory.revision;
    const entries = await this.#entries();
    if ("refusal" in entries) return entries.refusal;
    const reach = place === undefined ? undefined : await this.#reachSince(place.revision, revision);
    // After a restore from a backup the consumer may be ahead of us.
    if (reach === undefined) this.#place = { revision: 0, at: this.#place.at };
    const { at } = await this.#context.view.contextStamp();
    this.#advance({ revision, at });
    if (reach === undefined || reach.everything) await this.#tellAll(entries);
    else {
      this.#toldDeletes = true;
      await this.#tellReached(entries, reach, false);
    }
    return undefined;
  }

  /** Begins with the next change: what is there is not told. @returns the result when there can be none */
  async beginHere(): Promise<Outcome | undefined> {
    const { directory } = this.#context.view.options;
    await directory.ensureFresh({ signal: this.#context.signal });
    this.#advance({ revision: directory.revision, at: directory.clock() });
    const entries = await this.#entries();
    if ("refusal" in entries) return entries.refusal;
    await this.#remember();
    return undefined;
  }

  /** Ends the refresh stage of refreshAndPersist. */
  async refreshed(): Promise<void> {
    await this.#remember();
    const type = this.#toldDeletes ? "refreshDelete" : "refreshPresent";
    await this.#sink.info({ type, cookie: this.#cookieNow(), refreshDone: true });
  }

  /** The result of refreshOnly. */
  done(): Outcome {
    const value = encodeSyncDone({ cookie: this.#cookieNow(), refreshDeletes: this.#toldDeletes });
    const control: Control = { oid: ControlOid.syncDone, critical: false, value };
    return { resultCode: LdapResultCode.success, controls: [control] };
  }

  /** The persist stage (RFC 4533 §3.5): until the peer has had enough, or a change reaches too far. */
  async persist(feed: SyncFeed): Promise<Outcome> {
    const { view, signal } = this.#context;
    for (;;) {
      const changes = await feed.next();
      if (changes === "ended") return { resultCode: LdapResultCode.canceled };
      const news =
        changes === "lost" ? [] : changes.filter(({ revision }) => revision > this.#place.revision);
      const last = news.at(-1);
      if (changes !== "lost" && last === undefined) continue;
      const reach = changes === "lost" ? undefined : await syncReach(news, view, signal);
      const isFar = reach === undefined || reach.everything;
      // The consumer comes back with its cookie, and is told what is there instead.
      if (last === undefined || (isFar && this.#remembered === undefined))
        return { resultCode: LdapResultCode.syncRefreshRequired };
      const entries = await this.#entries();
      if ("refusal" in entries) return entries.refusal;
      this.#advance({ revision: last.revision, at: last.at });
      if (isFar) await this.#tellDifference(entries);
      else await this.#tellReached(entries, reach, true);
    }
  }

  /** Tells all that is there, and of what the consumer had what is not. */
  async #tellDifference(entries: EntryStream): Promise<void> {
    const gone = new Map(this.#remembered);
    for await (const batch of entries.read(undefined, Number.POSITIVE_INFINITY))
      for (const { id } of batch) gone.delete(id);
    // First what is gone: what has come may have taken its name.
    for (const [id, part] of gone) if (part !== "fixed") await this.#sendGone(id, part, undefined);
    for await (const batch of entries.read(undefined, Number.POSITIVE_INFINITY)) {
      for (const found of batch) {
        await this.#send(found, "modify");
        await turn();
      }
    }
    await this.#sink.info({ type: "newcookie", cookie: this.#cookieNow() });
  }

  async #remember(): Promise<void> {
    const entries = await this.#entries();
    if ("refusal" in entries) return;
    this.#remembered = new Map();
    for await (const batch of entries.read(undefined, maxRemembered + 1)) {
      for (const { id, part } of batch) this.#remembered.set(id, part);
      if (this.#remembered.size > maxRemembered) {
        this.#remembered = undefined;
        return;
      }
    }
  }

  /** Tells all entries: what the consumer has beside them is gone. */
  async #tellAll(entries: EntryStream): Promise<void> {
    for await (const batch of entries.read(undefined, Number.POSITIVE_INFINITY)) {
      for (const found of batch) {
        await this.#send(found, "add");
        await turn();
      }
    }
  }

  /** Tells what has become of the entries that were reached. */
  async #tellReached(entries: EntryStream, reach: SyncReach, isPersisting: boolean): Promise<void> {
    const found: FoundEntry[] = [];
    const gone = new Map([...reach.entries].filter(([id]) => reach.leaving.has(id)));
    const places = [...reach.entries].map(([id, part]) => ({ part, id }));
    for (let from = 0; from < places.length; from += idsPerMessage) {
      for (const one of await entries.fetch(places.slice(from, from + idsPerMessage))) {
        found.push(one);
        gone.delete(one.id);
      }
    }
    // First what is gone: what has come may have taken its name. The cookie goes with the last, or it would vouch for
    // what has not been told.
    if (isPersisting) {
      if (this.#remembered !== undefined)
        for (const id of [...gone.keys()]) if (!this.#remembered.has(id)) gone.delete(id);
      let left = gone.size;
      for (const [id, part] of gone) {
        left -= 1;
        await this.#sendGone(id, part, reach.gone.get(id), left === 0 && found.length === 0);
      }
    } else {
      const batch = new UuidBatch((syncUUIDs) =>
        this.#sink.info({ type: "syncIdSet", refreshDeletes: true, syncUUIDs }),
      );
      for (const id of gone.keys()) await batch.add(id);
      await batch.flush();
    }
    for (const [i, one] of found.entries()) {
      const state = isPersisting && !reach.made.has(one.id) ? "modify" : "add";
      await this.#send(one, state, isPersisting && i === found.length - 1);
    }
  }

  async #send(found: FoundEntry, state: SyncState, withCookie = false): Promise<void> {
    const { view } = this.#context;
    const entry = await this.#build(found);
    const uuid = found.part === "fixed" ? firstValue(entry, "entryUUID") : found.id;
    if (uuid === undefined) return;
    this.#remembered?.set(found.id, found.part);
    if (this.#remembered !== undefined && this.#remembered.size > maxRemembered) this.#remembered = undefined;
    const isSelf = found.part === "user" && this.#source.seesPrivate(found.record);
    const attributes = this.#selection.apply(this.#stamped(entry), isSelf, view.hidden);
    await this.#sink.entry(entry.objectName, attributes, this.#state(state, uuid, withCookie));
  }

  async #sendGone(
    id: string,
    part: "user" | "group",
    name: string | undefined,
    withCookie = false,
  ): Promise<void> {
    this.#remembered?.delete(id);
    const dn = await this.#nameOf(id, part, name);
    await this.#sink.entry(encodeObjectName(dn), [], this.#state("delete", id, withCookie));
  }

  /** The DN of an entry that is gone; empty for one of which it is not known whether it was ever seen. */
  async #nameOf(id: string, part: "user" | "group", gone: string | undefined): Promise<string> {
    const { view, session } = this.#context;
    const tree = session.identity?.tree;
    if (tree === undefined || (gone === undefined && this.#remembered === undefined)) return "";
    const [record] = gone === undefined ? await view.options.directory.getMany(part, [id]) : [];
    const name = gone ?? (record === undefined ? "" : "username" in record ? record.username : record.name);
    return part === "user" ? tree.userDn(name) : tree.groupDn(name);
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

  #build(found: FoundEntry): Entry | Promise<Entry> {
    if (found.part === "fixed") return found.entry;
    return found.part === "user"
      ? this.#source.user(found.record, this.#selection)
      : this.#source.group(found.record, this.#selection);
  }

  async #entries(): Promise<EntryStream | { readonly refusal: Outcome }> {
    const scope = await entriesInScope(this.#request, this.#context, this.#source);
    if ("refusal" in scope) return scope;
    const missing = await scope.missingBase();
    return missing === undefined ? scope.entries : { refusal: missing };
  }

  /** What has changed since a place; `undefined` when nobody knows any more. */
  async #reachSince(since: number, now: number): Promise<SyncReach | undefined> {
    const { view, signal } = this.#context;
    if (since > now) return undefined;
    try {
      return await syncReach(
        until(view.options.directory.changes(since, { signal }), now, since),
        view,
        signal,
      );
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

/** Gathers UUIDs and sends them in messages of some size. */
class UuidBatch {
  readonly #send: (uuids: readonly Uint8Array[]) => void | Promise<void>;
  #uuids: Uint8Array[] = [];

  constructor(send: (uuids: readonly Uint8Array[]) => void | Promise<void>) {
    this.#send = send;
  }

  async add(uuid: string): Promise<void> {
    this.#uuids.push(uuidOctets(uuid));
    if (this.#uuids.length === idsPerMessage) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#uuids.length === 0) return;
    const uuids = this.#uuids;
    this.#uuids = [];
    await this.#send(uuids);
  }
}

/** The changes up to a revision. */
async function* until<T extends { readonly revision: number }>(
  changes: AsyncIterable<T>,
  last: number,
  first: number,
): AsyncGenerator<T, void, void> {
  if (first >= last) return;
  for await (const change of changes) {
    yield change;
    if (change.revision >= last) return;
  }
}

function firstValue(entry: Entry, name: string): string | undefined {
  return entry.attributes.find(({ type }) => type.names[0] === name)?.values[0];
}

function uuidOctets(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}
