import { isNetwork } from "../access/network.ts";
import { DirectoryError } from "../errors.ts";
import type { Grant, GrantAttributes, GrantConditions } from "../model/grant.ts";
import type { Group } from "../model/group.ts";
import type { GrantId, GroupId, ResourceId, UserId } from "../model/ids.ts";
import type { Resource } from "../model/resource.ts";
import type { User } from "../model/user.ts";
import { recordsBy } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { checkJsonObject } from "../validate/json.ts";
import {
  checkBoolean,
  checkInteger,
  checkList,
  checkObject,
  invalid,
  optional,
} from "../validate/validate.ts";
import { commit, type RecordPatch, type UnitOfWork, type WriteOptions } from "../write/unit-of-work.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { withoutUndefined } from "./user-input.ts";
import { expectCurrent, type UpdateOptions } from "./users.ts";

/** What a grant adds and demands. */
export interface GrantTerms {
  /** What the grant adds to the answer. */
  readonly attributes?: GrantAttributes;
  /** Of two grants that set the same attribute the higher priority wins. Default 0. */
  readonly priority?: number;
  /** Counts only from this time on, in milliseconds since the epoch. `null` takes the bound away. */
  readonly notBefore?: number | null;
  /** Counts only before this time, in milliseconds since the epoch. `null` takes the bound away. */
  readonly notAfter?: number | null;
  /** What else must hold. */
  readonly conditions?: GrantConditions;
}

/** A grant to add: a group, or as an exception one user, gets a resource. Records may be given for their ids. */
export type NewGrant = GrantTerms & { readonly resource: ResourceId | Resource } & (
    | { readonly group: GroupId | Group; readonly user?: never }
    | { readonly user: UserId | User; readonly group?: never }
  );

const termNames: readonly string[] = [
  "attributes",
  "priority",
  "notBefore",
  "notAfter",
  "conditions",
] satisfies (keyof GrantTerms)[];

/** Who gets what. */
export class Grants {
  readonly #environment: ServiceEnvironment;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /** Gives access. @throws DirectoryError `not-found` for the group, user or resource, `invalid-input`, `conflict` for a system group */
  async add(grant: NewGrant, options: WriteOptions = {}): Promise<Grant> {
    const { group, user, resource, ...terms } = grant;
    if ((group === undefined) === (user === undefined))
      throw invalid("group", "give either a group or a user");
    const checked = checkTerms(terms);
    checkValidity(checked);
    const resourceId = idOf(resource);
    return commit(this.#environment, options, async (unit) => {
      const target = await unit.get("resource", resourceId);
      const subject =
        group === undefined
          ? { user: (await unit.get("user", idOf(user as UserId | User))).id }
          : { group: await peopleIn(unit, idOf(group)) };
      const created = await unit.create("grant", {
        attributes: {},
        priority: 0,
        conditions: {},
        ...checked,
        ...subject,
        resource: target.id,
      });
      unit.audit({
        action: "grant.added",
        target: { kind: "grant", id: created.id },
        details: { ...subject, resource: target.id },
      });
      return created;
    });
  }

  /** The grant, or `undefined`. */
  get(id: GrantId, options?: CallOptions): Promise<Grant | undefined> {
    return this.#environment.reader.get("grant", id, options);
  }

  /** Changes the terms of a grant; those not given stay. @throws DirectoryError `not-found`, `invalid-input`, `stale-write` */
  async update(id: GrantId, terms: GrantTerms, options: UpdateOptions = {}): Promise<Grant> {
    const patch: RecordPatch<"grant"> = {
      ...checkTerms(terms),
      ...(terms.notBefore === null ? { notBefore: undefined } : {}),
      ...(terms.notAfter === null ? { notAfter: undefined } : {}),
    };
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.get("grant", id);
      await expectCurrent(unit, before.version, options);
      checkValidity({ ...before, ...patch });
      const after = await unit.update("grant", before, patch);
      if (after !== before) unit.audit({ action: "grant.updated", target: { kind: "grant", id } });
      return after;
    });
  }

  /** Takes access away. @throws DirectoryError `not-found` */
  async remove(id: GrantId, options: UpdateOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const grant = await unit.get("grant", id);
      await expectCurrent(unit, grant.version, options);
      await unit.remove("grant", grant);
      const { group, user, resource } = grant;
      unit.audit({
        action: "grant.removed",
        target: { kind: "grant", id },
        details: withoutUndefined({ group, user, resource }),
      });
    });
  }

  /** Every grant to a resource. */
  ofResource(id: ResourceId, options?: CallOptions): Promise<readonly Grant[]> {
    return recordsBy(this.#environment.reader, "grant", "resource", id, options);
  }

  /** Every grant that names a group. */
  ofGroup(id: GroupId, options?: CallOptions): Promise<readonly Grant[]> {
    return recordsBy(this.#environment.reader, "grant", "group", id, options);
  }

  /** Every grant that names a user directly. */
  ofUser(id: UserId, options?: CallOptions): Promise<readonly Grant[]> {
    return recordsBy(this.#environment.reader, "grant", "user", id, options);
  }
}

/** Checks the terms of a grant. */
export function checkTerms(
  input: unknown,
): Partial<Pick<Grant, "attributes" | "priority" | "notBefore" | "notAfter" | "conditions">> {
  const given = checkObject("", input, termNames);
  const time = (path: string, value: unknown): number =>
    checkInteger(path, value, 0, Number.MAX_SAFE_INTEGER);
  return withoutUndefined({
    attributes: optional("attributes", given["attributes"], checkJsonObject),
    priority: optional("priority", given["priority"], (p, v) => checkInteger(p, v, -1_000_000, 1_000_000)),
    notBefore: optional("notBefore", given["notBefore"], time),
    notAfter: optional("notAfter", given["notAfter"], time),
    conditions: optional("conditions", given["conditions"], checkConditions),
  });
}

/** Refuses a grant that could never count. */
export function checkValidity(terms: {
  readonly notBefore?: number | undefined;
  readonly notAfter?: number | undefined;
}): void {
  if (terms.notBefore !== undefined && terms.notAfter !== undefined && terms.notAfter <= terms.notBefore)
    throw invalid("notAfter", "must be later than notBefore");
}

/** The id of a group of people; machines are not users of anything. */
async function peopleIn(unit: UnitOfWork, id: GroupId): Promise<GroupId> {
  const group = await unit.get("group", id);
  if (group.kind !== "user")
    throw new DirectoryError("conflict", "access is given to people, and this is a group of machines");
  return group.id;
}

function checkConditions(path: string, value: unknown): GrantConditions {
  const given = checkObject(path, value, ["mfa", "networks"]);
  return withoutUndefined({
    mfa: optional(`${path}.mfa`, given["mfa"], checkBoolean),
    networks: optional(`${path}.networks`, given["networks"], (p, v) =>
      checkList(p, v, (q, w) => {
        if (typeof w !== "string" || !isNetwork(w)) throw invalid(q, "is not a network in CIDR notation");
        return w;
      }),
    ),
  });
}

function idOf<I extends string>(given: I | { readonly id: I }): I {
  return typeof given === "string" ? given : given.id;
}
