import { isDirectoryError } from "../errors.ts";
import { type EnvelopeBinding, open, seal } from "../keys/envelope.ts";
import type { ResourceId } from "../model/ids.ts";
import type { JsonValue, Resource, ResourceSettings } from "../model/resource.ts";
import { invalid } from "../validate/validate.ts";
import type { ServiceEnvironment } from "./service-environment.ts";

/**
 * Settings of these names are secrets wherever they stand in a resource's settings: what an access server or a client of an
 * application knows. Their text is sealed with the directory's keys before it gets to the store, and reads as
 * `{ "sealed": … }` from then on; `resources.openSettings` tells it to the adapter that needs it.
 */
export const secretSettingNames: readonly string[] = ["secret", "previousSecret", "clientSecret"];

type Environment = Pick<ServiceEnvironment, "keys" | "organization">;

/**
 * Seals the secrets in settings that are to be stored. One that is sealed already, because it was read and is written back, stays
 * as it is.
 * @throws DirectoryError `invalid-input` that names the setting, for one that was sealed for another resource
 */
export function sealSettings(
  environment: Environment,
  id: ResourceId,
  settings: ResourceSettings,
  path = "settings",
): ResourceSettings {
  return mapSecrets(settings, path, (name, value, at) => {
    const sealed = envelopeOf(value);
    if (sealed === undefined)
      return typeof value === "string"
        ? { sealed: seal(environment.keys, value, bindingOf(environment, id, name)) }
        : value;
    try {
      open(environment.keys, sealed, bindingOf(environment, id, name)).fill(0);
      return value;
    } catch (error) {
      if (isDirectoryError(error)) throw invalid(at, "is sealed, but not for this resource");
      throw error;
    }
  });
}

/**
 * The settings with their secrets in clear, for the adapter that needs them.
 * @throws DirectoryError `store-unavailable` when one cannot be opened: its key is gone, or it was changed
 */
export function openSettings(environment: Environment, { id, settings }: Resource): ResourceSettings {
  return mapSecrets(settings, "settings", (name, value) => {
    const sealed = envelopeOf(value);
    if (sealed === undefined) return value;
    const octets = open(environment.keys, sealed, bindingOf(environment, id, name));
    const text = Buffer.from(octets).toString("utf8");
    octets.fill(0);
    return text;
  });
}

/** The settings without their secrets. */
export function withoutSecrets(settings: ResourceSettings): ResourceSettings {
  return mapSecrets(settings, "settings", () => undefined);
}

function mapSecrets(
  settings: ResourceSettings,
  path: string,
  change: (name: string, value: JsonValue, path: string) => JsonValue | undefined,
): ResourceSettings {
  const visit = (value: JsonValue, at: string): JsonValue => {
    if (Array.isArray(value)) return value.map((one, i) => visit(one, `${at}[${i}]`));
    return typeof value === "object" && value !== null ? visitObject(value as ResourceSettings, at) : value;
  };
  const visitObject = (object: ResourceSettings, at: string): ResourceSettings => {
    const entries: [string, JsonValue][] = [];
    for (const [name, value] of Object.entries(object)) {
      const changed = secretSettingNames.includes(name)
        ? change(name, value, `${at}.${name}`)
        : visit(value, `${at}.${name}`);
      if (changed !== undefined) entries.push([name, changed]);
    }
    return Object.fromEntries(entries);
  };
  return visitObject(settings, path);
}

/** What is sealed, if anything is. */
function envelopeOf(value: JsonValue): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { sealed, ...rest } = value as { readonly [name: string]: JsonValue };
  return typeof sealed === "string" && Object.keys(rest).length === 0 ? sealed : undefined;
}

function bindingOf({ organization }: Environment, id: ResourceId, name: string): EnvelopeBinding {
  return { organization, owner: id, kind: `setting ${name}`, id };
}
