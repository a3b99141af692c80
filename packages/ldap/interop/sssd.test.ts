import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PrivateMachine } from "../../../scripts/interop/private-machine.ts";
import type { ProgramResult } from "../../../scripts/interop/run-program.ts";
import { until } from "../../../scripts/interop/until.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type Fixture, passwords, startFixture, totpSecrets, type Username } from "./fixture.ts";
import { logOf, startSssd } from "./sssd.ts";
import { totpCode } from "./totp-code.ts";

const crew = Array.from({ length: 8 }, (_, i) => `crew${i}`);
const posix = (uid: number) => ({ uid, gid: 20_001, home: `/home/${uid}`, shell: "/bin/sh" });

describeWithPeers(
  "sssd with its NSS and PAM modules",
  ["sssd", "pamtester", "unshare", "openssl"],
  (paths) => {
    let nested: Fixture;
    let flat: Fixture;
    let machine: PrivateMachine;
    beforeAll(async () => {
      [nested, flat] = await Promise.all([
        startFixture(paths.openssl, { layout: { nesting: "direct" } }),
        // Fewer than there are: who does not ask in pages misses some.
        startFixture(paths.openssl, { limits: { maxSearchEntries: 4 } }),
      ]);
      const { users, groups } = flat.directory;
      const members = await Promise.all(
        crew.map((username, i) => users.create({ username, posix: posix(11_000 + i) })),
      );
      const ids = members.map(({ id }) => id);
      await groups.addMembers((await flat.group("staff")).id, ids);
      await nested.directory.users.update((await nested.user("mia")).id, { posix: posix(10_003) });
      await nested.directory.users.update((await nested.user("lee")).id, { posix: posix(10_004) });
      const folder = join(nested.folder, "sssd");
      await mkdir(folder);
      machine = await startSssd(folder, { nested, flat });
    });
    afterAll(async () => {
      await machine?.[Symbol.asyncDispose]();
      await nested?.[Symbol.asyncDispose]();
      await flat?.[Symbol.asyncDispose]();
    });

    const print = async (program: string, ...args: string[]): Promise<string> =>
      (await machine.run(program, args)).stdout;
    const pam = async (username: string, password: string, step: string): Promise<boolean> =>
      (await machine.run("pamtester", ["directorykit", username, step], `${password}\n`)).status === 0;
    const login = (username: Username, password: string = passwords[username]): Promise<boolean> =>
      pam(username, password, "authenticate");
    const mayComeIn = (username: Username): Promise<boolean> => pam(username, "", "acct_mgmt");
    const membersOf = async (group: string): Promise<readonly string[]> =>
      ((await print("getent", "-s", "sss", "group", group)).trim().split(":")[3] ?? "").split(",").toSorted();
    const groupsOf = async (username: string): Promise<readonly string[]> =>
      (await print("id", "-G", username)).trim().split(" ").toSorted();
    const forget = async (): Promise<void> => {
      expect(await machine.run("sss_cache", ["-E"])).toMatchObject({ status: 0 });
    };

    describe("accounts", () => {
      test("are found by name and by number", async () => {
        const ada = "ada:*:10001:20001:Ada Lovelace:/home/ada:/bin/bash\n";
        expect(await print("getent", "passwd", "ada")).toBe(ada);
        expect(await print("getent", "passwd", "10001")).toBe(ada);
        expect(await print("getent", "passwd", "ada@flat")).toBe(ada.replace("ada", "ada@flat"));
      });

      test("are those of people who have a Unix account, and of nobody else", async () => {
        for (const name of ["zofie", "nobody-at-all", "a*", "ada)(uid=*"])
          expect(await machine.run("getent", ["-s", "sss", "passwd", name])).toMatchObject({
            status: 2,
            stdout: "",
          });
      });

      test("come with their SSH keys", async () => {
        const [key] = (await nested.user("ada")).sshKeys;
        expect(await print("sss_ssh_authorizedkeys", "ada")).toBe(`${key}\n`);
      });
    });

    describe("groups", () => {
      test("are followed through other groups, also through one without a number", async () => {
        for (const username of ["ada", "grace"]) expect(await groupsOf(username)).toEqual(["20001", "20002"]);
        expect(await membersOf("engineers")).toEqual(["ada", "grace"]);
        expect(await membersOf("20002")).toEqual(["ada", "grace"]);
      });

      test("have their members read along with them, by dereferencing", async () => {
        expect(await membersOf("staff")).toEqual(["ada", "grace", "lee"]);
        expect(await print("cat", logOf("nested"))).toContain(
          "Dereferencing entry [cn=staff,ou=Groups,dc=example,dc=com] using OpenLDAP deref",
        );
      });

      test("have the same members where they are shown flat", async () => {
        expect(await groupsOf("grace@flat")).toEqual(["20001", "20002"]);
        expect(await membersOf("engineers@flat")).toEqual(["ada@flat", "grace@flat"]);
      });
    });

    describe("enumeration", () => {
      const everyone = (): Promise<string> => print("getent", "-s", "sss", "passwd");

      test("lists everyone in pages, more than one search may give", async () => {
        await until("all are listed", async () => (await everyone()).includes("crew7@flat:"), 20_000);
        const names = (await everyone())
          .trim()
          .split("\n")
          .map((line) => line.split(":")[0]);
        expect(names.toSorted()).toEqual(["ada", ...crew, "grace"].map((name) => `${name}@flat`));
        await until("groups are listed", async () =>
          (await print("getent", "-s", "sss", "group")).includes("staff@flat:*:20001:"),
        );
      });

      test("goes on with what was modified since", async () => {
        const { users, groups } = flat.directory;
        // sssd asks for what is later than the last second it has seen.
        const nextSecond = (): Promise<number> => {
          const now = Math.floor(Date.now() / 1000);
          return until("a second later", () => Math.floor(Date.now() / 1000) > now);
        };
        await nextSecond();
        const late = await users.create({ username: "late", posix: posix(12_000) });
        await groups.addMembers((await flat.group("staff")).id, [late.id]);
        await until("the new one is listed", async () => (await everyone()).includes("late@flat:*:12000:"));
        await nextSecond();
        await users.update(late.id, { posix: { ...posix(12_000), shell: "/bin/late" } });
        await until("the change is listed", async () => (await everyone()).includes(":/bin/late\n"));
        expect(await print("cat", logOf("flat"))).toMatch(
          /\(uidNumber=\*\)\(gidNumber=\*\)\(modifyTimestamp>=\d{14}Z\)\(!\(modifyTimestamp=\d{14}Z\)\)/,
        );
      });
    });

    describe("logins", () => {
      test("take the right password and no other", async () => {
        expect(await login("ada")).toBe(true);
        expect(await login("ada", "not the password")).toBe(false);
        expect(await login("ada", "")).toBe(false);
        expect(await login("zofie")).toBe(false);
        expect(await pam("grace@flat", passwords.grace, "authenticate")).toBe(true);
      });

      test("take a one-time code behind the password", async () => {
        expect(await login("mia")).toBe(false);
        expect(await login("mia", `${passwords.mia},${totpCode(totpSecrets.mia)}`)).toBe(true);
      });

      test("go on to access for those whom the filter finds, through nested groups and from one moment to the next", async () => {
        const { groups } = nested.directory;
        const [compilers, grace] = [await nested.group("compilers"), await nested.user("grace")];
        expect([await mayComeIn("ada"), await mayComeIn("grace"), await mayComeIn("lee")]).toEqual([
          true,
          true,
          false,
        ]);
        await groups.removeMembers(compilers.id, [grace.id]);
        expect([await login("grace"), await mayComeIn("grace")]).toEqual([true, false]);
        await groups.addMembers(compilers.id, [grace.id]);
        expect(await mayComeIn("grace")).toBe(true);
      });

      test("say that a password must be changed, and people change it", async () => {
        const grace = await nested.user("grace");
        await nested.directory.credentials.requirePasswordChange(grace.id);
        const steps = ["directorykit", "grace", "authenticate", "acct_mgmt"];
        const { status, stdout } = await machine.run("pamtester", steps, `${passwords.grace}\n`);
        expect(stdout).toContain("Password expired. Change your password now.");
        expect(status).not.toBe(0);

        const changed = "nanoseconds stay visible";
        const change = (password: string): Promise<ProgramResult> =>
          machine.run(
            "setpriv",
            // Someone who is not root is asked for the old password.
            [
              "--reuid=10002",
              "--regid=20001",
              "--clear-groups",
              "pamtester",
              "directorykit",
              "grace",
              "chauthtok",
            ],
            [password, changed, changed, ""].join("\n"),
          );
        expect((await change("not the password")).status).not.toBe(0);
        expect(await login("grace", changed)).toBe(false);
        expect(await change(passwords.grace)).toMatchObject({ status: 0 });
        expect([await login("grace", changed), await mayComeIn("grace")]).toEqual([true, true]);
        expect(await login("grace")).toBe(false);
      });
    });

    describe("live revocation", () => {
      test("someone suspended is refused at once and gone from lists, and back when activated", async () => {
        const ada = await nested.user("ada");
        expect(await membersOf("engineers")).toEqual(["ada", "grace"]);
        await nested.directory.users.suspend(ada.id);
        expect(await login("ada")).toBe(false);
        await forget();
        expect(await machine.run("getent", ["passwd", "ada"])).toMatchObject({ status: 2, stdout: "" });
        expect(await membersOf("engineers")).toEqual(["grace"]);
        await nested.directory.users.activate(ada.id);
        await forget();
        expect(await login("ada")).toBe(true);
      });

      test("sssd connects anew after its own account was cut off and let in again", async () => {
        const { users, groups } = nested.directory;
        const [services, reader] = [await nested.group("services"), await nested.user("svc-reader")];
        await groups.removeMembers(services.id, [reader.id]);
        await groups.addMembers(services.id, [reader.id]);
        await users.update((await nested.user("zofie")).id, { posix: posix(10_005) });
        await forget();
        await until("a new account is found", async () =>
          (await print("getent", "passwd", "10005")).startsWith("zofie:"),
        );
      });
    });
  },
);
