import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProgramResult, runProgram } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { makeCertificate } from "./certificate.ts";
import {
  baseDn,
  type Fixture,
  groupsDn,
  passwords,
  startFixture,
  totpSecrets,
  type Username,
} from "./fixture.ts";
import { totpCode } from "./totp-code.ts";

describeWithPeers(
  "ldapwhoami, ldapcompare and the other tools",
  ["ldapwhoami", "ldapcompare", "ldapexop", "ldapmodify", "ldappasswd", "openssl"],
  (paths) => {
    let fixture: Fixture;
    beforeAll(async () => {
      fixture = await startFixture(paths.openssl);
    });
    afterAll(() => fixture[Symbol.asyncDispose]());

    const run = (
      program: string,
      args: readonly string[],
      caFile = fixture.tls.caFile,
    ): Promise<ProgramResult> => runProgram(program, ["-x", ...args], { env: { LDAPTLS_CACERT: caFile } });
    /** ldapwhoami over StartTLS. */
    const whoami = (dn: string, password: string): Promise<ProgramResult> =>
      run(paths.ldapwhoami, ["-H", fixture.ldap.url, "-ZZ", "-D", dn, "-w", password]);
    const login = (username: Username, password: string = passwords[username]): Promise<ProgramResult> =>
      whoami(fixture.dnOf(username), password);
    const asGrace = (program: string, ...args: string[]): Promise<ProgramResult> =>
      run(program, [
        "-H",
        fixture.ldap.url,
        "-ZZ",
        "-D",
        fixture.dnOf("grace"),
        "-w",
        passwords.grace,
        ...args,
      ]);

    describe("binds", () => {
      test.each(["ada", "grace", "zofie", "lee", "quentin", "digits", "svc-reader"] as const)(
        "%s is let in, and is told who they are",
        async (username) => {
          expect(await login(username)).toMatchObject({
            status: 0,
            stdout: `dn:${fixture.dnOf(username)}\n`,
          });
        },
      );

      test("the DN may be spelled in other ways", async () => {
        for (const dn of [
          `UID=ADA,OU=Users,${baseDn}`,
          ` uid = ada , ou=users , ${baseDn} `,
          `uid=\\61da,ou=Users,${baseDn}`,
        ])
          expect(await whoami(dn, passwords.ada)).toMatchObject({
            status: 0,
            stdout: `dn:${fixture.dnOf("ada")}\n`,
          });
      });

      test("a decomposed spelling of the password is the same password", async () => {
        expect((await login("zofie", passwords.zofie.normalize("NFD"))).status).toBe(0);
      });

      test("nobody else is told why they were not let in", async () => {
        const refused = { status: 49, stdout: "", stderr: "ldap_bind: Invalid credentials (49)\n" };
        expect(await login("ada", "not the password")).toEqual(refused);
        expect(await login("ada", passwords.ada.toUpperCase())).toEqual(refused);
        // Outside of every group that a grant names; suspended; not there; not a person; in no tree.
        expect(await login("mallory")).toEqual(refused);
        expect(await login("sam")).toEqual(refused);
        expect(await whoami(`uid=nobody,ou=Users,${baseDn}`, passwords.ada)).toEqual(refused);
        expect(await whoami(`cn=staff,${groupsDn}`, passwords.ada)).toEqual(refused);
        expect(await whoami("uid=ada,dc=elsewhere", passwords.ada)).toEqual(refused);
      });

      test("a name without a password is refused, where others would call it a login", async () => {
        expect((await login("ada", "")).status).toBe(53);
      });

      test("no name and no password is nobody", async () => {
        expect(await run(paths.ldapwhoami, ["-H", fixture.ldap.url])).toMatchObject({
          status: 0,
          stdout: "anonymous\n",
        });
      });

      test("what is no DN is refused as such", async () => {
        // The clients check the syntax themselves; only what they let through reaches the server.
        expect((await whoami("ada", passwords.ada)).status).toBe(34);
      });
    });

    describe("one-time codes", () => {
      test("a code behind the password is checked, and good once", async () => {
        const code = totpCode(totpSecrets.tomas);
        const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
        const field = `${passwords.tomas},${code}`;
        expect((await login("tomas", `${passwords.tomas},${wrong}`)).status).toBe(49);
        expect(await login("tomas", field)).toMatchObject({
          status: 0,
          stdout: `dn:${fixture.dnOf("tomas")}\n`,
        });
        expect((await login("tomas", field)).status).toBe(49);
      });

      test("without a grant that asks for it the code may be left out", async () => {
        expect((await login("tomas")).status).toBe(0);
      });

      test("a grant that asks for a second factor lets nobody in without", async () => {
        expect((await login("noel")).status).toBe(49);
        expect((await login("mia")).status).toBe(49);
        expect((await login("mia", `${passwords.mia},${totpCode(totpSecrets.mia)}`)).status).toBe(0);
      });
    });

    describe("TLS", () => {
      test("passwords in clear are refused where they are not allowed", async () => {
        const args = ["-D", fixture.dnOf("ada"), "-w", passwords.ada];
        expect((await run(paths.ldapwhoami, ["-H", fixture.ldap.url, ...args])).status).toBe(13);
        expect((await run(paths.ldapwhoami, ["-H", fixture.plain.url, ...args])).status).toBe(0);
      });

      test("LDAPS is TLS from the first octet", async () => {
        const args = ["-D", fixture.dnOf("ada"), "-w", passwords.ada];
        expect((await run(paths.ldapwhoami, ["-H", fixture.ldaps.url, ...args])).status).toBe(0);
        expect((await run(paths.ldapwhoami, ["-H", fixture.ldaps.url, "-ZZ", ...args])).status).not.toBe(0);
      });

      test("clients that trust another authority go away", async () => {
        const folder = join(fixture.folder, "other");
        await mkdir(folder);
        const { caFile } = await makeCertificate(paths.openssl, folder);
        const args = ["-D", fixture.dnOf("ada"), "-w", passwords.ada];
        expect(
          (await run(paths.ldapwhoami, ["-H", fixture.ldap.url, "-ZZ", ...args], caFile)).status,
        ).not.toBe(0);
        expect((await run(paths.ldapwhoami, ["-H", fixture.ldaps.url, ...args], caFile)).status).not.toBe(0);
      });

      test.each([
        ["-tls1_1", false],
        ["-tls1_2", true],
        ["-tls1_3", true],
      ])("openssl with %s is served: %s", async (version, served) => {
        for (const way of [
          ["-connect", `127.0.0.1:${fixture.ldaps.port}`],
          ["-connect", `127.0.0.1:${fixture.ldap.port}`, "-starttls", "ldap"],
        ]) {
          const args = ["s_client", ...way, version, "-CAfile", fixture.tls.caFile, "-verify_return_error"];
          // Clients of today do not speak the old versions either, unless told to.
          const { status } = await runProgram(paths.openssl, [
            ...args,
            "-cipher",
            "ALL:@SECLEVEL=0",
            "-brief",
          ]);
          expect(status === 0).toBe(served);
        }
      });

      test("a server without a certificate says that it has no StartTLS", async () => {
        const result = await run(paths.ldapwhoami, ["-H", fixture.plain.url, "-ZZ"]);
        expect(result.status).not.toBe(0);
        expect(result.stderr).toContain("Protocol error (2)");
      });
    });

    describe("ldapcompare", () => {
      const staff = `cn=staff,${groupsDn}`;
      const ada = `uid=ada,ou=Users,${baseDn}`;
      test.each([
        [staff, `member:${ada}`, "TRUE", 6],
        [staff, `member:UID=Ada, ou=users,${baseDn}`, "TRUE", 6],
        [staff, `member:uid=mallory,ou=Users,${baseDn}`, "FALSE", 5],
        [staff, "memberUid:ada", "TRUE", 6],
        [ada, "uid: ADA ", "TRUE", 6],
        [ada, "mail:nobody@example.com", "FALSE", 5],
        [ada, "objectClass:INETORGPERSON", "TRUE", 6],
        [ada, `memberOf:${staff}`, "TRUE", 6],
        [ada, "sn::TG92ZWxhY2U=", "TRUE", 6],
        [`cn=Nobody Yet,${groupsDn}`, `member:${ada}`, "UNDEFINED", 16],
        [ada, "description:x", "UNDEFINED", 16],
        [ada, "noSuchAttribute:x", "UNDEFINED", 17],
        [ada, "userPassword:x", "UNDEFINED", 50],
        [`uid=nobody,ou=Users,${baseDn}`, "uid:nobody", "UNDEFINED", 32],
        [`uid=sam,ou=Users,${baseDn}`, "uid:sam", "UNDEFINED", 32],
      ])("%s with %s is %s", async (dn, assertion, printed, status) => {
        const result = await asGrace(paths.ldapcompare, dn, assertion);
        expect({ ...result, stdout: result.stdout.split("\n").at(-2) }).toMatchObject({
          status,
          stdout: printed,
        });
      });

      test("nobody compares before a bind", async () => {
        expect((await run(paths.ldapcompare, ["-H", fixture.ldap.url, staff, `member:${ada}`])).status).toBe(
          50,
        );
      });
    });

    describe("what is not served", () => {
      test.each([
        ["modify", "changetype: modify\nreplace: sn\nsn: Byron"],
        ["delete", "changetype: delete"],
        ["modrdn", "changetype: modrdn\nnewrdn: uid=byron\ndeleteoldrdn: 1"],
        ["add", "changetype: add\nobjectClass: person\nsn: Byron\ncn: Byron"],
      ])("%s of somebody else is for administrators", async (_, change) => {
        const file = join(fixture.folder, "change.ldif");
        await writeFile(file, `dn: ${fixture.dnOf("ada")}\n${change}\n`);
        expect((await asGrace(paths.ldapmodify, "-f", file)).status).toBe(50);
        expect((await fixture.user("ada")).name.family).toBe("Lovelace");
      });

      test("nobody sets the password of someone else", async () => {
        const result = await asGrace(
          paths.ldappasswd,
          "-s",
          "a password of grace's own",
          fixture.dnOf("ada"),
        );
        expect(result.status).not.toBe(0);
        expect((await login("ada")).status).toBe(0);
      });

      test("an extended operation nobody knows is a protocol error", async () => {
        expect((await asGrace(paths.ldapexop, "1.2.3.4")).stderr).toContain("Protocol error (2)");
      });

      test("whoami with a critical control nobody knows is refused", async () => {
        expect((await asGrace(paths.ldapwhoami, "-e", "!1.2.3.4")).stderr).toContain(
          "Critical extension is unavailable (12)",
        );
      });
    });
  },
);
