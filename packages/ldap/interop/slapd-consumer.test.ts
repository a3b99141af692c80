import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../../../scripts/interop/run-program.ts";
import { until } from "../../../scripts/interop/until.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { baseDn, type Fixture, groupsDn, passwords, startFixture, usersDn } from "./fixture.ts";
import { type Consumer, startConsumer } from "./slapd-consumer.ts";

describeWithPeers(
  "slapd as a consumer of content synchronization",
  ["slapd", "ldapsearch", "openssl"],
  (paths) => {
    let fixture: Fixture;
    let consumer: Consumer;
    beforeAll(async () => {
      fixture = await startFixture(paths.openssl);
      const { id: user } = await fixture.user("svc-reader");
      for await (const { id: resource } of fixture.directory.resources.list({ kind: "ldap" }))
        await fixture.directory.grants.add({ user, resource, attributes: { sync: true }, priority: 1 });
      consumer = await startConsumer(paths.slapd, {
        provider: fixture.plain.url,
        baseDn,
        bindDn: fixture.dnOf("svc-reader"),
        password: passwords["svc-reader"],
      });
    });
    afterAll(async () => {
      await consumer[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    });

    /** What a server shows, line by line, without what each server makes itself. */
    const shown = async (url: string, bind: readonly string[] = []): Promise<string[]> => {
      const { stdout } = await runProgram(paths.ldapsearch, [
        ...["-x", "-LLL", "-o", "ldif-wrap=no", "-H", url, ...bind, "-b", baseDn],
        ...["(objectClass=*)", "*", "entryUUID", "structuralObjectClass"],
      ]);
      const entries = stdout.trim().split("\n\n");
      return entries.map((entry) => entry.split("\n").toSorted().join("\n")).toSorted();
    };
    const original = (): Promise<string[]> =>
      shown(fixture.plain.url, ["-D", fixture.dnOf("svc-reader"), "-w", passwords["svc-reader"]]);
    // slapd writes the same names with other escapes; their UUIDs tell.
    const unnamed = (entries: readonly string[]): string =>
      JSON.stringify(entries.map((entry) => entry.replace(/^dn::? .*\n?/m, "")).toSorted());
    const inStep = (): Promise<number> =>
      until(
        "the copy is in step",
        async () => unnamed(await shown(consumer.url)) === unnamed(await original()),
        20_000,
      );
    const has = async (dn: string): Promise<boolean> =>
      (await shown(consumer.url)).some((entry) => entry.includes(`dn: ${dn}`));

    test("it copies every entry, value for value", async () => {
      await inStep();
      expect((await shown(consumer.url)).length).toBeGreaterThan(10);
    });

    test("what changes is copied within a second or two", async () => {
      const { id } = await fixture.user("ada");
      await fixture.directory.users.update(id, { employee: { title: "Countess" } });
      await until(
        "the new title is there",
        async () => (await shown(consumer.url)).join().includes("title: Countess"),
        5000,
      );
      await inStep();
    });

    test("who joins, leaves, is renamed or deleted is so in the copy", async () => {
      const { directory } = fixture;
      const eve = await directory.users.create({ username: "eve", name: { family: "Eve" } });
      const { id: staff } = await fixture.group("staff");
      await directory.groups.addMembers(staff, [eve.id]);
      await until("it is there", () => has(`uid=eve,${usersDn}`), 5000);
      await directory.users.update(eve.id, { username: "eva" });
      await until("it is there", () => has(`uid=eva,${usersDn}`), 5000);
      expect(await has(`uid=eve,${usersDn}`)).toBe(false);
      await directory.users.delete(eve.id);
      await until("it is gone", async () => !(await has(`uid=eva,${usersDn}`)), 5000);
      await inStep();
    });

    test("a group that is taken out of another takes its people along", async () => {
      const { directory } = fixture;
      const [staff, engineers] = [await fixture.group("staff"), await fixture.group("engineers")];
      await directory.groups.removeMembers(staff.id, [engineers.id]);
      await until("it is gone", async () => !(await has(fixture.dnOf("ada"))), 5000);
      await inStep();
      await directory.groups.addMembers(staff.id, [engineers.id]);
      await until("it is there", () => has(fixture.dnOf("ada")), 5000);
      await inStep();
    });

    test("what happened while it was away is made up for", async () => {
      await consumer.stop();
      const { directory } = fixture;
      await directory.users.update((await fixture.user("lee")).id, { employee: { title: "Dragon" } });
      await directory.users.suspend((await fixture.user("zofie")).id);
      await directory.groups.create({ name: "newcomers", members: [(await fixture.user("lee")).id] });
      await consumer.start();
      await until("it is there", () => has(`cn=newcomers,${groupsDn}`), 15_000);
      await until("it is gone", async () => !(await has(fixture.dnOf("zofie"))), 5000);
      await inStep();
    });
  },
);
