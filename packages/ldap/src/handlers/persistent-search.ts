import { isDirectoryError } from "@directorykit/core";
import {
  ControlOid,
  encodeControls,
  encodeEntryChange,
  LdapResultCode,
  type PersistentSearchRequest,
  persistentSearchChanges,
  type SearchRequest,
} from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { ContentSync, type SyncSink } from "./content-sync.ts";
import type { EntrySink } from "./entry-sender.ts";
import type { OperationContext } from "./operation-context.ts";
import { search } from "./search.ts";
import type { Outcome } from "./session.ts";
import { SyncFeed } from "./sync-feed.ts";

/** Where a persistent search puts its entries: those that were there, and those that have changed with a control. */
export interface PersistentSink extends EntrySink {
  /** Takes an entry that has changed, with encoded controls if it was asked for them. */
  changed(
    objectName: Uint8Array,
    attributes: readonly Uint8Array[],
    controls: Uint8Array | undefined,
  ): void | Promise<void>;
}

/**
 * Answers a persistent search (draft-ietf-ldapext-psearch-03): a search that goes on with what changes. It takes the
 * grant attribute `sync`. An entry that is renamed counts as modified. Nothing is thrown: what goes wrong is in the
 * result.
 */
export async function persistentSearch(
  request: SearchRequest,
  asked: PersistentSearchRequest,
  context: OperationContext,
  sink: PersistentSink,
): Promise<Outcome> {
  const { session, view, signal } = context;
  const { directory } = view.options;
  const { identity } = session;
  if (identity?.sync !== true)
    return {
      resultCode: LdapResultCode.insufficientAccessRights,
      diagnosticMessage: "a persistent search takes the grant attribute sync",
    };
  // Listening begins before the first look, so that nothing falls in between.
  const feed = new SyncFeed(directory, signal);
  try {
    const mode = { mode: "refreshAndPersist", reloadHint: false } as const;
    const sync = new ContentSync(request, mode, context, identity, changesOnly(asked, sink));
    const refused = await sync.beginHere();
    if (refused !== undefined) return refused;
    // Its client knows entries by their names, also those that are gone.
    if (!sync.knowsNames)
      return {
        resultCode: LdapResultCode.adminLimitExceeded,
        diagnosticMessage: "too many entries to watch",
      };
    if (!asked.changesOnly) {
      const { subentries } = context.controls;
      const controls = subentries === undefined ? {} : { subentries };
      const outcome = await search(request, { ...context, controls }, sink);
      if (outcome.resultCode !== LdapResultCode.success) return outcome;
    }
    const outcome = await sync.persist(feed, true);
    // What synchronization would begin anew for, its client has to search for again.
    return outcome.resultCode === LdapResultCode.syncRefreshRequired
      ? { resultCode: LdapResultCode.busy, diagnosticMessage: "too much has changed: search again" }
      : outcome;
  } catch (error) {
    if (signal.aborted) return { resultCode: LdapResultCode.canceled };
    if (!isDirectoryError(error))
      directory.logger.error({ error: String(error) }, "an LDAP persistent search failed");
    return { resultCode: resultCodeOfError(error) };
  } finally {
    feed.close();
  }
}

/** Passes on the kinds of change that were asked for. */
function changesOnly({ changeTypes, returnECs }: PersistentSearchRequest, sink: PersistentSink): SyncSink {
  return {
    entry: (objectName, attributes, { state }) => {
      const changeType = state === "present" ? "modify" : state;
      if ((changeTypes & persistentSearchChanges[changeType]) === 0) return undefined;
      const oid = ControlOid.entryChangeNotification;
      const control = { oid, critical: false, value: encodeEntryChange({ changeType }) };
      return sink.changed(objectName, attributes, returnECs ? encodeControls([control]) : undefined);
    },
    info: () => undefined,
  };
}
