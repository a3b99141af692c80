import type { Organization } from "../model/organization.ts";
import { checkName, checkObject, optional } from "../validate/validate.ts";
import { commit, type WriteOptions } from "../write/unit-of-work.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { withoutUndefined } from "./user-input.ts";

/** Settings of the organization. */
export interface OrganizationFields {
  /** The name as shown. */
  readonly name?: string;
  /** Root of its LDAP tree, such as `dc=example,dc=com`. */
  readonly baseDn?: string;
}

/** The name of the organization as shown; its id before it was first named. */
export async function organizationName({ reader, organization }: ServiceEnvironment): Promise<string> {
  return (await reader.get("organization", organization))?.name ?? organization;
}

/** The organization the directory belongs to. */
export class OrganizationSettings {
  readonly #environment: ServiceEnvironment;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /** The organization, or `undefined` before it was first named. */
  get(): Promise<Organization | undefined> {
    return this.#environment.reader.get("organization", this.#environment.organization);
  }

  /** Names the organization or changes its settings; those not given stay. @throws DirectoryError `invalid-input` */
  async update(fields: OrganizationFields, options: WriteOptions = {}): Promise<Organization> {
    const given = checkObject("", fields, ["name", "baseDn"]);
    const patch = withoutUndefined({
      name: optional("name", given["name"], checkName),
      baseDn: optional("baseDn", given["baseDn"], checkName),
    });
    const id = this.#environment.organization;
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.tx.get("organization", id);
      const target = { kind: "organization", id };
      if (before === undefined) {
        unit.audit({ action: "organization.created", target });
        return unit.create("organization", { name: id, ...patch, id });
      }
      unit.audit({ action: "organization.updated", target });
      return unit.update("organization", before, patch);
    });
  }
}
