import {
  type Filter as CoreFilter,
  compareIndexValues,
  type MatchingRule,
  matchesSubstrings,
  normalizeValue,
  prepareSubstrings,
} from "@directorykit/core";
import { dnKey, parseDn } from "../codec/index.ts";
import type { Assertion } from "./assertion.ts";
import { always, never, unknown } from "./attribute-filter.ts";
import { syntaxes, type ValueKind } from "./attribute-syntaxes.ts";
import { isCategory } from "./object-category.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

/** Three-valued truth (RFC 4511 §4.5.1.7): `undefined` is Undefined. */
export type Truth = boolean | undefined;

/** The same as a filter. */
export function truthFilter(truth: Truth): CoreFilter {
  return truth === undefined ? unknown : truth ? always : never;
}

/**
 * Whether values that are known already are what an assertion asks for.
 * @param values - as they are shown; octets one character each (latin1)
 */
export function matchesValues(
  assertion: Assertion,
  type: AttributeTypeDefinition,
  values: readonly string[],
): Truth {
  const { kind } = syntaxes[type.syntax];
  switch (assertion.type) {
    case "present":
      return values.length > 0;
    case "substrings": {
      const rule = ruleOf(kind, assertion.keepsCase);
      const pieces = rule === undefined ? undefined : prepareSubstrings(rule, assertion.pieces);
      if (rule === undefined || pieces === undefined) return undefined;
      return values.some((value) => matchesSubstrings(String(normalizeValue(rule, value)), pieces));
    }
    case "allBits":
      return values.some((value) => (BigInt(value) & assertion.mask) === assertion.mask);
    case "anyBits":
      return values.some((value) => (BigInt(value) & assertion.mask) !== 0n);
    case "inChain":
      return undefined;
    default: {
      const test = orders[assertion.type];
      const { octets, text, dn } = assertion.value;
      switch (kind) {
        case "octets":
          return values.includes(Buffer.from(octets).toString("latin1"));
        case "dn":
          return dn !== undefined && values.some((value) => dnKey(parseDn(value)) === dnKey(dn));
        case "category": {
          const truths = values.map((value) => isCategory(value, text));
          return truths.includes(true) || (truths.includes(undefined) ? undefined : false);
        }
        case "integer":
        case "flags":
          // Active Directory's are longer than numbers here are exact.
          return values.some((value) => test(compareIntegers(BigInt(value), BigInt(text))));
        case "definition":
          return values.some((value) => identifiers(value).includes(text.trim().toLowerCase()));
        default: {
          const rule = ruleOf(kind, assertion.keepsCase) ?? "caseIgnore";
          const bound = normalizeValue(rule, text);
          if (bound === undefined) return undefined;
          return values.some((value) => {
            const own = normalizeValue(rule, value);
            return own !== undefined && test(compareIndexValues(own, bound));
          });
        }
      }
    }
  }
}

const orders = {
  equal: (order: number) => order === 0,
  atLeast: (order: number) => order >= 0,
  atMost: (order: number) => order <= 0,
  below: (order: number) => order < 0,
};

function compareIntegers(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The directory's rule for values of a kind, if it has one. */
function ruleOf(kind: ValueKind | undefined, keepsCase: boolean): MatchingRule | undefined {
  switch (kind) {
    case "text":
    case "username":
      return keepsCase ? "caseExact" : "caseIgnore";
    case "exactText":
      return "caseExact";
    case "telephone":
    case "integer":
    case "boolean":
    case "time":
    case "uuid":
      return kind;
    default:
      return undefined;
  }
}

/** OID and names of a definition (RFC 4512 §4.1), which is compared by them alone. */
function identifiers(definition: string): readonly string[] {
  const [, oid = "", one, several = ""] =
    /^\( ([0-9.]+)(?: NAME (?:'([^']+)'|\( ([^)]+) \)))?/.exec(definition) ?? [];
  return [oid, ...(one === undefined ? several.split(/[' ]+/) : [one])]
    .filter((name) => name !== "")
    .map((name) => name.toLowerCase());
}
