import { LdapResultCode } from "../codec/index.ts";
import type { Schema } from "./schema.ts";
import { UpdateRefusal } from "./update-refusal.ts";
import type { WorkingAttributes } from "./working-attributes.ts";

/** What a new entry must say it is, at least one of them: RFC 4512 §2.4.2. */
const structural = {
  user: ["inetOrgPerson", "organizationalPerson", "person", "user"],
  group: ["groupOfNames", "groupOfUniqueNames", "posixGroup", "group"],
} as const;

/** Classes that come and go with the attributes they allow. */
const comingAndGoing = {
  user: ["posixAccount", "shadowAccount", "ldapPublicKey"],
  group: ["posixGroup"],
} as const;

/**
 * The object classes of an entry after a change, by their names in the schema.
 * @throws UpdateRefusal objectClassViolation for one that is not known or not kept here, objectClassModsProhibited for
 * a change of what the entry is
 */
export function writtenClasses(
  working: WorkingAttributes,
  owner: "user" | "group",
  schema: Schema,
): ReadonlySet<string> {
  const type = schema.type("objectClass");
  const before = new Set(working.initial(type).map(({ text }) => text));
  const after = new Set(working.values(type).map(({ text }) => text));
  if (!working.isChanged(type)) return after;
  const own: readonly string[] = structural[owner];
  const free: readonly string[] = comingAndGoing[owner];
  if (before.size === 0 && !own.some((name) => after.has(name)))
    throw violation(`objectClass: ${own[0]} is needed`);
  for (const name of after) {
    if (before.has(name) || free.includes(name)) continue;
    const known = schema.objectClass(name);
    if (known === undefined) throw violation(`objectClass: ${printable(name)} is not known`);
    if (before.size > 0 && known.kind === "STRUCTURAL") throw prohibited();
    if (name !== "top" && !own.includes(name)) throw violation(`objectClass: ${name} is not kept here`);
  }
  for (const name of before)
    if (!after.has(name) && !free.includes(name) && !isImplied(name, after, schema)) throw prohibited();
  return after;
}

/** Whether a class is a superclass of one of these, which goes without saying (RFC 4512 §3.3). */
function isImplied(name: string, classes: ReadonlySet<string>, schema: Schema): boolean {
  return [...classes].some((one) => {
    for (let sup = schema.objectClass(one)?.sup; sup !== undefined; sup = schema.objectClass(sup)?.sup)
      if (sup === name) return true;
    return false;
  });
}

function violation(message: string): UpdateRefusal {
  return new UpdateRefusal(LdapResultCode.objectClassViolation, message);
}

function prohibited(): UpdateRefusal {
  return new UpdateRefusal(
    LdapResultCode.objectClassModsProhibited,
    "objectClass: what an entry is cannot be changed",
  );
}

/** A name that came from a client, if it has the form of one. */
function printable(name: string): string {
  return /^[A-Za-z0-9.-]{1,64}$/.test(name) ? name : "a class";
}
