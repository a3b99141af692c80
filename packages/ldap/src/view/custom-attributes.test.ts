import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseFilter } from "../codec/index.ts";
import {
  groupDn,
  groupsDn,
  type Office,
  office,
  password,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

const picture = Buffer.from([0xff, 0xd8, 0x00, 0x80, 0x28, 0x29, 0x2a, 0x5c]);

let place: Office;
let client: LdapTestClient;
beforeAll(async () => {
  place = await office();
  const { directory, user, group } = place;
  const define = (fields: Parameters<typeof directory.attributes.define>[0]): Promise<unknown> =>
    directory.attributes.define(fields);
  await define({ name: "picture", owner: "user", syntax: "binary", names: { ldap: "jpegPhoto" } });
  await define({ name: "remote", owner: "user", syntax: "boolean", names: { ldap: "remoteWorker" } });
  await define({ name: "hired", owner: "user", syntax: "time", names: { ldap: "hireDate" } });
  await define({ name: "level", owner: "user", syntax: "integer", names: { ldap: "jobLevel" } });
  await define({ name: "code", owner: "user", matching: "caseExact", names: { ldap: "doorCode" } });
  await define({
    name: "cell",
    owner: "user",
    matching: "telephone",
    names: { ldap: "mobileTelephoneNumber" },
  });
  await define({ name: "language", owner: "user", multiValued: true, names: { ldap: "preferredLanguage" } });
  await define({ name: "secondUid", owner: "user", names: { ldap: "entryUUID" } });
  await define({ name: "unshown", owner: "user", names: { scim: "urn:x:unshown" } });
  await define({ name: "logo", owner: "group", syntax: "binary", names: { ldap: "groupLogo" } });
  await define({ name: "place", owner: "group", names: { ldap: "l" } });
  await directory.users.update(user.ada.id, {
    attributes: {
      picture: [picture.toString("base64")],
      remote: [true],
      hired: [Date.parse("2020-02-29T12:30:15.250Z")],
      level: [-3],
      code: ["aB c"],
      cell: ["+49 170 123-45"],
      language: ["de", "en-GB"],
      secondUid: ["forged"],
      unshown: ["x"],
    },
  });
  await directory.groups.update(group.staff.id, {
    attributes: { logo: [picture.toString("base64")], place: ["Berlin"] },
  });
  client = ldapTestClient(place.server);
  await client.bind(userDn("reader"), password);
});
afterAll(() => place[Symbol.asyncDispose]());

test("attributes that the host defines are shown in the form of their syntax", async () => {
  const { entries } = await client.search({ base: userDn("ada"), attributes: ["*", "entryUUID"] });
  expect(entries[0]?.attributes).toMatchObject({
    remoteWorker: ["TRUE"],
    hireDate: ["20200229123015Z"],
    jobLevel: ["-3"],
    doorCode: ["aB c"],
    mobile: ["+49 170 123-45"],
    preferredLanguage: ["de", "en-GB"],
    entryUUID: [place.user.ada.id],
  });
  expect(entries[0]?.octets["jpegPhoto"]).toEqual([Uint8Array.from(picture)]);
  expect(Object.values(entries[0]?.attributes ?? {}).flat()).not.toContain("forged");
});

test("those of groups too", async () => {
  const { entries } = await client.search({ base: groupDn("staff") });
  expect(entries[0]?.attributes).toMatchObject({ l: ["Berlin"] });
  expect(entries[0]?.octets["groupLogo"]).toEqual([Uint8Array.from(picture)]);
});

describe("they are matched by their syntax", () => {
  test.each<[filter: string, finds: boolean]>([
    ["(jpegPhoto=*)", true],
    ["(jpegPhoto=\\ff\\d8\\00\\80\\28\\29\\2a\\5c)", true],
    ["(jpegPhoto:octetStringMatch:=\\ff\\d8\\00\\80\\28\\29\\2a\\5c)", true],
    ["(jpegPhoto=\\ff\\d8)", false],
    [`(jpegPhoto=${picture.toString("base64")})`, false],
    ["(jpegPhoto=\\ff*)", false],
    ["(remoteWorker=TRUE)", true],
    ["(remoteWorker=true)", true],
    ["(remoteWorker=FALSE)", false],
    ["(!(remoteWorker=FALSE))", true],
    ["(!(remoteWorker=maybe))", false],
    ["(hireDate=20200229123015Z)", true],
    ["(hireDate=20200229133015+0100)", true],
    ["(hireDate=20200229123015.25Z)", false],
    ["(!(hireDate=20200229123015.25Z))", true],
    ["(hireDate>=20200229123015Z)", true],
    ["(hireDate>=20200229123015.1Z)", false],
    ["(hireDate<=20200229123015Z)", true],
    ["(hireDate<=20200229123014.9Z)", false],
    ["(hireDate=20200230120000Z)", false],
    ["(!(hireDate=20200230120000Z))", false],
    ["(jobLevel=-3)", true],
    ["(jobLevel=-03)", false],
    ["(jobLevel>=-10)", true],
    ["(jobLevel<=-10)", false],
    ["(jobLevel:integerMatch:=-3)", true],
    ["(jobLevel:caseIgnoreMatch:=-3)", false],
    ["(!(jobLevel:caseIgnoreMatch:=-3))", false],
    ["(doorCode=aB c)", true],
    ["(doorCode=AB C)", false],
    ["(doorCode:caseExactMatch:=aB c)", true],
    ["(doorCode:caseIgnoreMatch:=AB C)", false],
    ["(!(doorCode:caseIgnoreMatch:=AB C))", false],
    ["(doorCode=a*c)", true],
    ["(mobile=+4917012345)", true],
    ["(mobileTelephoneNumber=+49-170-12345)", true],
    ["(0.9.2342.19200300.100.1.41=+49 170 12345)", true],
    ["(mobile=+49170*)", true],
    ["(preferredLanguage=EN-gb)", true],
    ["(preferredLanguage:caseExactMatch:=EN-gb)", false],
    ["(preferredLanguage=fr)", false],
    ["(unshown=x)", false],
    ["(!(unshown=x))", false],
    ["(entryUUID=forged)", false],
    ["(cn=\\ff\\fe)", false],
    ["(!(cn=\\ff\\fe))", false],
  ])("%s: %s", async (filter, finds) => {
    const { entries } = await client.search({ base: usersDn, filter: parseFilter(`(&(uid=ada)${filter})`) });
    expect(entries.length > 0).toBe(finds);
  });

  test("those of groups", async () => {
    for (const filter of ["(l=BERLIN)", "(groupLogo=\\ff\\d8\\00\\80\\28\\29\\2a\\5c)"])
      expect((await client.search({ base: groupsDn, filter })).entries).toMatchObject([
        { dn: groupDn("staff") },
      ]);
  });
});

test("a definition counts at once, and no longer once it is gone, on open connections and in kept answers", async () => {
  const { directory, user } = place;
  const ask = async (): Promise<readonly string[] | undefined> => {
    const { entries } = await client.search({ base: userDn("grace"), scope: "base" });
    return entries[0]?.attributes["favouriteColour"];
  };
  await ask();
  const definition = await directory.attributes.define({ name: "favouriteColour", owner: "user" });
  await directory.users.update(user.grace.id, { attributes: { favouriteColour: ["teal"] } });
  expect(await ask()).toEqual(["teal"]);
  expect(await ask()).toEqual(["teal"]);
  await directory.attributes.remove(definition.id);
  expect(await ask()).toBeUndefined();
  const { entries } = await client.search({ base: usersDn, filter: "(!(favouriteColour=teal))" });
  expect(entries).toEqual([]);
});
