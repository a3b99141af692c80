import type { ResourceId } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { formatDn } from "../codec/index.ts";
import { resolveOptions } from "../options.ts";
import { readBindName } from "./bind-name.ts";
import { Tree } from "./tree.ts";

const layout = resolveOptions({ directory: {} as never, layout: { flavour: "activeDirectory" } })[0].layout;
const tree = (base: string, more: Partial<typeof layout> = {}): Tree =>
  new Tree(base, { ...layout, ...more }, [] as readonly ResourceId[]);
const example = tree("dc=example,dc=com");
const branch = tree("ou=Branch,dc=branch,dc=example,dc=com");
const plain = tree("o=Company");
const trees = [plain, example, branch];

/** `domain/username`, a DN, or nothing. */
function read(name: string, flavour: "standard" | "activeDirectory" = "activeDirectory"): string | undefined {
  const found = readBindName(name, trees, { flavour });
  if (found === undefined) return undefined;
  return found.type === "dn" ? formatDn(found.dn) : `${found.tree.domain}/${found.username}`;
}

describe("in the flavour of Active Directory", () => {
  test.each([
    ["uid=ada,ou=Users,dc=example,dc=com", "uid=ada,ou=Users,dc=example,dc=com"],
    ["cn=ada@example.com,dc=example", "cn=ada@example.com,dc=example"],
    ["ada@example.com", "example.com/ada"],
    ["ADA@Example.COM", "example.com/ada"],
    ["ada@branch.example.com", "branch.example.com/ada"],
    ["ada@work@example.com", "example.com/ada@work"],
    ["EXAMPLE\\ada", "example.com/ada"],
    ["example.com\\Ada", "example.com/ada"],
    ["BRANCH\\ada", "branch.example.com/ada"],
    ["EXAMPLE\\ada@example.com", "example.com/ada@example.com"],
  ])("%s is %s", (name, expected) => expect(read(name)).toBe(expected));

  test.each([
    "ada",
    "ada@",
    "@example.com",
    "ada@elsewhere.com",
    "ada@example",
    "ada@com",
    "COM\\ada",
    "\\ada",
    "EXAMPLE\\",
    "EXAMPLE/ada",
    "ada@example.com.",
  ])("%s is nobody", (name) => expect(read(name)).toBeUndefined());

  test("the empty name is the root's, as everywhere", () => expect(read("")).toBe(""));

  test("the domain can be another than the base says, or be there without any in the base", () => {
    const own = tree("o=Company", { domain: "corp.example" });
    expect(readBindName("ada@corp.example", [own], layout)).toMatchObject({ username: "ada" });
    expect(readBindName("CORP\\ada", [own], layout)).toMatchObject({ username: "ada", tree: own });
  });
});

test("elsewhere a name is a DN and nothing else", () => {
  expect(read("uid=ada,dc=example,dc=com", "standard")).toBe("uid=ada,dc=example,dc=com");
  expect(read("ada@example.com", "standard")).toBeUndefined();
  expect(read("EXAMPLE\\ada", "standard")).toBeUndefined();
});
