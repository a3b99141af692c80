import type { Grant } from "@directorykit/core";
import {
  type Control,
  ControlOid,
  decodeEntryChange,
  decodeSyncDone,
  decodeSyncInfo,
  decodeSyncState,
  encodePersistentSearch,
  encodeSyncRequest,
  type LdapMessage,
  type PersistentSearchRequest,
  parseFilter,
  type SearchRequest,
  type SyncRequest,
} from "../codec/index.ts";
import { baseDn, type Office, office, password, until, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

/** The office with a reader who may be told what changes. */
export interface WatchedOffice extends Office {
  /** The grant that says so. */
  readonly grant: Grant;
  /** The reader's connection. */
  readonly client: LdapTestClient;
}

/** Makes the office, with the reader bound. */
export async function watchedOffice(...options: Parameters<typeof office>): Promise<WatchedOffice> {
  const place = await office(...options);
  const grant = await place.directory.grants.add({
    user: place.user.reader,
    resource: place.resource,
    attributes: { sync: true },
    priority: 10,
  });
  const client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  return { ...place, grant, client };
}

/** A search for people and groups. */
export function request(more: Partial<SearchRequest> = {}): SearchRequest {
  return {
    type: "searchRequest",
    baseObject: baseDn,
    scope: "wholeSubtree",
    derefAliases: "neverDerefAliases",
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: parseFilter("(|(objectClass=inetOrgPerson)(objectClass=groupOfNames))"),
    attributes: ["*", "entryCSN"],
    ...more,
  };
}

/** The sync request control, refreshOnly where nothing else is said. */
export function control(asked: Partial<SyncRequest> = {}): readonly Control[] {
  const value = encodeSyncRequest({ mode: "refreshOnly", reloadHint: false, ...asked });
  return [{ oid: ControlOid.syncRequest, critical: true, value }];
}

/** The persistent search control, for changes of every kind, with a control for each. */
export function watchControl(asked: Partial<PersistentSearchRequest> = {}): readonly Control[] {
  const value = encodePersistentSearch({ changeTypes: 15, changesOnly: true, returnECs: true, ...asked });
  return [{ oid: ControlOid.persistentSearch, critical: true, value }];
}

/** What messages say, in words. */
export function told(messages: readonly LdapMessage[]): string[] {
  return messages.flatMap(({ protocolOp, controls = [] }) => {
    if (protocolOp.type === "searchResEntry") {
      const controlOf = (oid: string) => controls.find((one) => one.oid === oid)?.value;
      const state = controlOf(ControlOid.syncState);
      const change = controlOf(ControlOid.entryChangeNotification);
      const what =
        state === undefined ? change && decodeEntryChange(change).changeType : decodeSyncState(state).state;
      return `${what ?? "entry"} ${protocolOp.objectName.split(",")[0]}`;
    }
    if (protocolOp.type !== "intermediateResponse") return [];
    const info = decodeSyncInfo(protocolOp.responseValue ?? new Uint8Array(0));
    if (info.type !== "syncIdSet") return info.type;
    return `${info.refreshDeletes ? "gone" : "there"} ${info.syncUUIDs.length}`;
  });
}

/** The cookie of the last message that has one. */
export function cookieOf(messages: readonly LdapMessage[]): Uint8Array | undefined {
  const cookies = messages.flatMap(({ protocolOp, controls = [] }) => {
    const values = controls.flatMap(({ oid, value = new Uint8Array(0) }) => {
      if (oid === ControlOid.syncDone) return decodeSyncDone(value).cookie ?? [];
      return oid === ControlOid.syncState ? (decodeSyncState(value).cookie ?? []) : [];
    });
    if (protocolOp.type !== "intermediateResponse") return values;
    return decodeSyncInfo(protocolOp.responseValue ?? new Uint8Array(0)).cookie ?? [];
  });
  return cookies.at(-1);
}

/** Values of an attribute as an entry was last told. */
export function lastTold(messages: readonly LdapMessage[], dn: string, name: string): readonly string[] {
  const entry = messages.findLast(
    ({ protocolOp }) => protocolOp.type === "searchResEntry" && protocolOp.objectName === dn,
  )?.protocolOp;
  const attributes = entry?.type === "searchResEntry" ? entry.attributes : [];
  return attributes
    .filter(({ type }) => type === name)
    .flatMap(({ vals }) => vals.map((value) => Buffer.from(value).toString()));
}

/** The result code of the last message, if it has one. */
export function resultOf(messages: readonly LdapMessage[]): number | undefined {
  const op = messages.at(-1)?.protocolOp;
  return op !== undefined && "resultCode" in op ? op.resultCode : undefined;
}

/** A synchronization that goes on. */
export interface Watching {
  readonly messageId: number;
  readonly messages: readonly LdapMessage[];
  readonly done: Promise<LdapMessage[]>;
  /** What came behind the refresh, in words. */
  news(): string[];
}

/** Starts a synchronization that goes on, and waits for the end of the refresh. */
export async function persisting(
  client: LdapTestClient,
  more: Partial<SearchRequest> = {},
  asked: Partial<SyncRequest> = {},
): Promise<Watching> {
  const search = client.begin(request(more), { controls: control({ mode: "refreshAndPersist", ...asked }) });
  await until(() => told(search.messages).some((one) => one.startsWith("refresh")));
  const { length } = search.messages;
  return { ...search, news: () => told(search.messages.slice(length)) };
}
