import {
  type AuditActor,
  isDirectoryError,
  type UpdateOptions,
  type User,
  type WriteOptions,
} from "@directorykit/core";
import { LdapResultCode } from "../codec/index.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import type { ValueContext } from "../view/written-value.ts";
import { EntrySource } from "./entry-source.ts";
import { passwordPolicyControls } from "./login.ts";
import type { OperationContext } from "./operation-context.ts";
import { outOfTime, timeUp } from "./search.ts";
import type { LdapIdentity, Outcome } from "./session.ts";
import { refusalOf } from "./update-errors.ts";

/** An update on its way, by someone who may write something. */
export interface Update extends OperationContext {
  /** Who asks. */
  readonly identity: LdapIdentity;
  /** What they see. */
  readonly source: EntrySource;
}

/**
 * Does an update, if whoever asks may write at all, and answers with what became of it. Nothing is thrown.
 * @param work - does it; what it throws refuses the update
 */
export async function runUpdate(
  context: OperationContext,
  work: (update: Update) => Promise<Partial<Outcome>>,
): Promise<Outcome> {
  const { session, view, signal, controls } = context;
  const { identity } = session;
  if (identity === undefined) return insufficient("bind first");
  if (identity.write === "none") return insufficient();
  try {
    const source = new EntrySource(view, identity, signal);
    const { write } = identity;
    const commit: Update["commit"] = (change, own) =>
      context.commit(() => {
        // A password takes long to hash: what was allowed before may not be now.
        if (identity.write !== write)
          throw new UpdateRefusal(LdapResultCode.insufficientAccessRights, "what you may write has changed");
        return change();
      }, own);
    const done = await work({ ...context, identity, source, commit });
    const policy = passwordPolicyControls(controls, {}).controls ?? [];
    const all = [...(done.controls ?? []), ...policy];
    return { resultCode: LdapResultCode.success, ...done, ...(all.length === 0 ? {} : { controls: all }) };
  } catch (error) {
    if (signal.reason === timeUp) return outOfTime({ timeLimit: 0 }, view.options.limits.maxSearchMs);
    const refusal = error instanceof UpdateRefusal ? error : refusalOf(error, view.schema);
    if (!isDirectoryError(error) && error !== refusal)
      view.options.directory.logger.error({ error: String(error) }, "an LDAP update failed");
    const { resultCode, matchedDN, message, passwordPolicyError } = refusal;
    return {
      resultCode,
      ...(matchedDN === undefined ? {} : { matchedDN }),
      diagnosticMessage: message,
      ...passwordPolicyControls(
        controls,
        passwordPolicyError === undefined ? {} : { error: passwordPolicyError },
      ),
    };
  }
}

function insufficient(diagnosticMessage?: string): Outcome {
  const resultCode = LdapResultCode.insufficientAccessRights;
  return diagnosticMessage === undefined ? { resultCode } : { resultCode, diagnosticMessage };
}

/** What the directory is told of who writes. */
export function writeOptions({ identity, session, signal }: Update): WriteOptions {
  return {
    actor: actorOf(identity),
    protocol: "ldap",
    source: session.address,
    correlation: session.id,
    signal,
  };
}

/** In whose name something is done and, under proxied authorization, who does it. */
function actorOf({ user, actedBy }: LdapIdentity): AuditActor {
  return {
    kind: "user",
    id: user,
    ...(actedBy === undefined ? {} : { actedBy: { kind: "user", id: actedBy.user } }),
  };
}

/** The same, for a change by what was read. @param revision - that of the directory, where the change hangs on more */
export function updateOptions(update: Update, version: number, revision: number | undefined): UpdateOptions {
  return {
    ...writeOptions(update),
    expectedVersion: version,
    ...(revision === undefined ? {} : { expectedRevision: revision }),
  };
}

/** Whether a person is the one who asks. */
export function isOwn({ identity }: Update, user: User): boolean {
  return user.id === identity.user;
}

/** What values are read by. */
export function valueContext({ view, identity }: Update, owner: ValueContext["owner"]): ValueContext {
  return { schema: view.schema, tree: identity.tree, owner };
}
