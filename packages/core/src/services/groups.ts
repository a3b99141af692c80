import { checkNesting } from "../access/group-graph.ts";
import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import { DirectoryError } from "../errors.ts";
import type { Group, GroupKind, MemberKind, Membership } from "../model/group.ts";
import { type GroupId, isId, type SystemId, type UserId } from "../model/ids.ts";
import type { CustomAttributes } from "../model/record.ts";
import { compileAttributeFilter } from "../query/compile-filter.ts";
import type { Filter } from "../query/filter.ts";
import { allPages, removeAll } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { foldCase } from "../text/normalize.ts";
import { checkCustomAttributes } from "../validate/attributes.ts";
import { checkAttributeFilter } from "../validate/filter.ts";
import {
  checkInteger,
  checkName,
  checkObject,
  checkOneOf,
  checkText,
  invalid,
  optional,
} from "../validate/validate.ts";
import { commit, type RecordPatch, type UnitOfWork, type WriteOptions } from "../write/unit-of-work.ts";
import { applyRuleOf } from "./rule-groups.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import {
  type AttributeChanges,
  checkAttributeChanges,
  withAttributeChanges,
  withoutUndefined,
} from "./user-input.ts";
import { expectCurrent, type UpdateOptions } from "./users.ts";

/** What describes a group. */
export interface GroupFields {
  /** The name. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /** What it collects. Default `user`. Cannot be changed later. */
  readonly kind?: GroupKind;
  /** When set, exactly those who match are members. `null` turns the group into one with members added by hand. */
  readonly rule?: Filter | null;
  /** Numeric Unix group id. `null` removes it. */
  readonly posixGid?: number | null;
  /** Attributes the host has defined. */
  readonly attributes?: CustomAttributes;
}

/** A group to create, with its first members. */
export interface NewGroup extends GroupFields {
  /** Ids of users, systems or groups. */
  readonly members?: readonly MemberId[];
}

/** What may change of a group: all of it in one transaction. */
export interface GroupChanges extends Partial<GroupFields> {
  /** New values of some of the attributes the host has defined. `attributes` replaces all of them. */
  readonly attributeChanges?: AttributeChanges;
  /** Ids to take out, before any come in. One that is not a direct member refuses the change. */
  readonly removeMembers?: readonly MemberId[];
  /** Ids to take in. One that is a direct member already refuses the change. */
  readonly addMembers?: readonly MemberId[];
}

/** The id of something that can be a member. */
export type MemberId = UserId | SystemId | GroupId;

/** Most members that one call adds or removes. */
export const maxMembersPerCall = 100_000;

const fieldNames: readonly string[] = [
  "name",
  "description",
  "kind",
  "rule",
  "posixGid",
  "attributes",
] satisfies (keyof GroupFields)[];

/** Sets of people or machines. */
export class Groups {
  readonly #environment: ServiceEnvironment;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /**
   * Adds a group.
   * @throws DirectoryError `invalid-input`, `conflict` when the name is taken, `not-found` for a member that is not there
   */
  async create(group: NewGroup, options: WriteOptions = {}): Promise<Group> {
    const { members = [], ...rest } = group;
    const fields = this.#check(rest);
    if (fields.name === undefined) throw invalid("name", "is required");
    const { name, kind = "user" } = fields;
    const rule = this.#rule(rest.rule, kind);
    if (rule !== undefined && members.length > 0)
      throw invalid("members", "a group with a rule has no members added by hand");
    return commit(this.#environment, options, async (unit) => {
      const created = await unit.create("group", {
        attributes: {},
        ...fields,
        kind,
        name,
        ...(rule === undefined ? {} : { rule }),
      });
      unit.audit({ action: "group.created", target: targetOf(created) });
      if (created.rule !== undefined) await applyRuleOf(unit, created);
      await addTo(unit, created, members);
      return created;
    });
  }

  /** The group, or `undefined`. */
  get(id: GroupId, options?: CallOptions): Promise<Group | undefined> {
    return this.#environment.reader.get("group", id, options);
  }

  /** The group with this name, regardless of case, or `undefined`. */
  byName(name: string, options?: CallOptions): Promise<Group | undefined> {
    return this.#environment.reader.getByKey("group", "name", foldCase(name), options);
  }

  /**
   * Changes what is given; the rest stays.
   * @throws DirectoryError `not-found`, `invalid-input`, `conflict` (with `details.reason` and `details.member` where a
   * member is `not-a-member` or `already-a-member`), `limit-exceeded`, `stale-write`
   */
  async update(id: GroupId, changes: GroupChanges, options: UpdateOptions = {}): Promise<Group> {
    const { attributeChanges, removeMembers = [], addMembers = [], ...rest } = changes;
    if (rest.kind !== undefined) throw invalid("kind", "cannot be changed");
    const fields = this.#check(rest);
    const registry = this.#environment.registry();
    const attributes = checkAttributeChanges(attributeChanges, rest.attributes, "group", registry);
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.get("group", id);
      await expectCurrent(unit, before.version, options);
      const rule = this.#rule(rest.rule, before.kind);
      const patch: RecordPatch<"group"> = {
        ...fields,
        ...(rest.rule === undefined ? {} : { rule }),
        ...(rest.posixGid === null ? { posixGid: undefined } : {}),
        ...(attributes === undefined ? {} : { attributes: withAttributeChanges(before, attributes) }),
      };
      if (
        before.rule === undefined &&
        rule !== undefined &&
        (await unit.tx.membersOf(id, { limit: 1 })).length > 0
      ) {
        throw new DirectoryError("conflict", "take the members out before giving the group a rule");
      }
      const after = await unit.update("group", before, patch);
      if (after !== before) {
        unit.audit({
          action: "group.updated",
          target: targetOf(after),
          details: { fields: Object.keys(patch).join(",") },
        });
        if (rule !== undefined) await applyRuleOf(unit, after);
      }
      await removeFrom(unit, after, removeMembers, "strict");
      await addTo(unit, after, addMembers, "strict");
      return after;
    });
  }

  /** Removes a group with its memberships both ways and its grants. @throws DirectoryError `not-found` */
  async delete(id: GroupId, options: UpdateOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const group = await unit.get("group", id);
      await expectCurrent(unit, group.version, options);
      await unit.unlink(await unit.tx.groupsOf([id]));
      for (let page = await unit.tx.membersOf(id, { limit: 1000 }); page.length > 0; ) {
        await unit.unlink(page);
        page = await unit.tx.membersOf(id, { limit: 1000 });
      }
      await removeAll(unit, "grant", "group", id);
      await unit.remove("group", group);
      unit.audit({ action: "group.deleted", target: targetOf(group) });
    });
  }

  /**
   * Adds members: users or systems according to the group's kind, or groups of the same kind. Those already in stay.
   * @returns how many were new
   * @throws DirectoryError `not-found`; `conflict` for a rule group, a wrong kind or a circle of groups; `limit-exceeded`
   */
  async addMembers(id: GroupId, members: readonly MemberId[], options: WriteOptions = {}): Promise<number> {
    return commit(this.#environment, options, async (unit) =>
      addTo(unit, await unit.get("group", id), members),
    );
  }

  /**
   * Takes members out. Those not in are passed over.
   * @returns how many were in
   * @throws DirectoryError `not-found`, `conflict` for a rule group
   */
  async removeMembers(
    id: GroupId,
    members: readonly MemberId[],
    options: WriteOptions = {},
  ): Promise<number> {
    return commit(this.#environment, options, async (unit) =>
      removeFrom(unit, await unit.get("group", id), members),
    );
  }

  /** Direct members, page by page, in the order of their ids. */
  async *members(
    id: GroupId,
    options?: CallOptions & { readonly kind?: MemberKind },
  ): AsyncGenerator<Membership, void, void> {
    const { kind } = options ?? {};
    for (let after: string | undefined; ; ) {
      const page = await this.#environment.reader.membersOf(
        id,
        { limit: 1000, ...(after === undefined ? {} : { after }), ...(kind === undefined ? {} : { kind }) },
        options,
      );
      yield* page;
      if (page.length < 1000) return;
      after = page.at(-1)?.member;
    }
  }

  /** The groups that something is a direct member of. */
  async of(member: MemberId, options?: CallOptions): Promise<readonly Group[]> {
    const edges = await this.#environment.reader.groupsOf([member], options);
    return this.#environment.reader.getMany(
      "group",
      edges.map((edge) => edge.group),
      options,
    );
  }

  /** All groups in the order they were made. */
  list(options?: CallOptions): AsyncGenerator<Group, void, void> {
    return allPages(this.#environment.reader, "group", { op: "true" }, options);
  }

  #rule(value: unknown, kind: GroupKind): Filter | undefined {
    return optional("rule", value, (path, given) =>
      checkRule(path, given, kind, this.#environment.registry()),
    );
  }

  #check(input: unknown): Partial<Pick<Group, "name" | "description" | "kind" | "posixGid" | "attributes">> {
    const given = checkObject("", input, fieldNames);
    const registry = this.#environment.registry();
    return withoutUndefined({
      name: optional("name", given["name"], checkName),
      description: optional("description", given["description"], checkText),
      kind: optional("kind", given["kind"], (p, v) => checkOneOf(p, v, ["user", "system"])),
      posixGid: optional("posixGid", given["posixGid"], (p, v) => checkInteger(p, v, 0, 2_147_483_646)),
      attributes: optional("attributes", given["attributes"], (p, v) =>
        checkCustomAttributes(p, v, "group", registry),
      ),
    });
  }
}

/** Checks a rule: well formed, known attributes only, no relations. @returns the rule to store */
export function checkRule(
  path: string,
  value: unknown,
  kind: GroupKind,
  registry: AttributeRegistry,
): Filter {
  const rule = checkAttributeFilter(path, value);
  // A rule that can match nobody is a misspelt attribute far more often than a wish.
  if (compileAttributeFilter(rule, kind, registry).op === "false" && rule.op !== "false")
    throw invalid(path, "matches nobody: it names an unknown attribute or an impossible value");
  return rule;
}

/** @param strict - refuse one who is in already, instead of passing over them */
async function addTo(
  unit: UnitOfWork,
  group: Group,
  members: readonly MemberId[],
  strict?: "strict",
): Promise<number> {
  if (members.length === 0) return 0;
  refuseRule(group);
  checkCount(members);
  const edges = await edgesFor(unit, group, members);
  for (const edge of edges)
    if (edge.memberKind === "group") await checkNesting(unit.tx, group.id, edge.member);
  const added = await unit.link(edges);
  if (strict !== undefined) refuseMissing(edges, added, "already-a-member");
  if (added.length > 0) auditMembers(unit, "group.members-added", group, added);
  return added.length;
}

async function removeFrom(
  unit: UnitOfWork,
  group: Group,
  members: readonly MemberId[],
  strict?: "strict",
): Promise<number> {
  if (strict !== undefined && members.length === 0) return 0;
  refuseRule(group);
  checkCount(members);
  const edges = [...new Set(members)].map((member) => ({ group: group.id, member }));
  const removed = await unit.unlink(edges);
  if (strict !== undefined) refuseMissing(edges, removed, "not-a-member");
  if (removed.length > 0) auditMembers(unit, "group.members-removed", group, removed);
  return removed.length;
}

/** Refuses the first member that was to change and did not. */
function refuseMissing(
  wanted: readonly { readonly member: string }[],
  done: readonly { readonly member: string }[],
  reason: "already-a-member" | "not-a-member",
): void {
  if (done.length === wanted.length) return;
  const changed = new Set(done.map((edge) => edge.member));
  const member = wanted.find((edge) => !changed.has(edge.member))?.member ?? "";
  const message = reason === "not-a-member" ? "is not a direct member" : "is a direct member already";
  throw new DirectoryError("conflict", `one of the members ${message}`, { details: { reason, member } });
}

function checkCount(members: readonly MemberId[]): void {
  if (members.length <= maxMembersPerCall) return;
  throw new DirectoryError(
    "limit-exceeded",
    `one call adds or removes at most ${maxMembersPerCall} members`,
    {
      details: { limit: "maxMembersPerCall", value: maxMembersPerCall },
    },
  );
}

async function edgesFor(unit: UnitOfWork, group: Group, members: readonly MemberId[]): Promise<Membership[]> {
  const wanted = [...new Set(members)];
  for (const id of wanted)
    if (typeof id !== "string" || !isId(id)) throw invalid("members", "holds something that is not an id");
  const direct = new Set((await unit.tx.getMany(group.kind, wanted)).map((record) => record.id as string));
  const rest = wanted.filter((id) => !direct.has(id));
  const nested = new Map(
    (await unit.tx.getMany("group", rest)).map((record) => [record.id as string, record]),
  );
  return wanted.map((member) => {
    if (direct.has(member)) return { group: group.id, member, memberKind: group.kind, origin: "static" };
    const child = nested.get(member);
    if (child === undefined)
      throw new DirectoryError("not-found", "no such member", { details: { kind: "member", id: member } });
    if (child.kind !== group.kind)
      throw new DirectoryError("conflict", "a group nests only groups of its own kind", {
        details: { reason: "other-kind", member },
      });
    return { group: group.id, member, memberKind: "group", origin: "static" };
  });
}

function refuseRule(group: Group): void {
  if (group.rule !== undefined)
    throw new DirectoryError("conflict", "the members of this group follow from its rule", {
      details: { reason: "ruled" },
    });
}

function auditMembers(unit: UnitOfWork, action: string, group: Group, edges: readonly Membership[]): void {
  const named = edges.length <= 20 ? { members: edges.map((edge) => edge.member).join(",") } : {};
  unit.audit({ action, target: targetOf(group), details: { count: edges.length, ...named } });
}

function targetOf(group: Group): { kind: string; id: string; name: string } {
  return { kind: "group", id: group.id, name: group.name };
}
