import type { AttributeValue } from "../model/record.ts";
import { defaultFilterLimits } from "../query/compile-filter.ts";
import type { Filter } from "../query/filter.ts";
import { checkList, checkObject, checkOneOf, invalid, maxValueLength, optional } from "./validate.ts";

const operators = [
  "true",
  "false",
  "unknown",
  "and",
  "or",
  "not",
  "equals",
  "atLeast",
  "atMost",
  "above",
  "below",
  "substrings",
  "present",
  "ids",
] as const;

/** A filter over attributes that came as JSON, rebuilt from what is known of filters. Relations are refused. */
export function checkAttributeFilter(path: string, value: unknown): Filter {
  const budget = { nodes: defaultFilterLimits.maxFilterNodes };
  return checkNode(path, value, budget, 1);
}

function checkNode(path: string, value: unknown, budget: { nodes: number }, depth: number): Filter {
  const { maxFilterDepth, maxFilterNodes } = defaultFilterLimits;
  if (depth > maxFilterDepth) throw invalid(path, `is nested more than ${maxFilterDepth} deep`);
  if (--budget.nodes < 0) throw invalid(path, `has more than ${maxFilterNodes} parts`);
  const given = checkObject(path, value);
  if (["memberOf", "hasMember", "entitledTo"].includes(given["op"] as string))
    throw invalid(path, "looks at attributes only, not at memberships or access");
  const op = checkOneOf(`${path}.op`, given["op"], operators);
  const only = (...names: string[]): unknown => checkObject(path, value, ["op", ...names]);
  const attribute = (): string => checkWord(`${path}.attribute`, given["attribute"]);
  switch (op) {
    case "true":
    case "false":
    case "unknown":
      only();
      return { op };
    case "and":
    case "or":
      only("of");
      return {
        op,
        of: checkList(
          `${path}.of`,
          given["of"],
          (p, v) => checkNode(p, v, budget, depth + 1),
          maxFilterNodes,
        ),
      };
    case "not":
      only("of");
      return { op, of: checkNode(`${path}.of`, given["of"], budget, depth + 1) };
    case "present":
      only("attribute");
      return { op, attribute: attribute() };
    case "equals":
    case "atLeast":
    case "atMost":
    case "above":
    case "below": {
      only("attribute", "value", "matching");
      const matching = checkMatching(path, given["matching"]);
      const wanted = checkAssertion(`${path}.value`, given["value"]);
      return {
        op,
        attribute: attribute(),
        value: wanted,
        ...(matching === undefined ? {} : { matching }),
      };
    }
    case "substrings": {
      only("attribute", "initial", "any", "final", "matching");
      const matching = checkMatching(path, given["matching"]);
      const initial = optional(`${path}.initial`, given["initial"], checkWord);
      const any = optional(`${path}.any`, given["any"], (p, v) => checkList(p, v, checkWord));
      const final = optional(`${path}.final`, given["final"], checkWord);
      return {
        op,
        attribute: attribute(),
        ...(initial === undefined ? {} : { initial }),
        ...(any === undefined ? {} : { any }),
        ...(final === undefined ? {} : { final }),
        ...(matching === undefined ? {} : { matching }),
      };
    }
    case "ids":
      only("ids");
      return { op, ids: checkList(`${path}.ids`, given["ids"], checkWord) };
  }
}

function checkMatching(path: string, value: unknown): "caseExact" | "caseIgnore" | undefined {
  return optional(`${path}.matching`, value, (p, v) => checkOneOf(p, v, ["caseExact", "caseIgnore"]));
}

function checkAssertion(path: string, value: unknown): AttributeValue {
  if (typeof value === "boolean" || Number.isFinite(value)) return value as AttributeValue;
  return checkWord(path, value);
}

function checkWord(path: string, value: unknown): string {
  if (typeof value !== "string") throw invalid(path, "must be text");
  if (value.length > maxValueLength) throw invalid(path, `is longer than ${maxValueLength} characters`);
  return value;
}
