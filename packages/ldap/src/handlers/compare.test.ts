import { expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { baseDn, groupDn, password, sharedOffice, userDn, usersDn } from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";

const { compareTrue, compareFalse, noSuchAttribute, noSuchObject, undefinedAttributeType } = LdapResultCode;
const { invalidAttributeSyntax, invalidDNSyntax, insufficientAccessRights } = LdapResultCode;

const { place, client } = await sharedOffice();

test.each<[dn: string, attribute: string, value: string, resultCode: number]>([
  [userDn("ada"), "uid", "ADA", compareTrue],
  [userDn("ada"), "commonName", "ada  lovelace", compareTrue],
  [userDn("ada"), "2.5.4.3", "Ada Lovelace", compareTrue],
  [userDn("ada"), "mail", "ADA@example.com", compareTrue],
  [userDn("ada"), "mail", "someone@example.com", compareFalse],
  [userDn("ada"), "homeDirectory", "/home/ada", compareTrue],
  [userDn("ada"), "homeDirectory", "/HOME/ADA", compareFalse],
  [userDn("ada"), "uidNumber", "10001", compareTrue],
  [userDn("ada"), "uidNumber", "10002", compareFalse],
  [userDn("ada"), "uidNumber", "ten thousand", invalidAttributeSyntax],
  [userDn("ada"), "memberOf", groupDn("staff"), compareTrue],
  [userDn("ada"), "memberOf", `CN=Staff, ou=groups,${baseDn}`, compareTrue],
  [userDn("ada"), "memberOf", groupDn("guests"), compareFalse],
  [userDn("ada"), "memberOf", "not a DN", invalidAttributeSyntax],
  [userDn("ada"), "manager", userDn("grace"), compareTrue],
  [userDn("ada"), "objectClass", "INETORGPERSON", compareTrue],
  [userDn("ada"), "objectClass", "groupOfNames", compareFalse],
  [userDn("ada"), "entryDN", `uid=ADA,${usersDn}`, compareTrue],
  [userDn("ada"), "hasSubordinates", "FALSE", compareTrue],
  [userDn("reader"), "uidNumber", "1", noSuchAttribute],
  [userDn("ada"), "member", userDn("ada"), noSuchAttribute],
  [userDn("ada"), "unheardOf", "x", undefinedAttributeType],
  [userDn("ada"), "cn;lang-de", "x", undefinedAttributeType],
  [userDn("ada"), "userPassword", password, insufficientAccessRights],
  [userDn("sam"), "uid", "sam", noSuchObject],
  [userDn("nobody"), "userPassword", "x", noSuchObject],
  [groupDn("staff"), "member", userDn("ada"), compareTrue],
  [groupDn("staff"), "uniqueMember", userDn("ada"), compareTrue],
  [groupDn("staff"), "member", userDn("reader"), compareFalse],
  [groupDn("staff"), "member", userDn("sam"), compareFalse],
  [groupDn("empty"), "member", userDn("ada"), noSuchAttribute],
  [groupDn("staff"), "memberUid", "grace", compareTrue],
  [groupDn("staff"), "gidNumber", "20001", compareTrue],
  [baseDn, "dc", "EXAMPLE", compareTrue],
  [baseDn, "o", "nothing", compareFalse],
  [baseDn, "uid", "x", noSuchAttribute],
  [usersDn, "ou", "users", compareTrue],
  [usersDn, "unheardOf", "x", undefinedAttributeType],
  ["", "supportedLDAPVersion", "3", compareTrue],
  ["", "supportedLDAPVersion", "2", compareFalse],
  ["", "namingContexts", "dc=EXAMPLE,dc=com", compareTrue],
  ["", "uid", "x", noSuchAttribute],
  ["cn=subschema", "cn", "Subschema", compareTrue],
  ["nonsense", "uid", "x", invalidDNSyntax],
  ["dc=elsewhere", "uid", "x", noSuchObject],
])("%j has %s: %j gives %i", async (dn, attribute, value, resultCode) => {
  expect((await client.compare(dn, attribute, value)).resultCode).toBe(resultCode);
});

test("before a bind only the root DSE can be compared with", async () => {
  await using stranger = ldapTestClient(place.server);
  expect((await stranger.compare("", "supportedLDAPVersion", "3")).resultCode).toBe(compareTrue);
  for (const dn of [baseDn, userDn("ada"), "cn=Subschema"])
    expect((await stranger.compare(dn, "cn", "x")).resultCode).toBe(insufficientAccessRights);
});
