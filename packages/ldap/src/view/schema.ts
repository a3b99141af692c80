import type { AttributeDefinition, AttributeRegistry, ReadableAttribute } from "@directorykit/core";
import {
  type AttributeTypeDefinition,
  attributeTypes,
  matchingRules,
  type ObjectClassDefinition,
  objectClasses,
  syntaxes,
} from "./schema-definitions.ts";

/** DN of the entry that publishes the schema (RFC 4512 §4.2). */
export const subschemaDn = "cn=Subschema";

/** Types whose values the server makes itself: an attribute of the directory cannot pose as one. */
const made: ReadonlySet<string> = new Set([
  "objectClass",
  "uid",
  "cn",
  "sn",
  "manager",
  "member",
  "uniqueMember",
  "memberUid",
  "userPassword",
  "dc",
]);

/** The object class whose entries show the attributes of a kind of record. */
const classOf = { user: "inetOrgPerson", group: "groupOfNames" } as const;

/** The schema of the tree: standard types, and those the organization defines. */
export class Schema {
  readonly #types = new Map<string, AttributeTypeDefinition>();
  readonly #custom: AttributeTypeDefinition[] = [];
  readonly #shown = { user: new Map(), group: new Map() } as Record<
    "user" | "group",
    Map<AttributeTypeDefinition, ReadableAttribute>
  >;
  readonly #classes = new Map<string, ObjectClassDefinition>();

  constructor(registry: AttributeRegistry) {
    for (const type of attributeTypes) this.#add(type);
    for (const owner of ["user", "group"] as const) {
      for (const attribute of registry.all(owner)) {
        const name = attribute.names.ldap;
        if (name === undefined || attribute.sensitivity === "secret") continue;
        let type = this.type(name);
        if (type === undefined) {
          type = {
            names: [name],
            oid: attribute.names.ldapOid ?? uuidOid((attribute as Partial<AttributeDefinition>).id),
            syntax: syntaxOf(attribute.matching),
            ...(attribute.multiValued ? {} : { single: true }),
          };
          this.#custom.push(type);
          this.#add(type);
        }
        const isMade = type.operational === true || made.has(type.names[0] as string);
        if (!isMade && !this.#shown[owner].has(type)) this.#shown[owner].set(type, attribute);
      }
    }
    for (const one of objectClasses) {
      this.#classes.set(one.name.toLowerCase(), one);
      this.#classes.set(one.oid, one);
    }
  }

  /** The type by any of its names or its OID, regardless of case. Options must be cut off before. */
  type(name: string): AttributeTypeDefinition | undefined {
    return this.#types.get(name) ?? this.#types.get(name.toLowerCase());
  }

  /** The object class by name or OID, regardless of case. */
  objectClass(name: string): ObjectClassDefinition | undefined {
    return this.#classes.get(name.toLowerCase());
  }

  /** The attributes of the directory that entries of a kind show as they are, by their types. */
  shown(owner: "user" | "group"): ReadonlyMap<AttributeTypeDefinition, ReadableAttribute> {
    return this.#shown[owner];
  }

  /** Values of the subschema's attributes (RFC 4512 §4.2). */
  publish(): {
    readonly attributeTypes: string[];
    readonly objectClasses: string[];
    readonly matchingRules: string[];
    readonly ldapSyntaxes: string[];
  } {
    return {
      attributeTypes: [...attributeTypes, ...this.#custom].map(describeType),
      objectClasses: objectClasses.map((one) => describeClass(this.#withOwn(one))),
      matchingRules: Object.entries(matchingRules).map(
        ([name, rule]) => `( ${rule.oid} NAME '${name}' SYNTAX ${rule.syntax} )`,
      ),
      ldapSyntaxes: [
        ...new Map(
          Object.values(syntaxes).map((one) => [one.oid, `( ${one.oid} DESC '${one.text}' )`]),
        ).values(),
      ],
    };
  }

  /** The class with what the directory adds to its entries. */
  #withOwn(one: ObjectClassDefinition): ObjectClassDefinition {
    const owner = one.name === classOf.user ? "user" : one.name === classOf.group ? "group" : undefined;
    if (owner === undefined) return one;
    const may = new Set(one.may);
    for (const type of this.#shown[owner].keys()) may.add(type.names[0] as string);
    return { ...one, may: [...may] };
  }

  #add(type: AttributeTypeDefinition): void {
    for (const name of [...type.names, type.oid]) {
      this.#types.set(name, type);
      this.#types.set(name.toLowerCase(), type);
    }
  }
}

function syntaxOf(matching: AttributeDefinition["matching"]): AttributeTypeDefinition["syntax"] {
  switch (matching) {
    case "caseExact":
      return "caseExactString";
    case "telephone":
    case "integer":
    case "boolean":
    case "time":
    case "uuid":
      return matching;
    case "octetString":
      return "octets";
    case "caseIgnore":
      return "directoryString";
  }
}

/** An OID of its own for every definition: a UUID as an arc of 2.25 (ITU-T X.667 §7). */
function uuidOid(id: string | undefined): string {
  return id === undefined ? "2.25.0" : `2.25.${BigInt(`0x${id.replaceAll("-", "")}`)}`;
}

function describeType(type: AttributeTypeDefinition): string {
  const syntax = syntaxes[type.syntax];
  const names =
    type.names.length === 1 ? `'${type.names[0]}'` : `( ${type.names.map((name) => `'${name}'`).join(" ")} )`;
  return [
    `( ${type.oid} NAME ${names}`,
    syntax.equality === undefined ? "" : ` EQUALITY ${syntax.equality}`,
    syntax.ordering === undefined ? "" : ` ORDERING ${syntax.ordering}`,
    syntax.substrings === undefined ? "" : ` SUBSTR ${syntax.substrings}`,
    ` SYNTAX ${syntax.oid}`,
    type.single === true ? " SINGLE-VALUE" : "",
    type.operational === true ? " NO-USER-MODIFICATION USAGE directoryOperation" : "",
    " )",
  ].join("");
}

function describeClass(one: ObjectClassDefinition): string {
  const list = (word: string, names: readonly string[] | undefined): string =>
    names === undefined || names.length === 0 ? "" : ` ${word} ( ${names.join(" $ ")} )`;
  return `( ${one.oid} NAME '${one.name}'${one.sup === undefined ? "" : ` SUP ${one.sup}`} ${one.kind}${list("MUST", one.must)}${list("MAY", one.may)} )`;
}
