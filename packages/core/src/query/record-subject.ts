import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { EvaluationSubject } from "./evaluate-store-filter.ts";

const noGroups: ReadonlySet<string> = new Set();

/** Lets the evaluator look at a record itself, for the parts of a filter that a store left to us. */
export function recordSubject(
  registry: AttributeRegistry,
  owner: AttributeOwner,
  record: RecordTypes[RecordKind],
  groups: ReturnType<EvaluationSubject["groups"]> = noGroups,
): EvaluationSubject {
  return {
    id: record.id,
    values: (name) => {
      const attribute = registry.get(owner, name);
      return attribute === undefined ? [] : registry.normalized(attribute, record);
    },
    exactValues: (name) => {
      const attribute = registry.get(owner, name);
      return attribute === undefined ? [] : registry.exact(attribute, record);
    },
    groups: () => groups,
  };
}
