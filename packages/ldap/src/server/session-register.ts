import type { Change, Directory, UserId } from "@directorykit/core";
import { admit, type LdapIdentity } from "../handlers/session.ts";

/** A live connection that can be ended. */
export interface RevocableConnection {
  /** Who it is bound as. */
  readonly identity: LdapIdentity | undefined;
  /** Address of the peer. */
  readonly address: string;
  /** Ends it with a Notice of Disconnection: the person may no longer be here. */
  revoke(): void;
}

/**
 * The connections that people are bound on, so that a change to their access ends them. A change that names the user
 * looks at that user's connections; one to groups, grants or resources looks at all.
 */
export class SessionRegister {
  readonly #directory: Directory;
  readonly #bound = new Map<UserId, Set<RevocableConnection>>();

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Notes that a connection is now bound as `user`. */
  add(user: UserId, connection: RevocableConnection): void {
    const connections = this.#bound.get(user);
    if (connections === undefined) this.#bound.set(user, new Set([connection]));
    else connections.add(connection);
  }

  /** Notes that it no longer is. */
  remove(user: UserId, connection: RevocableConnection): void {
    const connections = this.#bound.get(user);
    connections?.delete(connection);
    if (connections?.size === 0) this.#bound.delete(user);
  }

  /** Ends what the changes end. */
  apply(changes: readonly Change[]): void {
    const affected = new Set<UserId>();
    for (const change of changes) {
      if (change.kind === "user") affected.add(change.id as UserId);
      else if (change.kind === "membership" && change.memberKind === "user")
        affected.add(change.member as UserId);
      else if (change.kind === "credential" && endsSessions(change.name, change.fields))
        this.#revokeAll(change.user as UserId);
      else if (["membership", "group", "grant", "resource"].includes(change.kind))
        for (const user of this.#bound.keys()) affected.add(user);
    }
    for (const user of affected)
      for (const connection of this.#bound.get(user) ?? []) void this.#check(connection);
  }

  async #check(connection: RevocableConnection): Promise<void> {
    const { identity } = connection;
    if (identity === undefined) return;
    try {
      const decision = await admit(this.#directory, identity, connection.address);
      if (decision?.allowed === true) return;
    } catch {
      // A store that cannot be read denies.
    }
    if (connection.identity === identity) connection.revoke();
  }

  #revokeAll(user: UserId): void {
    for (const connection of this.#bound.get(user) ?? []) connection.revoke();
  }
}

/** A new password or a second factor taken away ends connections; a hash renewed at login does not. */
function endsSessions(kind: string | undefined, fields: readonly string[] | undefined): boolean {
  return (kind === "password" || kind === "totp") && fields?.includes("rehash") !== true;
}
