import { expect, test } from "vitest";
import { createDirectory, type Directory } from "../directory.ts";
import { isDirectoryError } from "../errors.ts";
import { ephemeralKeyRing } from "../keys/key-ring.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { codeAt, epoch, openDirectory, password, quickHasher } from "../testing/test-directory.ts";

const hour = 3_600_000;

/** One of everything, the same in each organization. */
async function fill(directory: Directory) {
  await directory.organization.update({ name: "Example" });
  await directory.attributes.define({ owner: "user", name: "badge", unique: true });
  const ada = await directory.users.create({
    username: "ada",
    email: "ada@example.com",
    password,
    attributes: { badge: ["7"] },
  });
  const { secret } = await directory.credentials.beginTotp(ada.id);
  await directory.credentials.confirmTotp(ada.id, codeAt(secret, epoch));
  const [recovery = ""] = await directory.credentials.createRecoveryCodes(ada.id);
  const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
  const web = await directory.systems.create({ hostname: "web" });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const grant = await directory.grants.add({ group: staff, resource: vpn });
  const session = await directory.sessions.begin({
    user: ada.id,
    protocol: "saml",
    factors: ["password"],
    lifetimeMs: hour,
  });
  const reset = await directory.credentials.createPasswordReset(ada.id);
  const definition = (await Array.fromAsync(directory.attributes.list()))[0];
  if (definition === undefined) throw new Error("was defined");
  return { ada, secret, recovery, staff, web, vpn, grant, session, reset, definition };
}

async function twoOrganizations() {
  const store = memoryStore();
  const keys = ephemeralKeyRing();
  const options = { store, keys, hasher: quickHasher, clock: () => epoch };
  const ours = await createDirectory({ ...options, organization: "ours" });
  const theirs = await createDirectory({ ...options, organization: "theirs" });
  return { ours, theirs, mine: await fill(ours), foreign: await fill(theirs) };
}

test("C19 no read of a service finds a record of another organization", async () => {
  const { ours, mine, foreign } = await twoOrganizations();
  const { ada, staff, web, vpn, grant, session } = foreign;
  const nothing = [
    await ours.users.get(ada.id),
    await ours.groups.get(staff.id),
    await ours.systems.get(web.id),
    await ours.resources.get(vpn.id),
    await ours.grants.get(grant.id),
    await ours.sessions.find(session.secret),
    ...(await ours.credentials.list(ada.id)),
    ...(await ours.sessions.ofUser(ada.id)),
    ...(await ours.groups.of(ada.id)),
    ...(await Array.fromAsync(ours.groups.members(staff.id))),
    ...(await ours.grants.ofResource(vpn.id)),
    ...(await ours.grants.ofGroup(staff.id)),
    ...(await ours.grants.ofUser(ada.id)),
    ...(await ours.getMany("user", [ada.id])),
    ...(await ours.effectiveGroups(ada.id)),
    ...(await ours.audit({ target: ada.id })),
    ...(await ours.query("user", { filter: { op: "ids", ids: [ada.id] } })).records,
    ...(await ours.query("user", { filter: { op: "memberOf", groups: [staff.id], transitive: true } }))
      .records,
    ...(await ours.query("user", { filter: { op: "entitledTo", resources: [vpn.id] } })).records,
    ...(await ours.query("group", { filter: { op: "hasMember", member: ada.id, transitive: true } })).records,
  ];
  expect(nothing.filter((one) => one !== undefined)).toEqual([]);
  expect(await ours.users.byUsername("ada")).toEqual(mine.ada);
  expect(await ours.users.byEmail("ada@example.com")).toEqual(mine.ada);
  expect(await ours.groups.byName("staff")).toEqual(mine.staff);
  expect(await ours.systems.byHostname("web")).toEqual(mine.web);
  expect(await ours.resources.byName("radius", "vpn")).toEqual(mine.vpn);
  for (const list of [ours.users, ours.groups, ours.systems, ours.resources])
    expect(await Array.fromAsync<unknown>(list.list())).toHaveLength(1);
  for (const kind of ["user", "group", "system", "resource"] as const) {
    expect(await ours.count(kind, {})).toBe(1);
    expect((await ours.query(kind, {})).records).toHaveLength(1);
    expect(await Array.fromAsync(ours.stream(kind, {}))).toHaveLength(1);
  }
});

test("C19 no write of a service touches another organization", async () => {
  const { ours, theirs, mine, foreign } = await twoOrganizations();
  const { ada, staff, web, vpn, grant, session, reset, definition } = foreign;
  const before = [await theirs.export(), theirs.revision, (await theirs.audit({ limit: 1000 })).length];
  const attempts = [
    ours.users.update(ada.id, { phones: ["1"] }),
    ours.users.suspend(ada.id),
    ours.users.delete(ada.id),
    ours.groups.update(staff.id, { name: "x" }),
    ours.groups.delete(staff.id),
    ours.groups.addMembers(staff.id, [mine.ada.id]),
    ours.groups.addMembers(mine.staff.id, [ada.id]),
    ours.groups.removeMembers(staff.id, [ada.id]),
    ours.groups.create({ name: "x", members: [ada.id] }),
    ours.systems.update(web.id, { os: "x" }),
    ours.systems.delete(web.id),
    ours.resources.update(vpn.id, { name: "x" }),
    ours.resources.delete(vpn.id),
    ours.grants.add({ group: staff.id, resource: mine.vpn }),
    ours.grants.add({ user: ada.id, resource: mine.vpn }),
    ours.grants.add({ group: mine.staff, resource: vpn.id }),
    ours.grants.update(grant.id, { priority: 9 }),
    ours.grants.remove(grant.id),
    ours.attributes.remove(definition.id),
    ours.credentials.setPassword(ada.id, "quartz meadow lantern oak"),
    ours.credentials.requirePasswordChange(ada.id),
    ours.credentials.beginTotp(ada.id),
    ours.credentials.removeTotp(ada.id),
    ours.credentials.createRecoveryCodes(ada.id),
    ours.credentials.createPasswordReset(ada.id),
    ours.credentials.resetPassword(reset, "quartz meadow lantern oak"),
    ours.sessions.begin({ user: ada.id, protocol: "x", factors: [], lifetimeMs: 1 }),
  ];
  for (const attempt of attempts) {
    const error: unknown = await attempt.then(
      () => undefined,
      (refused: unknown) => refused,
    );
    expect(isDirectoryError(error) && error.code).toMatch(/^(not-found|invalid-credentials)$/);
  }
  expect(await ours.sessions.end(session.session.id)).toBe(false);
  expect(await ours.sessions.endAll(ada.id)).toBe(0);
  expect([await theirs.export(), theirs.revision, (await theirs.audit({ limit: 1000 })).length]).toEqual(
    before,
  );
  expect(await theirs.sessions.find(session.secret)).toEqual(session.session);
});

test("C19 logins, decisions and cursors of one organization mean nothing in another", async () => {
  const { ours, theirs, mine, foreign } = await twoOrganizations();
  expect(await ours.authenticate({ userId: foreign.ada.id, password, protocol: "x" })).toEqual({
    outcome: "denied",
    reason: "unknown-user",
  });
  expect(await ours.authorize(foreign.ada.id, mine.vpn.id)).toMatchObject({ reason: "unknown-user" });
  expect(await ours.authorize(mine.ada.id, foreign.vpn.id)).toMatchObject({ reason: "unknown-resource" });
  const accepted = await theirs.authenticate({ username: "ada", password, protocol: "x" });
  expect(accepted).toMatchObject({ outcome: "accepted", user: { id: foreign.ada.id } });
  const challenged = await theirs.authenticate({
    username: "ada",
    password,
    protocol: "x",
    secondFactor: "required",
    canChallenge: true,
  });
  if (challenged.outcome !== "challenge") throw new Error("asks for a code");
  const { state } = challenged.challenge;
  expect(await ours.authenticate({ state, code: mine.recovery, protocol: "x" })).toEqual({
    outcome: "denied",
    reason: "invalid-state",
  });
  await theirs.users.create({ username: "bob" });
  const { next } = await theirs.query("user", { limit: 1 });
  await expect(ours.query("user", { limit: 1, after: next ?? "" })).rejects.toMatchObject({
    code: "invalid-input",
  });
});

test("C19 locks and changes of one organization are not felt in another", async () => {
  const { ours, theirs, foreign } = await twoOrganizations();
  const heard: number[] = [];
  ours.onChanges((changes) => heard.push(...changes.map((one) => one.revision)));
  for (let i = 0; i < 6; i++)
    await theirs.authenticate({ username: "ada", password: `wrong ${i}`, protocol: "x" });
  await theirs.users.suspend(foreign.ada.id);
  expect(heard).toEqual([]);
  expect(await ours.authenticate({ username: "ada", password, protocol: "x" })).toMatchObject({
    outcome: "accepted",
  });
});

test("an organization's name is checked before anything is opened", async () => {
  for (const organization of ["", "a b", "../x", "x".repeat(65), "a\0b"])
    await expect(openDirectory({ organization })).rejects.toMatchObject({ code: "misconfigured" });
});
