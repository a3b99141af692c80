/** Things in groups: of each group it is known how many there are, and which was touched longest ago. */
export class RecencyGroups<T> {
  readonly #groups = new Map<string, Set<T>>();
  #size = 0;

  /** Things in all groups. */
  get size(): number {
    return this.#size;
  }

  /** Groups with anything in them. */
  get groups(): number {
    return this.#groups.size;
  }

  /** Things in one group. */
  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  /** Puts a thing into a group, or tells that it was touched again. */
  touch(group: string, thing: T): void {
    const things = this.#groups.get(group) ?? new Set();
    if (things.delete(thing)) this.#size -= 1;
    things.add(thing);
    this.#size += 1;
    this.#groups.set(group, things);
  }

  /** Takes a thing out of its group. */
  remove(group: string, thing: T): void {
    const things = this.#groups.get(group);
    if (things === undefined || !things.delete(thing)) return;
    this.#size -= 1;
    if (things.size === 0) this.#groups.delete(group);
  }

  /** The things of a group, first that which was touched longest ago. */
  inOrder(group: string): Iterable<T> {
    return this.#groups.get(group) ?? [];
  }

  /** The thing of a group that was touched longest ago. */
  oldest(group: string): T | undefined {
    for (const thing of this.inOrder(group)) return thing;
    return undefined;
  }

  /** The group with the most things. Looks at all groups. */
  largest(): string | undefined {
    let found: string | undefined;
    for (const [group, things] of this.#groups)
      if (found === undefined || things.size > this.sizeOf(found)) found = group;
    return found;
  }
}
