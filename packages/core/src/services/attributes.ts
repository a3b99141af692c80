import { type AttributeNaming, AttributeRegistry } from "../attributes/attribute-registry.ts";
import { DirectoryError } from "../errors.ts";
import type {
  AttributeDefinition,
  AttributeNames,
  AttributeSyntax,
  MatchingRule,
} from "../model/attribute-definition.ts";
import type { AttributeDefinitionId } from "../model/ids.ts";
import { allPages } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import {
  checkBoolean,
  checkName,
  checkObject,
  checkOneOf,
  checkText,
  invalid,
  optional,
} from "../validate/validate.ts";
import { commit, type WriteOptions } from "../write/unit-of-work.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { withoutUndefined } from "./user-input.ts";

/** What describes an attribute. */
export type AttributeFields = Pick<AttributeDefinition, "name" | "owner"> &
  Partial<
    Omit<AttributeDefinition, "id" | "version" | "revision" | "createdAt" | "updatedAt" | "name" | "owner">
  >;

/** The rules that can compare every value of a syntax; the first is the default. Others would leave values unindexed. */
const matchingOf: Readonly<Record<AttributeSyntax, readonly [MatchingRule, ...MatchingRule[]]>> = {
  string: ["caseIgnore", "caseExact", "telephone", "octetString"],
  integer: ["integer"],
  boolean: ["boolean"],
  time: ["time"],
  binary: ["octetString"],
  reference: ["uuid"],
};

/** Most attributes an organization may define. */
export const maxAttributeDefinitions = 500;

/** The schema: attributes the host adds to users, groups, systems and resources. */
export class Attributes {
  readonly #environment: ServiceEnvironment;
  /** Counts reads of the definitions, in the order they began. */
  #reads = 0;
  /** The latest of them whose result is in use. */
  #inUse = 0;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /** The registry as it stands: built-in and defined attributes with their names in every protocol. */
  get registry(): AttributeRegistry {
    return this.#environment.registry();
  }

  /**
   * Defines an attribute. It is indexed from the first record on, so define it before records use it: definitions
   * cannot change what exists.
   * @throws DirectoryError `invalid-input`, `conflict` when the name, or a protocol name, is taken, `limit-exceeded`
   */
  async define(attribute: AttributeFields, options: WriteOptions = {}): Promise<AttributeDefinition> {
    const fields = checkDefinition(attribute);
    const created = await commit(this.#environment, options, async (unit) => {
      const defined = await Array.fromAsync(allPages(unit.tx, "attributeDefinition", { op: "true" }));
      checkRoom(defined.length + 1);
      refuseTaken(fields, new AttributeRegistry(defined));
      const definition = await unit.create("attributeDefinition", fields);
      unit.audit({
        action: "attribute.defined",
        target: { kind: "attributeDefinition", id: definition.id, name: definition.name },
      });
      return definition;
    });
    await this.reload();
    return created;
  }

  /** Defined attributes in the order they were made. */
  list(options?: CallOptions): AsyncGenerator<AttributeDefinition, void, void> {
    return allPages(this.#environment.reader, "attributeDefinition", { op: "true" }, options);
  }

  /** Takes a definition away. @throws DirectoryError `not-found` */
  async remove(id: AttributeDefinitionId, options: WriteOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const definition = await unit.get("attributeDefinition", id);
      await unit.remove("attributeDefinition", definition);
      unit.audit({
        action: "attribute.removed",
        target: { kind: "attributeDefinition", id, name: definition.name },
      });
    });
    await this.reload();
  }

  /** Reads the definitions again. @internal */
  async reload(): Promise<void> {
    const read = ++this.#reads;
    const definitions = await Array.fromAsync(this.list());
    // One that began later knows more, whichever ends first.
    if (read < this.#inUse) return;
    this.#inUse = read;
    this.#environment.replaceRegistry(new AttributeRegistry(definitions));
  }
}

/** Refuses more definitions than an organization may have. */
export function checkRoom(count: number): void {
  if (count > maxAttributeDefinitions) {
    throw new DirectoryError(
      "limit-exceeded",
      `an organization may define ${maxAttributeDefinitions} attributes`,
      { details: { limit: "maxAttributeDefinitions", value: maxAttributeDefinitions } },
    );
  }
}

/** Refuses a definition whose name, here or in a protocol, means something already. */
export function refuseTaken(fields: AttributeContent, registry: AttributeRegistry): void {
  if (registry.get(fields.owner, fields.name) !== undefined) throw taken(fields.name);
  for (const [naming, name] of Object.entries(fields.names)) {
    if (registry.byProtocolName(fields.owner, naming as AttributeNaming, name) !== undefined)
      throw taken(name);
  }
}

/** What a definition holds beside the base fields. */
export type AttributeContent = Omit<
  AttributeDefinition,
  "id" | "version" | "revision" | "createdAt" | "updatedAt"
>;

/** What a definition says, without what the store adds. */
export function withoutBase(definition: AttributeDefinition): AttributeContent {
  const {
    id: _id,
    version: _version,
    revision: _revision,
    createdAt: _created,
    updatedAt: _updated,
    ...fields
  } = definition;
  return fields;
}

/** Checks what describes an attribute. */
export function checkDefinition(input: unknown): AttributeContent {
  const given = checkObject("", input, [
    "name",
    "owner",
    "description",
    "syntax",
    "matching",
    "multiValued",
    "indexed",
    "unique",
    "sensitivity",
    "names",
  ]);
  const name = checkName("name", given["name"], 64);
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name))
    throw invalid("name", "must be letters, digits and -, starting with a letter");
  const syntax =
    optional("syntax", given["syntax"], (p, v) =>
      checkOneOf(p, v, ["string", "integer", "boolean", "time", "binary", "reference"]),
    ) ?? "string";
  const unique = optional("unique", given["unique"], checkBoolean) ?? false;
  const description = optional("description", given["description"], checkText);
  return withoutUndefined({
    name,
    owner: checkOneOf("owner", given["owner"], ["user", "group", "system", "resource"]),
    description,
    syntax,
    matching:
      optional("matching", given["matching"], (p, v) => checkOneOf(p, v, matchingOf[syntax])) ??
      matchingOf[syntax][0],
    multiValued: optional("multiValued", given["multiValued"], checkBoolean) ?? false,
    indexed: (optional("indexed", given["indexed"], checkBoolean) ?? false) || unique,
    unique,
    sensitivity:
      optional("sensitivity", given["sensitivity"], (p, v) =>
        checkOneOf(p, v, ["public", "self", "secret"]),
      ) ?? "public",
    names: checkNames(given["names"] ?? { ldap: name }),
  });
}

function checkNames(value: unknown): AttributeNames {
  const given = checkObject("names", value, ["ldap", "ldapOid", "scim", "saml", "oidc"]);
  const text = (key: string): string | undefined => optional(`names.${key}`, given[key], checkName);
  const ldap = text("ldap");
  if (ldap !== undefined && !/^[A-Za-z][A-Za-z0-9-]*$/.test(ldap))
    throw invalid("names.ldap", "is not an LDAP attribute name");
  const ldapOid = text("ldapOid");
  if (ldapOid !== undefined && !/^[0-2](\.(0|[1-9][0-9]*))+$/.test(ldapOid))
    throw invalid("names.ldapOid", "is not an object identifier");
  return withoutUndefined({ ldap, ldapOid, scim: text("scim"), saml: text("saml"), oidc: text("oidc") });
}

function taken(name: string): DirectoryError {
  return new DirectoryError("conflict", `an attribute is already called ${name}`, {
    details: { key: "name" },
  });
}
