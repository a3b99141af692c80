import { createRequire } from "node:module";
import * as ldapts from "ldapts";
import { describe, expect, test } from "vitest";
import { decodeMessage } from "./decode-message.ts";
import { encodeMessage } from "./encode-message.ts";
import { parseFilter } from "./filter-text.ts";
import type { LdapMessage, ProtocolOp, SearchRequest } from "./message.ts";

/** ldapjs 3 has no types for these parts; they are the encoders that its client uses. */
interface LdapjsMessage {
  toBer(): { buffer: Uint8Array };
}
type LdapjsConstructor = new (options: Record<string, unknown>) => LdapjsMessage;
const fromLdapjs = createRequire(createRequire(import.meta.url).resolve("ldapjs"));
const messages = fromLdapjs("@ldapjs/messages") as Record<
  | "AbandonRequest"
  | "AddRequest"
  | "BindRequest"
  | "CompareRequest"
  | "DeleteRequest"
  | "ModifyRequest"
  | "SearchRequest"
  | "UnbindRequest",
  LdapjsConstructor
> & { LdapMessage: { parse(ber: unknown): { pojo: Record<string, unknown> } } };
const { BerReader } = fromLdapjs("@ldapjs/asn1") as { BerReader: new (bytes: Buffer) => unknown };
const ldapjsFilter = fromLdapjs("@ldapjs/filter") as { parseString(text: string): unknown };
const Attribute = fromLdapjs("@ldapjs/attribute") as new (options: unknown) => unknown;
const Change = fromLdapjs("@ldapjs/change") as new (options: unknown) => unknown;

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const dn = "uid=ada,dc=example,dc=com";

const search = (filter: string, attributes: readonly string[] = ["cn", "mail"]): SearchRequest => ({
  type: "searchRequest",
  baseObject: "dc=example,dc=com",
  scope: "wholeSubtree",
  derefAliases: "neverDerefAliases",
  sizeLimit: 100,
  timeLimit: 30,
  typesOnly: false,
  filter: parseFilter(filter),
  attributes,
});

const filters = [
  "(uid=ada)",
  "(objectClass=*)",
  "(&(uid=ada)(objectClass=posixAccount)(&(uidNumber=*)(!(uidNumber=0))))",
  "(|(cn=a*b*c)(cn=*x)(cn=y*)(cn=*z*))",
  "(age>=3)",
  "(age<=3)",
  "(cn~=ada)",
];
/** ldapjs sends the backslash and digits of an escape as they are, so this one is for ldapts alone. */
const escapedFilter = "(cn=a\\2ab)";

describe("octets of ldapjs", () => {
  const cases: [string, ProtocolOp, LdapjsMessage][] = [
    [
      "BindRequest",
      {
        type: "bindRequest",
        version: 3,
        name: dn,
        authentication: { type: "simple", password: octets("secret") },
      },
      new messages.BindRequest({ messageId: 300, name: dn, credentials: "secret" }),
    ],
    ["UnbindRequest", { type: "unbindRequest" }, new messages.UnbindRequest({ messageId: 300 })],
    [
      "DelRequest",
      { type: "delRequest", entry: dn },
      new messages.DeleteRequest({ messageId: 300, entry: dn }),
    ],
    [
      "CompareRequest",
      { type: "compareRequest", entry: dn, attribute: "cn", value: octets("Ada") },
      new messages.CompareRequest({
        messageId: 300,
        entry: dn,
        attribute: "cn",
        value: "Ada",
      }),
    ],
    [
      "AbandonRequest",
      { type: "abandonRequest", abandonId: 7 },
      new messages.AbandonRequest({ messageId: 300, abandonId: 7 }),
    ],
    [
      "AddRequest",
      { type: "addRequest", entry: dn, attributes: [{ type: "cn", vals: [octets("Ada"), octets("A")] }] },
      new messages.AddRequest({
        messageId: 300,
        entry: dn,
        attributes: [new Attribute({ type: "cn", values: ["Ada", "A"] })],
      }),
    ],
    [
      "ModifyRequest",
      {
        type: "modifyRequest",
        object: dn,
        changes: [{ operation: "replace", modification: { type: "cn", vals: [octets("Ada")] } }],
      },
      new messages.ModifyRequest({
        messageId: 300,
        object: dn,
        changes: [
          new Change({
            operation: "replace",
            modification: new Attribute({ type: "cn", values: ["Ada"] }),
          }),
        ],
      }),
    ],
    ...filters.map((text): [string, ProtocolOp, LdapjsMessage] => [
      `SearchRequest ${text}`,
      search(text),
      new messages.SearchRequest({
        messageId: 300,
        baseObject: "dc=example,dc=com",
        scope: "subtree",
        sizeLimit: 100,
        timeLimit: 30,
        filter: ldapjsFilter.parseString(text),
        attributes: ["cn", "mail"],
      }),
    ]),
  ];
  test.each(cases)("%s is the same in both directions", (_, protocolOp, theirs) => {
    const bytes = theirs.toBer().buffer;
    const ours: LdapMessage = { messageId: 300, protocolOp };
    expect(decodeMessage(bytes)).toEqual(ours);
    expect(hexOf(encodeMessage(ours))).toBe(hexOf(bytes));
  });

  test("ldapjs reads our search result entry", () => {
    const bytes = encodeMessage({
      messageId: 9,
      protocolOp: {
        type: "searchResEntry",
        objectName: dn,
        attributes: [{ type: "cn", vals: [octets("Ada"), octets("A")] }],
      },
    });
    expect(messages.LdapMessage.parse(new BerReader(Buffer.from(bytes))).pojo).toMatchObject({
      messageId: 9,
      objectName: dn,
      attributes: [{ type: "cn", values: ["Ada", "A"] }],
    });
  });
});

describe("octets of ldapts", () => {
  test.each([...filters, escapedFilter])("SearchRequest %s is understood", (text) => {
    const theirs = new ldapts.SearchRequest({
      messageId: 5,
      baseDN: "dc=example,dc=com",
      scope: "sub",
      derefAliases: "never",
      sizeLimit: 100,
      timeLimit: 30,
      returnAttributeValues: true,
      filter: ldapts.FilterParser.parseString(text),
      attributes: ["cn", "mail"],
      controls: [],
    });
    const message = decodeMessage(theirs.write());
    expect(message).toMatchObject({ messageId: 5, protocolOp: search(text) });
  });

  test("a paged results control is understood", () => {
    const theirs = new ldapts.BindRequest({
      messageId: 5,
      dn,
      password: "secret",
      controls: [new ldapts.PagedResultsControl({ value: { size: 20 } })],
    });
    expect(decodeMessage(theirs.write()).controls).toEqual([
      { oid: "1.2.840.113556.1.4.319", critical: false, value: Uint8Array.of(0x30, 5, 2, 1, 20, 4, 0) },
    ]);
  });

  test("ldapts reads our results", () => {
    const bytes = encodeMessage({
      messageId: 5,
      protocolOp: { type: "searchResDone", resultCode: 32, matchedDN: "dc=com", diagnosticMessage: "no" },
    });
    let seen: unknown;
    const parser = new ldapts.MessageParser();
    parser.on("message", (message: unknown) => {
      seen = message;
    });
    parser.read(Buffer.from(bytes), new Map([["5", { message: { messageId: 5 } }]]) as never);
    expect(seen).toMatchObject({ messageId: 5, status: 32, matchedDN: "dc=com", errorMessage: "no" });
  });
});

describe("octets of other implementations, by hand", () => {
  test.each<[string, string, ProtocolOp]>([
    [
      "an anonymous bind of ldapsearch",
      "300c020101600702010304008000",
      {
        type: "bindRequest",
        version: 3,
        name: "",
        authentication: { type: "simple", password: new Uint8Array() },
      },
    ],
    [
      "a success of Active Directory, with long lengths",
      "308400000010020101618400000007 0a0100 0400 0400",
      { type: "bindResponse", resultCode: 0, matchedDN: "", diagnosticMessage: "" },
    ],
    [
      "StartTLS",
      "301d02010177188016312e332e362e312e342e312e313436362e3230303337",
      { type: "extendedReq", requestName: "1.3.6.1.4.1.1466.20037" },
    ],
    ["an abandon", "3006020106500105", { type: "abandonRequest", abandonId: 5 }],
  ])("%s is understood", (_, hex, protocolOp) => {
    expect(decodeMessage(Buffer.from(hex.replaceAll(" ", ""), "hex")).protocolOp).toEqual(protocolOp);
  });
});
