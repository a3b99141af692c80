import { afterAll, beforeAll, expect, test } from "vitest";
import type { PrivateMachine } from "../../../scripts/interop/private-machine.ts";
import { until } from "../../../scripts/interop/until.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type Fixture, passwords, startFixture, type Username } from "./fixture.ts";
import { startNslcd } from "./nslcd.ts";

describeWithPeers(
  "nslcd with its NSS and PAM modules",
  ["nslcd", "pamtester", "unshare", "openssl"],
  (paths) => {
    let fixture: Fixture;
    let machine: PrivateMachine;
    beforeAll(async () => {
      fixture = await startFixture(paths.openssl);
      machine = await startNslcd(fixture);
    });
    afterAll(async () => {
      await machine?.[Symbol.asyncDispose]();
      await fixture?.[Symbol.asyncDispose]();
    });

    const print = async (program: string, ...args: string[]): Promise<string> =>
      (await machine.run(program, args)).stdout;
    const login = async (
      username: Username,
      password: string = passwords[username],
    ): Promise<number | null> => {
      const args = ["directorykit", username, "authenticate", "acct_mgmt"];
      return (await machine.run("pamtester", args, `${password}\n`)).status;
    };

    test("accounts are found by name and by number", async () => {
      const ada = "ada:x:10001:20001:Ada Lovelace:/home/ada:/bin/bash\n";
      expect(await print("getent", "passwd", "ada")).toBe(ada);
      expect(await print("getent", "passwd", "10001")).toBe(ada);
      expect(await print("getent", "passwd", "grace")).toBe(
        "grace:x:10002:20001:Grace Hopper:/home/grace:/bin/sh\n",
      );
      expect(await print("getent", "passwd")).toContain(ada);
    });

    test("accounts say on which day their password changed, and set no limits", async () => {
      expect(await print("getent", "shadow", "ada")).toMatch(/^ada:\*:\d{5}::::::0?\n$/);
    });

    test("people without a Unix account have none", async () => {
      expect(await machine.run("getent", ["passwd", "zofie"])).toMatchObject({ status: 2, stdout: "" });
    });

    test("groups have their members, also through nested groups", async () => {
      expect(await print("getent", "group", "engineers")).toBe("engineers:*:20002:ada,grace\n");
      expect(await print("getent", "group", "20002")).toBe("engineers:*:20002:ada,grace\n");
      expect((await print("id", "-G", "ada")).trim().split(" ").toSorted()).toEqual(["20001", "20002"]);
    });

    test("the right password is let in, a wrong one is not", async () => {
      expect(await login("ada")).toBe(0);
      expect(await login("ada", "not the password")).not.toBe(0);
      expect(await login("zofie")).not.toBe(0);
    });

    test("someone suspended is gone from one moment to the next, and back when activated", async () => {
      const ada = await fixture.user("ada");
      await fixture.directory.users.suspend(ada.id);
      expect(await login("ada")).not.toBe(0);
      expect((await machine.run("getent", ["passwd", "ada"])).status).toBe(2);
      expect(await print("getent", "group", "engineers")).toBe("engineers:*:20002:grace\n");
      await fixture.directory.users.activate(ada.id);
      expect(await login("ada")).toBe(0);
    });

    test("nslcd connects anew after its own account was cut off and let in again", async () => {
      const { directory } = fixture;
      const [services, reader] = [await fixture.group("services"), await fixture.user("svc-reader")];
      await directory.groups.removeMembers(services.id, [reader.id]);
      await directory.groups.addMembers(services.id, [reader.id]);
      // Each of its connections first fails a request with the reason it was given.
      await until("the account is found again", async () =>
        (await print("getent", "passwd", "10002")).startsWith("grace:"),
      );
    });
  },
);
