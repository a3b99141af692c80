import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProgramResult, runProgram } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { addAdministrator, adminDn, adminPassword } from "./administrator.ts";
import { baseDn, type Fixture, groupsDn, passwords, startFixture, usersDn } from "./fixture.ts";
import { parseLdif } from "./ldif.ts";

describeWithPeers(
  "ldapadd, ldapmodify, ldapdelete, ldapmodrdn and ldappasswd",
  ["ldapadd", "ldapmodify", "ldapdelete", "ldapmodrdn", "ldappasswd", "ldapsearch", "ldapwhoami", "openssl"],
  (paths) => {
    let fixture: Fixture;
    beforeAll(async () => {
      fixture = await startFixture(paths.openssl);
      await addAdministrator(fixture);
    });
    afterAll(() => fixture[Symbol.asyncDispose]());

    const runAs = (
      dn: string,
      password: string,
      program: string,
      args: readonly string[],
      input = "",
    ): Promise<ProgramResult> =>
      runProgram(program, ["-x", "-H", fixture.ldap.url, "-ZZ", "-D", dn, "-w", password, ...args], {
        env: { LDAPTLS_CACERT: fixture.tls.caFile },
        input,
      });
    const run = (program: string, args: readonly string[], input?: string): Promise<ProgramResult> =>
      runAs(adminDn, adminPassword, program, args, input);
    const show = async (
      dn: string,
      ...names: string[]
    ): Promise<Readonly<Record<string, readonly string[]>>> => {
      const { stdout } = await run(paths.ldapsearch, [
        "-LLL",
        "-o",
        "ldif-wrap=no",
        "-s",
        "base",
        "-b",
        dn,
        ...names,
      ]);
      return parseLdif(stdout)[0]?.attributes ?? {};
    };
    const login = (dn: string, password: string): Promise<ProgramResult> =>
      runAs(dn, password, paths.ldapwhoami, []);

    const kay = `uid=kay,${usersDn}`;
    const ldif = `
# A person as programs add them
dn: ${kay}
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: shadowAccount
objectClass: ldapPublicKey
uid: kay
cn:: S2F5IE1jTnVsdHk=
sn: McNulty
givenName: Kay
mail: kay@example.com
mail: kathleen@example.com
telephoneNumber: +1 215 555 0100
uidNumber: 10300
gidNumber: 20001
homeDirectory: /home/kay
loginShell: /bin/bash
userPassword: differential analyzers of steel
sshPublicKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kay@eniac

dn: cn=computers,${groupsDn}
objectClass: groupOfNames
objectClass: posixGroup
cn: computers
gidNumber: 20300
description: People who compute
member: ${kay}
member: uid=ada,${usersDn}
`;

    test("an LDIF of a person and their group is added, and found by a search right after", async () => {
      expect(await run(paths.ldapadd, [], ldif)).toMatchObject({ status: 0, stderr: "" });
      expect(await show(kay)).toMatchObject({
        cn: ["Kay McNulty"],
        mail: ["kay@example.com", "kathleen@example.com"],
        uidNumber: ["10300"],
      });
      expect(await show(kay, "memberOf")).toEqual({ memberOf: [`cn=computers,${groupsDn}`] });
      const staff = `dn: cn=staff,${groupsDn}\nchangetype: modify\nadd: member\nmember: ${kay}\n`;
      expect(await login(kay, "differential analyzers of steel")).toMatchObject({ status: 49 });
      expect(await run(paths.ldapmodify, [], staff)).toMatchObject({ status: 0 });
      expect(await login(kay, "differential analyzers of steel")).toMatchObject({
        status: 0,
        stdout: `dn:${kay}\n`,
      });
    });

    test.each<[number, string, string]>([
      [68, "Already exists", ldif],
      [65, "Object class violation", `dn: uid=x,${usersDn}\nobjectClass: inetOrgPerson\ncn: x\n`],
      [64, "Naming violation", `dn: cn=x,${usersDn}\nobjectClass: inetOrgPerson\ncn: x\nsn: x\n`],
      [
        17,
        "Undefined attribute type",
        `dn: uid=x,${usersDn}\nobjectClass: inetOrgPerson\ncn: x\nsn: x\nnoSuch: x\n`,
      ],
      [53, "unwilling", `dn: ou=more,${baseDn}\nobjectClass: organizationalUnit\nou: more\n`],
    ])("what cannot be added ends with %d", async (status, said, input) => {
      const result = await run(paths.ldapadd, [], input);
      expect(result.status).toBe(status);
      expect(result.stderr).toContain(said);
    });

    test("an LDIF of many changes is done one after the other, each whole", async () => {
      const changes = `
dn: ${kay}
changetype: modify
replace: title
title: Programmer
-
delete: mail
mail: KATHLEEN@EXAMPLE.COM
-
add: mail
mail: kay.mauchly@example.com
-
increment: uidNumber
uidNumber: 5
-

dn: cn=computers,${groupsDn}
changetype: modify
delete: member
member: uid=Ada,${usersDn}
-
add: memberUid
memberUid: grace
-

dn: ${kay}
changetype: modify
replace: title
title: Mathematician
-
delete: departmentNumber
-
`;
      const result = await run(paths.ldapmodify, ["-c"], changes);
      expect(result.status).toBe(16);
      expect(result.stderr).toContain("departmentNumber: there is none");
      expect(await show(kay, "title", "mail", "uidNumber")).toEqual({
        title: ["Programmer"],
        mail: ["kay@example.com", "kay.mauchly@example.com"],
        uidNumber: ["10305"],
      });
      expect((await show(`cn=computers,${groupsDn}`, "memberUid"))["memberUid"]?.toSorted()).toEqual([
        "grace",
        "kay",
      ]);
    });

    test("an entry is shown before and after a change, on a condition", async () => {
      const change = `dn: ${kay}\nchangetype: modify\nreplace: title\ntitle: Programmer II\n`;
      const shown = await run(
        paths.ldapmodify,
        [
          "-e",
          "!assert=(title=programmer)",
          "-e",
          "!preread=title",
          "-e",
          "!postread=title,entryUUID",
          "-o",
          "ldif-wrap=no",
        ],
        change,
      );
      expect(shown).toMatchObject({ status: 0 });
      expect(shown.stdout).toMatch(/title: Programmer\n[\s\S]*title: Programmer II\n[\s\S]*entryUUID: /);
      const failed = await run(paths.ldapmodify, ["-e", "!assert=(title=programmer)"], change);
      expect(failed.status).toBe(122);
    });

    test("a person and a group are renamed and keep who they are", async () => {
      const before = await show(kay, "entryUUID");
      const kathleen = `uid=kathleen,${usersDn}`;
      const refused = await run(paths.ldapmodrdn, [kay, "uid=kathleen"]);
      expect(refused.stdout + refused.stderr).toContain("the old one must be deleted");
      expect(await run(paths.ldapmodrdn, ["-r", kay, "uid=kathleen"])).toMatchObject({ status: 0 });
      expect(await show(kathleen, "entryUUID")).toEqual(before);
      expect((await run(paths.ldapmodrdn, ["-r", "-s", groupsDn, kathleen, "uid=kay"])).status).toBe(53);
      expect(await run(paths.ldapmodrdn, ["-r", "-s", usersDn, kathleen, "uid=kay"])).toMatchObject({
        status: 0,
      });
      expect(await run(paths.ldapmodrdn, ["-r", `cn=computers,${groupsDn}`, "cn=programmers"])).toMatchObject(
        {
          status: 0,
        },
      );
      expect((await show(`cn=programmers,${groupsDn}`, "member"))["member"]).toContain(kay);
    });

    describe("ldappasswd", () => {
      const old = "differential analyzers of steel";
      const next = "subroutines are our invention";

      test("changes one's own password with the old one and without, from files and from the command line", async () => {
        const file = join(fixture.folder, "new-password");
        await writeFile(file, next);
        expect(await runAs(kay, old, paths.ldappasswd, ["-a", old, "-T", file])).toMatchObject({ status: 0 });
        expect((await login(kay, old)).status).toBe(49);
        expect(await runAs(kay, next, paths.ldappasswd, ["-s", old])).toMatchObject({ status: 0 });
        expect((await login(kay, old)).status).toBe(0);
        const wrong = await runAs(kay, old, paths.ldappasswd, ["-a", "not the old one", "-s", next]);
        expect(wrong.stdout + wrong.stderr).toContain("Invalid credentials (49)");
      });

      test("prints the password that the server has made up", async () => {
        const { status, stdout } = await run(paths.ldappasswd, [kay]);
        expect(status).toBe(0);
        const made = /^New password: (.+)$/m.exec(stdout)?.[1] ?? "";
        expect(await login(kay, made)).toMatchObject({ status: 0 });
        expect(await run(paths.ldappasswd, ["-s", old, kay])).toMatchObject({ status: 0 });
      });

      test("is told why a password is not good enough", async () => {
        const result = await runAs(kay, old, paths.ldappasswd, ["-e", "ppolicy", "-s", "short"]);
        expect(result.stdout + result.stderr).toMatch(
          /Constraint violation \(19\)[\s\S]*fewer than 15 characters/,
        );
        const stranger = await runAs(kay, old, paths.ldappasswd, ["-s", next, `uid=ada,${usersDn}`]);
        expect(stranger.stdout + stranger.stderr).toContain("Insufficient access (50)");
        expect((await login(`uid=ada,${usersDn}`, passwords.ada)).status).toBe(0);
      });

      test("is told that a password that must be changed cannot be set once more", async () => {
        const { credentials, users } = fixture.directory;
        const user = await users.byUsername("kay");
        if (user === undefined) throw new Error("nobody is called kay");
        await credentials.requirePasswordChange(user.id);
        const again = await runAs(kay, old, paths.ldappasswd, ["-e", "ppolicy", "-s", old]);
        expect(again.stdout + again.stderr).toMatch(/Constraint violation \(19\)[\s\S]*must be changed/);
        expect(await runAs(kay, old, paths.ldappasswd, ["-e", "ppolicy", "-s", next])).toMatchObject({
          status: 0,
        });
        expect(await login(kay, next)).toMatchObject({ status: 0 });
      });
    });

    test("entries are deleted, and what is always there is not", async () => {
      const gone = [kay, `cn=programmers,${groupsDn}`];
      expect(await run(paths.ldapdelete, gone)).toMatchObject({ status: 0 });
      expect((await run(paths.ldapdelete, [kay])).status).toBe(32);
      expect((await run(paths.ldapdelete, [usersDn])).status).toBe(53);
      expect(await fixture.directory.users.byUsername("kay")).toBeUndefined();
    });

    test("people change nothing of others and nothing of the directory", async () => {
      const input = `dn: uid=ada,${usersDn}\nchangetype: modify\nreplace: sn\nsn: Byron\n`;
      const asGrace = (program: string, args: readonly string[], text?: string): Promise<ProgramResult> =>
        runAs(fixture.dnOf("grace"), passwords.grace, program, args, text);
      expect((await asGrace(paths.ldapmodify, [], input)).status).toBe(50);
      expect((await asGrace(paths.ldapadd, [], ldif)).status).toBe(50);
      expect((await asGrace(paths.ldapdelete, [`uid=ada,${usersDn}`])).status).toBe(50);
      expect((await asGrace(paths.ldapdelete, [`uid=mallory,${usersDn}`])).status).toBe(32);
    });
  },
);
