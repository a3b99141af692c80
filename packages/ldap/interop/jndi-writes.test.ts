import { expect, test } from "vitest";
import { runToSuccess } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { addAdministrator, adminPassword } from "./administrator.ts";
import { groupsDn, startFixture } from "./fixture.ts";
import { compileJndiClient } from "./jndi.ts";

describeWithPeers("JNDI, writing", ["javac", "openssl"], (paths) => {
  test("adds, changes, renames and deletes", async () => {
    await using fixture = await startFixture(paths.openssl);
    await addAdministrator(fixture);
    const { java, args } = await compileJndiClient(paths.javac, fixture);
    const printed = await runToSuccess(java, [...args, `admin=${adminPassword}`], { timeoutMs: 60_000 });
    expect(JSON.parse(printed)).toEqual({
      writes: {
        again: "NameAlreadyBoundException",
        missing: "NoSuchAttributeException",
        shown: ["Programmer", "kay@example.com", `cn=computers,${groupsDn}`],
        gone: "NameNotFoundException",
      },
    });
    expect(await fixture.directory.groups.byName("computers")).toBeUndefined();
  });
});
