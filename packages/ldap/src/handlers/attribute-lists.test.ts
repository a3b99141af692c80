import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { groupDn, type Office, office, password, userDn, usersDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

const certificate = Buffer.from("3082 0003 020101".replaceAll(" ", ""), "hex");

let place: Office;
let client: LdapTestClient;
beforeAll(async () => {
  place = await office();
  const { directory } = place;
  for (const [name, more] of [
    ["userCertificate", { syntax: "binary", matching: "octetString", multiValued: true }],
    ["badge", { syntax: "binary", matching: "octetString" }],
    ["nickname", {}],
  ] as const)
    await directory.attributes.define({ owner: "user", name, names: { ldap: name }, ...more } as never);
  await directory.users.update(place.user.ada.id, {
    attributes: {
      userCertificate: [certificate.toString("base64")],
      badge: ["AQI="],
      nickname: ["Countess"],
    },
  });
  client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
});
afterAll(() => place[Symbol.asyncDispose]());

const shown = async (base: string, ...attributes: string[]): Promise<readonly string[]> => {
  const { entries } = await client.search({ base, attributes });
  return Object.keys(entries[0]?.attributes ?? {}).toSorted();
};

describe("attributes by object class (RFC 4529)", () => {
  test("are those that the class and the ones above it have, as far as the entry has them", async () => {
    expect(await shown(userDn("ada"), "@person")).toEqual(["cn", "objectClass", "sn", "telephoneNumber"]);
    expect(await shown(userDn("ada"), "@posixAccount")).toEqual([
      ...["cn", "gecos", "gidNumber", "homeDirectory", "loginShell"],
      ...["objectClass", "uid", "uidNumber"],
    ]);
    expect(await shown(groupDn("staff"), "@posixGroup")).toEqual([
      ...["description", "gidNumber", "memberUid", "objectClass"],
    ]);
  });

  test("come by any name of the class, beside other attributes, and from several classes", async () => {
    expect(await shown(userDn("grace"), "@2.5.6.6")).toEqual(await shown(userDn("grace"), "@PERSON"));
    expect(await shown(userDn("ada"), "@ldapPublicKey", "mail")).toEqual([
      "mail",
      "objectClass",
      "sshPublicKey",
      "uid",
    ]);
    expect(await shown(userDn("ada"), "@person", "@ldapPublicKey")).toEqual([
      ...["cn", "objectClass", "sn", "sshPublicKey", "telephoneNumber", "uid"],
    ]);
  });

  test("include those that the organization has defined", async () => {
    expect(await shown(userDn("ada"), "@inetOrgPerson")).toEqual(
      expect.arrayContaining(["badge", "nickname", "userCertificate"]),
    );
  });

  test("of extensibleObject are all of users, and none of the server's own", async () => {
    expect(await shown(userDn("ada"), "@extensibleObject")).toEqual(await shown(userDn("ada"), "*"));
  });

  test("of a class nobody knows, or with an option, are none", async () => {
    for (const name of ["@noSuch", "@", "@person;x", "@person;binary"])
      expect(await shown(userDn("ada"), name)).toEqual([]);
    expect(await shown(userDn("ada"), "@noSuch", "uid")).toEqual(["uid"]);
  });

  test("are announced", async () => {
    const { entries } = await client.search({ attributes: ["supportedFeatures"] });
    expect(entries[0]?.attributes["supportedFeatures"]).toContain("1.3.6.1.4.1.4203.1.5.2");
  });
});

describe("certificates with ;binary (RFC 4522, RFC 4523)", () => {
  test("come under the name they were asked for by", async () => {
    for (const [asked, name] of [
      ["userCertificate;binary", "userCertificate;binary"],
      ["usercertificate;BINARY", "userCertificate;binary"],
      ["2.5.4.36;binary", "userCertificate;binary"],
      ["userCertificate", "userCertificate"],
    ] as const) {
      const { entries } = await client.search({ base: userDn("ada"), attributes: [asked, "uid"] });
      expect(Object.keys(entries[0]?.octets ?? {}).toSorted()).toEqual(["uid", name]);
      expect(entries[0]?.octets[name]).toEqual([new Uint8Array(certificate)]);
    }
    const { entries } = await client.search({
      base: userDn("ada"),
      attributes: ["userCertificate;binary"],
      typesOnly: true,
    });
    expect(entries[0]?.attributes).toEqual({ "userCertificate;binary": [] });
  });

  test("are searched and compared by it", async () => {
    for (const filter of [
      "(userCertificate;binary=*)",
      { type: "equalityMatch", attribute: "userCertificate;binary", value: certificate } as const,
    ]) {
      const { entries } = await client.search({ base: usersDn, filter });
      expect(entries.map(({ dn }) => dn)).toEqual([userDn("ada")]);
    }
    for (const [value, resultCode] of [
      [certificate, LdapResultCode.compareTrue],
      [Buffer.from("other"), LdapResultCode.compareFalse],
    ] as const) {
      const attribute = "userCertificate;binary";
      const [response] = await client.send({
        type: "compareRequest",
        entry: userDn("ada"),
        attribute,
        value,
      });
      expect(response).toMatchObject({ resultCode });
    }
  });

  test("nothing else has the option", async () => {
    for (const name of ["badge;binary", "cn;binary", "userCertificate;lang-de", "userCertificate;binary;x"])
      expect(await shown(userDn("ada"), name)).toEqual([]);
    expect((await client.search({ base: usersDn, filter: "(cn;binary=*)" })).entries).toEqual([]);
  });
});
