import { describe, expect, test } from "vitest";
import { filter } from "./filter-template.ts";
import { formatFilter, parseFilter } from "./filter-text.ts";
import { escapeFilterValue } from "./filter-value.ts";

const refusal = (code: string) => expect.objectContaining({ name: "LdapDecodeError", code });
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the examples of RFC 4515 §4 and RFC 4526", () => {
  test.each([
    "(cn=Babs Jensen)",
    "(!(cn=Tim Howes))",
    "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
    "(o=univ*of*mich*)",
    "(seeAlso=)",
    "(cn:caseExactMatch:=Fred Flintstone)",
    "(cn:=Betty Rubble)",
    "(sn:dn:2.4.6.8.10:=Barney Rubble)",
    "(o:dn:=Ace Industry)",
    "(:1.2.3:=Wilma Flintstone)",
    "(:dn:2.4.6.8.10:=Dino)",
    "(o=Parens R Us \\28for all your parenthetical needs\\29)",
    "(cn=*\\2a*)",
    "(filename=C:\\5cMyFile)",
    "(1.3.6.1.4.1.1466.0=\\04\\02Hi)",
    "(&)",
    "(|)",
    "(age>=21)",
    "(age<=21)",
    "(cn~=babs)",
    "(cn=*)",
    "(cn;lang-de=x)",
  ])("%s is read and written the same", (text) => expect(formatFilter(parseFilter(text))).toBe(text));

  test("escapes stand for octets", () => {
    expect(parseFilter("(bin=\\00\\00\\00\\04)")).toEqual({
      type: "equalityMatch",
      attribute: "bin",
      value: Uint8Array.of(0, 0, 0, 4),
    });
    expect(parseFilter("(sn=Lu\\c4\\8di\\c4\\87)")).toMatchObject({ value: octets("Lučić") });
  });
});

describe("tolerated text", () => {
  test("spaces between whole filters", () => {
    expect(formatFilter(parseFilter(" (& (a=b) ( !(c=d) ) ) "))).toBe("(&(a=b)(!(c=d)))");
  });
  test("asterisks in a row count as one", () => {
    expect(formatFilter(parseFilter("(a=x**y)"))).toBe("(a=x*y)");
    expect(formatFilter(parseFilter("(a=**)"))).toBe("(a=*)");
  });
  test("spaces of a value are kept", () => {
    expect(parseFilter("(a= b )")).toMatchObject({ value: octets(" b ") });
  });
});

test.each([
  "",
  "()",
  "cn=x",
  "(cn=x",
  "(cn=x))",
  "(cn=x)(sn=y)",
  "(cn)",
  "(=x)",
  "(c n=x)",
  "(cn>x)",
  "(cn~x)",
  "(cn*=x)",
  "(cn=\\2)",
  "(cn=\\zz)",
  "(cn=(x)",
  "(cn=a\0b)",
  "(cn>=a*b)",
  "(!(a=b)(c=d))",
  "(!)",
  "(:=x)",
  "(:dn:=x)",
  "(cn::=x)",
  "(cn:a:b:c:=x)",
  "(cn:dn",
  "(&(a=b)x)",
  "(_x=y)",
  "(cn;=y)",
])("%j is refused", (text) => expect(() => parseFilter(text)).toThrow(refusal("invalid-filter")));

describe("limits", () => {
  const nested = (depth: number): string => `${"(!".repeat(depth - 1)}(a=b)${")".repeat(depth - 1)}`;
  test("depth", () => {
    expect(parseFilter(nested(100)).type).toBe("not");
    expect(() => parseFilter(nested(101))).toThrow(refusal("too-deep"));
    expect(() => parseFilter(nested(50_000))).toThrow(refusal("too-deep"));
    expect(parseFilter(nested(1000), { maxDepth: 1000 }).type).toBe("not");
  });
  test("number of filters and pieces", () => {
    expect(() => parseFilter(`(&${"(a=b)".repeat(4096)})`)).toThrow(refusal("too-many"));
    expect(() => parseFilter(`(a=${"*x".repeat(4096)})`)).toThrow(refusal("too-many"));
  });
  test("length", () => {
    expect(() => parseFilter(`(a=${"x".repeat(1_048_576)})`)).toThrow(refusal("too-large"));
  });
});

describe("what an attacker puts in", () => {
  test("a value cannot leave its place", () => {
    expect(formatFilter(filter`(&(uid=${"*)(uid=*"})(active=${true}))`)).toBe(
      "(&(uid=\\2a\\29\\28uid=\\2a)(active=TRUE))",
    );
    expect(escapeFilterValue("a\0\n\\")).toBe("a\\00\\0a\\5c");
  });
  test("a value in the place of an attribute is refused", () => {
    expect(() => filter`(${"uid=*)(x"}=1)`).toThrow(refusal("invalid-filter"));
    expect(() => filter`(&(a=b)${"x"}=1)`).toThrow(refusal("invalid-filter"));
    expect(() => filter`${"(a=b)"}`).toThrow(refusal("invalid-filter"));
  });
  test("a filter in the place of a value is refused", () => {
    expect(() => filter`(uid=${filter`(a=b)`})`).toThrow(refusal("invalid-filter"));
  });
  test("a filter can be put into another, and numbers stand for themselves", () => {
    const inner = filter`(uidNumber>=${1000})`;
    expect(formatFilter(filter`(&(objectClass=posixAccount)${inner})`)).toBe(
      "(&(objectClass=posixAccount)(uidNumber>=1000))",
    );
  });
  test("names from the wire do not add structure to text", () => {
    expect(formatFilter({ type: "present", attribute: "cn=*)(x" })).toBe("(cn=\\2a\\29\\28x=*)");
  });
});
