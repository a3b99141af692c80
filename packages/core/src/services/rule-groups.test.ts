import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { Group } from "../model/group.ts";
import type { Filter } from "../query/filter.ts";
import { plainStore } from "../testing/other-stores.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";

const sales: Filter = { op: "equals", attribute: "department", value: "Sales" };
const inSales = { employee: { department: "sales" } };

async function names(directory: Directory, group: Group): Promise<string[]> {
  const ids = (await Array.fromAsync(directory.groups.members(group.id))).map((edge) => edge.member);
  return (await directory.getMany("user", ids)).map((user) => user.username);
}

describe.each([
  ["a store with indexes", memoryStore],
  ["a store that applies nothing", plainStore],
])("on %s", (_, makeStore) => {
  test("a rule takes in those who match when it is made, and follows every change in both directions", async () => {
    const { directory } = await openDirectory({ store: makeStore() });
    const ada = await directory.users.create({ username: "ada", ...inSales });
    const bob = await directory.users.create({ username: "bob" });
    const group = await directory.groups.create({ name: "sales", rule: sales });
    expect(await names(directory, group)).toEqual(["ada"]);
    await directory.users.update(bob.id, inSales);
    expect(await names(directory, group)).toEqual(["ada", "bob"]);
    await directory.users.create({ username: "carol", ...inSales });
    await directory.users.update(ada.id, { employee: { department: "research" } });
    expect(await names(directory, group)).toEqual(["bob", "carol"]);
    await directory.users.delete(bob.id);
    expect(await names(directory, group)).toEqual(["carol"]);
  });

  test("access follows the rule at once", async () => {
    const { directory } = await openDirectory({ store: makeStore() });
    const ada = await directory.users.create({ username: "ada", ...inSales });
    const group = await directory.groups.create({ name: "sales", rule: sales });
    const crm = await directory.resources.create({ kind: "saml", name: "crm" });
    await directory.grants.add({ group, resource: crm });
    expect(await directory.authorize(ada.id, crm.id)).toMatchObject({ allowed: true });
    await directory.users.update(ada.id, { employee: {} });
    expect(await directory.authorize(ada.id, crm.id)).toMatchObject({ allowed: false });
  });

  test("a rule that changes changes the members; one that is taken away leaves them", async () => {
    const { directory } = await openDirectory({ store: makeStore() });
    const [ada] = await directory.users.createMany([
      { username: "ada", ...inSales },
      { username: "bob", phones: ["+1 555"] },
    ]);
    const group = await directory.groups.create({ name: "some", rule: sales });
    await directory.groups.update(group.id, { rule: { op: "present", attribute: "phone" } });
    expect(await names(directory, group)).toEqual(["bob"]);
    const plain = await directory.groups.update(group.id, { rule: null });
    expect(plain).not.toHaveProperty("rule");
    await directory.groups.addMembers(group.id, ada === undefined ? [] : [ada.id]);
    expect(await names(directory, group)).toEqual(["ada", "bob"]);
    await expect(directory.groups.update(group.id, { rule: sales })).rejects.toMatchObject(
      failure("conflict"),
    );
  });
});

test("nobody is put into a rule group or taken out by hand", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", ...inSales });
  const group = await directory.groups.create({ name: "sales", rule: sales });
  for (const attempt of [
    directory.groups.addMembers(group.id, [ada.id]),
    directory.groups.removeMembers(group.id, [ada.id]),
  ])
    await expect(attempt).rejects.toMatchObject(failure("conflict"));
  await expect(directory.groups.create({ name: "x", rule: sales, members: [ada.id] })).rejects.toMatchObject(
    failure("invalid-input", { path: "members" }),
  );
});

test("a rule of machines looks at machines, when it is made and when it changes", async () => {
  const { directory } = await openDirectory();
  const [web, db] = [
    await directory.systems.create({ hostname: "web-1", os: "linux" }),
    await directory.systems.create({ hostname: "db-1", os: "bsd" }),
  ];
  const group = await directory.groups.create({
    name: "linux",
    kind: "system",
    rule: { op: "equals", attribute: "os", value: "Linux" },
  });
  const members = async () =>
    (await Array.fromAsync(directory.groups.members(group.id))).map((edge) => edge.member);
  expect(await members()).toEqual([web.id]);
  await directory.groups.update(group.id, {
    rule: { op: "substrings", attribute: "hostname", initial: "db" },
  });
  expect(await members()).toEqual([db.id]);
  await directory.systems.update(web.id, { hostname: "db-2" });
  expect((await members()).toSorted()).toEqual([web.id, db.id].toSorted());
  await directory.systems.delete(db.id);
  expect(await members()).toEqual([web.id]);
  await expect(directory.groups.update(group.id, { rule: sales })).rejects.toMatchObject(
    failure("invalid-input", { path: "rule" }),
  );
});

const deep = (depth: number): unknown =>
  JSON.parse(`${'{"op":"not","of":'.repeat(depth)}{"op":"true"}${"}".repeat(depth)}`);

test.each<[string, unknown, string]>([
  ["nothing that is a filter", "department=sales", "rule"],
  ["an unknown operator", { op: "regex", attribute: "username" }, "rule.op"],
  ["an unknown attribute", { op: "equals", attribute: "departmnt", value: "x" }, "rule"],
  ["a value that cannot be", { op: "equals", attribute: "uidNumber", value: "many" }, "rule"],
  ["a value that is an object", { op: "equals", attribute: "username", value: {} }, "rule.value"],
  ["a part that is no filter", { op: "or", of: [sales, "x"] }, "rule.of[1]"],
  ["no list of parts", { op: "and", of: sales }, "rule.of"],
  ["a field no filter has", { ...sales, note: "x" }, "rule.note"],
  ["memberships", { op: "or", of: [sales, { op: "memberOf", groups: [], transitive: true }] }, "rule.of[1]"],
  ["access", { op: "not", of: { op: "entitledTo", resources: [] } }, "rule.of"],
  ["too much nesting", deep(64), `rule${".of".repeat(64)}`],
  ["endless nesting", deep(5000), `rule${".of".repeat(64)}`],
  ["too many parts", { op: "or", of: Array(2048).fill(sales) }, "rule.of[2047]"],
])("a rule with %s is refused, and where", async (_, rule, path) => {
  const { directory } = await openDirectory();
  const refused = failure("invalid-input", { path });
  await expect(directory.groups.create({ name: "x", rule: rule as Filter })).rejects.toMatchObject(refused);
  const group = await directory.groups.create({ name: "y", rule: sales });
  await expect(directory.groups.update(group.id, { rule: rule as Filter })).rejects.toMatchObject(refused);
  await expect(directory.import({ version: 1, groups: [{ name: "z", rule }] })).rejects.toMatchObject(
    failure("invalid-input", { path: `groups[0].${path}` }),
  );
});

test("a rule may match nobody on purpose", async () => {
  const { directory } = await openDirectory();
  const group = await directory.groups.create({ name: "nobody", rule: { op: "false" } });
  await directory.users.create({ username: "ada" });
  expect(await names(directory, group)).toEqual([]);
});

test("an organization may have a thousand rules and no more", async () => {
  const { directory } = await openDirectory();
  await directory.import({
    version: 1,
    groups: Array.from({ length: 1000 }, (_, i) => ({ name: `g${i}`, rule: { op: "false" } })),
  });
  await expect(directory.groups.create({ name: "one more", rule: sales })).rejects.toMatchObject(
    failure("limit-exceeded", { limit: "maxRuleGroups", value: 1000 }),
  );
  const plain = await directory.groups.create({ name: "one more" });
  await expect(directory.groups.update(plain.id, { rule: sales })).rejects.toMatchObject(
    failure("limit-exceeded"),
  );
}, 30_000);
