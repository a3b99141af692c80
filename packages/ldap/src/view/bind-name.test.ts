import type { ResourceId } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { resolveOptions } from "../options.ts";
import { readDomainName } from "./bind-name.ts";
import { Tree } from "./tree.ts";

const layout = resolveOptions({ directory: {} as never, layout: { flavour: "activeDirectory" } })[0].layout;
const tree = (base: string, more: Partial<typeof layout> = {}): Tree =>
  new Tree(base, { ...layout, ...more }, [] as readonly ResourceId[]);
const example = tree("dc=example,dc=com");
const branch = tree("ou=Branch,dc=branch,dc=example,dc=com");
const plain = tree("o=Company");
const trees = [plain, example, branch];

/** `domain/username`, or nothing. */
function read(name: string): string | undefined {
  const found = readDomainName(name, trees);
  return found === undefined ? undefined : `${found.tree.domain}/${found.username}`;
}

describe("in the flavour of Active Directory", () => {
  test.each([
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

  test("the domain can be another than the base says, or be there without any in the base", () => {
    const own = tree("o=Company", { domain: "corp.example" });
    expect(readDomainName("ada@corp.example", [own])).toMatchObject({ username: "ada" });
    expect(readDomainName("CORP\\ada", [own])).toMatchObject({ username: "ada", tree: own });
  });
});
