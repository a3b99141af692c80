import type { Change, GroupId, RecordChange, UserId } from "@directorykit/core";
import type { DirectoryView } from "../view/directory-view.ts";
import { turn } from "../view/turn.ts";

/** Which entries changes may have changed. */
export interface SyncReach {
  /** Entries of people and groups that may have changed, by id. */
  readonly entries: ReadonlyMap<string, "user" | "group">;
  /** Ids of those among them that may have gone; others that are out of sight were so before. */
  readonly leaving: ReadonlySet<string>;
  /** Ids of those that are new. */
  readonly made: ReadonlySet<string>;
  /** Names of those that are deleted, by id. */
  readonly gone: ReadonlyMap<string, string>;
  /** Whether any entry may have changed, come or gone. */
  readonly everything: boolean;
}

/** Entries looked at one by one, beyond which it is quicker to look at all. */
const maxEntries = 5000;

/** Works out what changes may have done to the entries of people and groups, as they are shown by this view. */
export async function syncReach(
  changes: Iterable<Change> | AsyncIterable<Change>,
  view: DirectoryView,
  signal: AbortSignal,
): Promise<SyncReach> {
  const reach = new Reach(view, signal);
  for await (const change of changes) {
    await reach.add(change);
    if (reach.everything) break;
    await turn();
  }
  return reach;
}

class Reach implements SyncReach {
  readonly entries = new Map<string, "user" | "group">();
  readonly leaving = new Set<string>();
  readonly made = new Set<string>();
  readonly gone = new Map<string, string>();
  everything = false;
  readonly #view: DirectoryView;
  readonly #signal: AbortSignal;
  readonly #ancestorsKnown = new Set<string>();
  readonly #surrounded = new Set<string>();

  constructor(view: DirectoryView, signal: AbortSignal) {
    this.#view = view;
    this.#signal = signal;
  }

  async add(change: Change): Promise<void> {
    switch (change.kind) {
      case "user":
        this.#note(change, "user");
        if (change.operation !== "updated" || movesOthers(change.fields))
          await this.#around(change.id as UserId);
        break;
      case "group":
        this.#note(change, "group");
        // Its DN is in the entries of its members, and may be in those of groups around it.
        if (change.operation === "updated" && change.fields?.includes("name") !== false)
          this.everything = true;
        break;
      case "membership":
        if (change.memberKind === "group") this.everything = true;
        else {
          this.#touch(change.member, "user");
          await this.#groupAndAbove(change.id as GroupId);
          // The group may be what lets them be seen, in other groups too.
          await this.#around(change.member as UserId);
        }
        break;
      case "credential":
        // The day of the last change of password is in the entry.
        if (change.name === "password" && change.user !== undefined) this.entries.set(change.user, "user");
        break;
      case "grant":
        if (this.#view.options.layout.people === "all") break;
        if (change.user === undefined) this.everything = true;
        else {
          this.#touch(change.user, "user");
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

  #touch(id: string, part: "user" | "group"): void {
    this.entries.set(id, part);
    this.leaving.add(id);
  }

  #note({ id, operation, name = "" }: RecordChange, part: "user" | "group"): void {
    this.#touch(id, part);
    if (operation === "created") this.made.add(id);
    if (operation === "deleted") this.gone.set(id, name);
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
