import { expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { rerunningStore } from "../testing/other-stores.ts";
import { codeAt, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

/** A day in the life of a directory, with everything that writes. */
async function day(store = memoryStore()) {
  const { directory, clock } = await openDirectory({ store });
  const heard: number[] = [];
  directory.onChanges((changes) => heard.push(...changes.map((one) => one.revision)));
  await directory.organization.update({ name: "Example" });
  const badge = await directory.attributes.define({ owner: "user", name: "badge", unique: true });
  const ada = await directory.users.create({ username: "ada", password, attributes: { badge: ["1"] } });
  const [bob] = await directory.users.createMany([{ username: "bob" }, { username: "carol" }]);
  const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
  await directory.groups.create({ name: "badged", rule: { op: "present", attribute: "badge" } });
  await directory.groups.addMembers(staff.id, bob === undefined ? [] : [bob.id]);
  await directory.groups.removeMembers(staff.id, [ada.id]);
  await directory.groups.update(staff.id, { name: "Staff", description: "x" });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const grant = await directory.grants.add({ user: ada, resource: vpn });
  await directory.grants.update(grant.id, { priority: 1 });
  const web = await directory.systems.create({ hostname: "web" });
  await directory.systems.update(web.id, { os: "linux" });
  const { secret } = await directory.credentials.beginTotp(ada.id);
  await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
  clock.advance(30_000);
  const [recovery = ""] = await directory.credentials.createRecoveryCodes(ada.id);
  const login = { username: "ada", password, protocol: "ldap", resource: vpn.id };
  const outcomes: string[] = [
    await directory.authenticate(login),
    await directory.authenticate({ ...login, code: codeAt(secret, clock()) }),
    await directory.authenticate({ ...login, code: codeAt(secret, clock()) }),
    await directory.authenticate({ ...login, code: recovery }),
    await directory.authenticate({ ...login, code: recovery }),
    await directory.authenticate({ ...login, password: "wrong" }),
  ].map((one) => (one.outcome === "denied" ? one.reason : one.outcome));
  const challenged = await directory.authenticate({ ...login, secondFactor: "required", canChallenge: true });
  clock.advance(30_000);
  if (challenged.outcome === "challenge") {
    const { state } = challenged.challenge;
    outcomes.push(
      (
        await directory.authenticate({
          protocol: "ldap",
          state,
          code: codeAt(secret, clock()),
          resource: vpn.id,
        })
      ).outcome,
    );
  }
  await directory.sessions.begin({ user: ada.id, protocol: "saml", factors: ["password"], lifetimeMs: 1000 });
  const token = await directory.credentials.createPasswordReset(ada.id);
  await directory.credentials.resetPassword(token, otherPassword);
  await directory.credentials.removeTotp(ada.id);
  await directory.users.suspend(ada.id);
  await directory.import({
    version: 1,
    users: [{ username: "dan", password: otherPassword }],
    groups: [{ name: "more", members: ["dan"] }],
  });
  await directory.users.delete(ada.id);
  await directory.groups.delete(staff.id);
  await directory.resources.delete(vpn.id);
  await directory.attributes.remove(badge.id);
  clock.advance(10_000_000);
  const dropped = await directory.collectGarbage();
  const audit = (await directory.audit({ limit: 1000 })).map(
    (event) => `${event.action} ${event.outcome} ${event.reason ?? ""}`,
  );
  return { export: await directory.export(), revision: directory.revision, heard, outcomes, audit, dropped };
}

test("a store that runs every transaction twice ends up with the same directory, feed and audit trail", async () => {
  const once = await day();
  expect(once.outcomes).toEqual([
    "accepted",
    "accepted",
    "wrong-code",
    "accepted",
    "wrong-code",
    "wrong-password",
    "accepted",
  ]);
  expect(once.heard).toEqual(Array.from({ length: once.revision }, (_, i) => i + 1));
  expect(await day(rerunningStore())).toEqual(once);
});
