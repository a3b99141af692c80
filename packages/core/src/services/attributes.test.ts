import { describe, expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import type { AttributeValue } from "../model/record.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";
import type { AttributeFields } from "./attributes.ts";
import { maxAttributeDefinitions } from "./attributes.ts";

const badge: AttributeFields = { owner: "user", name: "badge" };

test("a defined attribute is kept, found and named in every protocol", async () => {
  const { directory } = await openDirectory();
  const definition = await directory.attributes.define({
    ...badge,
    syntax: "integer",
    unique: true,
    names: { ldap: "badgeNumber", scim: "urn:example:badge", oidc: "badge" },
  });
  expect(definition).toMatchObject({
    matching: "integer",
    indexed: true,
    multiValued: false,
    sensitivity: "public",
  });
  const ada = await directory.users.create({ username: "ada", attributes: { badge: [7] } });
  await expect(directory.users.create({ username: "bob", attributes: { badge: [7] } })).rejects.toMatchObject(
    failure("conflict", { key: "badge" }),
  );
  const found = await directory.query("user", {
    filter: { op: "atLeast", attribute: "badge", value: "7" },
    order: { attribute: "badge" },
  });
  expect(found.records).toEqual([ada]);
  const { registry } = directory.attributes;
  expect(registry.byProtocolName("user", "ldap", "BADGENUMBER")).toMatchObject({ name: "badge" });
  expect(registry.byProtocolName("group", "ldap", "badgeNumber")).toBeUndefined();
});

test.each<[string, AttributeFields]>([
  ["its name is built in", { owner: "user", name: "username" }],
  ["its LDAP name is built in", { ...badge, names: { ldap: "UID" } }],
  ["its claim is built in", { ...badge, names: { oidc: "email" } }],
  ["its name is defined", { owner: "user", name: "taken" }],
  ["its LDAP name is defined", { ...badge, names: { ldap: "taken" } }],
])("no attribute is defined when %s", async (_, attribute) => {
  const { directory } = await openDirectory();
  await directory.attributes.define({ owner: "user", name: "taken" });
  await expect(directory.attributes.define(attribute)).rejects.toMatchObject(failure("conflict"));
  expect(directory.attributes.registry.get("user", "username")?.unique).toBe(true);
});

test("of definitions at the same time that want one LDAP name exactly one gets it", async () => {
  const { directory } = await openDirectory();
  const results = await Promise.allSettled(
    ["a", "b", "c"].map((name) =>
      directory.attributes.define({ owner: "user", name, names: { ldap: "same" } }),
    ),
  );
  expect(results.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  expect(await Array.fromAsync(directory.attributes.list())).toHaveLength(1);
});

test.each<[string, unknown, string]>([
  ["a name with a space", { owner: "user", name: "a b" }, "name"],
  ["a name that begins with a digit", { owner: "user", name: "1a" }, "name"],
  ["no owner", { name: "a" }, "owner"],
  ["an owner that has no attributes", { owner: "grant", name: "a" }, "owner"],
  ["an unknown syntax", { ...badge, syntax: "float" }, "syntax"],
  [
    "a rule that cannot compare its values",
    { ...badge, syntax: "string", matching: "integer", unique: true },
    "matching",
  ],
  ["an LDAP name that is none", { ...badge, names: { ldap: "a;b" } }, "names.ldap"],
  ["an OID that is none", { ...badge, names: { ldapOid: "1.02" } }, "names.ldapOid"],
  ["a name in a protocol nobody speaks", { ...badge, names: { x500: "a" } }, "names.x500"],
])("a definition with %s is refused, and where", async (_, attribute, path) => {
  const { directory } = await openDirectory();
  await expect(directory.attributes.define(attribute as never)).rejects.toMatchObject(
    failure("invalid-input", { path }),
  );
});

describe("values", () => {
  test.each<[NonNullable<AttributeFields["syntax"]>, AttributeValue, boolean]>([
    ["string", "x", true],
    ["string", 7, false],
    ["string", "x\u0000", false],
    ["integer", 7, true],
    ["integer", "7", false],
    ["integer", 7.5, false],
    ["boolean", false, true],
    ["boolean", "false", false],
    ["binary", "QUJD", true],
    ["binary", "not base64!", false],
    ["binary", "A".repeat(100_000), false],
    ["reference", "0190a8c4-7b5e-7000-8000-000000000001", true],
    ["reference", "ada", false],
    ["time", "2027-01-31T00:00:00Z", true],
    ["time", 1_800_000_000_000, true],
    ["time", "tomorrow", false],
    ["time", Number.NaN, false],
    ["time", Number.POSITIVE_INFINITY, false],
  ])("of %s: %j is taken: %j", async (syntax, value, taken) => {
    const { directory } = await openDirectory();
    await directory.attributes.define({ ...badge, syntax });
    const created = directory.users.create({ username: "ada", attributes: { badge: [value] } });
    if (taken) expect((await created).attributes["badge"]).toHaveLength(1);
    else await expect(created).rejects.toMatchObject(failure("invalid-input", { path: "attributes.badge" }));
  });

  test("are one or many as the definition says", async () => {
    const { directory } = await openDirectory();
    await directory.attributes.define(badge);
    await directory.attributes.define({ ...badge, name: "tags", multiValued: true });
    await expect(
      directory.users.create({ username: "ada", attributes: { badge: ["1", "2"] } }),
    ).rejects.toMatchObject(failure("invalid-input", { path: "attributes.badge" }));
    const ada = await directory.users.create({
      username: "ada",
      attributes: { tags: ["1", "2"], badge: [] },
    });
    expect(ada.attributes).toEqual({ tags: ["1", "2"] });
    await expect(
      directory.users.update(ada.id, { attributes: { tags: Array(1001).fill("x") } }),
    ).rejects.toMatchObject(failure("invalid-input"));
  });
});

test("a secret attribute is kept and never searched", async () => {
  const { directory } = await openDirectory();
  await directory.attributes.define({ ...badge, sensitivity: "secret", indexed: true });
  const ada = await directory.users.create({ username: "ada", attributes: { badge: ["1234"] } });
  expect(ada.attributes).toEqual({ badge: ["1234"] });
  for (const filter of [
    { op: "equals", attribute: "badge", value: "1234" },
    { op: "present", attribute: "badge" },
    { op: "substrings", attribute: "badge", initial: "1" },
    { op: "not", of: { op: "equals", attribute: "badge", value: "1234" } },
  ] as const)
    expect((await directory.query("user", { filter })).records).toEqual([]);
});

test("what is taken away is known no more, here and on other nodes", async () => {
  const store = memoryStore();
  const { directory } = await openDirectory({ store });
  const { directory: other } = await openDirectory({ store, pollMs: 1_000_000, maxStalenessMs: 0 });
  const definition = await directory.attributes.define(badge);
  const known = async (): Promise<boolean> => {
    await other.ensureFresh();
    await other.attributes.reload();
    return other.attributes.registry.get("user", "badge") !== undefined;
  };
  expect(await known()).toBe(true);
  await directory.attributes.remove(definition.id);
  expect(directory.attributes.registry.get("user", "badge")).toBeUndefined();
  expect(await known()).toBe(false);
  await expect(directory.attributes.remove(definition.id)).rejects.toMatchObject(failure("not-found"));
  await other.close();
});

test("there is a limit to definitions, by hand and by import", async () => {
  const { directory } = await openDirectory();
  const many = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, i) => ({ owner: "user", name: `${prefix}${i}` }));
  const limit = failure("limit-exceeded", {
    limit: "maxAttributeDefinitions",
    value: maxAttributeDefinitions,
  });
  await directory.import({ version: 1, attributeDefinitions: many(maxAttributeDefinitions, "a") });
  await expect(directory.attributes.define(badge)).rejects.toMatchObject(limit);
  await expect(directory.import({ version: 1, attributeDefinitions: many(1, "b") })).rejects.toMatchObject(
    limit,
  );
}, 20_000);
