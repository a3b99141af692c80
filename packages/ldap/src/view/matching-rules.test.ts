import { describe, expect, test } from "vitest";
import { parseFilter } from "../codec/index.ts";
import { baseDn, groupDn, groupsDn, sharedOffice, userDn, usersDn } from "../server/office.fixture.ts";

const { client } = await sharedOffice();

const found = async (base: string, filter: string): Promise<readonly string[]> => {
  const { entries, resultCode } = await client.search({
    base,
    filter: parseFilter(filter),
    attributes: ["1.1"],
  });
  expect(resultCode).toBe(0);
  return entries.map(({ dn }) => dn);
};

describe("a rule named with an attribute", () => {
  test.each<[filter: string, finds: boolean]>([
    ["(cn:caseIgnoreMatch:=ADA lovelace)", true],
    ["(cn:caseExactMatch:=ADA lovelace)", false],
    ["(cn:caseExactMatch:=Ada  Lovelace)", true],
    ["(cn:caseIgnoreSubstringsMatch:=ADA\\2alace)", true],
    ["(cn:caseExactSubstringsMatch:=ADA\\2alace)", false],
    ["(cn:caseExactSubstringsMatch:=\\2aLove\\2a)", true],
    ["(cn:caseIgnoreSubstringsMatch:=\\2a\\5c2a\\2a)", false],
    ["(cn:caseIgnoreSubstringsMatch:=ada lovelace)", false],
    ["(!(cn:caseIgnoreSubstringsMatch:=ada lovelace))", false],
    ["(!(cn:caseIgnoreSubstringsMatch:=ada\\5cxlovelace\\2a))", false],
    // Ordering rules leave the asserted value itself out (RFC 4517 §4.2).
    ["(cn:caseIgnoreOrderingMatch:=ada lovelacf)", true],
    ["(cn:caseIgnoreOrderingMatch:=ada lovelace)", false],
    ["(cn:2.5.13.3:=b)", true],
    ["(cn:caseExactOrderingMatch:=a)", true],
    ["(cn:caseIgnoreOrderingMatch:=a)", false],
    ["(uidNumber:integerMatch:=10001)", true],
    ["(uidNumber:integerOrderingMatch:=10002)", true],
    ["(uidNumber:integerOrderingMatch:=10001)", false],
    ["(createTimestamp:generalizedTimeOrderingMatch:=20991231235959Z)", true],
    ["(createTimestamp:generalizedTimeOrderingMatch:=20200101000000Z)", false],
    ["(telephoneNumber:telephoneNumberMatch:=+442079460018)", true],
    ["(telephoneNumber:telephoneNumberSubstringsMatch:=\\2a7946-00\\2a)", true],
    ["(homeDirectory:caseExactIA5Match:=/home/ada)", true],
    ["(homeDirectory:caseExactIA5SubstringsMatch:=/home\\2a)", true],
    ["(homeDirectory:caseIgnoreIA5Match:=/home/ada)", false],
    ["(mail:caseIgnoreIA5Match:=ADA@example.com)", true],
    ["(mail:caseIgnoreIA5SubstringsMatch:=\\2a@EXAMPLE.com)", true],
    [
      "(sshPublicKey:octetStringMatch:=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@engine)",
      true,
    ],
    ["(objectClass:objectIdentifierMatch:=2.5.6.6)", true],
    ["(manager:distinguishedNameMatch:=UID=Grace,ou=users,dc=example,dc=com)", true],
    ["(hasSubordinates:booleanMatch:=FALSE)", true],
    ["(hasSubordinates:2.5.13.13:=TRUE)", false],
    // Rules of other kinds of values are Undefined.
    ["(cn:integerMatch:=1)", false],
    ["(!(cn:integerMatch:=1))", false],
    ["(!(uidNumber:caseIgnoreMatch:=10001))", false],
    ["(!(uidNumber:integerBitAndMatch:=1))", false],
    ["(!(manager:1.2.840.113556.1.4.1941:=uid=grace,ou=Users,dc=example,dc=com))", false],
    ["(!(cn:wordMatch:=Ada))", false],
    // Half a surrogate pair, a private character, the sign for what could not be read (RFC 4518 §2.4).
    ["(!(cn=\\ee\\80\\80))", false],
    ["(!(cn=*\\ef\\bf\\bd*))", false],
    ["(!(manager=uid=\\ee\\80\\80,ou=Users,dc=example,dc=com))", false],
    ["(!(cn=x))", true],
  ])("%s: %s", async (filter, finds) => {
    expect(await found(usersDn, `(&(uid=ada)${filter})`)).toEqual(finds ? [userDn("ada")] : []);
  });
});

describe("a rule without an attribute is asked of all it goes with", () => {
  test.each<[filter: string, base: string, found: readonly string[]]>([
    ["(:caseExactMatch:=Lovelace)", usersDn, [userDn("ada")]],
    ["(:caseExactMatch:=lovelace)", usersDn, []],
    ["(:caseIgnoreMatch:=analyst)", usersDn, [userDn("ada")]],
    ["(:caseExactMatch:=/home/ada)", usersDn, [userDn("ada")]],
    ["(:integerMatch:=20002)", baseDn, [groupDn("engineers")]],
    ["(:distinguishedNameMatch:=uid=ada,ou=Users,dc=example,dc=com)", usersDn, [userDn("ada")]],
    ["(:caseIgnoreMatch:=example)", baseDn, [baseDn]],
    ["(&(:dn:caseIgnoreMatch:=groups)(cn=staff))", baseDn, [groupDn("staff")]],
    ["(&(:dn:caseIgnoreMatch:=groups)(uid=ada))", baseDn, []],
    ["(&(uid=ada)(!(:caseExactMatch:=lovelace)))", usersDn, [userDn("ada")]],
    ["(&(uid=ada)(!(:integerMatch:=x)))", usersDn, []],
    ["(&(uid=ada)(!(:wordMatch:=x)))", usersDn, []],
    ["(:1.2.840.113556.1.4.1941:=cn=staff,ou=Groups,dc=example,dc=com)", groupsDn, [groupDn("engineers")]],
  ])("%s", async (filter, base, expected) => {
    expect([...(await found(base, filter))].sort()).toEqual([...expected].sort());
  });
});

test("the schema is compared by what it defines", async () => {
  for (const filter of [
    "(attributeTypes=CN)",
    "(attributeTypes=2.5.4.3)",
    "(objectClasses=person)",
    "(matchingRules=2.5.13.2)",
  ])
    expect(await found("cn=Subschema", `(&(objectClass=subschema)${filter})`)).toEqual(["cn=Subschema"]);
  expect(await found("cn=Subschema", "(attributeTypes=c)")).toEqual(["cn=Subschema"]);
  expect(await found("cn=Subschema", "(attributeTypes=commonNam)")).toEqual([]);
});
