import { describe, expect, test } from "vitest";
import type { LdapServerOptions } from "../options.ts";
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

async function everything(layout: LdapServerOptions["layout"] = {}): Promise<{
  readonly entries: readonly LdapTestEntry[];
  readonly schema: LdapTestEntry;
}> {
  await using place = await office({ layout: { users: "cn=People", ...layout } });
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

describe.each<[string, NonNullable<LdapServerOptions["layout"]>]>([
  ["standard", {}],
  ["with unique names", { groupClass: "groupOfUniqueNames" }],
  ["in the flavour of Active Directory", { flavour: "activeDirectory" }],
  ["with Samba's domain", { samba: { sid: "S-1-5-21-1-2-3", name: "EXAMPLE" } }],
])("the schema of trees %s", (_, layout) => {
  test("every attribute and class that an entry shows is in the published schema", async () => {
    const { entries, schema } = await everything(layout);
    const types = new Set((schema.attributes["attributeTypes"] ?? []).flatMap(namesIn));
    const classes = new Set((schema.attributes["objectClasses"] ?? []).flatMap(namesIn));
    expect(entries.length).toBeGreaterThan(10);
    for (const { dn, attributes } of entries) {
      for (const name of Object.keys(attributes)) expect(types, `${name} of ${dn}`).toContain(name);
      for (const name of attributes["objectClass"] ?? []) expect(classes, `${name} of ${dn}`).toContain(name);
    }
  });

  test("the classes of an entry demand nothing that it lacks and allow all it has", async () => {
    const { entries, schema } = await everything(layout);
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
    const { schema } = await everything(layout);
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

  test("every class has its superiors, in itself and in the entries", async () => {
    const { entries, schema } = await everything(layout);
    const superiors = new Map<string, string | undefined>();
    for (const one of schema.attributes["objectClasses"] ?? [])
      superiors.set(namesIn(one)[1] ?? "", / SUP (\w+) /.exec(one)?.[1]);
    for (const superior of superiors.values())
      if (superior !== undefined) expect([...superiors.keys()]).toContain(superior);
    for (const { dn, attributes } of entries) {
      const own = attributes["objectClass"] ?? [];
      for (const name of own) {
        const superior = superiors.get(name);
        if (superior !== undefined) expect(own, `above ${name} of ${dn}`).toContain(superior);
      }
    }
  });
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

test("names that programs ask for are known, though entries may not have them", async () => {
  const { schema } = await everything();
  const types = new Set((schema.attributes["attributeTypes"] ?? []).flatMap(namesIn));
  const asked =
    "jpegPhoto labeledURI carLicense homePhone mobile pager preferredLanguage postalAddress street st postalCode " +
    "facsimileTelephoneNumber initials roomNumber secretary userCertificate userSMIMECertificate businessCategory " +
    "seeAlso x500UniqueIdentifier host authorizedService loginShell gecos shadowMin shadowMax shadowWarning " +
    "shadowInactive shadowExpire shadowFlag shadowLastChange uniqueMember owner creatorsName modifiersName";
  for (const name of asked.split(" ")) expect(types).toContain(name);
  const classes = new Set((schema.attributes["objectClasses"] ?? []).flatMap(namesIn));
  for (const name of [
    "groupOfUniqueNames",
    "shadowAccount",
    "account",
    "hostObject",
    "authorizedServiceObject",
  ])
    expect(classes).toContain(name);
});

test("a standard type that the host fills is compared and counted as the host says", async () => {
  await using place = await office();
  const { directory, user } = place;
  await directory.attributes.define({ name: "assistant", owner: "user", names: { ldap: "secretary" } });
  await directory.attributes.define({
    name: "tongues",
    owner: "user",
    multiValued: true,
    names: { ldap: "preferredLanguage" },
  });
  await directory.users.update(user.ada.id, {
    attributes: { assistant: ["Mary"], tongues: ["en", "fr"] },
  });
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  const { entries } = await client.search({
    base: "cn=Subschema",
    filter: "(attributeTypes=secretary)",
    attributes: ["attributeTypes"],
  });
  const definition = (name: string): string | undefined =>
    entries[0]?.attributes["attributeTypes"]?.find((one) => namesIn(one).includes(name));
  expect(definition("secretary")).toBe(
    "( 0.9.2342.19200300.100.1.21 NAME 'secretary' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
  );
  expect(definition("preferredLanguage")).not.toContain("SINGLE-VALUE");
  for (const filter of ["(secretary=MARY)", "(secretary=m*)", "(preferredLanguage=fr)"])
    expect((await client.search({ base: baseDn, filter })).entries).toMatchObject([{ dn: userDn("ada") }]);
});

test("every rule that is published works on some attribute, negated too", async () => {
  await using place = await office();
  const { directory, user } = place;
  await directory.attributes.define({
    name: "badge",
    owner: "user",
    syntax: "binary",
    names: { ldap: "badge" },
  });
  await directory.users.update(user.ada.id, { attributes: { badge: ["AAAA"] } });
  await using client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
  const { schema } = await everything();
  const values: Readonly<Record<string, string>> = {
    "1.3.6.1.4.1.1466.115.121.1.27": "77",
    "1.3.6.1.4.1.1466.115.121.1.7": "FALSE",
    "1.3.6.1.4.1.1466.115.121.1.24": "20200101000000Z",
    "1.3.6.1.4.1.1466.115.121.1.12": "cn=x",
    "1.3.6.1.4.1.1466.115.121.1.34": "cn=x",
    "1.3.6.1.1.16.1": "00000000-0000-7000-8000-000000000000",
    "1.3.6.1.4.1.4203.666.11.2.1": "20200101000000.000000Z#000000#000#000000",
    "1.3.6.1.4.1.1466.115.121.1.58": "zz\\2a",
  };
  for (const definition of schema.attributes["matchingRules"] ?? []) {
    const [oid = "", name = ""] = namesIn(definition);
    const value = values[/SYNTAX ([0-9.]+)/.exec(definition)?.[1] ?? ""] ?? "zz";
    for (const rule of [oid, name]) {
      const base = name === "objectIdentifierFirstComponentMatch" ? "cn=Subschema" : baseDn;
      const [yes, no] = [`(:${rule}:=${value})`, `(!(:${rule}:=${value}))`];
      const both = await client.search({ base, filter: `(|${yes}${no})`, attributes: ["1.1"] });
      expect(both.entries.length, rule).toBeGreaterThan(0);
    }
  }
});
