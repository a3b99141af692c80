import { type AttributeTest, isIndexedLeaf, type StoreFilter } from "@directorykit/core";
import type { SqlValue } from "./driver.ts";
import { encodeIdList } from "./record-id.ts";

/** A piece of SQL and its parameters, in the order in which they stand in it. */
export interface Sql {
  readonly text: string;
  readonly parameters: readonly SqlValue[];
}

/** Where a filter is asked. */
export interface FilterScope {
  /** The organization's number. */
  readonly organization: number;
  /** The scope's number. */
  readonly scope: number;
  /** The number of an attribute; `undefined` when no record has ever had it. */
  attribute(name: string): number | undefined;
}

const noRecord: Sql = { text: "0", parameters: [] };
const everyRecord: Sql = { text: "1", parameters: [] };

/** Most middle parts of a substring test that are put into SQL; each nests one select deeper. */
const maxParts = 16;

/** Whether a leaf can be put into SQL exactly. The rest goes back to core as the residual. */
export function isSqlLeaf(leaf: StoreFilter): boolean {
  if (!isIndexedLeaf(leaf)) return false;
  if (leaf.op !== "substrings") return true;
  // Half a surrogate pair has no UTF-8 form, but occurs in JavaScript's strings as a part of a character.
  const parts = [leaf.initial ?? "", leaf.final ?? "", ...leaf.any];
  return leaf.any.length <= maxParts && parts.every((part) => part.isWellFormed());
}

/** A condition on the row `r` of `record` that is 1 or 0, never NULL, so that NOT means what it says. */
export function predicate(filter: StoreFilter, scope: FilterScope): Sql {
  switch (filter.op) {
    case "true":
      return everyRecord;
    case "false":
      return noRecord;
    case "and":
    case "or":
      return joined(
        filter.of.map((part) => predicate(part, scope)),
        filter.op === "and" ? "AND" : "OR",
      );
    case "not": {
      const inner = predicate(filter.of, scope);
      return { text: `NOT ${inner.text}`, parameters: inner.parameters };
    }
    case "ids":
      return {
        text: "(r.id IN (SELECT unhex(value) FROM json_each(?)))",
        parameters: [encodeIdList(filter.ids)],
      };
    case "memberOf":
      return {
        text: "EXISTS (SELECT 1 FROM edge g WHERE g.organization = ? AND g.member = r.id AND g.container IN (SELECT unhex(value) FROM json_each(?)))",
        parameters: [scope.organization, encodeIdList(filter.groups)],
      };
    default: {
      const attribute = scope.attribute(filter.attribute);
      if (attribute === undefined) return noRecord;
      // Equality names one row of `posting`; everything else is looked for among the record's own few values.
      if (filter.op === "equals")
        return {
          text: "EXISTS (SELECT 1 FROM posting p WHERE p.attribute = ? AND p.value = ? AND p.seq = r.seq)",
          parameters: [attribute, filter.value],
        };
      const { range, test } = valueTest(filter);
      return {
        text: `EXISTS (SELECT 1 FROM entry e WHERE e.seq = r.seq AND e.attribute = ?${range.text}${test?.text ?? ""})`,
        parameters: [attribute, ...range.parameters, ...(test?.parameters ?? [])],
      };
    }
  }
}

/** A way to find records by an index. */
export interface Candidates extends Sql {
  /** Selects a row for each index row that is looked at, of which there may be many more than match. */
  readonly looked: Sql;
  /** Where more are looked at than match: selects a row for each match among the first so many. */
  readonly sample?: Sql;
}

/** How many index rows a {@link Candidates.sample} looks at, in each part of a disjunction. */
export const sampleSize = 2000;

/** A select of the `seq` of every record that matches, found by an index; `undefined` where none helps. */
export function candidates(filter: StoreFilter, scope: FilterScope): Candidates | undefined {
  switch (filter.op) {
    case "true":
    case "not":
    case "and":
      return undefined;
    case "false":
      return exactly({ text: "SELECT 0 AS seq WHERE 0", parameters: [] });
    case "or":
      return union(filter.of.map((part) => candidates(part, scope)));
    case "ids": {
      const ids = encodeIdList(filter.ids);
      return {
        text: "SELECT i.seq FROM record i WHERE i.scope = ? AND i.id IN (SELECT unhex(value) FROM json_each(?))",
        parameters: [scope.scope, ids],
        looked: { text: "SELECT value FROM json_each(?)", parameters: [ids] },
      };
    }
    case "memberOf": {
      const edges =
        "edge g WHERE g.organization = ? AND g.container IN (SELECT unhex(value) FROM json_each(?))";
      const parameters = [scope.organization, encodeIdList(filter.groups)];
      return {
        text: `SELECT i.seq FROM (SELECT g.member FROM ${edges}) m CROSS JOIN record i ON i.scope = ? AND i.id = m.member`,
        parameters: [...parameters, scope.scope],
        looked: { text: `SELECT 1 FROM ${edges}`, parameters },
      };
    }
    default: {
      const attribute = scope.attribute(filter.attribute);
      if (attribute === undefined) return exactly({ text: "SELECT 0 AS seq WHERE 0", parameters: [] });
      const { range, test } = valueTest(filter);
      const looked: Sql = {
        text: `SELECT e.seq FROM posting e WHERE e.attribute = ?${range.text}`,
        parameters: [attribute, ...range.parameters],
      };
      if (test === undefined) return exactly(looked);
      return {
        text: looked.text + test.text,
        parameters: [...looked.parameters, ...test.parameters],
        looked,
        sample: {
          text: `SELECT 1 FROM (SELECT e.value FROM posting e WHERE e.attribute = ?${range.text} LIMIT ${sampleSize}) e WHERE 1${test.text}`,
          parameters: [...looked.parameters, ...test.parameters],
        },
      };
    }
  }
}

function exactly(sql: Sql): Candidates {
  return { ...sql, looked: sql };
}

/** Selects that are joined into one; SQLite allows 500. */
const maxUnion = 64;

function union(parts: readonly (Candidates | undefined)[]): Candidates | undefined {
  const all = parts.filter((part) => part !== undefined);
  if (all.length < parts.length || all.length > maxUnion) return undefined;
  if (all.length === 0) return exactly({ text: "SELECT 0 AS seq WHERE 0", parameters: [] });
  const join = (one: readonly Sql[]): Sql => ({
    text: one.map(({ text }) => text).join(" UNION ALL "),
    parameters: one.flatMap(({ parameters }) => parameters),
  });
  const looked = join(all.map((part) => part.looked));
  if (all.every((part) => part.sample === undefined)) return { ...join(all), looked };
  const sample = join(
    all.map(
      (part) =>
        part.sample ?? {
          text: `SELECT 1 FROM (${part.text} LIMIT ${sampleSize})`,
          parameters: part.parameters,
        },
    ),
  );
  return { ...join(all), looked, sample };
}

/** What a value `e.value` must satisfy, as ` AND …`: the range of the index to look at, and what is tested there. */
interface ValueTest {
  readonly range: Sql;
  readonly test?: Sql;
}

/** In SQLite's order every number sorts before every text. */
function valueTest(test: AttributeTest): ValueTest {
  switch (test.op) {
    case "present":
      return { range: { text: "", parameters: [] } };
    case "equals":
      return { range: { text: " AND e.value = ?", parameters: [test.value] } };
    case "in":
      return {
        range: {
          text: " AND e.value IN (SELECT value FROM json_each(?))",
          parameters: [JSON.stringify(test.values)],
        },
      };
    case "atLeast": {
      const end = typeof test.value === "number" ? " AND e.value < ''" : "";
      return { range: { text: ` AND e.value >= ?${end}`, parameters: [test.value] } };
    }
    case "atMost": {
      const start = typeof test.value === "number" ? "" : " AND e.value >= ''";
      return { range: { text: `${start} AND e.value <= ?`, parameters: [test.value] } };
    }
    case "substrings":
      return substringTest(test);
  }
}

/**
 * The parts in order and without overlap. The beginning is a range, which an index answers; the rest works on bytes,
 * because SQLite's text functions stop at a NUL character, and UTF-8 makes bytes as good as characters here.
 */
function substringTest(test: AttributeTest & { readonly op: "substrings" }): ValueTest {
  const initial = test.initial ?? "";
  const end = afterPrefix(initial);
  const range: Sql =
    end === undefined
      ? { text: " AND e.value >= ?", parameters: [initial] }
      : { text: " AND e.value >= ? AND e.value < ?", parameters: [initial, end] };
  const any = test.any.filter((part) => part !== "");
  const final = test.final ?? "";
  if (any.length === 0 && final === "") return { range };
  let rest = `substr(CAST(e.value AS BLOB), ${Buffer.byteLength(initial) + 1})`;
  const parts: SqlValue[] = [];
  for (const part of any) {
    // What follows the first place where the part occurs; NULL, which then stays, when it does not.
    rest = `(SELECT substr(x, nullif(instr(x, ?), 0) + ${Buffer.byteLength(part)}) FROM (SELECT ${rest} AS x))`;
    parts.unshift(Buffer.from(part));
  }
  if (final === "") return { range, test: { text: ` AND ${rest} IS NOT NULL`, parameters: parts } };
  const length = Buffer.byteLength(final);
  return {
    range,
    test: {
      text: ` AND ifnull((SELECT length(x) >= ${length} AND substr(x, -${length}) = ? FROM (SELECT ${rest} AS x)), 0)`,
      parameters: [Buffer.from(final), ...parts],
    },
  };
}

/** The least text after every text that begins with `prefix`; `undefined` when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0) as number);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/** Joins conditions as a balanced tree: SQLite bounds how deep an expression may nest, not how wide it may be. */
function joined(parts: readonly Sql[], operator: "AND" | "OR"): Sql {
  if (parts.length === 0) return operator === "AND" ? everyRecord : noRecord;
  if (parts.length === 1) return parts[0] as Sql;
  const middle = parts.length >>> 1;
  const left = joined(parts.slice(0, middle), operator);
  const right = joined(parts.slice(middle), operator);
  return {
    text: `(${left.text} ${operator} ${right.text})`,
    parameters: [...left.parameters, ...right.parameters],
  };
}
