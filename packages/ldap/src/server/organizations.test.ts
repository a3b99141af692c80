import { X509Certificate } from "node:crypto";
import type { Directory, UserId } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { allowNestedBaseDns } from "../options.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { type LdapServer, ldapServer } from "./ldap-server.ts";
import { password } from "./office.fixture.ts";
import { type OptionsOfOrganizations, organizations } from "./organizations.fixture.ts";

/** Two organizations in one store, each with an ada of its own, below suffixes of their own. */
async function twoOrganizations(
  bases: { readonly alpha: string; readonly beta: string } = {
    alpha: "dc=alpha,dc=example",
    beta: "dc=beta,dc=example",
  },
  ...more: OptionsOfOrganizations
): Promise<AsyncDisposable & { readonly a: Directory; readonly b: Directory; readonly server: LdapServer }> {
  const place = await organizations(bases, ...more);
  return { ...place, a: place.alpha, b: place.beta };
}

const adaOf = (name: string): string => `uid=ada,ou=Users,dc=${name},dc=example`;
/** The address of the ada whom a connection sees below a base. */
const mailOf = async (client: LdapTestClient, base: string): Promise<readonly string[] | undefined> =>
  (await client.search({ base, filter: "(uid=ada)" })).entries[0]?.attributes["mail"];

test("the root DSE names the suffixes of all organizations", async () => {
  await using place = await twoOrganizations();
  await using client = ldapTestClient(place.server);
  const { entries } = await client.search({ attributes: ["namingContexts"] });
  expect(entries[0]?.attributes["namingContexts"]).toEqual(["dc=alpha,dc=example", "dc=beta,dc=example"]);
});

test("who binds sees their own organization and nothing of another", async () => {
  await using place = await twoOrganizations();
  for (const [own, other] of [
    ["alpha", "beta"],
    ["beta", "alpha"],
  ] as const) {
    await using client = ldapTestClient(place.server);
    expect(await client.bind(adaOf(own), password)).toMatchObject({ resultCode: 0 });
    expect(await client.whoAmI()).toBe(`dn:${adaOf(own)}`);
    const seen = await client.search({ base: `dc=${own},dc=example`, filter: "(uid=ada)" });
    expect(seen.entries.map((entry) => entry.attributes["mail"])).toEqual([[`ada@${own}.example`]]);
    const foreign = await client.search({ base: `dc=${other},dc=example`, filter: "(uid=ada)" });
    expect(foreign).toMatchObject({ resultCode: LdapResultCode.noSuchObject, entries: [] });
  }
});

test("someone who is suspended in one is disconnected there, and goes on in the other", async () => {
  await using place = await twoOrganizations();
  await using inA = ldapTestClient(place.server);
  await using inB = ldapTestClient(place.server);
  await inA.bind(adaOf("alpha"), password);
  await inB.bind(adaOf("beta"), password);
  const ada = await place.a.users.byUsername("ada");
  await place.a.users.suspend(ada?.id as never);
  expect(await inA.closed).toMatchObject({ resultCode: LdapResultCode.strongerAuthRequired });
  expect(await inB.search({ base: adaOf("beta"), scope: "base" })).toMatchObject({ resultCode: 0 });
});

test("a bind below neither suffix is refused like any other", async () => {
  await using place = await twoOrganizations();
  await using client = ldapTestClient(place.server);
  expect(await client.bind(adaOf("gamma"), password)).toMatchObject({
    resultCode: LdapResultCode.invalidCredentials,
  });
});

describe("before a port is opened", () => {
  test.each<[what: string, alpha: string, beta: string, message: string]>([
    [
      "one base DN, however it is spelled",
      "dc=alpha,dc=example",
      "DC=Alpha, dc=example",
      "the base DN DC=Alpha,dc=example of the organization beta is also that of alpha",
    ],
    [
      "a base DN below that of another",
      "dc=alpha,dc=example",
      "ou=Users,dc=alpha,dc=example",
      "the base DN ou=Users,dc=alpha,dc=example of the organization beta lies below dc=alpha,dc=example of alpha",
    ],
    [
      "a base DN above that of another",
      "dc=alpha,dc=example",
      "dc=example",
      "the base DN dc=example of the organization beta lies above dc=alpha,dc=example of alpha",
    ],
  ])("%s is refused, with the names of both", async (_, alpha, beta, message) => {
    await using place = await twoOrganizations({ alpha, beta });
    await expect(place.server.listen({ port: 0 })).rejects.toMatchObject({
      code: "misconfigured",
      message,
      details: { organization: "beta", other: "alpha", otherBaseDn: "dc=alpha,dc=example" },
    });
  });

  test("base DNs beside each other are not, nor is one whose letters end like another's", async () => {
    await using place = await twoOrganizations({
      alpha: "dc=alpha,dc=example",
      beta: "ou=dc\\=alpha,dc=example",
    });
    await place.server.listen({ port: 0 });
  });
});

describe("an organization that may lie below another", () => {
  const nested = { alpha: "dc=alpha,dc=example", beta: "ou=sales,dc=alpha,dc=example" };

  test("is served beside it, and a DN is one of the innermost", async () => {
    await using place = await twoOrganizations(nested, { [allowNestedBaseDns]: ["beta"] });
    await place.server.listen({ port: 0 });
    for (const [name, base] of Object.entries(nested)) {
      await using client = ldapTestClient(place.server);
      expect(await client.bind(`uid=ada,ou=Users,${base}`, password)).toMatchObject({ resultCode: 0 });
      expect(await mailOf(client, base)).toEqual([`ada@${name}.example`]);
    }
  });

  test("may not have the same base DN, and the other may not lie below it", async () => {
    for (const [alpha, beta] of [
      [nested.alpha, nested.alpha],
      [nested.beta, nested.alpha],
    ] as const) {
      await using place = await twoOrganizations({ alpha, beta }, { [allowNestedBaseDns]: ["beta"] });
      await expect(place.server.listen({ port: 0 })).rejects.toMatchObject({ code: "misconfigured" });
    }
  });

  test("must be one that is served", async () => {
    await using place = await twoOrganizations();
    for (const allowed of [["gamma"], "beta", [1]])
      expect(() =>
        ldapServer({ directory: [place.a, place.b], [allowNestedBaseDns]: allowed as never }),
      ).toThrow(expect.objectContaining({ code: "misconfigured" }));
  });
});

test("several directories cannot be given one base DN, and none is not enough", async () => {
  await using place = await twoOrganizations();
  for (const options of [{ directory: [place.a, place.b], baseDn: "dc=example" }, { directory: [] }])
    expect(() => ldapServer(options)).toThrow(expect.objectContaining({ code: "misconfigured" }));
});

describe("what one organization does about its own base DN", () => {
  const { invalidCredentials, unwillingToPerform } = LdapResultCode;

  test("keeps nobody of another out when it is wrong", async () => {
    await using place = await twoOrganizations();
    for await (const { id } of place.a.resources.list({ kind: "ldap" }))
      await place.a.resources.update(id, { settings: { baseDn: "nonsense" } });
    await using client = ldapTestClient(place.server);
    expect(await client.bind(adaOf("beta"), password)).toMatchObject({ resultCode: 0 });
    expect(await client.saslBind("PLAIN", `\0ada@beta.example\0${password}`)).toMatchObject({
      resultCode: 0,
    });
    const { entries } = await client.search({ attributes: ["namingContexts"] });
    expect(entries[0]?.attributes["namingContexts"]).toEqual(["dc=beta,dc=example"]);
    expect(await client.bind(adaOf("alpha"), password)).toMatchObject({ resultCode: unwillingToPerform });
  });

  test.each<[what: string, baseDn: string]>([
    ["the same as another's", "dc=beta,dc=example"],
    ["where the people of another are", "ou=Users,dc=beta,dc=example"],
    ["above another's", "dc=example"],
  ])("keeps nobody of another out when it comes to be %s, and is not served", async (_, baseDn) => {
    await using place = await twoOrganizations();
    await place.server.listen({ port: 0 });
    await using before = ldapTestClient(place.server);
    expect(await before.bind(adaOf("beta"), password)).toMatchObject({ resultCode: 0 });
    await place.a.organization.update({ baseDn });
    expect(await mailOf(before, "dc=beta,dc=example")).toEqual(["ada@beta.example"]);
    await using client = ldapTestClient(place.server);
    expect(await client.bind(adaOf("beta"), password)).toMatchObject({ resultCode: 0 });
    expect(await mailOf(client, "dc=beta,dc=example")).toEqual(["ada@beta.example"]);
    const { entries } = await client.search({ attributes: ["namingContexts"] });
    expect(entries[0]?.attributes["namingContexts"]).toEqual(["dc=beta,dc=example"]);
    if (baseDn !== "dc=beta,dc=example")
      expect((await client.bind(`uid=ada,ou=Users,${baseDn}`, password)).resultCode).not.toBe(0);
  });

  test("does not give its place away while it is wrong", async () => {
    await using place = await twoOrganizations();
    await place.server.listen({ port: 0 });
    await using client = ldapTestClient(place.server);
    await place.a.organization.update({ baseDn: "nonsense" });
    await place.b.organization.update({ baseDn: "dc=alpha,dc=example" });
    expect((await client.bind(adaOf("alpha"), password)).resultCode).toBe(unwillingToPerform);
    await place.a.organization.update({ baseDn: "dc=alpha,dc=example" });
    expect(await client.bind(adaOf("alpha"), password)).toMatchObject({ resultCode: 0 });
    expect(await mailOf(client, "dc=alpha,dc=example")).toEqual(["ada@alpha.example"]);
  });

  test.each<[what: string, baseDn: string]>([
    ["lies beside it", "ou=b,dc=example,dc=com"],
    ["has the same labels elsewhere", "dc=example,ou=b,dc=com"],
    ["has them in one", "dc=example.com"],
  ])("does not take names with a domain from another's people when it %s", async (_, baseDn) => {
    await using place = await twoOrganizations({ alpha: "dc=alpha", beta: "ou=a,dc=example,dc=com" });
    await place.server.listen({ port: 0 });
    await place.a.organization.update({ baseDn });
    await using client = ldapTestClient(place.server);
    expect(await client.saslBind("PLAIN", `\0ada@example.com\0${password}`)).toMatchObject({ resultCode: 0 });
    expect(await mailOf(client, "ou=a,dc=example,dc=com")).toEqual(["ada@beta.example"]);
    expect(await client.bind(`uid=ada,ou=Users,${baseDn}`, password)).toMatchObject({ resultCode: 0 });
  });

  test("lets nobody in by certificate where it is not served", async () => {
    await using place = await twoOrganizations();
    await place.server.listen({ port: 0 });
    const pem = String(selfSigned("ada").cert);
    const ada = await place.a.users.byUsername("ada");
    await place.a.credentials.addCertificate(ada?.id as UserId, pem);
    const { raw: certificate } = new X509Certificate(pem);
    await place.a.organization.update({ baseDn: "ou=Users,dc=beta,dc=example" });
    await using client = ldapTestClient(place.server, { certificate });
    expect(await client.saslBind("EXTERNAL")).toMatchObject({ resultCode: invalidCredentials });
  });

  test("is served as soon as it collides no more, and says why it was not once", async () => {
    const errors: object[] = [];
    const note = (fields: object): void => void errors.push(fields);
    const logger = { debug: note, info: note, warn: note, error: note };
    await using place = await twoOrganizations(undefined, {}, { logger });
    await place.server.listen({ port: 0 });
    await place.a.organization.update({ baseDn: "dc=sales,dc=beta,dc=example" });
    await using client = ldapTestClient(place.server);
    const suffixes = async () =>
      (await client.search({ attributes: ["namingContexts"] })).entries[0]?.attributes["namingContexts"];
    for (let times = 0; times < 2; times += 1) expect(await suffixes()).toEqual(["dc=beta,dc=example"]);
    const why =
      "the base DN dc=sales,dc=beta,dc=example of the organization alpha lies below dc=beta,dc=example of beta";
    expect(errors).toEqual([{ error: expect.stringContaining(why) }]);
    await place.b.organization.update({ baseDn: "dc=gamma,dc=example" });
    expect(await suffixes()).toEqual(["dc=sales,dc=beta,dc=example", "dc=gamma,dc=example"]);
    expect(await client.bind("uid=ada,ou=Users,dc=sales,dc=beta,dc=example", password)).toMatchObject({
      resultCode: 0,
    });
    // Now it is the other way round: whoever has a place keeps it.
    await place.b.organization.update({ baseDn: "dc=beta,dc=example" });
    expect(await suffixes()).toEqual(["dc=sales,dc=beta,dc=example"]);
    expect(await client.whoAmI()).toBe("dn:uid=ada,ou=Users,dc=sales,dc=beta,dc=example");
  });

  test("does not make names theirs that could be another's too", async () => {
    const units = { alpha: "ou=a,dc=example,dc=com", beta: "ou=b,dc=example,dc=com" };
    await using place = await twoOrganizations(units);
    await using client = ldapTestClient(place.server);
    expect(await client.saslBind("PLAIN", `\0ada@example.com\0${password}`)).toMatchObject({
      resultCode: invalidCredentials,
    });
    expect(await client.bind(`uid=ada,ou=Users,${units.beta}`, password)).toMatchObject({ resultCode: 0 });
    const layout = { flavour: "activeDirectory" } as const;
    const domains = { alpha: "dc=corp,dc=alpha", beta: "dc=corp,dc=beta" };
    await using microsoft = await twoOrganizations(domains, { layout });
    await using own = ldapTestClient(microsoft.server);
    expect(await own.bind("CORP\\ada", password)).toMatchObject({ resultCode: invalidCredentials });
    expect(await own.bind("corp.beta\\ada", password)).toMatchObject({ resultCode: 0 });
    expect(await own.bind("ada@corp.alpha", password)).toMatchObject({ resultCode: 0 });
  });
});

test("logins by certificate in one are no failures in another", async () => {
  await using place = await twoOrganizations();
  const pem = String(selfSigned("ada").cert);
  const ada = await place.b.users.byUsername("ada");
  await place.b.credentials.addCertificate(ada?.id as UserId, pem);
  const { raw: certificate } = new X509Certificate(pem);
  // More than an address may fail.
  for (let times = 0; times < 110; times += 1) {
    await using client = ldapTestClient(place.server, { certificate });
    expect(await client.saslBind("EXTERNAL")).toMatchObject({ resultCode: 0 });
  }
  await using client = ldapTestClient(place.server);
  expect(await client.bind(adaOf("alpha"), password)).toMatchObject({ resultCode: 0 });
});
