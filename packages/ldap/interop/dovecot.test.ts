import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PrivateMachine } from "../../../scripts/interop/private-machine.ts";
import { until } from "../../../scripts/interop/until.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { startDovecot } from "./dovecot.ts";
import { type Fixture, passwords, startFixture, totpSecrets, type Username } from "./fixture.ts";
import { totpCode } from "./totp-code.ts";

describeWithPeers("Dovecot's authentication", ["dovecot", "unshare", "openssl"], (paths) => {
  let fixture: Fixture;
  let machine: PrivateMachine;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
    machine = await startDovecot(fixture);
  });
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
    await fixture?.[Symbol.asyncDispose]();
  });

  /** Whom Dovecot takes a person for, or what it says instead. */
  const login = async (name: string, password: string): Promise<string> => {
    const { status, stdout } = await machine.run("doveadm", ["auth", "test", name, password]);
    if (stdout.includes("code=temp_fail")) return "temporary failure";
    return status === 0 ? (/^ {2}user=(.*)$/m.exec(stdout)?.[1] ?? stdout) : "refused";
  };
  const loginAs = (username: Username): Promise<string> => login(username, passwords[username]);
  const lookUp = async (name: string): Promise<{ status: number | null; stdout: string }> => {
    const { status, stdout } = await machine.run("doveadm", ["user", name]);
    return { status, stdout };
  };
  const missing = { status: 67, stdout: expect.stringContaining("doesn't exist") };

  describe("logins", () => {
    test.each(["ada", "zofie", "lee", "quentin", "digits"] as const)("%s is let in", async (username) => {
      expect(await loginAs(username)).toBe(username);
    });

    test("people may come by any of their addresses, and are known by their username", async () => {
      for (const address of ["ada@example.com", "countess@example.org", "Countess@Example.ORG"])
        expect(await login(address, passwords.ada)).toBe("ada");
    });

    test("a one-time code goes behind the password", async () => {
      expect(await loginAs("mia")).toBe("refused");
      expect(await login("mia", `${passwords.mia},${totpCode(totpSecrets.mia)}`)).toBe("mia");
    });

    test("those who may not, and those who are not who they say, are refused", async () => {
      const attempts: Readonly<Record<string, readonly [name: string, password: string]>> = {
        "a wrong password": ["ada", "not the password"],
        "no password": ["ada", ""],
        "someone suspended": ["sam", passwords.sam],
        "someone suspended, by address": ["sam@example.com", passwords.sam],
        "someone without access": ["mallory", passwords.mallory],
        nobody: ["nobody", passwords.ada],
        "an address of nobody": ["nobody@example.com", passwords.ada],
        "a name that would be a longer DN": ["ada,ou=Users,dc=example,dc=com", passwords.ada],
        "a name that would be two attributes": ["ada+cn=Ada Lovelace", passwords.ada],
        "a wildcard": ["*", passwords.ada],
        "a wildcard in an address": ["ad*@example.com", passwords.ada],
        "an address that would be a longer filter": ["ada@example.com)(uid=*", passwords.ada],
      };
      // All at once: Dovecot takes its time to refuse.
      const answers = await Promise.all(
        Object.entries(attempts).map(async ([who, attempt]) => [who, await login(...attempt)] as const),
      );
      expect(Object.fromEntries(answers)).toEqual(
        Object.fromEntries(Object.keys(attempts).map((who) => [who, "refused"])),
      );
    });
  });

  describe("users", () => {
    test("are found with what mail needs to know of them", async () => {
      expect(await lookUp("ada")).toEqual({
        status: 0,
        stdout: "field\tvalue\nuid\t10001\ngid\t20001\nhome\t/home/ada\nmail\t\n",
      });
    });

    test.each(["nobody", "sam", "zofie", "ada)(uid=ada", "\\61da"])("%s is not found", async (name) => {
      expect(await lookUp(name)).toEqual(missing);
    });

    test("all are listed", async () => {
      expect(await lookUp("*")).toEqual({ status: 0, stdout: "ada\ngrace\n" });
    });
  });

  describe("connections", () => {
    test("many at once are all answered rightly, by few connections", async () => {
      const names = ["ada", "lee", "quentin", "mallory"] as const;
      const asked = Array.from({ length: 16 }, (_, i) => names[i % names.length] as Username);
      const answers = await Promise.all(asked.map(loginAs));
      expect(answers).toEqual(asked.map((name) => (name === "mallory" ? "refused" : name)));
      expect(fixture.ldap.server.connections).toBeLessThanOrEqual(4);
    });

    test("someone suspended is refused at once, and takes nobody else's login along", async () => {
      const lee = await fixture.user("lee");
      expect(await loginAs("lee")).toBe("lee");
      await fixture.directory.users.suspend(lee.id);
      expect([await loginAs("lee"), await loginAs("ada"), await lookUp("grace")]).toMatchObject([
        "refused",
        "ada",
        { status: 0 },
      ]);
      await fixture.directory.users.activate(lee.id);
      expect(await loginAs("lee")).toBe("lee");
    });

    test("Dovecot connects anew after its own account was cut off and let in again", async () => {
      const { directory } = fixture;
      const [services, reader] = [await fixture.group("services"), await fixture.user("svc-reader")];
      await directory.groups.removeMembers(services.id, [reader.id]);
      expect(await login("ada@example.com", passwords.ada)).toBe("temporary failure");
      await directory.groups.addMembers(services.id, [reader.id]);
      await until(
        "logins by address work",
        async () => (await login("ada@example.com", passwords.ada)) === "ada",
        20_000,
      );
    });
  });
});
