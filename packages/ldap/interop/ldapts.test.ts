import {
  AndFilter,
  Client,
  ConfidentialityRequiredError,
  EqualityFilter,
  InsufficientAccessError,
  InvalidCredentialsError,
  InvalidDNSyntaxError,
  NoSuchAttributeError,
  NoSuchObjectError,
  NotFilter,
  PresenceFilter,
  ProtocolError,
  SubstringFilter,
  UndefinedTypeError,
  UnwillingToPerformError,
} from "ldapts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import {
  awkwardGroup,
  awkwardGroupDn,
  baseDn,
  type Fixture,
  groupsDn,
  passwords,
  startFixture,
  type Username,
  usersDn,
  zofieName,
} from "./fixture.ts";

describeWithPeers("ldapts", ["openssl"], (paths) => {
  let fixture: Fixture;
  let client: Client;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());
  beforeEach(() => {
    client = new Client({ url: fixture.ldap.url, timeout: 10_000 });
  });
  afterEach(() => client.unbind());

  const login = async (username: Username = "grace"): Promise<void> => {
    await client.startTLS({ ca: fixture.tls.ca });
    await client.bind(fixture.dnOf(username), passwords[username]);
  };

  describe("binds", () => {
    test("over StartTLS and over LDAPS", async () => {
      await login("zofie");
      expect((await client.exop("1.3.6.1.4.1.4203.1.11.3")).value).toBe(`dn:${fixture.dnOf("zofie")}`);
      await using ldaps = new Client({ url: fixture.ldaps.url, tlsOptions: { ca: fixture.tls.ca } });
      await ldaps.bind(fixture.dnOf("ada"), passwords.ada);
      expect((await ldaps.exop("1.3.6.1.4.1.4203.1.11.3")).value).toBe(`dn:${fixture.dnOf("ada")}`);
    });

    test("a second StartTLS on the same connection is refused", async () => {
      await login();
      await expect(client.exop("1.3.6.1.4.1.1466.20037")).rejects.toThrow();
      expect((await client.search("", { scope: "base" })).searchEntries).toHaveLength(1);
    });

    test("are refused with the error that says so", async () => {
      const ada = fixture.dnOf("ada");
      await expect(client.bind(ada, passwords.ada)).rejects.toBeInstanceOf(ConfidentialityRequiredError);
      await client.startTLS({ ca: fixture.tls.ca });
      await expect(client.bind(ada, "not the password")).rejects.toBeInstanceOf(InvalidCredentialsError);
      await expect(client.bind(ada, "")).rejects.toBeInstanceOf(UnwillingToPerformError);
      await expect(client.bind("ada", passwords.ada)).rejects.toBeInstanceOf(InvalidDNSyntaxError);
      for (const username of ["mallory", "sam", "mia"] as const)
        await expect(client.bind(fixture.dnOf(username), passwords[username])).rejects.toBeInstanceOf(
          InvalidCredentialsError,
        );
      await expect(client.search(usersDn)).rejects.toBeInstanceOf(InsufficientAccessError);
      await client.bind(ada, passwords.ada);
    });
  });

  describe("searches", () => {
    test("with every scope", async () => {
      await login();
      const count = async (scope: "base" | "one" | "sub"): Promise<number> =>
        (await client.search(baseDn, { scope, attributes: ["1.1"] })).searchEntries.length;
      expect(await count("base")).toBe(1);
      expect(await count("one")).toBe(2);
      expect(await count("sub")).toBe(20);
    });

    test("with filters it puts together itself", async () => {
      await login();
      const filter = new AndFilter({
        filters: [
          new EqualityFilter({ attribute: "objectClass", value: "inetOrgPerson" }),
          new SubstringFilter({ attribute: "mail", any: ["@example."] }),
          new NotFilter({ filter: new PresenceFilter({ attribute: "uidNumber" }) }),
          new SubstringFilter({ attribute: "cn", initial: "Ž", any: ["(", "*"], final: "🐎" }),
        ],
      });
      const { searchEntries } = await client.search(usersDn, { filter, attributes: ["cn", "sn"] });
      expect(searchEntries).toEqual([{ dn: fixture.dnOf("zofie"), cn: zofieName, sn: "Nováková" }]);
    });

    test("find a group by its name and by its DN, whatever is in it", async () => {
      await login();
      const filter = new EqualityFilter({ attribute: "cn", value: awkwardGroup });
      const { searchEntries } = await client.search(groupsDn, { filter, attributes: ["member"] });
      expect(searchEntries).toEqual([{ dn: awkwardGroupDn, member: fixture.dnOf("quentin") }]);
      const again = await client.search(awkwardGroupDn, { scope: "base", attributes: ["cn"] });
      expect(again.searchEntries).toEqual([{ dn: awkwardGroupDn, cn: awkwardGroup }]);
    });

    test("give octets where octets are asked for", async () => {
      await login();
      const { searchEntries } = await client.search(fixture.dnOf("ada"), {
        scope: "base",
        attributes: ["entryUUID", "sshPublicKey"],
        explicitBufferAttributes: ["entryUUID"],
      });
      expect(searchEntries[0]?.["entryUUID"]).toEqual(Buffer.from((await fixture.user("ada")).id));
    });

    test("give names without values when asked to", async () => {
      await login();
      const { searchEntries } = await client.search(fixture.dnOf("ada"), {
        scope: "base",
        attributes: ["uid", "mail"],
        returnAttributeValues: false,
      });
      expect(searchEntries).toEqual([{ dn: fixture.dnOf("ada"), uid: [], mail: [] }]);
    });

    test("fail with the error that says so", async () => {
      await login();
      await expect(client.search(`uid=nobody,${usersDn}`)).rejects.toBeInstanceOf(NoSuchObjectError);
      await expect(client.search("no DN")).rejects.toBeInstanceOf(InvalidDNSyntaxError);
    });

    test("take what there is when the size limit is reached", async () => {
      await login();
      // The client keeps to itself that there would be more.
      expect((await client.search(baseDn, { sizeLimit: 2 })).searchEntries).toHaveLength(2);
    });

    test("read every entry in pages", async () => {
      await login();
      const pages: number[] = [];
      const dns = new Set<string>();
      for await (const { searchEntries } of client.searchPaginated(baseDn, { paged: { pageSize: 6 } })) {
        pages.push(searchEntries.length);
        for (const entry of searchEntries) dns.add(entry.dn);
      }
      expect(dns.size).toBe(20);
      expect(pages.reduce((sum, length) => sum + length, 0)).toBe(20);
    });

    test("run side by side on one connection", async () => {
      await login();
      const asked = ["ada", "grace", "lee", "nobody"];
      const found = await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
          const filter = `(uid=${asked[i % asked.length]})`;
          return (await client.search(usersDn, { filter, attributes: ["uid"] })).searchEntries[0]?.["uid"];
        }),
      );
      expect(found).toEqual(found.map((_, i) => [...asked.slice(0, 3), undefined][i % asked.length]));
    });
  });

  test("compares", async () => {
    await login();
    const staff = `cn=staff,${groupsDn}`;
    expect(await client.compare(staff, "member", fixture.dnOf("ada"))).toBe(true);
    expect(await client.compare(staff, "member", fixture.dnOf("mallory"))).toBe(false);
    const nobody = `cn=Nobody Yet,${groupsDn}`;
    await expect(client.compare(nobody, "member", "cn=x")).rejects.toBeInstanceOf(NoSuchAttributeError);
    await expect(client.compare(staff, "noSuch", "x")).rejects.toBeInstanceOf(UndefinedTypeError);
    await expect(client.compare("cn=x", "cn", "x")).rejects.toBeInstanceOf(NoSuchObjectError);
  });

  test("is told that an extended operation is not known", async () => {
    await login();
    await expect(client.exop("1.2.3.4")).rejects.toBeInstanceOf(ProtocolError);
  });
});
