import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { StoreFilter } from "./filter.ts";

/** A part of a filter that only one record can satisfy. */
export interface UniqueTest {
  /** The unique attribute, which is also the name of the unique key. */
  readonly attribute: string;
  /** The key's value. */
  readonly value: string;
}

/**
 * Finds a conjunct that names one record by a unique attribute. Most searches of login and look-up do (`uid=ada`), and
 * one read by key then does the work of a query.
 */
export function findUniqueTest(
  filter: StoreFilter,
  kind: AttributeOwner,
  registry: AttributeRegistry,
): UniqueTest | undefined {
  for (const part of filter.op === "and" ? filter.of : [filter]) {
    if (part.op !== "equals" || part.exact === true) continue;
    if (registry.get(kind, part.attribute)?.unique !== true) continue;
    return { attribute: part.attribute, value: String(part.value) };
  }
  return undefined;
}
