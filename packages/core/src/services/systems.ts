import type { SystemId } from "../model/ids.ts";
import type { CustomAttributes } from "../model/record.ts";
import type { System } from "../model/resource.ts";
import { allPages } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { foldCase } from "../text/normalize.ts";
import { checkCustomAttributes } from "../validate/attributes.ts";
import { checkName, checkObject, checkOneOf, checkText, invalid, optional } from "../validate/validate.ts";
import { commit, type WriteOptions } from "../write/unit-of-work.ts";
import { applyRulesTo } from "./rule-groups.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { withoutUndefined } from "./user-input.ts";
import { expectCurrent, type UpdateOptions } from "./users.ts";

/** What describes a machine. */
export interface SystemFields {
  /** Host name. */
  readonly hostname: string;
  /** Operating system. */
  readonly os?: string;
  /** Attributes the host has defined. */
  readonly attributes?: CustomAttributes;
  /** Default `active`; `revoked` machines are refused everywhere. */
  readonly state?: System["state"];
}

/** Enrolled machines. */
export class Systems {
  readonly #environment: ServiceEnvironment;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /** Adds a machine. @throws DirectoryError `invalid-input`, `conflict` when the host name is taken */
  async create(system: SystemFields, options: WriteOptions = {}): Promise<System> {
    const fields = this.#check(system);
    const { hostname } = fields;
    if (hostname === undefined) throw invalid("hostname", "is required");
    return commit(this.#environment, options, async (unit) => {
      const created = await unit.create("system", { attributes: {}, state: "active", ...fields, hostname });
      await applyRulesTo(unit, "system", [created]);
      unit.audit({ action: "system.created", target: targetOf(created) });
      return created;
    });
  }

  /** The machine, or `undefined`. */
  get(id: SystemId, options?: CallOptions): Promise<System | undefined> {
    return this.#environment.reader.get("system", id, options);
  }

  /** The machine with this host name, regardless of case, or `undefined`. */
  byHostname(hostname: string, options?: CallOptions): Promise<System | undefined> {
    return this.#environment.reader.getByKey("system", "hostname", foldCase(hostname), options);
  }

  /** Changes fields; those not given stay. @throws DirectoryError `not-found`, `invalid-input`, `conflict`, `stale-write` */
  async update(id: SystemId, changes: Partial<SystemFields>, options: UpdateOptions = {}): Promise<System> {
    const patch = this.#check(changes);
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.get("system", id);
      await expectCurrent(unit, before.version, options);
      const after = await unit.update("system", before, patch);
      if (after === before) return before;
      await applyRulesTo(unit, "system", [after]);
      unit.audit({
        action: after.state === "revoked" ? "system.revoked" : "system.updated",
        target: targetOf(after),
      });
      return after;
    });
  }

  /** Removes a machine with its memberships. @throws DirectoryError `not-found` */
  async delete(id: SystemId, options: UpdateOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const system = await unit.get("system", id);
      await expectCurrent(unit, system.version, options);
      await unit.unlink(await unit.tx.groupsOf([id]));
      await unit.remove("system", system);
      unit.audit({ action: "system.deleted", target: targetOf(system) });
    });
  }

  /** All machines in the order they were enrolled. */
  list(options?: CallOptions): AsyncGenerator<System, void, void> {
    return allPages(this.#environment.reader, "system", { op: "true" }, options);
  }

  #check(input: unknown): Partial<Pick<System, "hostname" | "os" | "attributes" | "state">> {
    const given = checkObject("", input, ["hostname", "os", "attributes", "state"]);
    const registry = this.#environment.registry();
    return withoutUndefined({
      hostname: optional("hostname", given["hostname"], (p, v) => checkName(p, v, 253)),
      os: optional("os", given["os"], checkText),
      attributes: optional("attributes", given["attributes"], (p, v) =>
        checkCustomAttributes(p, v, "system", registry),
      ),
      state: optional("state", given["state"], (p, v) => checkOneOf(p, v, ["active", "revoked"])),
    });
  }
}

function targetOf(system: System): { kind: string; id: string; name: string } {
  return { kind: "system", id: system.id, name: system.hostname };
}
