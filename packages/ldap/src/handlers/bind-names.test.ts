import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { type Office, office, password, userDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";

let standard: Office;
let flavoured: Office;
beforeAll(async () => {
  standard = await office();
  flavoured = await office({ layout: { flavour: "activeDirectory" } });
});
afterAll(async () => {
  await standard[Symbol.asyncDispose]();
  await flavoured[Symbol.asyncDispose]();
});

async function boundAs(place: Office, name: string, given = password): Promise<string | number> {
  await using client = ldapTestClient(place.server);
  const { resultCode } = await client.bind(name, given);
  return resultCode === LdapResultCode.success ? client.whoAmI() : resultCode;
}

describe("in the flavour of Active Directory", () => {
  test.each([
    userDn("ada"),
    "ada@example.com",
    "ADA@Example.COM",
    "example\\ada",
    "EXAMPLE\\Ada",
    "example.com\\ada",
  ])("%s names ada", async (name) => {
    expect(await boundAs(flavoured, name)).toBe(`dn:${userDn("ada")}`);
  });

  test.each([
    ["a wrong password", "ada@example.com", "wrong"],
    ["nobody", "nobody@example.com", password],
    ["another domain", "ada@elsewhere.example", password],
    ["a DN of nobody that looks like ada's name", "cn=ada@example.com,dc=example", password],
    ["no domain at all", "ada", password],
    ["someone suspended", "sam@example.com", password],
    ["someone whom no grant lets in", "EXAMPLE\\mallory", password],
  ])("%s gets the one answer", async (_, name, given) => {
    expect(await boundAs(flavoured, name, given)).toBe(LdapResultCode.invalidCredentials);
  });
});

test("elsewhere a name that is no DN is a mistake, and says so", async () => {
  for (const name of ["ada@example.com", "EXAMPLE\\ada", "ada"])
    expect(await boundAs(standard, name)).toBe(LdapResultCode.invalidDNSyntax);
});
