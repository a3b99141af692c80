import type { Change, GroupId, UserId } from "@directorykit/core";
import type { DirectoryView } from "../view/directory-view.ts";
import { turn } from "../view/turn.ts";

/** Which entries changes may have changed. */
export interface SyncReach {
  /** Entries of people and groups that may have changed, come or gone, by id. */
  readonly entries: ReadonlyMap<string, "user" | "group">;
  /** Ids of those among them that are new. */
  readonly made: ReadonlySet<string>;
  /** Whether any entry may have changed, come or gone. */
  readonly everything: boolean;
}

/** Entries looked at one by one, beyond which it is quicker to look at all. */
const maxEntries = 5000;

/**
 * Works out what changes may have done to the entries of people and groups, as they are shown by this view.
 * @param reader - who looks: what they see may hang on their own groups and grants
 */
export async function syncReach(
  changes: Iterable<Change> | AsyncIterable<Change>,
  view: DirectoryView,
  reader: UserId,
  signal: AbortSignal,
): Promise<SyncReach> {
  const reach = new Reach(view, reader, signal);
  for await (const change of changes) {
    await reach.add(change);
    if (reach.everything) break;
    await turn();
  }
  return reach;
}

class Reach implements SyncReach {
  readonly entries = new Map<string, "user" | "group">();
  readonly made = new Set<string>();
  everything = false;
  readonly #view: DirectoryView;
  readonly #reader: UserId;
  readonly #signal: AbortSignal;
  readonly #ancestorsKnown = new Set<string>();
  readonly #surrounded = new Set<string>();

  constructor(view: DirectoryView, reader: UserId, signal: AbortSignal) {
    this.#view = view;
    this.#reader = reader;
    this.#signal = signal;
  }

  async add(change: Change): Promise<void> {
    switch (change.kind) {
      case "user":
        this.entries.set(change.id, "user");
        if (change.operation === "created") this.made.add(change.id);
        if (change.operation !== "updated" || movesOthers(change.fields))
          await this.#around(change.id as UserId);
        break;
      case "group":
        this.entries.set(change.id, "group");
        if (change.operation === "created") this.made.add(change.id);
        // Its DN is in the entries of its members, and may be in those of groups around it.
        if (change.operation === "updated" && change.fields?.includes("name") !== false)
          this.everything = true;
        break;
      case "membership":
        if (change.memberKind === "group" || change.member === this.#reader) this.everything = true;
        else if (change.memberKind === "user") {
          this.entries.set(change.member, "user");
          await this.#groupAndAbove(change.id as GroupId);
          // The group may be what lets them be seen, in other groups too.
          await this.#around(change.member as UserId);
        }
        break;
      case "credential":
        // The day of the last change of password is in the entry, and the NT hash may be.
        if ((change.name === "password" || change.name === "nt-hash") && change.user !== undefined)
          this.entries.set(change.user, "user");
        break;
      case "grant":
        if (change.user === undefined || change.user === this.#reader) this.everything = true;
        else {
          this.entries.set(change.user, "user");
          await this.#around(change.user as UserId);
        }
        break;
      case "session":
      case "system":
        break;
      default:
        this.everything = true;
    }
    if (this.entries.size > maxEntries) this.everything = true;
  }

  /** Entries that show someone's DN, or no longer do: their groups, and those they manage. */
  async #around(user: UserId): Promise<void> {
    if (this.#surrounded.has(user)) return;
    this.#surrounded.add(user);
    const { directory } = this.#view.options;
    const call = { signal: this.#signal };
    for (const group of await directory.effectiveGroups(user, call)) this.entries.set(group, "group");
    const managed = { op: "equals", attribute: "manager", value: user } as const;
    const page = await directory.query("user", { filter: managed, limit: maxEntries }, call);
    for (const { id } of page.records) this.entries.set(id, "user");
    if (page.next !== undefined) this.everything = true;
  }

  /** A group whose members have changed, and those that show them too because the group is in them. */
  async #groupAndAbove(id: GroupId): Promise<void> {
    this.entries.set(id, "group");
    if (this.#view.options.layout.nesting === "direct" || this.#ancestorsKnown.has(id)) return;
    this.#ancestorsKnown.add(id);
    for (const parent of await this.#view.options.directory.groups.of(id, { signal: this.#signal }))
      await this.#groupAndAbove(parent.id);
  }
}

/** Whether a change to someone's record changes the entries of others. */
function movesOthers(fields: readonly string[] | undefined): boolean {
  return fields === undefined || fields.includes("username") || fields.includes("state");
}
