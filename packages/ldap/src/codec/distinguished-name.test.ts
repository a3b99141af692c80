import { describe, expect, test } from "vitest";
import { escapeDnValue, formatDn, parentDn, parseDn } from "./distinguished-name.ts";
import { dnEquals, dnKey, isDescendantDn } from "./distinguished-name-key.ts";

const refusal = (code: string) => expect.objectContaining({ name: "LdapDecodeError", code });

describe("the examples of RFC 4514 §4", () => {
  test.each([
    ["UID=jsmith,DC=example,DC=net", "uid=jsmith,dc=example,dc=net"],
    ["OU=Sales+CN=J.  Smith,DC=example,DC=net", "cn=j. smith+ou=sales,dc=example,dc=net"],
    ["CN=Before\\0dAfter,DC=example,DC=net", "cn=before after,dc=example,dc=net"],
    ["1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=hi"],
    ["CN=Lu\\C4\\8Di\\C4\\87", "cn=lučić"],
  ])("%s", (text, key) => expect(dnKey(parseDn(text))).toBe(key));
  test("escaped characters are values", () => {
    expect(parseDn('CN=James \\"Jim\\" Smith\\, III,DC=example').rdns[0]).toEqual([
      { type: "CN", value: 'James "Jim" Smith, III' },
    ]);
  });
});

describe("what RFC 2253 §4 has readers accept", () => {
  test.each([
    ["spaces around separators", " cn = a  , dc = b "],
    ["semicolons", "cn=a;dc=b"],
    ["quotation marks", 'cn="a",dc="b"'],
    ["a prefix of dotted types", "OID.2.5.4.3=a,oid.0.9.2342.19200300.100.1.25=b"],
    ["hexadecimal values", "cn=#0c0161,dc=#130162"],
    ["dotted types with plain values", "2.5.4.3=a,0.9.2342.19200300.100.1.25=b"],
  ])("%s", (_, text) => expect(dnKey(parseDn(text))).toBe("cn=a,dc=b"));
  test("quotation marks guard separators and spaces", () => {
    expect(parseDn('o="a, b + c; \\"d\\" "').rdns).toEqual([[{ type: "o", value: 'a, b + c; "d" ' }]]);
  });
  test("spaces at the ends are kept when escaped", () => {
    expect(parseDn("cn=\\ a\\ ").rdns).toEqual([[{ type: "cn", value: " a " }]]);
    expect(parseDn("cn=\\20a\\20  ").rdns).toEqual([[{ type: "cn", value: " a " }]]);
  });
});

test.each([
  "cn",
  "cn,dc=a",
  "=a",
  "c n=a",
  "cn=a,",
  "cn=a,,dc=b",
  ",cn=a",
  "cn=a+",
  'cn=a"b',
  "cn=a<b",
  "cn=a\0b",
  "cn=a\\",
  "cn=a\\zz",
  "cn=\\C3\\28",
  "cn=#",
  "cn=#0",
  "cn=#0c",
  "cn=#0c01",
  "cn=#0c016162",
  "cn=#020161",
  "cn=#zz",
  'cn="a',
  'cn="a"b',
  "_x=a",
])("%j is refused", (text) => expect(() => parseDn(text)).toThrow(refusal("invalid-dn")));

describe("limits", () => {
  test("length", () => {
    expect(() => parseDn(`cn=${"x".repeat(8190)}`)).toThrow(refusal("too-large"));
    expect(parseDn(`cn=${"x".repeat(8189)}`).rdns.length).toBe(1);
    expect(() => parseDn("cn=abc", { maxLength: 5 })).toThrow(refusal("too-large"));
  });
  test("number of parts", () => {
    const deep = (count: number): string => Array.from({ length: count }, () => "dc=a").join(",");
    expect(parseDn(deep(64)).rdns.length).toBe(64);
    expect(() => parseDn(deep(65))).toThrow(refusal("too-many"));
  });
});

describe("writing", () => {
  test.each([
    [" a ", "\\ a\\ "],
    [" ", "\\ "],
    ["#a", "\\#a"],
    ['a,b+c"d\\e<f>g;h', 'a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h'],
    ["a=b", "a=b"],
    ["a\0b\n", "a\\00b\\0a"],
    ["", ""],
  ])("%j is escaped as %s", (value, text) => expect(escapeDnValue(value)).toBe(text));
  test("a value under a dotted type is written as BER", () => {
    expect(formatDn({ rdns: [[{ type: "1.2.3", value: "Hi" }]] })).toBe("1.2.3=#0c024869");
  });
});

describe("comparing", () => {
  test.each([
    ["cn=Ada Lovelace,dc=X", "CN=ada   lovelace , DC=x"],
    ["commonName=a,domainComponent=b", "cn=a,dc=b"],
    ["cn=a+uid=b,dc=x", "uid=b+cn=a,dc=x"],
    ["cn=Straße", "cn=STRASSE"],
    ["cn=ﬁne", "cn=FINE"],
    ["cn=é", "cn=e\u0301"],
    ["cn=ad\u00admin\u200b", "cn=admin"],
    ["cn=ΑΣ", "cn=ας"],
  ])("%s is %s", (one, other) => expect(dnEquals(parseDn(one), parseDn(other))).toBe(true));
  test.each([
    ["cn=a", "cn=a,dc=b"],
    ["cn=a\\,dc=b", "cn=a,dc=b"],
    ["cn=a\\+sn=b", "cn=a+sn=b"],
    ["cn=a", "sn=a"],
    ["cn=a b", "cn=ab"],
  ])("%s is not %s", (one, other) => expect(dnEquals(parseDn(one), parseDn(other))).toBe(false));
  test("descendants are below, not beside and not the same", () => {
    const base = parseDn("dc=example,dc=com");
    expect(isDescendantDn(parseDn("uid=a,DC=Example, DC=com"), base)).toBe(true);
    expect(isDescendantDn(base, base)).toBe(false);
    expect(isDescendantDn(parseDn("dc=otherdc\\=example,dc=com"), base)).toBe(false);
    expect(isDescendantDn(parseDn("x=dc\\=example,dc=com"), base)).toBe(false);
    expect(isDescendantDn(base, { rdns: [] })).toBe(true);
    expect(parentDn({ rdns: [] })).toBeUndefined();
  });
});
