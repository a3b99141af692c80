import type { Directory } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { Organizations } from "../handlers/organizations.ts";
import { allowNestedBaseDns, resolveOptions } from "../options.ts";
import { ldapTestClient } from "../testing.ts";
import { DirectoryView } from "../view/directory-view.ts";
import type { LdapServer } from "./ldap-server.ts";
import { password } from "./office.fixture.ts";
import { organizations } from "./organizations.fixture.ts";

const { success, invalidCredentials, unwillingToPerform } = LdapResultCode;
const activeDirectory = { layout: { flavour: "activeDirectory" } } as const;

/** The organization whose ada logs in by a name: by a simple bind, or by SASL where it is no DN. */
async function whose(server: LdapServer, name: string, sasl = false): Promise<string | number | undefined> {
  await using client = ldapTestClient(server);
  const { resultCode } = sasl
    ? await client.saslBind("PLAIN", `\0${name}\0${password}`)
    : await client.bind(name, password);
  if (resultCode !== success) return resultCode;
  const dn = (await client.whoAmI()).slice("dn:".length);
  const { entries } = await client.search({ base: dn, scope: "base" });
  return entries[0]?.attributes["mail"]?.[0]?.replace(/^ada@|\.example$/g, "");
}
const adaBelow = (base: string): string => `uid=ada,ou=Users,${base}`;
const suffixes = async (server: LdapServer): Promise<readonly string[] | undefined> => {
  await using client = ldapTestClient(server);
  return (await client.search({ attributes: ["namingContexts"] })).entries[0]?.attributes["namingContexts"];
};
const move = (directory: Directory, baseDn: string): Promise<unknown> =>
  directory.organization.update({ baseDn });

describe("while an organization cannot be read", () => {
  const sasl = { options: {}, names: ["ada@example.com"], isSasl: true };
  const microsoft = {
    options: activeDirectory,
    names: ["ada@example.com", "EXAMPLE\\ada", "example.com\\ada"],
    isSasl: false,
  };

  test.each([
    ["with SASL", sasl],
    ["in the flavour of Active Directory", microsoft],
  ])("nobody else gets names with its domain, %s", async (_, { options, names, isSasl }) => {
    await using place = await organizations({ alpha: "ou=a,dc=example,dc=com", beta: "dc=beta" }, options);
    await place.server.listen({ port: 0 });
    await move(place.beta, "ou=b,dc=example,dc=com");
    for (const [baseDn, expected] of [
      ["ou=a,dc=example,dc=com", "alpha"],
      ["nonsense", unwillingToPerform],
      ["ou=a,dc=example,dc=com", "alpha"],
    ] as const) {
      await move(place.alpha, baseDn);
      for (const name of names) expect(await whose(place.server, name, isSasl)).toBe(expected);
    }
  });

  test.each([
    ["with SASL", sasl],
    ["in the flavour of Active Directory", microsoft],
  ])("whoever had the domain before it logs in by it as ever, %s", async (_, { options, names, isSasl }) => {
    await using place = await organizations({ alpha: "ou=a,dc=example,dc=com", beta: "dc=beta" }, options);
    await place.server.listen({ port: 0 });
    await move(place.beta, "ou=b,dc=example,dc=com");
    expect(await suffixes(place.server)).toHaveLength(2);
    await move(place.beta, "nonsense");
    for (const name of names) expect(await whose(place.server, name, isSasl)).toBe("alpha");
  });

  test("its people are not refused as if there were none, by a DN below it or below another that it lies in", async () => {
    const bases = { alpha: "dc=alpha", beta: "ou=sales,dc=alpha" };
    await using place = await organizations(bases, { [allowNestedBaseDns]: ["beta"] });
    await place.server.listen({ port: 0 });
    await move(place.beta, "nonsense");
    expect(await whose(place.server, adaBelow(bases.beta))).toBe(unwillingToPerform);
    expect(await whose(place.server, adaBelow(bases.alpha))).toBe("alpha");
    expect(await whose(place.server, `uid=eve,ou=Users,${bases.alpha}`)).toBe(invalidCredentials);
    await move(place.beta, bases.beta);
    expect(await whose(place.server, adaBelow(bases.beta))).toBe("beta");
  });

  test("what is served is not worked out anew each time, and why is told as it was last found", async () => {
    await using place = await organizations({ alpha: "dc=alpha", beta: "dc=beta" });
    await move(place.beta, "nonsense");
    const [one, other] = resolveOptions({ directory: [place.alpha, place.beta] });
    if (other === undefined) throw new Error("there are two");
    const both = new Organizations([new DirectoryView(one), new DirectoryView(other)], new Set());
    const [before, after] = [await both.trees(), await both.trees()];
    expect(after.since).toBe(before.since);
    expect(after.unread).toEqual(before.unread);
    expect(after.unread[0]?.fault).not.toBe(before.unread[0]?.fault);
  });
});

describe("an organization that waits for a place", () => {
  test("does not get it from those who came to be served there meanwhile", async () => {
    await using place = await organizations({ alpha: "ou=a,dc=corp", beta: "dc=b", gamma: "dc=g" });
    const { server } = place;
    await server.listen({ port: 0 });
    await move(place.beta, "dc=corp");
    expect(await suffixes(server)).toEqual(["ou=a,dc=corp", "dc=g"]);
    await move(place.gamma, "ou=c,dc=corp");
    expect(await suffixes(server)).toEqual(["ou=a,dc=corp", "ou=c,dc=corp"]);
    await move(place.alpha, "dc=elsewhere");
    expect(await suffixes(server)).toEqual(["dc=elsewhere", "ou=c,dc=corp"]);
    expect(await whose(server, adaBelow("ou=c,dc=corp"))).toBe("gamma");
    await move(place.gamma, "dc=g");
    expect(await suffixes(server)).toEqual(["dc=elsewhere", "dc=corp", "dc=g"]);
    expect(await whose(server, adaBelow("dc=corp"))).toBe("beta");
  });

  test("changes nothing about names that are nobody's", async () => {
    await using place = await organizations({ alpha: "dc=alpha", beta: "dc=beta" });
    await place.server.listen({ port: 0 });
    await move(place.beta, "ou=Users,dc=alpha");
    const tried = [
      await whose(place.server, adaBelow("dc=nowhere")),
      await whose(place.server, "ada@nowhere", true),
      await whose(place.server, adaBelow("ou=Users,dc=alpha")),
    ];
    expect(tried).toEqual([invalidCredentials, invalidCredentials, invalidCredentials]);
    const events = await place.alpha.audit({ action: "authentication.failed" });
    expect(events.map(({ reason }) => reason)).toEqual(["unknown-user", "unknown-user", "unknown-user"]);
  });
});

test("who was first hangs on when they came, whether anybody binds in between or not", async () => {
  await using place = await organizations({ alpha: "dc=alpha", beta: "dc=beta" });
  await place.server.listen({ port: 0 });
  await move(place.beta, "dc=new");
  await place.beta.users.create({ username: "grace", password });
  await move(place.alpha, "dc=new");
  expect(await whose(place.server, adaBelow("dc=new"))).toBe("beta");
});

describe("a domain that organizations have from the start", () => {
  /** Organizations with what their log was told of domains. */
  async function sharing<N extends string>(
    bases: Record<N, string>,
    options: Parameters<typeof organizations>[1] = {},
  ) {
    const told: object[] = [];
    const note = (level: string) => (fields: object) => {
      if ("domain" in fields) told.push({ level, ...fields });
    };
    const logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const place = await organizations(bases, options, { logger });
    await place.server.listen({ port: 0 });
    return { ...place, told };
  }

  test("lets nobody in by it, and the log warns of it once", async () => {
    await using place = await sharing({ alpha: "ou=a,dc=example,dc=com", beta: "ou=b,dc=example,dc=com" });
    for (let times = 0; times < 2; times += 1)
      expect(await whose(place.server, "ada@example.com", true)).toBe(invalidCredentials);
    expect(place.told).toEqual([{ level: "warn", domain: "example.com", organizations: ["alpha", "beta"] }]);
  });

  test("is warned of by its first label, too, where that will do", async () => {
    await using place = await sharing(
      { alpha: "dc=corp,dc=alpha", beta: "dc=corp,dc=beta" },
      activeDirectory,
    );
    expect(place.told).toEqual([{ level: "warn", domain: "corp", organizations: ["alpha", "beta"] }]);
  });

  test("is that of the company whose departments lie below it, and the log says so", async () => {
    const bases = { sales: "ou=sales,dc=example,dc=com", company: "dc=example,dc=com" };
    const options = { [allowNestedBaseDns]: ["sales"] };
    await using place = await sharing(bases, options);
    expect(await whose(place.server, "ada@example.com", true)).toBe("company");
    expect(await whose(place.server, adaBelow(bases.sales))).toBe("sales");
    const organizations = ["company", "sales"];
    expect(place.told).toEqual([{ level: "info", domain: "example.com", organizations, holder: "company" }]);
    await move(place.sales, "nonsense");
    expect(await whose(place.server, "ada@example.com", true)).toBe("company");
    await move(place.company, "dc=elsewhere");
    await move(place.sales, bases.sales);
    expect(await whose(place.server, "ada@example.com", true)).toBe("sales");
    await move(place.company, bases.company);
    expect(await whose(place.server, "ada@example.com", true)).toBe("sales");
    expect(await whose(place.server, adaBelow(bases.company))).toBe("company");
  });

  test("is nobody's when a department lies above the other, or one that shares it lies elsewhere", async () => {
    const department = "ou=y,ou=x,dc=example,dc=com";
    const cases: readonly (readonly [bases: Record<string, string>, nested: readonly string[]])[] = [
      [{ alpha: "ou=x,dc=example,dc=com", beta: department }, ["alpha", "beta"]],
      [{ alpha: department, beta: "dc=example,dc=com", gamma: "dc=example.com" }, ["alpha"]],
    ];
    for (const [bases, nested] of cases) {
      await using place = await sharing(bases, { [allowNestedBaseDns]: nested });
      expect(await whose(place.server, "ada@example.com", true)).toBe(invalidCredentials);
      expect(place.told).toMatchObject([{ level: "warn", domain: "example.com" }]);
    }
  });
});
