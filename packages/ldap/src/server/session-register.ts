import { type Change, everySession, type UserId } from "@directorykit/core";
import type { BindWatch } from "../handlers/login.ts";
import type { EndReason } from "../handlers/open-commits.ts";
import { type LdapIdentity, peopleOf, stillAdmitted } from "../handlers/session.ts";
import type { DirectoryView } from "../view/directory-view.ts";

/** A live connection that can be ended. */
export interface RevocableConnection {
  /** Who it is bound as. */
  readonly identity: LdapIdentity | undefined;
  /** The organization they belong to. */
  readonly view: DirectoryView;
  /** Address of the peer. */
  readonly address: string;
  /** Ends it with a Notice of Disconnection: the person may no longer be here. */
  revoke(reason: EndReason): void;
}

/** A {@link BindWatch} that the register writes. */
interface OpenWatch extends BindWatch {
  readonly ended: Set<UserId>;
}

/**
 * The connections that people are bound on, so that a change to their access ends them. A change that names the user
 * looks at that user's connections; one to groups, grants or resources looks at all.
 */
export class SessionRegister {
  readonly #bound = new Map<UserId, Set<RevocableConnection>>();
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

  /** Notes that a connection is now bound. */
  add(connection: RevocableConnection): void {
    for (const user of usersOf(connection)) {
      const connections = this.#bound.get(user);
      if (connections === undefined) this.#bound.set(user, new Set([connection]));
      else connections.add(connection);
    }
  }

  /** Notes that a connection will no longer be bound as it is. */
  remove(connection: RevocableConnection): void {
    for (const user of usersOf(connection)) {
      const connections = this.#bound.get(user);
      connections?.delete(connection);
      if (connections?.size === 0) this.#bound.delete(user);
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
    for (const user of all ? this.#bound.keys() : affected)
      for (const connection of this.#bound.get(user) ?? [])
        if (connection.view === view) void this.check(connection);
  }

  /** Ends every connection that is bound in an organization: among changes that were lost may have been anything. */
  endAll(view: DirectoryView): void {
    for (const watch of this.#watches) watch.changed = true;
    for (const [user, connections] of [...this.#bound])
      if ([...connections].some((connection) => connection.view === view)) this.#end(user, "access");
  }

  /** Ends the connection unless the person is still let in. */
  async check(connection: RevocableConnection): Promise<void> {
    const { identity } = connection;
    if (identity === undefined) return;
    try {
      if (await stillAdmitted(identity, connection.view, connection.address)) return;
    } catch {
      // A store that cannot be read denies.
    }
    if (connection.identity === identity) connection.revoke("access");
  }

  #end(user: UserId, reason: EndReason): void {
    for (const watch of this.#watches) watch.ended.add(user);
    for (const connection of [...(this.#bound.get(user) ?? [])]) connection.revoke(reason);
  }
}

function usersOf({ identity }: RevocableConnection): readonly UserId[] {
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
