import { resourceNameKey } from "../attributes/index-record.ts";
import { newId, type ResourceId } from "../model/ids.ts";
import type { Resource, ResourceKind, ResourceSettings } from "../model/resource.ts";
import { allPages, removeAll } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { checkJsonObject } from "../validate/json.ts";
import { checkName, checkObject, checkOneOf, checkText, invalid, optional } from "../validate/validate.ts";
import { commit, type WriteOptions } from "../write/unit-of-work.ts";
import { openSettings, sealSettings } from "./secret-settings.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { withoutUndefined } from "./user-input.ts";
import { expectCurrent, type UpdateOptions } from "./users.ts";

/** What describes a resource. */
export interface ResourceFields {
  /** The protocol it is reached by. Cannot be changed later. */
  readonly kind: ResourceKind;
  /** The name; unique per kind. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /** Settings of its protocol. Secrets in it are sealed; see {@link secretSettingNames}. */
  readonly settings?: ResourceSettings;
}

/** The kinds of resource there are. */
export const resourceKinds: readonly ResourceKind[] = [
  "ldap",
  "radius",
  "saml",
  "oauth",
  "system",
  "directory",
];

/** What access is given to. */
export class Resources {
  readonly #environment: ServiceEnvironment;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /** Adds a resource. @throws DirectoryError `invalid-input`, `conflict` when the kind has one of this name */
  async create(resource: ResourceFields, options: WriteOptions = {}): Promise<Resource> {
    const given = checkObject("", resource, ["kind", "name", "description", "settings"]);
    const kind = checkOneOf("kind", given["kind"], resourceKinds);
    const name = checkName("name", given["name"]);
    const description = optional("description", given["description"], checkText);
    const settings = optional("settings", given["settings"], checkSettings) ?? {};
    return commit(this.#environment, options, async (unit) => {
      const id = newId<ResourceId>(unit.now);
      const sealed = sealSettings(this.#environment, id, settings);
      const fields = withoutUndefined({ kind, name, description, settings: sealed });
      const created = await unit.create("resource", { id, ...fields });
      unit.audit({ action: "resource.created", target: targetOf(created) });
      return created;
    });
  }

  /** The resource, or `undefined`. */
  get(id: ResourceId, options?: CallOptions): Promise<Resource | undefined> {
    return this.#environment.reader.get("resource", id, options);
  }

  /** The resource of this kind and name, regardless of case, or `undefined`. */
  byName(kind: ResourceKind, name: string, options?: CallOptions): Promise<Resource | undefined> {
    return this.#environment.reader.getByKey("resource", "name", resourceNameKey(kind, name), options);
  }

  /** Changes name, description or settings; those not given stay. @throws DirectoryError `not-found`, `invalid-input`, `conflict`, `stale-write` */
  async update(
    id: ResourceId,
    changes: Partial<Omit<ResourceFields, "kind">>,
    options: UpdateOptions = {},
  ): Promise<Resource> {
    const given = checkObject("", changes, ["name", "description", "settings"]);
    const patch = withoutUndefined({
      name: optional("name", given["name"], checkName),
      description: optional("description", given["description"], checkText),
      settings: optional("settings", given["settings"], (path, value) =>
        sealSettings(this.#environment, id, checkSettings(path, value), path),
      ),
    });
    return commit(this.#environment, options, async (unit) => {
      const before = await unit.get("resource", id);
      await expectCurrent(unit, before.version, options);
      const after = await unit.update("resource", before, patch);
      if (after !== before)
        unit.audit({
          action: "resource.updated",
          target: targetOf(after),
          details: { fields: Object.keys(patch).join(",") },
        });
      return after;
    });
  }

  /** Removes a resource and every grant to it. @throws DirectoryError `not-found` */
  async delete(id: ResourceId, options: UpdateOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const resource = await unit.get("resource", id);
      await expectCurrent(unit, resource.version, options);
      await removeAll(unit, "grant", "resource", id);
      await unit.remove("resource", resource);
      unit.audit({ action: "resource.deleted", target: targetOf(resource) });
    });
  }

  /**
   * The settings of a resource with their secrets in clear, for the adapter that needs them; see
   * {@link secretSettingNames}. Nobody else should ask.
   * @throws DirectoryError `store-unavailable` when one cannot be opened: its key is gone, or it was changed
   */
  openSettings(resource: Resource): ResourceSettings {
    return openSettings(this.#environment, resource);
  }

  /** All resources in the order they were made, or those of one kind. */
  list(options?: CallOptions & { readonly kind?: ResourceKind }): AsyncGenerator<Resource, void, void> {
    const kind = options?.kind;
    return allPages(
      this.#environment.reader,
      "resource",
      kind === undefined ? { op: "true" } : { op: "equals", attribute: "kind", indexed: true, value: kind },
      options,
    );
  }
}

/** Checks what a resource keeps for its protocol. The names a document gives to the resource itself are taken. */
export function checkSettings(path: string, value: unknown): ResourceSettings {
  const settings = checkJsonObject(path, value);
  for (const name of ["kind", "name", "description"]) {
    if (Object.hasOwn(settings, name))
      throw invalid(`${path}.${name}`, "is not a setting: it says what the resource is");
  }
  return settings;
}

function targetOf(resource: Resource): { kind: string; id: string; name: string } {
  return { kind: "resource", id: resource.id, name: `${resource.kind}/${resource.name}` };
}
