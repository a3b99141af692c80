import { DirectoryError } from "../errors.ts";
import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { Group, Membership } from "../model/group.ts";
import type { System } from "../model/resource.ts";
import type { User } from "../model/user.ts";
import { compileAttributeFilter } from "../query/compile-filter.ts";
import { evaluateStoreFilter } from "../query/evaluate-store-filter.ts";
import type { StoreFilter } from "../query/filter.ts";
import { recordsBy } from "../query/record-pages.ts";
import { recordSubject } from "../query/record-subject.ts";
import type { UnitOfWork } from "../write/unit-of-work.ts";

/** Most groups with a rule in an organization: each write to a person weighs every rule. */
export const maxRuleGroups = 1000;

const page = 1000;

/** Brings the membership of people or machines just written in line with every rule. */
export async function applyRulesTo(
  unit: UnitOfWork,
  owner: "user" | "system",
  records: readonly (User | System)[],
): Promise<void> {
  const groups = (await ruleGroups(unit)).filter((group) => group.kind === owner);
  if (groups.length === 0) return;
  const ruled = new Set<string>(groups.map((group) => group.id));
  const held = new Map<string, Set<string>>();
  for (const edge of await unit.tx.groupsOf(records.map((record) => record.id))) {
    if (!ruled.has(edge.group)) continue;
    const own = held.get(edge.member) ?? new Set();
    held.set(edge.member, own.add(edge.group));
  }
  const add: Membership[] = [];
  const drop: { group: string; member: string }[] = [];
  for (const group of groups) {
    const rule = compileRule(unit, group);
    for (const record of records) {
      const is = held.get(record.id)?.has(group.id) === true;
      const should = evaluateStoreFilter(rule, recordSubject(unit.registry, owner, record));
      if (should && !is) add.push({ group: group.id, member: record.id, memberKind: owner, origin: "rule" });
      if (!should && is) drop.push({ group: group.id, member: record.id });
    }
  }
  await unit.link(add);
  await unit.unlink(drop);
}

/** Brings the members of one group in line with its rule, which is new or has changed. */
export async function applyRuleOf(unit: UnitOfWork, group: Group): Promise<void> {
  if ((await ruleGroups(unit)).length > maxRuleGroups) {
    throw new DirectoryError(
      "limit-exceeded",
      `an organization may have ${maxRuleGroups} groups with a rule`,
      {
        details: { limit: "maxRuleGroups", value: maxRuleGroups },
      },
    );
  }
  const rule = compileRule(unit, group);
  for (let after: string | undefined; ; ) {
    const found = await unit.tx.query(group.kind, {
      filter: { op: "true" },
      limit: page,
      ...(after === undefined ? {} : { after: { id: after } }),
    });
    const held = new Set(
      (await unit.tx.groupsOf(found.records.map((one) => one.id)))
        .filter((edge) => edge.group === group.id)
        .map((edge) => edge.member),
    );
    const add: Membership[] = [];
    const drop: { group: string; member: string }[] = [];
    for (const record of found.records) {
      const should = evaluateStoreFilter(rule, recordSubject(unit.registry, group.kind, record));
      if (should && !held.has(record.id))
        add.push({ group: group.id, member: record.id, memberKind: group.kind, origin: "rule" });
      if (!should && held.has(record.id)) drop.push({ group: group.id, member: record.id });
    }
    await unit.link(add);
    await unit.unlink(drop);
    if (!found.more) return;
    after = found.records.at(-1)?.id;
  }
}

function ruleGroups(unit: UnitOfWork): Promise<readonly Group[]> {
  return recordsBy(unit.tx, "group", "ruled", "true");
}

function compileRule(unit: UnitOfWork, group: Group): StoreFilter {
  return compileAttributeFilter(group.rule ?? { op: "false" }, group.kind as AttributeOwner, unit.registry);
}
