import { afterAll, beforeAll, expect, test } from "vitest";
import { runToSuccess } from "../../../scripts/interop/run-program.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { addAdministrator } from "./administrator.ts";
import { type Fixture, groupsDn, startFixture, usersDn } from "./fixture.ts";
import { ldap3Scenario } from "./ldap3.ts";

describeWithPeers("ldap3 for Python, writing", ["python3-ldap3", "openssl"], (paths) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
    await addAdministrator(fixture);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  test("adds, changes, renames and deletes, by operations and by objects, and changes passwords", async () => {
    const { args, input } = ldap3Scenario("writes", fixture);
    const done = [true, "success"];
    expect(JSON.parse(await runToSuccess(paths["python3-ldap3"], args, { input }))).toEqual({
      add: done,
      again: [false, "entryAlreadyExists"],
      group: done,
      modify: done,
      missing: [false, "noSuchAttribute"],
      member: done,
      shown: {
        mail: ["kay@example.com", "mauchly@example.com"],
        title: ["Programmer"],
        uidNumber: 10_305,
        memberOf: [`cn=computers,${groupsDn}`],
      },
      rename: done,
      move: done,
      writer: true,
      written: { sn: ["Mauchly"], telephoneNumber: ["+1 215 555 0100"] },
      generated: expect.stringMatching(/^[a-z0-9-]{20,}$/),
      set: true,
      own: [true, `dn:uid=kay,${usersDn}`],
      short: [false, "constraintViolation"],
      stranger: [false, "insufficientAccessRights"],
      login: `dn:uid=kay,${usersDn}`,
      delete: done,
      gone: [false, "noSuchObject"],
    });
    expect(await fixture.directory.users.byUsername("kay")).toBeUndefined();
  });
});
