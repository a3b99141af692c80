import { dnKey, parseDn } from "../codec/index.ts";

/** The categories of Active Directory that entries here belong to. */
export type ObjectCategory = "Person" | "Group" | "Organizational-Unit" | "Domain-DNS";

/** What each class is asked for as, in lower case. */
const categories: Readonly<Record<string, ObjectCategory>> = {
  person: "Person",
  organizationalperson: "Person",
  user: "Person",
  inetorgperson: "Person",
  contact: "Person",
  group: "Group",
  groupofnames: "Group",
  organizationalunit: "Organizational-Unit",
  domain: "Domain-DNS",
  domaindns: "Domain-DNS",
};

/** The value of objectCategory: the place of a class in the schema that Active Directory would have below the base. */
export function categoryDn(category: ObjectCategory, suffix: string): string {
  return `CN=${category},CN=Schema,CN=Configuration,${suffix}`;
}

/**
 * Whether an asserted value names the category: its DN, or the name of a class that belongs to it.
 * @returns `undefined` for what is neither a DN nor a class that Active Directory has
 */
export function isCategory(value: string, asserted: string): boolean | undefined {
  const name = asserted.trim().toLowerCase();
  if (Object.hasOwn(categories, name)) return value.startsWith(`CN=${categories[name]},`);
  try {
    return name.includes("=") ? dnKey(parseDn(asserted)) === dnKey(parseDn(value)) : undefined;
  } catch {
    return undefined;
  }
}
