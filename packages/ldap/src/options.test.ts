import type { Directory } from "@directorykit/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allowPlaintextBind, defaultLdapLimits, resolveOptions } from "./options.ts";
import { emptyDirectory } from "./server/office.fixture.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await emptyDirectory();
});
afterAll(() => directory.close());

test("defaults are filled in", () => {
  expect(resolveOptions({ directory })[0]).toMatchObject({
    layout: {
      users: "ou=Users",
      groups: "ou=Groups",
      userNaming: "uid",
      nesting: "flatten",
      people: "granted",
      groupClass: "groupOfNames",
      flavour: "standard",
    },
    access: { search: "directory", hiddenAttributes: [], write: "self", selfAttributes: [] },
    limits: defaultLdapLimits,
    plaintextBind: "never",
  });
  expect(resolveOptions({ directory, limits: { maxConnections: 5 } })[0].limits).toEqual({
    ...defaultLdapLimits,
    maxConnections: 5,
  });
});

test.each<[what: string, options: object]>([
  ["an unknown option", { baseDN: "dc=x" }],
  ["an unknown option of the layout", { layout: { people: "all", user: "ou=x" } }],
  ["an unknown option of access", { access: { searches: "self" } }],
  ["an unknown limit", { limits: { maxThings: 1 } }],
  ["a limit of nothing", { limits: { maxConnections: 0 } }],
  ["a limit that is no number", { limits: { maxConnections: "10" } }],
  ["a limit that is no whole number", { limits: { maxSearchMs: 1.5 } }],
  ["a time longer than timers take", { limits: { idleTimeoutMs: 2 ** 31 } }],
  ["messages smaller than any", { limits: { maxMessageBytesAnonymous: 10 } }],
  ["a misspelt access", { access: { search: "directroy" } }],
  ["misspelt people", { layout: { people: "everyone" } }],
  ["misspelt nesting", { layout: { nesting: "flat" } }],
  ["misspelt naming", { layout: { userNaming: "mail" } }],
  ["a misspelt flavour", { layout: { flavour: "activedirectory" } }],
  ["a misspelt class of groups", { layout: { groupClass: "posixGroup" } }],
  [
    "unique names in the flavour of Active Directory",
    { layout: { flavour: "activeDirectory", groupClass: "groupOfUniqueNames" } },
  ],
  ["a domain that is none", { layout: { domain: "example.com/" } }],
  ["a misspelt right to write", { access: { write: "all" } }],
  ["attributes of one's own that are no list", { access: { selfAttributes: "mail" } }],
  ["a hidden attribute that is no list", { access: { hiddenAttributes: "mail" } }],
  ["plaintext to an unknown extent", { [allowPlaintextBind]: true }],
])("%s is refused", (_, options) => {
  expect(() => resolveOptions({ directory, ...options })).toThrow(
    expect.objectContaining({ code: "misconfigured" }),
  );
});

test("a string does not let passwords cross in clear", () => {
  expect(() => resolveOptions({ directory, allowPlaintextBind: "anywhere" } as never)).toThrow("no option");
});
