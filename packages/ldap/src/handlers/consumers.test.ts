import { describe, expect, test } from "vitest";
import { LdapResultCode, parseFilter, type RequestOp } from "../codec/index.ts";
import {
  baseDn,
  groupDn,
  groupsDn,
  password,
  sharedOffice,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";
import { type Asked, ask, askPages } from "./search-controls.fixture.ts";

const people = ["grace", "ada", "tomas", "reader"].map(userDn);

/** What programs ask, word for word as they ask it. */
const lookups: readonly (readonly [who: string, base: string, filter: string, found: readonly string[]])[] = [
  [
    "sssd, a user",
    baseDn,
    "(&(uid=ada)(objectclass=posixAccount)(&(uidNumber=*)(!(uidNumber=0))))",
    [userDn("ada")],
  ],
  [
    "sssd, a user by number",
    baseDn,
    "(&(uidNumber=10001)(objectclass=posixAccount)(uid=*)(&(uidNumber=*)(!(uidNumber=0))))",
    [userDn("ada")],
  ],
  [
    "sssd, a group",
    baseDn,
    "(&(cn=staff)(objectclass=posixGroup)(cn=*)(&(gidNumber=*)(!(gidNumber=0))))",
    [groupDn("staff")],
  ],
  [
    "sssd, groups of a user, RFC 2307bis",
    baseDn,
    `(&(member=${userDn("grace")})(objectClass=posixGroup)(cn=*)(&(gidNumber=*)(!(gidNumber=0))))`,
    [groupDn("staff")],
  ],
  [
    "sssd, what changed",
    baseDn,
    "(&(objectclass=posixAccount)(uid=*)(modifyTimestamp>=20991231000000Z)(!(modifyTimestamp=20991231000000Z)))",
    [],
  ],
  [
    "sssd, what changed since the last second it has seen",
    usersDn,
    "(&(objectclass=posixAccount)(uid=*)(uidNumber=*)(gidNumber=*)(modifyTimestamp>=20200101000000Z)(!(modifyTimestamp=20200101000000Z)))",
    [userDn("grace"), userDn("ada")],
  ],
  [
    "sssd, groups that changed",
    groupsDn,
    "(&(objectClass=posixGroup)(cn=*)(&(gidNumber=*)(!(gidNumber=0)))(modifyTimestamp>=20200101000000Z)(!(modifyTimestamp=20200101000000Z)))",
    [groupDn("engineers"), groupDn("staff"), groupDn("empty")],
  ],
  [
    "sssd, a group by number",
    groupsDn,
    "(&(gidNumber=20001)(objectClass=posixGroup)(cn=*)(&(gidNumber=*)(!(gidNumber=0))))",
    [groupDn("staff")],
  ],
  [
    "sssd, groups around a group, of which none is shown where groups are flat",
    groupsDn,
    `(&(member=${groupDn("engineers")})(objectClass=groupOfNames)(cn=*))`,
    [],
  ],
  [
    "sssd, whether a user may come in",
    userDn("ada"),
    `(&(uid=ada)(objectclass=posixAccount)(memberOf=${groupDn("engineers")}))`,
    [userDn("ada")],
  ],
  ["sssd, a member of a group", userDn("ada"), "(objectclass=posixAccount)", [userDn("ada")]],
  ["sssd, a member that is no account", userDn("tomas"), "(objectclass=posixAccount)", []],
  [
    "sssd, sudo rules, which nobody keeps here",
    baseDn,
    "(&(objectClass=sudoRole)(|(&(!(sudoHost=*))(cn=defaults))(sudoHost=ALL)(sudoHost=192.0.2.1)(sudoHost=+*)(|(sudoHost=*\\2a*)(sudoHost=*?*))))",
    [],
  ],
  [
    "sssd, services, which nobody keeps here",
    baseDn,
    "(&(objectclass=ipService)(cn=*)(ipServicePort=*)(ipServiceProtocol=*))",
    [],
  ],
  ["nslcd, a user", baseDn, "(&(objectClass=posixAccount)(uid=ada))", [userDn("ada")]],
  [
    "nslcd, groups of a user",
    baseDn,
    `(&(objectClass=posixGroup)(|(memberUid=grace)(member=${userDn("grace")})))`,
    [groupDn("staff")],
  ],
  ["nslcd, a user by number", baseDn, "(&(objectClass=posixAccount)(uidNumber=10001))", [userDn("ada")]],
  ["nslcd, a shadow account", baseDn, "(&(objectClass=shadowAccount)(uid=ada))", [userDn("ada")]],
  [
    "nslcd, groups by unique member",
    baseDn,
    `(&(objectClass=posixGroup)(|(memberUid=grace)(uniqueMember=${userDn("grace")})))`,
    [groupDn("staff")],
  ],
  ["Jira, a user", usersDn, "(&(objectclass=inetorgperson)(uid=ada))", [userDn("ada")]],
  [
    "Jira in AD mode, everyone: no attribute of that kind here",
    usersDn,
    "(&(objectCategory=Person)(sAMAccountName=*))",
    [],
  ],
  [
    "Jira, groups of a user",
    groupsDn,
    `(&(objectClass=groupOfNames)(member=${userDn("grace")}))`,
    [groupDn("staff")],
  ],
  ["Nextcloud, everyone", usersDn, "(|(objectclass=posixAccount))", [userDn("grace"), userDn("ada")]],
  [
    "Nextcloud, a login",
    usersDn,
    "(&(|(objectclass=inetOrgPerson))(|(uid=ada)(|(mailPrimaryAddress=ada)(mail=ada))))",
    [userDn("ada")],
  ],
  ["Nextcloud, everything of the users' base", usersDn, "(|(objectclass=*))", [usersDn, ...people]],
  [
    "Nextcloud, groups",
    groupsDn,
    "(&(|(objectclass=groupOfNames)(objectclass=posixGroup)))",
    ["engineers", "staff", "guests", "empty"].map(groupDn),
  ],
  [
    "Nextcloud, who is typed in to be shared with",
    usersDn,
    "(&(|(objectclass=inetOrgPerson))(|(displayName=*lovel*)(mail=*lovel*)))",
    [userDn("ada")],
  ],
  [
    "Nextcloud, by primary group, which nobody has here",
    usersDn,
    "(&(|(objectclass=inetOrgPerson))(primaryGroupID=513))",
    [],
  ],
  ["Nextcloud, by entryUUID of nobody", baseDn, "(entryUUID=00000000-0000-7000-8000-000000000000)", []],
  ["GitLab, a login", baseDn, "(&(uid=ada)(objectClass=person))", [userDn("ada")]],
  ["Gitea", usersDn, "(&(objectClass=posixAccount)(|(uid=ada)(mail=ada)))", [userDn("ada")]],
  ["Grafana", baseDn, "(|(cn=ada)(uid=ada)(mail=ada))", [userDn("ada")]],
  ["Grafana, groups of a user", groupsDn, "(&(objectClass=posixGroup)(memberUid=grace))", [groupDn("staff")]],
  [
    "Jenkins, a group by name",
    groupsDn,
    "(& (cn=staff) (| (objectclass=groupOfNames) (objectclass=groupOfUniqueNames) (objectclass=posixGroup)))",
    [groupDn("staff")],
  ],
  [
    "Jenkins, groups of a user",
    groupsDn,
    `(| (member=${userDn("ada")}) (uniqueMember=${userDn("ada")}) (memberUid=ada))`,
    [groupDn("engineers"), groupDn("staff")],
  ],
  [
    "Proxmox, everyone",
    baseDn,
    "(&(|(objectclass=inetorgperson)(objectclass=posixaccount)(objectclass=person)(objectclass=user))(uid=ada))",
    [userDn("ada")],
  ],
  [
    "Keycloak, a user",
    usersDn,
    "(&(uid=ada)(objectclass=inetOrgPerson)(objectclass=organizationalPerson))",
    [userDn("ada")],
  ],
  [
    "Keycloak, what changed",
    usersDn,
    "(&(objectclass=inetOrgPerson)(|(createTimestamp>=20991231235959.0Z)(modifyTimestamp>=20991231235959.0Z)))",
    [],
  ],
  [
    "Keycloak, what was made or changed since its last look",
    usersDn,
    "(&(objectclass=inetOrgPerson)(objectclass=organizationalPerson)(|(createTimestamp>=20200101000000.0Z)(modifyTimestamp>=20200101000000.0Z)))",
    people,
  ],
  [
    "Keycloak, what changed between two looks",
    usersDn,
    "(&(uid=*)(modifyTimestamp>=20200101000000.123Z)(modifyTimestamp<=20991231235959.999Z)(!(modifyTimestamp<=20200101000000.123Z)))",
    people,
  ],
  ["Postfix, an address", baseDn, "(mail=ada@example.com)", [userDn("ada")]],
  ["Postfix, an address of nobody", baseDn, "(mail=nobody@example.com)", []],
  ["Dovecot", usersDn, "(&(objectClass=posixAccount)(uid=ada))", [userDn("ada")]],
  ["OpenVPN", usersDn, "(uid=ada)", [userDn("ada")]],
  ["OpenVPN, groups that may", groupsDn, "(|(cn=guests)(cn=staff))", [groupDn("staff"), groupDn("guests")]],
  [
    "MySQL, groups of a user",
    baseDn,
    `(|(&(objectClass=posixGroup)(memberUid=ada))(&(objectClass=group)(member=${userDn("ada")})))`,
    [groupDn("engineers"), groupDn("staff")],
  ],
  [
    "Synology, groups of a user",
    baseDn,
    "(&(objectClass=posixGroup)(memberUid=ada))",
    [groupDn("engineers"), groupDn("staff")],
  ],
  ["Synology, a Samba account", baseDn, "(&(objectClass=sambaSamAccount)(uid=ada))", []],
  ["Synology, a Samba account by number", baseDn, "(&(sambaSID=S-1-5-21-1-2-3-1000)(uid=*))", []],
  ["Synology, the Samba domain", baseDn, "(&(objectClass=sambaDomain)(sambaDomainName=*))", []],
  ["Apache, a login", usersDn, "(&(objectClass=*)(uid=ada))", [userDn("ada")]],
  ["an application that passes on what was typed, escaped", usersDn, "(uid=\\2a\\29\\28uid=\\2a)", []],
  [
    "AD tools, nested groups",
    usersDn,
    `(memberOf:1.2.840.113556.1.4.1941:=${groupDn("engineers")})`,
    [userDn("ada")],
  ],
  [
    "AD tools, accounts that are on: no attribute of that kind here",
    usersDn,
    "(&(uid=ada)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
    [],
  ],
];

const { place, client } = await sharedOffice();

test.each(lookups)("%s", async (_, base, filter, found) => {
  const { entries, resultCode } = await client.search({
    base,
    filter,
    attributes: ["uid", "cn", "entryUUID"],
  });
  expect([resultCode, ...entries.map(({ dn }) => dn)]).toEqual([0, ...found]);
});

/** What programs ask page by page, with the size of page they ask for. */
const paged: readonly (readonly [who: string, asked: Asked, size: number, found: readonly string[]])[] = [
  [
    "sssd, all accounts",
    {
      base: baseDn,
      filter: "(&(objectclass=posixAccount)(uid=*)(uidNumber=*)(gidNumber=*))",
      attributes: ["objectClass", "uid", "uidNumber", "gidNumber", "entryUUID", "modifyTimestamp"],
    },
    1000,
    [userDn("grace"), userDn("ada")],
  ],
  [
    "Jira, everyone",
    { base: usersDn, filter: "(objectclass=inetorgperson)", attributes: ["uid", "sn", "entryUUID"] },
    1000,
    ["grace", "ada", "tomas", "reader"].map(userDn),
  ],
  [
    "Jira, all groups, in small pages",
    { base: groupsDn, filter: "(objectclass=groupOfNames)", attributes: ["cn", "description", "member"] },
    1,
    ["engineers", "staff", "guests", "empty"].map(groupDn),
  ],
  [
    "Keycloak, a batch",
    {
      base: usersDn,
      filter: "(&(objectclass=inetOrgPerson)(objectclass=organizationalPerson))",
      scope: "singleLevel",
      attributes: ["uid", "mail", "cn", "entryUUID", "modifyTimestamp", "createTimestamp", "objectclass"],
    },
    3,
    ["grace", "ada", "tomas", "reader"].map(userDn),
  ],
  [
    "Proxmox, everyone",
    {
      base: baseDn,
      filter:
        "(|(objectclass=inetorgperson)(objectclass=posixaccount)(objectclass=person)(objectclass=user))",
      attributes: ["uid", "memberOf"],
    },
    900,
    ["grace", "ada", "tomas", "reader"].map(userDn),
  ],
  [
    "Proxmox, all groups",
    {
      base: baseDn,
      filter: "(|(objectclass=groupOfNames)(objectclass=group)(objectclass=univentionGroup))",
      attributes: ["cn", "member", "uniqueMember"],
    },
    900,
    ["engineers", "staff", "guests", "empty"].map(groupDn),
  ],
];

test.each(paged)("%s, page by page", async (_, asked, size, found) => {
  const pages = await askPages(client, asked, size);
  expect(pages.flatMap((page) => page.dns)).toEqual(found);
  expect(pages).toHaveLength(Math.ceil(found.length / size));
});

test("Nextcloud goes back to a cookie it had, with another size of page, and gives pages up", async () => {
  const asked = { base: usersDn, filter: "(|(objectclass=inetOrgPerson))", attributes: ["entryuuid", "uid"] };
  const first = await ask(client, { ...asked, page: { size: 1 } });
  const cookie = Uint8Array.from(first.cookie ?? []);
  expect(await ask(client, { ...asked, page: { size: 2, cookie } })).toMatchObject({
    dns: [userDn("ada"), userDn("tomas")],
  });
  expect(await ask(client, { ...asked, page: { size: 0, cookie } })).toMatchObject({
    resultCode: 0,
    dns: [],
  });
  expect(await ask(client, { ...asked, page: { size: 500, cookie } })).toMatchObject({
    dns: [userDn("ada"), userDn("tomas"), userDn("reader")],
  });
});

describe("habits of clients", () => {
  test("the service finds the person, and the person's DN binds as it came", async () => {
    const { entries } = await client.search({ base: baseDn, filter: "(uid=ADA)", attributes: ["dn"] });
    await using login = ldapTestClient(place.server);
    expect(await login.bind(entries[0]?.dn ?? "", password)).toMatchObject({ resultCode: 0 });
  });

  test("one connection is bound as one person after another", async () => {
    await using pooled = ldapTestClient(place.server);
    for (const name of ["reader", "ada", "reader", "grace"]) {
      expect(await pooled.bind(userDn(name), password)).toMatchObject({ resultCode: 0 });
      expect(await pooled.whoAmI()).toBe(`dn:${userDn(name)}`);
    }
  });

  test.each([
    ["JNDI asks for referrals as entries", "2.16.840.1.113730.3.4.2"],
    [".NET asks for its own domain", "1.2.840.113556.1.4.1339"],
    ["ppolicy is asked for", "1.3.6.1.4.1.42.2.27.8.5.1"],
  ])("%s by a control that is not critical, and gets a plain answer", async (_, oid) => {
    const op: RequestOp = {
      type: "searchRequest",
      baseObject: usersDn,
      scope: "wholeSubtree",
      derefAliases: "derefAlways",
      sizeLimit: 0,
      timeLimit: 0,
      typesOnly: false,
      filter: parseFilter("(uid=ada)"),
      attributes: ["uid"],
    };
    const responses = await client.send(op, { controls: [{ oid, critical: false }] });
    expect(responses).toMatchObject([{ objectName: userDn("ada") }, { resultCode: 0 }]);
  });

  test("entryUUID stays the same through a rename, and finds the person", async () => {
    const { id } = place.user.grace;
    const byId = async (): Promise<string | undefined> =>
      (await client.search({ base: baseDn, filter: `(entryUUID=${id.toUpperCase()})` })).entries[0]?.dn;
    expect(await byId()).toBe(userDn("grace"));
    await place.directory.users.update(place.user.grace.id, { username: "hopper" });
    expect(await byId()).toBe(userDn("hopper"));
    await place.directory.users.update(place.user.grace.id, { username: "grace" });
    expect(await byId()).toBe(userDn("grace"));
  });

  test("Apache asks whether a group has a member, by the attributes it knows", async () => {
    for (const attribute of ["member", "uniquemember"])
      expect((await client.compare(groupDn("staff"), attribute, userDn("ada"))).resultCode).toBe(
        LdapResultCode.compareTrue,
      );
    expect((await client.compare(groupDn("staff"), "uniqueMember", userDn("reader"))).resultCode).not.toBe(
      LdapResultCode.compareTrue,
    );
  });

  test("an attribute nobody knows is passed over among those to return", async () => {
    const attributes = [
      "uid",
      "sambaSID",
      "primaryGroupID",
      "shadowExpire",
      "krbPrincipalName",
      "nsUniqueId",
      "jpegPhoto",
    ];
    const { entries } = await client.search({ base: userDn("ada"), attributes });
    expect(entries[0]?.attributes).toEqual({ uid: ["ada"] });
  });
});
