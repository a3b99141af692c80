import ldapjs, { type Client, type SearchOptions } from "ldapjs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import {
  awkwardGroup,
  baseDn,
  type Fixture,
  groupsDn,
  passwords,
  startFixture,
  type Username,
  usersDn,
  zofieName,
} from "./fixture.ts";

interface FoundEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Values as octets. */
  readonly octets: Readonly<Record<string, readonly Buffer[]>>;
}

/** ldapjs 3 has what its types do not know. */
interface SearchEntry {
  readonly objectName: { toString(): string };
  readonly attributes: readonly { type: string; values: string[]; buffers: Buffer[] }[];
}

describeWithPeers("ldapjs", ["openssl"], (paths) => {
  let fixture: Fixture;
  let client: Client;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());
  beforeEach(() => {
    client = ldapjs.createClient({ url: fixture.ldap.url, timeout: 10_000, strictDN: false });
    // What goes wrong is in the callbacks.
    client.on("error", () => {});
  });
  afterEach(() => client.destroy());

  const startTls = (): Promise<void> =>
    new Promise((resolve, reject) => {
      client.starttls({ ca: fixture.tls.ca, host: "127.0.0.1" }, [], (error) =>
        error ? reject(error) : resolve(),
      );
    });
  const bind = (username: Username, password: string = passwords[username]): Promise<void> =>
    new Promise((resolve, reject) => {
      client.bind(fixture.dnOf(username), password, (error) => (error ? reject(error) : resolve()));
    });
  const login = async (username: Username = "grace"): Promise<void> => {
    await startTls();
    await bind(username);
  };
  const search = (base: string, options: SearchOptions): Promise<readonly FoundEntry[]> =>
    new Promise((resolve, reject) => {
      client.search(base, options, (failed, response) => {
        if (failed) return reject(failed);
        const entries: FoundEntry[] = [];
        response.on("searchEntry", (given) => {
          const { objectName, attributes } = given as unknown as SearchEntry;
          entries.push({
            dn: objectName.toString(),
            attributes: Object.fromEntries(attributes.map((one) => [one.type, one.values])),
            octets: Object.fromEntries(attributes.map((one) => [one.type, one.buffers])),
          });
        });
        response.on("error", reject);
        response.on("end", () => resolve(entries));
      });
    });
  const compare = (dn: string, attribute: string, value: string): Promise<boolean | undefined> =>
    new Promise((resolve, reject) => {
      client.compare(dn, attribute, value, (error, matched) => (error ? reject(error) : resolve(matched)));
    });

  test("binds over StartTLS and is told who it is", async () => {
    await login("zofie");
    const whoami = await new Promise((resolve, reject) => {
      client.exop("1.3.6.1.4.1.4203.1.11.3", "", (error, value) => (error ? reject(error) : resolve(value)));
    });
    expect(whoami).toBe(`dn:${fixture.dnOf("zofie")}`);
  });

  test("is refused with the error that says so", async () => {
    await expect(bind("ada")).rejects.toMatchObject({ name: "ConfidentialityRequiredError", code: 13 });
    await startTls();
    await expect(bind("ada", "not the password")).rejects.toMatchObject({ name: "InvalidCredentialsError" });
    await expect(bind("mallory")).rejects.toMatchObject({ name: "InvalidCredentialsError" });
    await expect(bind("sam")).rejects.toMatchObject({ name: "InvalidCredentialsError" });
    await expect(bind("ada", "")).rejects.toMatchObject({ name: "UnwillingToPerformError" });
    await expect(search(usersDn, {})).rejects.toMatchObject({ name: "InsufficientAccessRightsError" });
    await bind("ada");
  });

  test("searches with every scope", async () => {
    await login();
    for (const [scope, count] of [
      ["base", 1],
      ["one", 2],
      ["sub", 20],
    ] as const)
      expect(await search(baseDn, { scope, attributes: ["1.1"] })).toHaveLength(count);
  });

  test("finds by filters with every special character", async () => {
    await login();
    // As text ldapjs would send the escapes of a substring as they stand.
    const filter = new ldapjs.AndFilter({
      filters: [
        ldapjs.parseFilter("(&(objectClass=person)(!(uidNumber=*)))"),
        new ldapjs.SubstringFilter({ attribute: "cn", initial: "Ž", any: ["(Zofka) *"], final: "🐎" }),
      ],
    });
    const [zofie] = await search(usersDn, { scope: "sub", filter, attributes: ["cn", "sn", "entryUUID"] });
    expect(zofie?.attributes).toMatchObject({
      cn: [zofieName],
      sn: ["Nováková"],
    });
    expect(zofie?.octets["entryUUID"]).toEqual([Buffer.from((await fixture.user("zofie")).id)]);
    const equality = new ldapjs.EqualityFilter({ attribute: "cn", value: awkwardGroup });
    const [group] = await search(groupsDn, { scope: "sub", filter: equality, attributes: ["member"] });
    expect(group?.attributes).toEqual({ member: [fixture.dnOf("quentin")] });
  });

  test("fails with the error that says so", async () => {
    await login();
    await expect(search(`uid=nobody,${usersDn}`, {})).rejects.toMatchObject({ name: "NoSuchObjectError" });
    await expect(search(baseDn, { scope: "sub", sizeLimit: 2 })).rejects.toMatchObject({
      name: "SizeLimitExceededError",
    });
  });

  test("compares", async () => {
    await login();
    const staff = `cn=staff,${groupsDn}`;
    expect(await compare(staff, "member", fixture.dnOf("ada"))).toBe(true);
    expect(await compare(staff, "member", fixture.dnOf("mallory"))).toBe(false);
    await expect(compare(staff, "noSuch", "x")).rejects.toMatchObject({
      name: "UndefinedAttributeTypeError",
    });
  });

  test("reads every entry in pages where the root DSE offers pages, and says so where it does not", async () => {
    await login();
    const [rootDse] = await search("", { scope: "base", attributes: ["supportedControl"] });
    const paged = search(baseDn, { scope: "sub", paged: { pageSize: 6 } });
    if (rootDse?.attributes["supportedControl"]?.includes("1.2.840.113556.1.4.319"))
      expect(new Set((await paged).map((entry) => entry.dn)).size).toBe(20);
    else await expect(paged).rejects.toMatchObject({ name: "PagedError" });
  });
});
