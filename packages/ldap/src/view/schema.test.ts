import { expect, test } from "vitest";
import { baseDn, office, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestEntry, ldapTestClient } from "../testing.ts";

/** Names and OID of a definition in the form of RFC 4512 §4.1. */
function namesIn(definition: string): string[] {
  const oid = /^\( ([0-9.]+) /.exec(definition)?.[1] ?? "";
  const names = /NAME (?:'([^']+)'|\(([^)]+)\))/.exec(definition);
  const list = names?.[1] ?? names?.[2] ?? "";
  return [oid, ...(list.match(/[A-Za-z][A-Za-z0-9-]*/g) ?? [])];
}

function listed(definition: string, word: "MUST" | "MAY"): string[] {
  const list = new RegExp(`${word} \\( ([^)]+) \\)`).exec(definition)?.[1] ?? "";
  return list.split(" $ ").filter((name) => name !== "");
}

async function everything(): Promise<{
  readonly entries: readonly LdapTestEntry[];
  readonly schema: LdapTestEntry;
}> {
  await using place = await office({ layout: { users: "cn=People" } });
  const { directory, user, group } = place;
  await directory.attributes.define({
    name: "badge",
    owner: "user",
    names: { ldap: "badge", ldapOid: "1.2.3.4" },
  });
  await directory.attributes.define({ name: "cell", owner: "user", names: { ldap: "mobile" } });
  await directory.attributes.define({ name: "site", owner: "group", multiValued: true });
  await directory.attributes.define({ name: "pin", owner: "user", sensitivity: "secret" });
  await directory.users.update(user.ada.id, { attributes: { badge: ["1"], cell: ["2"], pin: ["3"] } });
  await directory.groups.update(group.staff.id, { attributes: { site: ["Berlin"] } });
  await using client = ldapTestClient(place.server);
  await client.bind(`uid=ada,cn=People,${baseDn}`, password);
  const attributes = ["*", "+"];
  const tree = await client.search({ base: baseDn, attributes });
  const root = await client.search({ attributes });
  const [schema] = (
    await client.search({ base: "cn=Subschema", filter: "(objectClass=subschema)", attributes })
  ).entries;
  if (schema === undefined) throw new Error("no schema");
  return { entries: [...tree.entries, ...root.entries, schema], schema };
}

test("every attribute and class that an entry shows is in the published schema", async () => {
  const { entries, schema } = await everything();
  const types = new Set((schema.attributes["attributeTypes"] ?? []).flatMap(namesIn));
  const classes = new Set((schema.attributes["objectClasses"] ?? []).flatMap(namesIn));
  expect(entries.length).toBeGreaterThan(10);
  for (const { dn, attributes } of entries) {
    for (const name of Object.keys(attributes)) expect(types, `${name} of ${dn}`).toContain(name);
    for (const name of attributes["objectClass"] ?? []) expect(classes, `${name} of ${dn}`).toContain(name);
  }
});

test("the classes of an entry demand nothing that it lacks and allow all it has", async () => {
  const { entries, schema } = await everything();
  const classes = new Map(
    (schema.attributes["objectClasses"] ?? []).map((one) => [namesIn(one)[1] ?? "", one] as const),
  );
  const operational = new Set(
    (schema.attributes["attributeTypes"] ?? [])
      .filter((one) => one.includes("USAGE directoryOperation"))
      .flatMap(namesIn),
  );
  for (const { dn, attributes } of entries) {
    const own = attributes["objectClass"] ?? [];
    const allowed = new Set(
      own.flatMap((name) =>
        ["MUST", "MAY"].flatMap((word) => listed(classes.get(name) ?? "", word as "MAY")),
      ),
    );
    for (const name of own)
      for (const must of listed(classes.get(name) ?? "", "MUST"))
        expect(attributes, `${must} of ${dn}`).toHaveProperty(must);
    if (own.includes("extensibleObject")) continue;
    for (const name of Object.keys(attributes))
      if (!operational.has(name)) expect(allowed, `${name} of ${dn}`).toContain(name);
  }
});

test("every rule and syntax that a type names is published, and nothing is defined twice", async () => {
  const { schema } = await everything();
  const rules = new Set((schema.attributes["matchingRules"] ?? []).flatMap(namesIn));
  const syntaxes = new Set((schema.attributes["ldapSyntaxes"] ?? []).flatMap(namesIn));
  for (const type of schema.attributes["attributeTypes"] ?? []) {
    for (const [, rule] of type.matchAll(/(?:EQUALITY|ORDERING|SUBSTR) ([A-Za-z0-9]+)/g))
      expect(rules).toContain(rule);
    expect(syntaxes).toContain(/SYNTAX ([0-9.]+)/.exec(type)?.[1]);
  }
  for (const rule of schema.attributes["matchingRules"] ?? [])
    expect(syntaxes).toContain(/SYNTAX ([0-9.]+)/.exec(rule)?.[1]);
  for (const name of ["attributeTypes", "objectClasses", "matchingRules", "ldapSyntaxes"]) {
    const all = (schema.attributes[name] ?? []).flatMap(namesIn).map((one) => one.toLowerCase());
    expect(all.length).toBe(new Set(all).size);
  }
});

test("a secret attribute is not even named", async () => {
  const { schema } = await everything();
  expect((schema.attributes["attributeTypes"] ?? []).flatMap(namesIn)).not.toContain("pin");
  expect((schema.attributes["attributeTypes"] ?? []).flatMap(namesIn)).toContain("1.2.3.4");
});

test("entries point to the schema, which is where they say", async () => {
  await using place = await office();
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("ada"), password);
  const { entries } = await client.search({ base: baseDn, attributes: ["subschemaSubentry"] });
  const places = new Set(entries.map(({ attributes }) => attributes["subschemaSubentry"]?.[0]));
  expect([...places]).toEqual(["cn=Subschema"]);
});
