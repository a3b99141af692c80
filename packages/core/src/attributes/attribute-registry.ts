import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { AttributeValue, CustomAttributes } from "../model/record.ts";
import type { IndexValue } from "../query/filter.ts";
import { foldSpaces, normalizeValue } from "../text/normalize.ts";
import { type AttributeRules, builtInAttributes, type ReadableAttribute } from "./built-in-attributes.ts";

/** Protocols that have names of their own for attributes. */
export type AttributeNaming = "ldap" | "scim" | "saml" | "oidc";

const owners: readonly string[] = ["user", "group", "system", "resource"] satisfies AttributeOwner[];

/** Every attribute the directory knows, built in or defined by the host, and what it is called in each protocol. */
export class AttributeRegistry {
  readonly #byOwner = new Map<AttributeOwner, ReadonlyMap<string, ReadableAttribute>>();
  readonly #indexed = new Map<AttributeOwner, readonly ReadableAttribute[]>();
  readonly #named = new Map<string, ReadableAttribute>();

  /** @param custom - definitions of the host's own attributes, beside the built-in ones */
  constructor(custom: readonly AttributeRules[] = []) {
    const all = [...builtInAttributes, ...custom.map(toReadable)];
    for (const owner of owners as readonly AttributeOwner[]) {
      const own = firstByName(all.filter((one) => one.owner === owner));
      this.#byOwner.set(owner, new Map(own.map((one) => [one.name, one])));
      this.#indexed.set(
        owner,
        own.filter((one) => one.indexed),
      );
      for (const one of own) {
        for (const [naming, name] of Object.entries(one.names)) {
          const key = `${owner} ${naming} ${String(name).toLowerCase()}`;
          if (!this.#named.has(key)) this.#named.set(key, one);
        }
      }
    }
  }

  /** The attribute by its directory name, or `undefined`. */
  get(owner: AttributeOwner, name: string): ReadableAttribute | undefined {
    return this.#byOwner.get(owner)?.get(name);
  }

  /** The attribute by its name in a protocol, regardless of case, or `undefined`. */
  byProtocolName(
    owner: AttributeOwner,
    naming: AttributeNaming | "ldapOid",
    name: string,
  ): ReadableAttribute | undefined {
    return this.#named.get(`${owner} ${naming} ${name.toLowerCase()}`);
  }

  /** All attributes of a kind of record. */
  all(owner: AttributeOwner): readonly ReadableAttribute[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])];
  }

  /** Attributes of a kind of record that stores index. */
  indexed(owner: AttributeOwner): readonly ReadableAttribute[] {
    return this.#indexed.get(owner) ?? [];
  }

  /** The values as a person would read them. */
  values(owner: AttributeOwner, record: RecordTypes[RecordKind], name: string): readonly AttributeValue[] {
    return this.get(owner, name)?.read(record as never) ?? [];
  }

  /** The values as they are compared, without repeats. */
  normalized(attribute: ReadableAttribute, record: RecordTypes[RecordKind]): readonly IndexValue[] {
    const values = attribute.read(record as never);
    const [first] = values;
    if (first === undefined) return [];
    if (values.length === 1) {
      const value = normalizeValue(attribute.matching, first);
      return value === undefined ? [] : [value];
    }
    return [...new Set(values.flatMap((value) => normalizeValue(attribute.matching, value) ?? []))];
  }

  /** The values with case kept, for tests by `caseExactMatch` on an attribute that folds case. */
  exact(attribute: ReadableAttribute, record: RecordTypes[RecordKind]): readonly IndexValue[] {
    return attribute.read(record as never).map((value) => foldSpaces(String(value)));
  }
}

/** Whether records of this kind have attributes that can be searched. */
export function isAttributeOwner(kind: RecordKind): kind is AttributeOwner {
  return owners.includes(kind);
}

/** What is built in stays what it is, whatever else goes by its name. */
function firstByName(attributes: readonly ReadableAttribute[]): readonly ReadableAttribute[] {
  const names = new Set<string>();
  return attributes.filter((one) => !names.has(one.name) && names.add(one.name));
}

function toReadable(definition: AttributeRules): ReadableAttribute {
  const { name } = definition;
  return {
    ...definition,
    indexed: definition.indexed || definition.unique,
    read: (record: { readonly attributes?: CustomAttributes }) =>
      record.attributes !== undefined && Object.hasOwn(record.attributes, name)
        ? (record.attributes[name] ?? [])
        : [],
  };
}
