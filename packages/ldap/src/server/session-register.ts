import { type Change, everySession, type UserId } from "@directorykit/core";
import type { BindWatch } from "../handlers/login.ts";
import type { EndReason } from "../handlers/open-commits.ts";
import { type LdapIdentity, peopleOf, stillAdmitted } from "../handlers/session.ts";
import type { DirectoryView } from "../view/directory-view.ts";

/** What hangs on somebody's access and can be ended: a live connection, or an operation done in the name of another. */
export interface Revocable {
  /** Whose access it hangs on, and on that of whoever acts as them. */
  readonly identity: LdapIdentity | undefined;
  /** The organization they belong to. */
  readonly view: DirectoryView;
  /** Address of the peer. */
  readonly address: string;
  /** Ends it: the person may no longer be here. A connection ends with a Notice of Disconnection. */
  revoke(reason: EndReason): void;
}

/** A {@link BindWatch} that the register writes. */
interface OpenWatch extends BindWatch {
  readonly ended: Set<UserId>;
}

/**
 * The connections that people are bound on, and the operations that others do in their name, so that a change to their
 * access ends them. A change that names the user looks at what is theirs; one to groups, grants or resources looks at all.
 */
export class SessionRegister {
  readonly #live = new Map<UserId, Set<Revocable>>();
  readonly #watches = new Set<OpenWatch>();

  /** Notes what happens until {@link SessionRegister.unwatch}: a bind that is under way is on no connection yet. */
  watch(): BindWatch {
    const watch: OpenWatch = { ended: new Set(), changed: false };
    this.#watches.add(watch);
    return watch;
  }

  /** Ends a watch. */
  unwatch(watch: BindWatch): void {
    this.#watches.delete(watch as OpenWatch);
  }

  /** Notes that a connection is now bound, or that an operation begins. */
  add(one: Revocable): void {
    for (const user of usersOf(one)) {
      const theirs = this.#live.get(user);
      if (theirs === undefined) this.#live.set(user, new Set([one]));
      else theirs.add(one);
    }
  }

  /** Notes that a connection will no longer be bound as it is, or that an operation has ended. */
  remove(one: Revocable): void {
    for (const user of usersOf(one)) {
      const theirs = this.#live.get(user);
      theirs?.delete(one);
      if (theirs?.size === 0) this.#live.delete(user);
    }
  }

  /** Ends what changes to an organization end. */
  apply(view: DirectoryView, changes: readonly Change[]): void {
    const affected = new Set<UserId>();
    let all = false;
    for (const change of changes) {
      if (change.kind === "user") affected.add(change.id as UserId);
      else if (change.kind === "membership" && change.memberKind === "user")
        affected.add(change.member as UserId);
      else if (change.kind === "credential" && endsSessions(change))
        this.#end(change.user as UserId, change.name === "password" ? "password" : "access");
      else if (change.kind === "session" && change.name === everySession)
        this.#end(change.user as UserId, "access");
      else if (["membership", "group", "grant", "resource", "organization"].includes(change.kind)) all = true;
    }
    if (affected.size > 0 || all) for (const watch of this.#watches) watch.changed = true;
    for (const user of all ? this.#live.keys() : affected)
      for (const one of this.#live.get(user) ?? []) if (one.view === view) void this.check(one);
  }

  /** Ends all that is live in an organization: among changes that were lost may have been anything. */
  endAll(view: DirectoryView): void {
    for (const watch of this.#watches) watch.changed = true;
    for (const [user, theirs] of [...this.#live])
      if ([...theirs].some((one) => one.view === view)) this.#end(user, "access");
  }

  /** Ends a connection or operation unless the person is still let in. */
  async check(one: Revocable): Promise<void> {
    const { identity } = one;
    if (identity === undefined) return;
    try {
      if (await stillAdmitted(identity, one.view, one.address)) return;
    } catch {
      // A store that cannot be read denies.
    }
    if (one.identity === identity) one.revoke("access");
  }

  #end(user: UserId, reason: EndReason): void {
    for (const watch of this.#watches) watch.ended.add(user);
    for (const one of [...(this.#live.get(user) ?? [])]) one.revoke(reason);
  }
}

function usersOf({ identity }: Revocable): readonly UserId[] {
  return identity === undefined ? [] : peopleOf(identity);
}

/**
 * A new password, and a second factor or certificate taken away, end connections. A hash renewed at login does not, and neither does a
 * second factor that is added.
 */
function endsSessions(change: Extract<Change, { fields?: readonly string[] }>): boolean {
  if (change.name === "password") return change.fields?.includes("rehash") !== true;
  return change.operation === "deleted" && (change.name === "totp" || change.name === "x509");
}
