import { isDirectoryError } from "@directorykit/core";
import { LdapResultCode, type SearchRequest } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { Dereferencer, tooManyValues } from "./dereference.ts";
import { entriesInScope } from "./entries-in-scope.ts";
import { EntrySender, type EntrySink, timeUp } from "./entry-sender.ts";
import { EntrySource } from "./entry-source.ts";
import type { FoundEntry } from "./entry-stream.ts";
import type { OperationContext } from "./operation-context.ts";
import { type SearchWindow, searchWindow } from "./search-window.ts";
import type { Outcome } from "./session.ts";

export { type EntrySink, timeUp } from "./entry-sender.ts";

/** Milliseconds a search may take. */
export function searchTime(request: Pick<SearchRequest, "timeLimit">, most: number): number {
  return request.timeLimit > 0 ? Math.min(request.timeLimit * 1000, most) : most;
}

/** The result of a search that took too long. */
export function outOfTime(request: Pick<SearchRequest, "timeLimit">, most: number): Outcome {
  const outcome = { resultCode: LdapResultCode.timeLimitExceeded };
  return searchTime(request, most) < most ? outcome : { ...outcome, limit: "maxSearchMs" };
}

/**
 * Answers a SearchRequest (RFC 4511 §4.5): sends entries to the sink and returns the result that goes into the
 * SearchResultDone. Nothing is thrown: what goes wrong is in the result.
 */
export async function search(
  request: SearchRequest,
  context: OperationContext,
  sink: EntrySink,
): Promise<Outcome> {
  const { limits, directory } = context.view.options;
  try {
    return await run(request, context, sink);
  } catch (error) {
    if (error === timeUp || context.signal.reason === timeUp) return outOfTime(request, limits.maxSearchMs);
    if (error === tooManyValues)
      return { resultCode: LdapResultCode.adminLimitExceeded, limit: "maxDereferencedValues" };
    if (!isDirectoryError(error) && !context.signal.aborted)
      directory.logger.error({ error: String(error) }, "an LDAP search failed");
    const resultCode = resultCodeOfError(error);
    const isScan = isDirectoryError(error) && error.details?.["limit"] === "maxScan";
    return isScan ? { resultCode, limit: "maxSearchScan" } : { resultCode };
  }
}

async function run(request: SearchRequest, context: OperationContext, sink: EntrySink): Promise<Outcome> {
  const { view, session, signal } = context;
  const deadline = performance.now() + searchTime(request, view.options.limits.maxSearchMs);
  const source = session.identity === undefined ? undefined : new EntrySource(view, session.identity, signal);
  const scope = await entriesInScope(request, context, source);
  if ("refusal" in scope) return scope.refusal;
  const dereferencer = Dereferencer.of(context, source);
  if (dereferencer !== undefined && "refusal" in dereferencer) return dereferencer.refusal;
  const window = await searchWindow(request, scope.entries, context);
  if ("refusal" in window) return window.refusal;
  const sender = new EntrySender(request, view, source, dereferencer, sink, deadline);
  const { outcome, given } = await give(window, sender);
  // Whoever goes on with a search was told of its base before.
  return (window.isFirst && given === 0 ? await scope.missingBase() : undefined) ?? outcome;
}

/** Sends the entries of a window. @returns the result, and how many there were */
async function give(
  window: SearchWindow,
  sender: EntrySender,
): Promise<{ readonly outcome: Outcome; readonly given: number }> {
  let given = 0;
  let last: FoundEntry | undefined;
  for await (const batch of window.read()) {
    for (const found of batch) {
      if (given === window.most && last !== undefined) return { outcome: window.full(last), given };
      const waiting = sender.send(found);
      if (waiting !== undefined) await waiting;
      given += 1;
      last = found;
    }
  }
  return { outcome: window.whole(given), given };
}
