import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProgramResult, runProgram } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { baseDn, type Fixture, groupsDn, passwords, startFixture, usersDn } from "./fixture.ts";
import { parseLdif } from "./ldif.ts";

describeWithPeers("ldapsearch with controls", ["ldapsearch", "openssl"], (paths) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  /** Runs ldapsearch as grace. */
  const run = (args: readonly string[], input = ""): Promise<ProgramResult> =>
    runProgram(
      paths.ldapsearch,
      [
        ...["-x", "-LLL", "-o", "ldif-wrap=no", "-H", fixture.plain.url],
        ...["-D", fixture.dnOf("grace"), "-w", passwords.grace, ...args],
      ],
      { input },
    );
  const dns = (stdout: string): readonly string[] => parseLdif(stdout).map((entry) => entry.dn);
  const uids = (stdout: string): readonly string[] =>
    dns(stdout).flatMap((dn) => /^uid=([^,]+)/.exec(dn)?.[1] ?? []);
  const inOrder = ["ada", "digits", "grace", "lee", "mia", "noel", "quentin", "svc-reader", "tomas", "zofie"];

  describe("pages (RFC 2696)", () => {
    test.each(["pr", "!pr"])("-E %s of every size give every entry once", async (control) => {
      const whole = dns((await run(["-b", baseDn, "1.1"])).stdout);
      expect(whole).toHaveLength(20);
      for (const size of [1, 3, 19, 20, 21, 100]) {
        const { status, stdout } = await run(["-b", baseDn, "-E", `${control}=${size}/noprompt`, "1.1"]);
        expect([status, dns(stdout)]).toEqual([0, whole]);
        expect(stdout.match(/# pagedresults: cookie=/g)).toHaveLength(Math.ceil(20 / size));
      }
    });

    test("end at the size limit", async () => {
      const { status, stdout } = await run(["-b", baseDn, "-z", "5", "-E", "pr=2/noprompt", "1.1"]);
      expect([status, dns(stdout).length]).toEqual([4, 5]);
    });
  });

  describe("sorting (RFC 2891)", () => {
    test.each([
      ["uid", inOrder],
      ["-uid", inOrder.toReversed()],
      ["mail", [...inOrder.filter((name) => name !== "svc-reader"), "svc-reader"]],
      [
        "uidNumber:2.5.13.15/-uid",
        ["ada", "grace", ...inOrder.toReversed().filter((name) => name !== "ada" && name !== "grace")],
      ],
      [
        "sn:caseIgnoreOrderingMatch",
        ["digits", "mia", "grace", "ada", "zofie", "quentin", "noel", "svc-reader", "tomas", "lee"],
      ],
    ])("-E !sss=%s", async (keys, expected) => {
      const { status, stdout } = await run(["-b", usersDn, "-s", "one", "-E", `!sss=${keys}`, "1.1"]);
      expect([status, uids(stdout)]).toEqual([0, expected]);
      expect(stdout).toContain("# sortResult: (0) Success");
    });

    test("together with pages", async () => {
      const { status, stdout } = await run(["-b", baseDn, "-E", "!sss=-uid", "-E", "!pr=4/noprompt", "1.1"]);
      expect([status, uids(stdout), dns(stdout).length]).toEqual([0, inOrder.toReversed(), 20]);
      expect(stdout.match(/# sortResult: \(0\) Success/g)).toHaveLength(5);
    });

    test("by what cannot be sorted by", async () => {
      const critical = await run(["-b", usersDn, "-E", "!sss=noSuch", "1.1"]);
      expect([critical.status, dns(critical.stdout)]).toEqual([12, []]);
      expect(critical.stdout).toContain("# sortResult: (16) No such attribute noSuch");
      const other = await run(["-b", usersDn, "-E", "sss=member", "1.1"]);
      expect([other.status, uids(other.stdout).length]).toEqual([0, 10]);
      expect(other.stdout).toContain("# sortResult: (18) Inappropriate matching member");
    });
  });

  test("virtual list views: a window, then another by what is typed, until there are no more", async () => {
    const args = ["-b", usersDn, "-s", "one", "-E", "!sss=uid", "-E", "!vlv=1/2/3/0", "1.1"];
    const { status, stdout } = await run(args, "0/1:q\n1/1/5/10\n");
    const windows = stdout.split(/^# vlvResult/m);
    expect(windows.slice(0, 3).map(uids)).toEqual([
      ["digits", "grace", "lee", "mia"],
      ["quentin", "svc-reader"],
      ["lee", "mia", "noel"],
    ]);
    expect(
      windows.slice(1, 4).map((window) => /^pos=(\d+) count=(\d+) .*\((\d+)\)/.exec(window)?.slice(1)),
    ).toEqual([
      ["3", "10", "0"],
      ["7", "10", "0"],
      ["5", "10", "0"],
    ]);
    // Without more input it asks for window after window, past the last.
    expect(status).toBe(76);
  });

  test("attributes of members by -E deref, as far as they may be seen", async () => {
    const { status, stdout } = await run([
      "-b",
      groupsDn,
      "-E",
      "!deref=member:uid,cn;memberOf:cn",
      "(cn=engineers)",
      "member",
    ]);
    expect(status).toBe(0);
    expect(stdout.match(/^# .*/gm)).toEqual([
      `# member: <uid=ada>;<cn=Ada Lovelace>;${fixture.dnOf("ada")}`,
      `# member: <uid=grace>;<cn=Grace Hopper>;${fixture.dnOf("grace")}`,
      `# memberOf: <cn=staff>;cn=staff,${groupsDn}`,
    ]);
  });

  test("-E subentries shows the schema alone, =false everything but that", async () => {
    const schema = ["-b", "cn=Subschema", "-s", "base"];
    expect(dns((await run([...schema, "-E", "!subentries=true", "1.1"])).stdout)).toEqual(["cn=Subschema"]);
    expect(dns((await run([...schema, "-E", "!subentries=false", "1.1"])).stdout)).toEqual([]);
    expect(dns((await run(["-b", baseDn, "-E", "!subentries", "1.1"])).stdout)).toEqual([]);
    expect(dns((await run(["-b", baseDn, "-E", "!subentries=false", "1.1"])).stdout)).toHaveLength(20);
  });
});
