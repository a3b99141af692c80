import { attributeTypeKey } from "./attribute-type-name.ts";
import type { DistinguishedName, RelativeDistinguishedName } from "./distinguished-name.ts";
import { prepareCaseIgnore } from "./string-preparation.ts";

const structural = /[,+=\\]/g;

/**
 * A form of an RDN for comparison: types by `attributeTypeKey`, values by `prepareCaseIgnore`, in an order of
 * their own, since an RDN is a set. Every value is compared without regard to case, also where a schema says
 * otherwise. Structural characters of values are escaped, so that different names never share a key.
 */
export function rdnKey(rdn: RelativeDistinguishedName): string {
  const parts = rdn.map(
    ({ type, value }) =>
      `${attributeTypeKey(type)}=${prepareCaseIgnore(value).replace(structural, escapeCharacter)}`,
  );
  return parts.length === 1 ? (parts[0] as string) : parts.sort().join("+");
}

function escapeCharacter(character: string): string {
  return `\\${character.charCodeAt(0).toString(16)}`;
}

/** A form of a distinguished name for comparison and as key of a map: equal exactly for names that match. */
export function dnKey(dn: DistinguishedName): string {
  return dn.rdns.map(rdnKey).join(",");
}

/** The key of the name one level up, or `undefined` for the root, whose key is empty. */
export function parentKey(key: string): string | undefined {
  if (key === "") return undefined;
  const comma = key.indexOf(",");
  return comma < 0 ? "" : key.slice(comma + 1);
}

/** Whether the name of `key` lies below that of `ancestorKey`; a name is no descendant of itself. */
export function isDescendantKey(key: string, ancestorKey: string): boolean {
  if (ancestorKey === "") return key !== "";
  return key.endsWith(ancestorKey) && key[key.length - ancestorKey.length - 1] === ",";
}

/** Whether two names denote the same entry. */
export function dnEquals(one: DistinguishedName, other: DistinguishedName): boolean {
  return one.rdns.length === other.rdns.length && dnKey(one) === dnKey(other);
}

/** Whether `dn` lies below `ancestor`; a name is no descendant of itself. For many names compare keys. */
export function isDescendantDn(dn: DistinguishedName, ancestor: DistinguishedName): boolean {
  return isDescendantKey(dnKey(dn), dnKey(ancestor));
}
