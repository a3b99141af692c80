import type { AttributeDefinition, AttributeRegistry, ReadableAttribute } from "@directorykit/core";
import { type AttributeSyntaxName, syntaxes, type ValueKind } from "./attribute-syntaxes.ts";
import { memberOfType, standardTypes } from "./attribute-types.ts";
import { type MatchingRuleDefinition, matchingRules } from "./matching-rules.ts";
import { standardClasses } from "./object-classes.ts";
import type { AttributeTypeDefinition, ObjectClassDefinition } from "./schema-definitions.ts";

/** DN of the entry that publishes the schema (RFC 4512 §4.2). */
export const subschemaDn = "cn=Subschema";

/** The transfer option of RFC 4522. */
export const binaryOption = ";binary";

const certificates: ReadonlySet<string> = new Set([
  "usercertificate",
  "cacertificate",
  "crosscertificatepair",
  "certificaterevocationlist",
  "authorityrevocationlist",
  "deltarevocationlist",
  "supportedalgorithms",
  "usersmimecertificate",
  "userpkcs12",
]);

/** What a layout adds to the standard schema, or has in place of it. */
export interface SchemaParts {
  readonly types: readonly AttributeTypeDefinition[];
  readonly classes: readonly ObjectClassDefinition[];
  readonly rules: readonly MatchingRuleDefinition[];
  /** The object classes whose entries show the attributes of a kind of record. */
  readonly classOf: Readonly<Record<"user" | "group", string>>;
}

/** What trees have that look as the RFCs say. */
export const standardParts: SchemaParts = {
  types: [memberOfType],
  classes: [],
  rules: [],
  classOf: { user: "inetOrgPerson", group: "groupOfNames" },
};

/** The schema of the tree: standard types, and those the organization defines. */
export class Schema {
  readonly #types = new Map<string, AttributeTypeDefinition>();
  readonly #shown = { user: new Map(), group: new Map() } as Record<
    "user" | "group",
    Map<AttributeTypeDefinition, ReadableAttribute>
  >;
  readonly #classes = new Map<string, ObjectClassDefinition>();
  readonly #rules = new Map<string, MatchingRuleDefinition>();
  readonly #classOf: SchemaParts["classOf"];
  readonly #registry: AttributeRegistry;

  constructor(registry: AttributeRegistry, parts: SchemaParts = standardParts) {
    this.#registry = registry;
    this.#classOf = parts.classOf;
    for (const type of [...standardTypes, ...parts.types]) this.#add(type);
    for (const owner of ["user", "group"] as const)
      for (const attribute of registry.all(owner)) this.#addShown(owner, attribute);
    for (const one of [...standardClasses, ...parts.classes]) {
      this.#classes.set(one.name.toLowerCase(), one);
      this.#classes.set(one.oid, one);
    }
    for (const rule of [...matchingRules, ...parts.rules]) {
      this.#rules.set(rule.name.toLowerCase(), rule);
      this.#rules.set(rule.oid, rule);
    }
  }

  /**
   * The type by any of its names or its OID, regardless of case. With an option there is none, since nothing here has
   * subtypes (RFC 4512 §2.5.2.1), except that certificates are asked for with `;binary` (RFC 4523 §2).
   */
  type(name: string): AttributeTypeDefinition | undefined {
    const type = this.#types.get(name);
    if (type !== undefined) return type;
    const lower = name.toLowerCase();
    if (!lower.endsWith(binaryOption)) return this.#types.get(lower);
    const transferred = this.#types.get(lower.slice(0, -binaryOption.length));
    return transferred !== undefined && isCertificate(transferred) ? transferred : undefined;
  }

  /** A type that is in every schema, or in this one by its layout. @throws TypeError when it is not */
  known(name: string): AttributeTypeDefinition {
    const type = this.#types.get(name);
    if (type === undefined) throw new TypeError(`the schema has no ${name}`);
    return type;
  }

  /** The object class by name or OID, regardless of case. */
  objectClass(name: string): ObjectClassDefinition | undefined {
    return this.#classes.get(name.toLowerCase());
  }

  /** The types that entries of an object class may have, by the class itself or those above it (RFC 4529 §3). */
  typesOf(objectClass: string): readonly AttributeTypeDefinition[] {
    const types: AttributeTypeDefinition[] = [];
    for (let one = this.objectClass(objectClass); one !== undefined; ) {
      const { must = [], may = [], sup } = this.#withOwn(one);
      types.push(...[...must, ...may].flatMap((name) => this.type(name) ?? []));
      one = sup === undefined ? undefined : this.objectClass(sup);
    }
    return types;
  }

  /** The matching rule by name or OID, regardless of case. */
  rule(name: string): MatchingRuleDefinition | undefined {
    return this.#rules.get(name.toLowerCase());
  }

  /** An attribute of the directory by the name it has there. */
  attribute(owner: "user" | "group", name: string): ReadableAttribute | undefined {
    return this.#registry.get(owner, name);
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
      attributeTypes: [...new Set(this.#types.values())].map(describeType),
      objectClasses: [...new Set(this.#classes.values())].map((one) => describeClass(this.#withOwn(one))),
      matchingRules: [...new Set(this.#rules.values())].map(
        (rule) => `( ${rule.oid} NAME '${rule.name}' SYNTAX ${rule.syntax} )`,
      ),
      ldapSyntaxes: [
        ...new Map(
          Object.values(syntaxes).map((one) => [one.oid, `( ${one.oid} DESC '${one.text}' )`]),
        ).values(),
      ],
    };
  }

  #addShown(owner: "user" | "group", attribute: ReadableAttribute): void {
    const name = attribute.names.ldap;
    if (name === undefined || attribute.sensitivity === "secret") return;
    let type = this.type(name);
    if (type?.operational === true || type?.made === true) return;
    if (type === undefined || !isBuiltIn(attribute)) {
      const fitting = fittingType(attribute, type);
      // Two kinds of records may define the same name; the first one's form is that of the type.
      if (fitting !== type && !this.#isShown(type)) {
        type = fitting;
        this.#add(type);
      }
    }
    if (type !== undefined && !this.#shown[owner].has(type)) this.#shown[owner].set(type, attribute);
  }

  #isShown(type: AttributeTypeDefinition | undefined): boolean {
    return type !== undefined && (this.#shown.user.has(type) || this.#shown.group.has(type));
  }

  /** The class with what the directory adds to its entries. */
  #withOwn(one: ObjectClassDefinition): ObjectClassDefinition {
    const may = new Set(one.may);
    for (const owner of ["user", "group"] as const) {
      if (one.name !== this.#classOf[owner]) continue;
      for (const type of this.#shown[owner].keys()) may.add(type.names[0] as string);
    }
    return { ...one, may: [...may] };
  }

  #add(type: AttributeTypeDefinition): void {
    for (const name of [...type.names, type.oid]) {
      this.#types.set(name, type);
      this.#types.set(name.toLowerCase(), type);
    }
  }
}

/** Whether values are certificates and the like, which RFC 4523 §2 and RFC 2798 §2.8 have transferred with `;binary`. */
export function isCertificate({ names, syntax }: AttributeTypeDefinition): boolean {
  return syntax === "octets" && names.some((name) => certificates.has(name.toLowerCase()));
}

function isBuiltIn(attribute: ReadableAttribute): boolean {
  return (attribute as Partial<AttributeDefinition>).id === undefined;
}

/**
 * The type under which an attribute of the directory is shown: the standard one of its name, but compared and counted as
 * the definition says, or one of its own.
 */
function fittingType(
  attribute: ReadableAttribute,
  standard: AttributeTypeDefinition | undefined,
): AttributeTypeDefinition {
  const { names, matching, multiValued } = attribute;
  if (standard === undefined) {
    return {
      names: [names.ldap as string],
      oid: names.ldapOid ?? uuidOid((attribute as Partial<AttributeDefinition>).id),
      syntax: syntaxOf(matching),
      ...(multiValued ? {} : { single: true }),
    };
  }
  const fits =
    syntaxes[standard.syntax].kind === kindOf(matching) && !(multiValued && standard.single === true);
  if (fits) return standard;
  const { single: _, ...rest } = standard;
  const syntax = syntaxes[standard.syntax].kind === kindOf(matching) ? standard.syntax : syntaxOf(matching);
  return { ...rest, syntax, ...(multiValued ? {} : { single: true }) };
}

function kindOf(matching: AttributeDefinition["matching"]): ValueKind | undefined {
  return syntaxes[syntaxOf(matching)].kind;
}

function syntaxOf(matching: AttributeDefinition["matching"]): AttributeSyntaxName {
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
