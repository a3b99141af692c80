import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProgramResult, runProgram } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type ClientCertificate, makeClientCertificate } from "./certificate.ts";
import { baseDn, type Fixture, passwords, startFixture } from "./fixture.ts";

describeWithPeers(
  "ldapwhoami with SASL and proxied authorization",
  ["ldapwhoami", "ldapsearch", "openssl"],
  (paths) => {
    let fixture: Fixture;
    let adas: ClientCertificate;
    let strangers: ClientCertificate;
    beforeAll(async () => {
      fixture = await startFixture(paths.openssl);
      adas = await makeClientCertificate(paths.openssl, fixture.folder, "ada");
      strangers = await makeClientCertificate(paths.openssl, fixture.folder, "stranger");
      const { directory } = fixture;
      await directory.credentials.addCertificate((await fixture.user("ada")).id, adas.cert);
      const { id: user } = await fixture.user("svc-reader");
      for await (const { id: resource } of directory.resources.list({ kind: "ldap" }))
        await directory.grants.add({ user, resource, attributes: { proxy: true }, priority: 1 });
    });
    afterAll(() => fixture[Symbol.asyncDispose]());

    const whoami = (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
      runProgram(paths.ldapwhoami, ["-ZZ", "-H", fixture.ldap.url, ...args], {
        env: { LDAPTLS_CACERT: fixture.tls.caFile, ...env },
      });
    const with_ = ({ certFile, keyFile }: ClientCertificate): Record<string, string> => ({
      LDAPTLS_CERT: certFile,
      LDAPTLS_KEY: keyFile,
    });
    const ada = { status: 0, stdout: expect.stringContaining(`dn:uid=ada,ou=Users,${baseDn}\n`) };

    describe("PLAIN", () => {
      test("a username and its password", async () => {
        expect(await whoami(["-Y", "PLAIN", "-U", "ada", "-w", passwords.ada])).toMatchObject(ada);
      });

      test("a wrong password is refused", async () => {
        expect((await whoami(["-Y", "PLAIN", "-U", "ada", "-w", "wrong"])).status).toBe(49);
      });

      test("for another, with and without the right to", async () => {
        const as = (who: "svc-reader" | "grace") =>
          whoami(["-Y", "PLAIN", "-U", who, "-X", "u:ada", "-w", passwords[who]]);
        expect(await as("svc-reader")).toMatchObject(ada);
        expect((await as("grace")).status).toBe(49);
      });
    });

    describe("EXTERNAL", () => {
      test("the certificate says who it is, over StartTLS and LDAPS", async () => {
        expect(await whoami(["-Y", "EXTERNAL"], with_(adas))).toMatchObject(ada);
        const overLdaps = await runProgram(paths.ldapwhoami, ["-Y", "EXTERNAL", "-H", fixture.ldaps.url], {
          env: { LDAPTLS_CACERT: fixture.tls.caFile, ...with_(adas) },
        });
        expect(overLdaps).toMatchObject(ada);
      });

      test("a certificate that was given to nobody is refused", async () => {
        expect((await whoami(["-Y", "EXTERNAL"], with_(strangers))).status).toBe(49);
      });
    });

    test("the root DSE offers what fits the connection", async () => {
      const mechanisms = async (url: string, args: string[], env = {}): Promise<string[]> => {
        const { stdout } = await runProgram(
          paths.ldapsearch,
          ["-x", "-LLL", "-H", url, "-s", "base", "-b", "", ...args, "supportedSASLMechanisms"],
          { env: { LDAPTLS_CACERT: fixture.tls.caFile, ...env } },
        );
        return [...stdout.matchAll(/^supportedSASLMechanisms: (.*)$/gm)].map((match) => match[1] ?? "");
      };
      expect(await mechanisms(fixture.ldap.url, [])).toEqual([]);
      expect(await mechanisms(fixture.ldap.url, ["-ZZ"])).toEqual(["PLAIN"]);
      expect(await mechanisms(fixture.ldap.url, ["-ZZ"], with_(adas))).toEqual(["EXTERNAL", "PLAIN"]);
    });

    test("-e authzid does an operation as another", async () => {
      const as = (who: "svc-reader" | "grace", authzid: string) =>
        whoami(["-x", "-D", fixture.dnOf(who), "-w", passwords[who], "-e", `!authzid=${authzid}`]);
      expect(await as("svc-reader", "u:ada")).toMatchObject(ada);
      expect(await as("svc-reader", `dn:${fixture.dnOf("ada")}`)).toMatchObject(ada);
      expect(await as("grace", "u:ada")).toMatchObject({ stderr: expect.stringContaining("(123)") });
    });

    test("-e ppolicy tells of a password that must be changed", async () => {
      const { id } = await fixture.user("zofie");
      await fixture.directory.credentials.requirePasswordChange(id);
      const credentials = ["-x", "-D", fixture.dnOf("zofie"), "-w", passwords.zofie];
      expect((await whoami(credentials)).status).toBe(49);
      const told = await whoami([...credentials, "-e", "ppolicy"]);
      expect(`${told.stdout}${told.stderr}`).toContain("Password must be changed");
    });
  },
);
