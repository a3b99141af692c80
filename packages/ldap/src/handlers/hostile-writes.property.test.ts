import fc from "fast-check";
import { expect, test } from "vitest";
import { LdapResultCode, type ModifyOperation, modifyOperations, type RequestOp } from "../codec/index.ts";
import { baseDn, groupDn, groupsDn, password, userDn, usersDn } from "../server/office.fixture.ts";
import type { LdapTestClient } from "../testing.ts";
import { ask, boundAs, bureau, otherPassword } from "./writes.fixture.ts";

const names = fc.constantFrom(
  ...[
    "cn",
    "CN",
    "2.5.4.3",
    "cn;lang-en",
    "cn;binary",
    "sn",
    "uid",
    "mail",
    "manager",
    "member",
    "uniqueMember",
  ],
  ...[
    "memberUid",
    "memberOf",
    "objectClass",
    "userPassword",
    "userPassword;binary",
    "uidNumber",
    "gidNumber",
  ],
  ...[
    "homeDirectory",
    "gecos",
    "sshPublicKey",
    "entryUUID",
    "createTimestamp",
    "structuralObjectClass",
    "hasSubordinates",
  ],
  ...[
    "telephoneNumber",
    "title",
    "description",
    "displayName",
    "jpegPhoto",
    "shadowMax",
    "",
    " ",
    "*",
    "+",
    "1.1",
    "a b",
  ],
  ...["constructor", "__proto__", "toString", "noSuch", "x".repeat(2000), "cn;", ";", "cn=x"],
);
const octets = fc.oneof(
  fc
    .constantFrom(
      ...[
        "",
        " ",
        "\0",
        "ada",
        "ADA",
        "kay",
        "1",
        "-1",
        "0",
        "10001",
        "99999999999999999999",
        "1e3",
        "0x10",
        "TRUE",
      ],
      ...[
        "/",
        "/home/x",
        "/x:y",
        "x@y.example",
        "ADA@example.com",
        "inetOrgPerson",
        "posixAccount",
        "groupOfNames",
        "top",
      ],
      ...[
        "posixGroup",
        "ldapPublicKey",
        "2.5.6.6",
        password,
        otherPassword,
        "{SSHA}x",
        "{CRYPT}*",
        "$6$",
        "{",
        "}{",
      ],
      ...[
        userDn("ada"),
        userDn("grace"),
        userDn("sam"),
        userDn("nobody"),
        groupDn("staff"),
        groupDn("engineers"),
      ],
      ...[
        usersDn,
        baseDn,
        "uid=ada",
        "=",
        ",",
        "cn=\\",
        `${userDn("ada")}#'01'B`,
        "\u202eevil",
        "x\nuid: root",
        "\ud800",
      ],
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(70_000, 300).map((length) => Buffer.alloc(length, "a")),
);
const values = fc.array(octets, { maxLength: 4 });
const dns = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[userDn("ada"), userDn("Grace"), userDn("kay"), groupDn("staff"), groupDn("empty"), groupDn("new")],
    ),
  },
  fc.constantFrom(
    ...[userDn("sam"), userDn("mallory"), groupDn("engineers"), groupDn("robots"), usersDn, groupsDn, baseDn],
    ...[
      "cn=Subschema",
      "",
      "x",
      "=",
      `cn=x,${usersDn}`,
      `uid=a+uid=b,${usersDn}`,
      `uid=,${usersDn}`,
      "dc=com",
    ],
    ...[`uid=x,${userDn("ada")}`],
  ),
);
const likely = fc.constantFrom<readonly [string, ...string[]]>(
  ["cn", "Kay"],
  ["sn", "Jones"],
  ["title", "x"],
  ["mail", "k@example.com", "j@example.com"],
  ["manager", userDn("grace")],
  ["member", userDn("ada")],
  ["member", userDn("grace"), groupDn("engineers")],
  ["uniqueMember", userDn("tomas")],
  ["memberUid", "ada", "grace"],
  ["objectClass", "posixAccount"],
  ["objectClass", "posixGroup"],
  ["objectClass", "ldapPublicKey"],
  ["uidNumber", "12345"],
  ["gidNumber", "23456"],
  ["homeDirectory", "/home/x"],
  ["userPassword", otherPassword],
  ["description", "x"],
);
const attribute = fc.oneof(
  {
    weight: 3,
    arbitrary: likely.map(([type, ...texts]) => ({ type, vals: texts.map((text) => Buffer.from(text)) })),
  },
  fc.record({ type: names, vals: values }),
);
const texts = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([type, value]) => ({ type, vals: [Buffer.from(value)] }));
const bases = fc.constantFrom(
  texts({ objectClass: "inetOrgPerson", cn: "x", sn: "x" }),
  texts({ objectClass: "groupOfNames" }),
  [],
);

const operations: fc.Arbitrary<RequestOp> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("modifyRequest" as const),
      object: dns,
      changes: fc.array(
        fc.record({
          operation: fc.constantFrom<ModifyOperation>(...modifyOperations),
          modification: attribute,
        }),
        { maxLength: 3 },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        dns,
        bases,
        fc.array(
          attribute.filter(({ vals }) => vals.length > 0),
          { maxLength: 2 },
        ),
      )
      .map(([entry, base, more]) => ({ type: "addRequest" as const, entry, attributes: [...base, ...more] })),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("delRequest" as const), entry: dns }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("modDNRequest" as const),
      entry: dns,
      newrdn: fc.constantFrom(
        "uid=kay",
        "cn=new",
        "uid=ADA",
        "uid=grace",
        "",
        "x",
        "uid=a+cn=b",
        "uid=a,cn=b",
        "uid=a b",
        "cn=\\00",
      ),
      deleteoldrdn: fc.boolean(),
    }),
  },
);

const allowed: ReadonlySet<number> = new Set([
  LdapResultCode.success,
  LdapResultCode.protocolError,
  LdapResultCode.noSuchAttribute,
  LdapResultCode.undefinedAttributeType,
  LdapResultCode.constraintViolation,
  LdapResultCode.attributeOrValueExists,
  LdapResultCode.invalidAttributeSyntax,
  LdapResultCode.noSuchObject,
  LdapResultCode.invalidDNSyntax,
  LdapResultCode.insufficientAccessRights,
  LdapResultCode.unwillingToPerform,
  LdapResultCode.namingViolation,
  LdapResultCode.objectClassViolation,
  LdapResultCode.notAllowedOnRDN,
  LdapResultCode.entryAlreadyExists,
  LdapResultCode.objectClassModsProhibited,
  LdapResultCode.adminLimitExceeded,
]);

const secrets = [password, otherPassword];

async function tryAll(
  client: LdapTestClient,
  all: readonly RequestOp[],
  revision: () => number,
): Promise<number[]> {
  const codes: number[] = [];
  for (const op of all) {
    const before = revision();
    const { resultCode, diagnosticMessage } = await ask(client, op);
    expect(allowed).toContain(resultCode);
    for (const secret of secrets) expect(diagnosticMessage).not.toContain(secret);
    expect(diagnosticMessage.length).toBeLessThan(300);
    if (resultCode !== 0) expect(revision()).toBe(before);
    codes.push(resultCode);
  }
  return codes;
}

test("whatever an administrator sends is done whole or refused with nothing changed, and the tree stays whole", async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.array(operations, { minLength: 1, maxLength: 25 }), async (all) => {
      await using place = await bureau();
      await using client = await boundAs(place, "admin");
      for (const code of await tryAll(client, all, () => place.directory.revision)) seen.add(code);
      const { entries, resultCode } = await client.search({ base: baseDn, attributes: ["*", "+"] });
      expect(resultCode).toBe(0);
      expect(entries.length).toBeGreaterThan(3);
      for (const { dn, attributes } of entries) {
        expect(attributes["userPassword"]).toBeUndefined();
        expect((await client.search({ base: dn, scope: "base", attributes: ["1.1"] })).entries).toHaveLength(
          1,
        );
      }
    }),
    { numRuns: 120 },
  );
  expect(seen.size).toBeGreaterThan(10);
}, 120_000);

test("whatever others send changes nothing but their own password", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operations, { minLength: 1, maxLength: 25 }), async (all) => {
      await using place = await bureau();
      const before = await place.directory.export();
      await using client = await boundAs(place, "ada");
      await tryAll(client, all, () => place.directory.revision);
      expect(await place.directory.export()).toEqual(before);
    }),
    { numRuns: 60 },
  );
}, 120_000);
