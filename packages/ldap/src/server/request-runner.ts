import { DirectoryError } from "@directorykit/core";
import {
  ControlOid,
  decodeCancelRequest,
  ExtendedOid,
  type ExtendedRequest,
  encodeControls,
  encodeSyncInfo,
  encodeSyncState,
  isLdapDecodeError,
  joinSearchEntry,
  LdapResultCode,
  type PeekedMessage,
  type RequestOp,
  type SearchRequest,
} from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { add } from "../handlers/add.ts";
import { ifAsserted } from "../handlers/assertion.ts";
import { compare } from "../handlers/compare.ts";
import { contentSync, type SyncSink } from "../handlers/content-sync.ts";
import { type RequestControls, refusalOfOthers } from "../handlers/controls.ts";
import { deleteEntry } from "../handlers/delete.ts";
import { passwordPolicyControls } from "../handlers/login.ts";
import { modify } from "../handlers/modify.ts";
import { modifyDN } from "../handlers/modify-dn.ts";
import { OperationCommits } from "../handlers/open-commits.ts";
import type { OperationContext } from "../handlers/operation-context.ts";
import { passwordModify } from "../handlers/password-modify.ts";
import { type PersistentSink, persistentSearch } from "../handlers/persistent-search.ts";
import { sessionOf } from "../handlers/proxied-authorization.ts";
import { outOfTime, searchTime } from "../handlers/search.ts";
import { type LdapIdentity, type Outcome, stillAdmitted, stillAdmittedCached } from "../handlers/session.ts";
import { whoAmI } from "../handlers/who-am-i.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import { cachedSearch, type EncodedEntrySink, type RequestOrigin } from "./cached-search.ts";
import type { ConnectionHost } from "./connection-host.ts";
import type { Revocable } from "./session-register.ts";

type Work = (context: OperationContext) => Promise<Outcome>;

/** Extended operations that are run here, for the root DSE. */
export const supportedExtensions: readonly string[] = [
  ExtendedOid.whoAmI,
  ExtendedOid.passwordModify,
  ExtendedOid.cancel,
];

/** Runs the operations of one connection side by side, and answers each unless it was given up. */
export class RequestRunner {
  readonly #host: ConnectionHost;
  readonly #acting = new Set<Revocable>();

  constructor(host: ConnectionHost) {
    this.#host = host;
  }

  /** Searches under way in the name of others than whoever is bound: they end when those are no longer let in. */
  get acting(): Iterable<Revocable> {
    return this.#acting;
  }

  /** Runs a request that is neither bind, unbind, abandon nor StartTLS. */
  run(
    messageId: number,
    op: RequestOp,
    controls: RequestControls,
    origin: { readonly frame: Buffer; readonly peeked: PeekedMessage },
  ): void {
    switch (op.type) {
      case "searchRequest":
        this.#search(messageId, op, controls, origin.peeked.opEnd === origin.peeked.end ? origin : undefined);
        break;
      case "compareRequest":
        this.#begin(messageId, op, controls, (context) =>
          ifAsserted(op.entry, context, () => compare(op, context)),
        );
        break;
      case "extendedReq":
        this.#extended(messageId, op, controls);
        break;
      case "addRequest":
        this.#begin(messageId, op, controls, (context) => add(op, context));
        break;
      case "modifyRequest":
        this.#begin(messageId, op, controls, (context) => modify(op, context));
        break;
      case "delRequest":
        this.#begin(messageId, op, controls, (context) => deleteEntry(op, context));
        break;
      case "modDNRequest":
        this.#begin(messageId, op, controls, (context) => modifyDN(op, context));
        break;
      default:
        // The others are done before they come here.
        this.#host.answer(messageId, op, { resultCode: LdapResultCode.operationsError });
    }
  }

  #search(
    messageId: number,
    op: SearchRequest,
    controls: RequestControls,
    origin: RequestOrigin | undefined,
  ): void {
    const { answers } = this.#host.realm;
    const { syncRequest, persistentSearch: persistent } = controls;
    const refusal =
      syncRequest === undefined && persistent === undefined ? undefined : refusalOfOthers(controls);
    if (refusal !== undefined) {
      this.#host.answer(messageId, op, refusal);
      return;
    }
    if (syncRequest !== undefined) {
      this.#lasting(messageId, op, controls, syncRequest.value.mode === "refreshAndPersist", (context) =>
        contentSync(op, syncRequest.value, context, this.#syncSink(messageId, context.signal)),
      );
      return;
    }
    if (persistent !== undefined) {
      this.#lasting(messageId, op, controls, true, (context) =>
        persistentSearch(op, persistent.value, context, this.#persistentSink(messageId, context.signal)),
      );
      return;
    }
    this.#begin(messageId, op, controls, (context) =>
      ifAsserted(op.baseObject, context, () =>
        cachedSearch(op, context, origin, answers, this.#entries(messageId, context.signal)),
      ),
    );
  }

  /** What sends encoded entries of an operation. Nothing comes behind its last word: it throws once it is given up. */
  #entries(messageId: number, signal: AbortSignal): EncodedEntrySink {
    const host = this.#host;
    return (entry, controls) => {
      signal.throwIfAborted();
      host.writeEntry(messageId, entry, controls);
      return host.blocked;
    };
  }

  /** Runs a search that may go on for ever. */
  #lasting(
    messageId: number,
    op: SearchRequest,
    controls: RequestControls,
    lasts: boolean,
    work: Work,
  ): void {
    const { lasting } = this.#host.context;
    this.#begin(messageId, op, controls, async (context) => {
      const free = lasts ? lasting.take() : () => {};
      if (free === undefined)
        return { resultCode: LdapResultCode.adminLimitExceeded, limit: "maxLastingSearches" };
      return work(context).finally(free);
    });
  }

  #syncSink(messageId: number, signal: AbortSignal): SyncSink {
    const host = this.#host;
    const send = this.#entries(messageId, signal);
    return {
      entry: (objectName, attributes, state) => {
        const control = { oid: ControlOid.syncState, critical: false, value: encodeSyncState(state) };
        return send(joinSearchEntry(objectName, attributes), encodeControls([control]));
      },
      info: (info) => {
        signal.throwIfAborted();
        // The time limit is one on the refresh stage (RFC 4533 §3.5.4).
        if (info.type === "refreshDelete" || info.type === "refreshPresent") host.operations.lift(messageId);
        const responseValue = encodeSyncInfo(info);
        const { syncInfo: responseName } = ExtendedOid;
        host.write(messageId, { type: "intermediateResponse", responseName, responseValue });
        return host.blocked;
      },
    };
  }

  #persistentSink(messageId: number, signal: AbortSignal): PersistentSink {
    const send = this.#entries(messageId, signal);
    return {
      entry: (op) => send(op),
      changed: (objectName, attributes, controls) => send(joinSearchEntry(objectName, attributes), controls),
    };
  }

  #extended(messageId: number, op: ExtendedRequest, controls: RequestControls): void {
    switch (op.requestName) {
      case ExtendedOid.whoAmI:
        this.#begin(messageId, op, controls, whoAmI);
        break;
      case ExtendedOid.passwordModify:
        this.#begin(messageId, op, controls, (context) => passwordModify(op, context));
        break;
      case ExtendedOid.cancel:
        this.#cancel(messageId, op);
        break;
      default:
        // RFC 4511 §4.12: an operation that is not recognised is a protocol error.
        this.#host.answer(messageId, op, {
          resultCode: LdapResultCode.protocolError,
          diagnosticMessage: "unknown extended operation",
        });
    }
  }

  /** RFC 3909: the operation that is given up is answered, unlike after an abandon. */
  #cancel(messageId: number, op: ExtendedRequest): void {
    const { operations } = this.#host;
    let cancelId: number;
    try {
      cancelId = decodeCancelRequest(op.requestValue ?? new Uint8Array(0));
    } catch (error) {
      if (!isLdapDecodeError(error)) throw error;
      this.#host.answer(messageId, op, {
        resultCode: LdapResultCode.protocolError,
        diagnosticMessage: error.message,
      });
      return;
    }
    const resultCode = operations.cancel(cancelId);
    this.#host.answer(messageId, op, { resultCode });
  }

  #begin(messageId: number, op: RequestOp, controls: RequestControls, work: Work): void {
    const host = this.#host;
    const { context, operations, session } = host;
    const { maxSearchMs } = context.options.limits;
    const asked = { timeLimit: op.type === "searchRequest" ? op.timeLimit : 0 };
    const isLasting = controls.syncRequest !== undefined || controls.persistentSearch !== undefined;
    const longest = isLasting ? Number.POSITIVE_INFINITY : maxSearchMs;
    const deadline = performance.now() + searchTime(asked, longest);
    const { view } = host.realm;
    const end = (outcome: Outcome) => (): void => {
      host.answer(messageId, op, outcome);
      host.goOn();
    };
    const operation = operations.begin(messageId, deadline, {
      // Whatever it hangs on, the peer waits no longer than it was told.
      expire: end(outOfTime(asked, longest)),
      ...(isCancelable(op) ? { cancelled: end({ resultCode: LdapResultCode.canceled }) } : {}),
      ...(isLasting ? { closing: end({ resultCode: LdapResultCode.unavailable }) } : {}),
    });
    const { identity } = session;
    const commits = new OperationCommits(identity?.commits);
    const finished = (outcome: Outcome | undefined): void => {
      const isAwaited = operations.end(operation);
      if (!host.isOver && isAwaited && outcome !== undefined) host.answer(messageId, op, outcome);
      if (commits.close() && session.identity === identity) host.revoke("access");
      if (!host.isOver) host.goOn();
    };
    const { signal } = operation;
    if (session.identity?.mustChangePassword === true && !mayPrecedeChange(op, controls)) {
      finished({
        resultCode: LdapResultCode.insufficientAccessRights,
        diagnosticMessage: "the password must be changed first",
        ...passwordPolicyControls(controls, { error: "changeAfterReset" }),
      });
      return;
    }
    const facts = host.facts();
    const deny = (): void => {
      if (operations.giveUp(operation)) end({ resultCode: LdapResultCode.authorizationDenied })();
    };
    const denied = op.type === "searchRequest" ? deny : undefined;
    this.#admitted({ session, view, signal, controls, facts }, commits, work, denied).then(
      finished,
      (error: unknown) => {
        context.logger.error({ error: String(error), operation: op.type }, "an LDAP operation failed");
        finished({ resultCode: LdapResultCode.other });
      },
    );
  }

  /**
   * Makes sure that the person is still let in, then works.
   * @param deny - ends the operation when another, in whose name it is done, no longer is. Absent for one that is short, or
   * looks itself before it changes anything
   */
  async #admitted(
    context: Omit<OperationContext, "commit">,
    commits: OperationCommits,
    work: Work,
    deny: (() => void) | undefined,
  ): Promise<Outcome | undefined> {
    const { view, session, signal } = context;
    const { identity, address } = session;
    if (identity !== undefined && stillAdmittedCached(identity, view, address) !== true) {
      try {
        if (!(await stillAdmitted(identity, view, address))) {
          if (session.identity === identity) this.#host.revoke("access");
          return undefined;
        }
      } catch (error) {
        return { resultCode: resultCodeOfError(error) };
      }
    }
    // What was given up meanwhile may be somebody else's by now.
    if (signal.aborted) return undefined;
    const as = await sessionOf(context).catch((error: unknown) => ({
      refusal: { resultCode: resultCodeOfError(error) },
    }));
    if ("refusal" in as) return as.refusal;
    const { identity: other } = as.session;
    const isThemself = other === identity;
    const started = (): Promise<Outcome> =>
      work({
        ...context,
        session: as.session,
        commit: async (change, own) => {
          // The connection is not theirs, so nothing has ended it if they are no longer let in.
          if (!isThemself && other !== undefined && !(await stillAdmitted(other, view, address)))
            throw new DirectoryError("denied", "access was taken away");
          return commits.run(change, own !== undefined && isThemself);
        },
      });
    return isThemself || other === undefined || deny === undefined
      ? started()
      : this.#actingAs(other, context, deny, started);
  }

  /** Works in the name of another for as long as they are let in, and whoever acts as them may. */
  async #actingAs(
    identity: LdapIdentity,
    { view, session, signal }: Pick<OperationContext, "view" | "session" | "signal">,
    deny: () => void,
    work: () => Promise<Outcome>,
  ): Promise<Outcome | undefined> {
    const { register } = this.#host.context;
    const { address } = session;
    let isOver = false;
    const acting: Revocable = {
      identity,
      view,
      address,
      revoke: (reason) => {
        // It does not hang on their password, and a look at them may take longer than the operation.
        if (reason === "access" && !isOver) deny();
      },
    };
    this.#acting.add(acting);
    register.add(acting);
    try {
      // Something may have happened since they were looked up.
      const refusal = await refusalNow(identity, view, address);
      if (signal.aborted) return undefined;
      return refusal ?? (await work());
    } finally {
      isOver = true;
      register.remove(acting);
      this.#acting.delete(acting);
    }
  }
}

/** What there is to answer when somebody is no longer let in, or when that cannot be said. */
async function refusalNow(
  identity: LdapIdentity,
  view: DirectoryView,
  address: string,
): Promise<Outcome | undefined> {
  if (stillAdmittedCached(identity, view, address) === true) return undefined;
  try {
    const isAdmitted = await stillAdmitted(identity, view, address);
    return isAdmitted ? undefined : { resultCode: LdapResultCode.authorizationDenied };
  } catch (error) {
    return { resultCode: resultCodeOfError(error) };
  }
}

/** Whether someone may do it whose password must be changed first: change it, or ask who they are, and look at nothing. */
function mayPrecedeChange(op: RequestOp, { assertion, preRead, postRead }: RequestControls): boolean {
  if (op.type === "extendedReq")
    return op.requestName === ExtendedOid.passwordModify || op.requestName === ExtendedOid.whoAmI;
  if (op.type !== "modifyRequest" || op.changes.length === 0) return false;
  if ((assertion ?? preRead ?? postRead) !== undefined) return false;
  return op.changes.every(({ modification }) =>
    ["userpassword", "2.5.4.35"].includes(modification.type.toLowerCase()),
  );
}

/** What changes something may have changed it by the time it is cancelled (RFC 3909 §2.3). */
function isCancelable(op: RequestOp): boolean {
  return op.type === "searchRequest" || op.type === "compareRequest";
}
