import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { awkwardGroup, type Fixture, startFixture, zofieName } from "./fixture.ts";
import { type Postfix, type PostfixTable, startPostfix } from "./postfix.ts";

describeWithPeers("Postfix's lookup tables", ["postmap", "unshare", "openssl"], (paths) => {
  let fixture: Fixture;
  let postfix: Postfix;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl, { layout: { nesting: "direct" } });
    postfix = await startPostfix(fixture);
  });
  afterAll(async () => {
    await postfix?.[Symbol.asyncDispose]();
    await fixture?.[Symbol.asyncDispose]();
  });

  const found = (stdout: string) => ({ status: 0, stdout: `${stdout}\n`, stderr: "" });
  // A server that cannot be asked would be complained of.
  const nothing = { status: 1, stdout: "", stderr: "" };

  test.each([
    ["mailboxes", "ada@example.com", "ada"],
    ["mailboxes", "ADA@EXAMPLE.COM", "ada"],
    ["mailboxes", "countess@example.org", "ada"],
    ["names", zofieName, "zofie@example.com"],
    ["names", "李小龍", "lee@example.com"],
    ["groups", awkwardGroup, awkwardGroup],
    ["routes", "grace@example.com", "lmtp:grace.example.com"],
  ] as const)("%s has %s", async (table, key, value) => {
    expect(await postfix.lookUp(table, key)).toEqual(found(value));
  });

  test.each<readonly [PostfixTable, string]>([
    ["mailboxes", "nobody@example.com"],
    ["mailboxes", "ada"],
    ["mailboxes", "*"],
    ["mailboxes", "a*@example.com"],
    ["mailboxes", "ada@example.com)(uid=*"],
    ["mailboxes", "\\61da@example.com"],
    ["names", "*"],
    ["lists", "nobody@example.com"],
    ["lists", "Nobody Yet@example.com"],
    ["routes", "ada@example.org"],
  ])("%s has no %s", async (table, key) => {
    expect(await postfix.lookUp(table, key)).toEqual(nothing);
  });

  test("a list is made of the addresses of a group's members and of the groups in it", async () => {
    const { stdout } = await postfix.lookUp("lists", "staff@example.com");
    const people = ["ada", "digits", "grace", "lee", "quentin", "tomas", "zofie"];
    const addresses = people.map((name) => `${name}@example.com`);
    expect(new Set(stdout.trim().split(","))).toEqual(new Set([...addresses, "countess@example.org"]));
  });

  test("many keys are looked up on one connection", async () => {
    const keys = Array.from({ length: 50 }, (_, i) =>
      i % 2 === 0 ? "ada@example.com" : `nobody${i}@example.com`,
    );
    const { stdout, stderr } = await postfix.lookUpAll("mailboxes", keys);
    expect([stdout, stderr]).toEqual(["ada@example.com\tada\n".repeat(25), ""]);
  });

  test("someone suspended has no mailbox and is on no list, from the next look-up on", async () => {
    const lee = await fixture.user("lee");
    expect(await postfix.lookUp("mailboxes", "sam@example.com")).toEqual(nothing);
    expect(await postfix.lookUp("mailboxes", "lee@example.com")).toEqual(found("lee"));
    await fixture.directory.users.suspend(lee.id);
    expect(await postfix.lookUp("mailboxes", "lee@example.com")).toEqual(nothing);
    expect((await postfix.lookUp("lists", "staff@example.com")).stdout).not.toContain("lee@");
    await fixture.directory.users.activate(lee.id);
    expect(await postfix.lookUp("mailboxes", "lee@example.com")).toEqual(found("lee"));
  });

  test("a service account that is refused is a temporary failure and not an empty answer", async () => {
    const [services, reader] = [await fixture.group("services"), await fixture.user("svc-reader")];
    await fixture.directory.groups.removeMembers(services.id, [reader.id]);
    const { status, stdout, stderr } = await postfix.lookUp("mailboxes", "ada@example.com");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("Invalid credentials");
    await fixture.directory.groups.addMembers(services.id, [reader.id]);
    expect(await postfix.lookUp("mailboxes", "ada@example.com")).toEqual(found("ada"));
  });
});
