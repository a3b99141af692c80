import { describe, expect, test } from "vitest";
import { maxGroupNesting } from "../access/group-graph.ts";
import { isDirectoryError } from "../errors.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";
import { checkDirectoryDocument } from "./check-document.ts";

const ada = { username: "ada" };
const vpn = { kind: "radius", name: "vpn" };
const hash = "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==";

const faults: readonly [string, object, string][] = [
  ["no version", { version: undefined }, "version"],
  ["a later version", { version: 2 }, "version"],
  ["an unknown list", { machines: [] }, "machines"],
  ["a list that is none", { users: {} }, "users"],
  ["an entry that is none", { users: [ada, 7] }, "users[1]"],
  ["an organization that is none", { organization: "Example" }, "organization"],
  ["an unknown field of the organization", { organization: { owner: "x" } }, "organization.owner"],
  ["a user without a name", { users: [{}] }, "users[0].username"],
  ["a misspelt field", { users: [{ ...ada, pasword: "x" }] }, "users[0].pasword"],
  ["an address that is none", { users: [ada, { username: "bob", email: "bob" }] }, "users[1].email"],
  [
    "a second address that is none",
    { users: [{ ...ada, emails: [{ value: "a@b" }, { value: "b" }] }] },
    "users[0].emails[1].value",
  ],
  ["a uid of root", { users: [{ ...ada, posix: { uid: 0, gid: 0, home: "/" } }] }, "users[0].posix.uid"],
  ["a password that is no text", { users: [{ ...ada, password: 7 }] }, "users[0].password"],
  ["a megabyte of password", { users: [{ ...ada, password: "x".repeat(1_000_000) }] }, "users[0].password"],
  ["a hash of no known form", { users: [{ ...ada, passwordHash: "x" }] }, "users[0].passwordHash"],
  ["a password and a hash", { users: [{ ...ada, password: "x", passwordHash: hash }] }, "users[0].password"],
  [
    "a flag without a password",
    { users: [{ ...ada, mustChangePassword: true }] },
    "users[0].mustChangePassword",
  ],
  ["a TOTP secret that is none", { users: [{ ...ada, totpSecret: "x" }] }, "users[0].totpSecret"],
  [
    "a recovery code that is no hash",
    { users: [{ ...ada, recoveryCodeHashes: ["abcd-efgh"] }] },
    "users[0].recoveryCodeHashes[0]",
  ],
  [
    "a manager nobody knows",
    { users: [{ ...ada, employee: { manager: "eve" } }] },
    "users[0].employee.manager",
  ],
  [
    "an attribute nobody defined",
    { users: [{ ...ada, attributes: { badge: 1 } }] },
    "users[0].attributes.badge",
  ],
  ["two users of one name", { users: [ada, { username: "ADA" }] }, "users[1].username"],
  [
    "two users of one address",
    {
      users: [
        { ...ada, email: "a@b" },
        { username: "bob", email: "A@B" },
      ],
    },
    "users[1].email",
  ],
  [
    "two users of one uid",
    {
      users: [
        { ...ada, posix: { uid: 1, gid: 1, home: "/" } },
        { username: "bob", posix: { uid: 1, gid: 2, home: "/" } },
      ],
    },
    "users[1].posix.uid",
  ],
  [
    "two users of one number",
    {
      users: [
        { ...ada, employee: { number: "1" } },
        { username: "bob", employee: { number: "1" } },
      ],
    },
    "users[1].employee.number",
  ],
  [
    "two users of one external id",
    {
      users: [
        { ...ada, externalIds: [{ source: "g", id: "1" }] },
        { username: "bob", externalIds: [{ source: "g", id: "1" }] },
      ],
    },
    "users[1].externalIds",
  ],
  [
    "two users of one unique attribute",
    {
      attributeDefinitions: [{ owner: "user", name: "badge", unique: true }],
      users: [
        { ...ada, attributes: { badge: "x" } },
        { username: "bob", attributes: { badge: "X" } },
      ],
    },
    "users[1].attributes.badge",
  ],
  [
    "a definition of what is built in",
    { attributeDefinitions: [{ owner: "user", name: "username" }] },
    "attributeDefinitions[0].name",
  ],
  [
    "a definition twice",
    {
      attributeDefinitions: [
        { owner: "user", name: "a" },
        { owner: "user", name: "a" },
      ],
    },
    "attributeDefinitions[1].name",
  ],
  [
    "a definition that is none",
    { attributeDefinitions: [{ owner: "user", name: "a", syntax: "x" }] },
    "attributeDefinitions[0].syntax",
  ],
  ["a member nobody knows", { groups: [{ name: "g", members: ["ada"] }] }, "groups[0].members[0]"],
  ["a nested group nobody knows", { groups: [{ name: "g", groups: ["h"] }] }, "groups[0].groups[0]"],
  ["two groups of one name", { groups: [{ name: "g" }, { name: "G" }] }, "groups[1].name"],
  [
    "two groups of one gid",
    {
      groups: [
        { name: "g", posixGid: 1 },
        { name: "h", posixGid: 1 },
      ],
    },
    "groups[1].posixGid",
  ],
  [
    "a rule and members",
    { users: [ada], groups: [{ name: "g", members: ["ada"], rule: { op: "true" } }] },
    "groups[0].members",
  ],
  ["a group in itself", { groups: [{ name: "g", groups: ["G"] }] }, "groups[0].groups"],
  [
    "a circle of groups",
    {
      groups: [
        { name: "a", groups: ["b"] },
        { name: "b", groups: ["c"] },
        { name: "c", groups: ["a"] },
      ],
    },
    "groups[0].groups",
  ],
  ["a resource of no kind", { resources: [{ name: "vpn" }] }, "resources[0].kind"],
  ["two resources of one name", { resources: [vpn, { kind: "radius", name: "VPN" }] }, "resources[1].name"],
  ["a grant to nobody", { resources: [vpn], grants: [{ resource: "vpn" }] }, "grants[0]"],
  [
    "a grant to two",
    {
      users: [ada],
      groups: [{ name: "g" }],
      resources: [vpn],
      grants: [{ user: "ada", group: "g", resource: "vpn" }],
    },
    "grants[0]",
  ],
  [
    "a grant to a user nobody knows",
    { resources: [vpn], grants: [{ user: "ada", resource: "vpn" }] },
    "grants[0].user",
  ],
  [
    "a grant to a group nobody knows",
    { resources: [vpn], grants: [{ group: "g", resource: "vpn" }] },
    "grants[0].group",
  ],
  ["a grant of nothing", { users: [ada], grants: [{ user: "ada", resource: "vpn" }] }, "grants[0].resource"],
  [
    "a grant of one of two",
    {
      users: [ada],
      resources: [vpn, { kind: "ldap", name: "vpn" }],
      grants: [{ user: "ada", resource: "vpn" }],
    },
    "grants[0].resource",
  ],
  [
    "a time without a zone",
    {
      users: [ada],
      resources: [vpn],
      grants: [{ user: "ada", resource: "vpn", notAfter: "2027-01-01T00:00:00" }],
    },
    "grants[0].notAfter",
  ],
  [
    "an end before the beginning",
    {
      users: [ada],
      resources: [vpn],
      grants: [{ user: "ada", resource: "vpn", notBefore: "2027-01-02", notAfter: "2027-01-01" }],
    },
    "grants[0].notAfter",
  ],
  [
    "a network that is none",
    { users: [ada], resources: [vpn], grants: [{ user: "ada", resource: "vpn", networks: ["x"] }] },
    "grants[0].conditions.networks[0]",
  ],
];

test.each(faults)("a document with %s is refused, and the error says where", async (_, part, path) => {
  const document: unknown = JSON.parse(JSON.stringify({ version: 1, ...part }));
  const { directory } = await openDirectory();
  const error: unknown = await directory.import(document).catch((refused: unknown) => refused);
  expect(error).toMatchObject(failure("invalid-input", { path }));
  expect(isDirectoryError(error) && error.message.startsWith(`${path}: `)).toBe(true);
  expect(await directory.isEmpty()).toBe(true);
  expect(faultOf(document)).toMatchObject(failure("invalid-input", { path }));
});

test.each([undefined, null, 7, "x", [], new Date()])("%j is no document", async (document) => {
  const { directory } = await openDirectory();
  await expect(directory.import(document)).rejects.toMatchObject(failure("invalid-input"));
});

describe("nesting", () => {
  const chain = (length: number) => ({
    version: 1,
    groups: Array.from({ length }, (_, i) => ({
      name: `g${i}`,
      ...(i + 1 < length ? { groups: [`g${i + 1}`] } : {}),
    })),
  });

  test("is taken as deep as groups may nest, and refused beyond by path, however deep", async () => {
    const { directory } = await openDirectory();
    await directory.import(chain(maxGroupNesting + 1));
    for (const length of [maxGroupNesting + 2, 100_000]) {
      expect(faultOf(chain(length))).toMatchObject(
        failure("limit-exceeded", { path: expect.stringMatching(/^groups\[\d+\]\.groups$/) }),
      );
    }
  });

  test("may share groups, and repeat them", () => {
    checkDirectoryDocument({
      version: 1,
      groups: [
        { name: "top", groups: ["left", "right", "left"] },
        { name: "left", groups: ["shared"] },
        { name: "right", groups: ["shared"] },
        { name: "shared" },
      ],
    });
  });

  test("of a group in very many groups is looked at once", () => {
    const wide = Array.from({ length: 200_000 }, (_, i) => `g${i}`);
    checkDirectoryDocument({
      version: 1,
      groups: [
        { name: "top", groups: wide },
        ...wide.map((name) => ({ name, groups: ["leaf"] })),
        { name: "leaf" },
      ],
    });
  }, 20_000);
});

test("a megabyte where a name belongs is refused quickly, and not repeated", async () => {
  const huge = "x".repeat(1_000_000);
  for (const part of [
    { [huge]: 1 },
    { users: [{ username: huge }] },
    { users: [{ username: "ada", [huge]: 1 }] },
    { users: [{ username: "ada", attributes: { [huge]: 1 } }] },
    { groups: [{ name: huge }] },
    { groups: [{ name: "g", members: [huge] }] },
    { resources: [{ kind: huge, name: "x" }] },
    { organization: { name: huge } },
  ]) {
    const error = faultOf({ version: 1, ...part });
    expect(error).toMatchObject(failure("invalid-input"));
    expect((error as Error).message.length).toBeLessThan(300);
  }
});

function faultOf(document: unknown): unknown {
  try {
    checkDirectoryDocument(document);
  } catch (refused) {
    return refused;
  }
  return undefined;
}
