import { describe, expect, test } from "vitest";
import type { UserId } from "../model/ids.ts";
import { failure, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

const nobody = "0190a8c4-7b5e-7000-8000-000000000001" as UserId;
const foreignHash = "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==";

async function scene() {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  const login = async (typed: string): Promise<string> =>
    (await directory.authenticate({ userId: ada.id, password: typed, protocol: "test" })).outcome;
  return { directory, ada, login };
}

describe("a change of a user with a password", () => {
  test("is one transaction with one trail, and ends sessions", async () => {
    const { directory, ada, login } = await scene();
    const session = { user: ada.id, protocol: "saml", factors: ["password"], lifetimeMs: 1000 } as const;
    await directory.sessions.begin(session);
    const actor = { kind: "user", id: ada.id } as const;
    const changes = { password: otherPassword, phones: ["1"] };
    const after = await directory.users.update(ada.id, changes, { actor, correlation: "c" });
    expect(after.phones).toEqual(["1"]);
    expect([await login(password), await login(otherPassword)]).toEqual(["denied", "accepted"]);
    const trail = (await directory.audit()).filter((event) => event.correlation === "c");
    expect(trail.map(({ action }) => action)).toEqual([
      "user.updated",
      "credential.password-set",
      "session.ended",
    ]);
    expect(trail.every((event) => event.actor.id === ada.id)).toBe(true);
  });

  test("that is refused for the password changes nothing, and one refused otherwise no password", async () => {
    const { directory, ada, login } = await scene();
    await directory.users.create({ username: "bob", email: "bob@example.com" });
    await expect(directory.users.update(ada.id, { phones: ["1"], password: "short" })).rejects.toMatchObject(
      failure("invalid-input", { path: "password", violation: "too-short" }),
    );
    await expect(
      directory.users.update(ada.id, { email: "bob@example.com", password: otherPassword }),
    ).rejects.toMatchObject(failure("conflict"));
    await expect(
      directory.users.update(ada.id, { password: otherPassword }, { expectedVersion: 7 }),
    ).rejects.toMatchObject(failure("stale-write"));
    expect(await directory.users.get(ada.id)).toEqual(ada);
    expect([await login(password), await login(otherPassword)]).toEqual(["accepted", "denied"]);
  });

  test("is held to the password that was proved", async () => {
    const { directory, ada, login } = await scene();
    const change = { password: otherPassword, phones: ["1"] };
    await directory.credentials.importPasswordHash(ada.id, foreignHash);
    const expectedPasswordSetAt = await directory.credentials.passwordSetAt(ada.id);
    if (expectedPasswordSetAt === undefined) throw new Error("no password");
    for (const wrong of [expectedPasswordSetAt - 1, expectedPasswordSetAt + 1])
      await expect(
        directory.users.update(ada.id, change, { expectedPasswordSetAt: wrong }),
      ).rejects.toMatchObject(failure("stale-write", { reason: "password" }));
    expect(await directory.users.get(ada.id)).toEqual(ada);
    await directory.users.update(ada.id, change, { expectedPasswordSetAt });
    expect(await login(otherPassword)).toBe("accepted");
    await directory.users.update(ada.id, { password: null });
    await expect(directory.users.update(ada.id, change, { expectedPasswordSetAt })).rejects.toMatchObject(
      failure("stale-write", { reason: "password" }),
    );
  });

  test("weighs the password against the names as they will be", async () => {
    const { directory, ada } = await scene();
    await expect(
      directory.users.update(ada.id, { name: { family: "Winterbottomley" }, password: "winterbottomley1" }),
    ).rejects.toMatchObject(failure("invalid-input", { path: "password", violation: "context-word" }));
  });

  test("takes a hash from elsewhere, and takes the password away", async () => {
    const { directory, ada, login } = await scene();
    await directory.users.update(ada.id, { passwordHash: foreignHash });
    expect(await login("correct horse battery staple")).toBe("accepted");
    await directory.users.update(ada.id, { password: null });
    expect(await directory.credentials.list(ada.id)).toEqual([]);
    const { revision } = directory;
    await directory.users.update(ada.id, { password: null });
    expect(directory.revision).toBe(revision);
    const actions = (await directory.audit({ action: "credential." })).map((event) => event.action);
    expect(actions).toEqual(["credential.password-imported", "credential.password-removed"]);
  });

  test("stores a password that was prepared before", async () => {
    const { directory, ada, login } = await scene();
    const prepared = await directory.credentials.prepare(ada, otherPassword);
    expect(JSON.stringify(prepared)).not.toContain("argon2");
    await expect(directory.credentials.prepare(ada, "short")).rejects.toMatchObject(failure("invalid-input"));
    await directory.users.update(ada.id, { password: prepared });
    expect(await login(otherPassword)).toBe("accepted");
  });

  test.each<[string, object]>([
    ["both forms at once", { password: otherPassword, passwordHash: foreignHash }],
    ["a hash nobody knows", { passwordHash: "{MD5}rL0Y20zC+Fzt72VPzMSk2A==" }],
    ["a password that is no text", { password: 7 }],
    ["something that poses as prepared", { password: { hash: "x", isImported: false } }],
  ])("with %s is refused", async (_, changes) => {
    const { directory, ada, login } = await scene();
    await expect(directory.users.update(ada.id, changes as never)).rejects.toMatchObject(
      failure("invalid-input"),
    );
    expect(await login(password)).toBe("accepted");
  });

  test("of a user who is not there is refused", async () => {
    const { directory } = await scene();
    await expect(directory.users.update(nobody, { password: otherPassword })).rejects.toMatchObject(
      failure("not-found"),
    );
  });
});

test("passwords that are made up pass the policy, however long it wants them, and are never the same", async () => {
  const { directory } = await openDirectory({ passwordPolicy: { minLength: 64 } });
  const ada = await directory.users.create({ username: "ada" });
  const made = await Promise.all(Array.from({ length: 20 }, () => directory.credentials.generate(ada)));
  expect(new Set(made).size).toBe(20);
  for (const one of made) {
    expect(one.length).toBeGreaterThanOrEqual(64);
    expect(await directory.credentials.violations(ada, one)).toEqual([]);
  }
  const strict = await openDirectory({ passwordPolicy: { blocklist: () => true } });
  await expect(strict.directory.credentials.generate(ada)).rejects.toMatchObject(failure("misconfigured"));
});

describe("changes to some custom attributes", () => {
  async function withAttributes() {
    const { directory } = await openDirectory();
    const badge = await directory.attributes.define({ owner: "user", name: "badge" });
    await directory.attributes.define({ owner: "user", name: "locker" });
    const attributes = { badge: ["1"], locker: ["2"] };
    return { directory, badge, ada: await directory.users.create({ username: "ada", attributes }) };
  }

  test("leave the others as they are, even those no longer defined", async () => {
    const { directory, badge, ada } = await withAttributes();
    await directory.attributes.remove(badge.id);
    const after = await directory.users.update(ada.id, { attributeChanges: { locker: ["3"] } });
    expect(after.attributes).toEqual({ badge: ["1"], locker: ["3"] });
    const without = await directory.users.update(ada.id, { attributeChanges: { locker: [] } });
    expect(without.attributes).toEqual({ badge: ["1"] });
  });

  test("are checked like all values, and do not go with a replacement of all", async () => {
    const { directory, ada } = await withAttributes();
    for (const [changes, path] of [
      [{ attributeChanges: { badge: [1, 2] } }, "attributeChanges.badge"],
      [{ attributeChanges: { unknown: ["1"] } }, "attributeChanges.unknown"],
      [{ attributeChanges: {}, attributes: {} }, "attributeChanges"],
    ] as const) {
      await expect(directory.users.update(ada.id, changes as never)).rejects.toMatchObject(
        failure("invalid-input", { path }),
      );
    }
    expect(await directory.users.get(ada.id)).toEqual(ada);
  });

  test("are there for groups", async () => {
    const { directory } = await openDirectory();
    await directory.attributes.define({ owner: "group", name: "cost" });
    const staff = await directory.groups.create({ name: "staff" });
    const after = await directory.groups.update(staff.id, { attributeChanges: { cost: ["7"] } });
    expect(after.attributes).toEqual({ cost: ["7"] });
  });
});

describe("a change of a group with its members", () => {
  async function withStaff() {
    const { directory } = await openDirectory();
    const users = await directory.users.createMany([
      { username: "ada" },
      { username: "bob" },
      { username: "carol" },
    ]);
    const [ada, bob, carol] = users.map((user) => user.id) as [UserId, UserId, UserId];
    const staff = await directory.groups.create({ name: "staff", members: [ada, bob] });
    const members = async (): Promise<string[]> =>
      (await Array.fromAsync(directory.groups.members(staff.id))).map((edge) => edge.member);
    return { directory, staff, members, ada, bob, carol };
  }

  test("is one transaction", async () => {
    const { directory, staff, members, ada, bob, carol } = await withStaff();
    const changes = { name: "Staff", removeMembers: [bob], addMembers: [carol] };
    expect(await directory.groups.update(staff.id, changes)).toMatchObject({ name: "Staff" });
    expect(await members()).toEqual([ada, carol]);
    expect((await directory.audit({ action: "group." })).slice(-3).map((event) => event.action)).toEqual([
      "group.updated",
      "group.members-removed",
      "group.members-added",
    ]);
  });

  test("is refused whole for a member who is in already, is not in, or is not there", async () => {
    const { directory, staff, members, ada, bob, carol } = await withStaff();
    const inner = await directory.groups.create({ name: "inner" });
    await directory.groups.addMembers(staff.id, [inner.id]);
    const before = await members();
    const refused = async (id: typeof staff.id, changes: object, error: object): Promise<void> =>
      expect(directory.groups.update(id, { name: "x", ...changes })).rejects.toMatchObject(error);
    const inAlready = { reason: "already-a-member", member: ada };
    await refused(staff.id, { addMembers: [carol, ada] }, failure("conflict", inAlready));
    const notIn = { reason: "not-a-member", member: carol };
    await refused(staff.id, { removeMembers: [bob, carol] }, failure("conflict", notIn));
    await refused(staff.id, { addMembers: [nobody] }, failure("not-found"));
    const circle = { reason: "circle", member: staff.id };
    await refused(inner.id, { addMembers: [staff.id] }, failure("conflict", circle));
    expect(await members()).toEqual(before);
    expect(await directory.groups.get(staff.id)).toEqual(staff);
  });

  test("takes out before it takes in, so the same member may do both", async () => {
    const { directory, staff, members, ada, bob } = await withStaff();
    await directory.groups.update(staff.id, { removeMembers: [ada], addMembers: [ada] });
    expect(await members()).toEqual([ada, bob]);
  });

  test("is refused where a rule decides, unless no member is named", async () => {
    const { directory, ada } = await withStaff();
    const all = await directory.groups.create({ name: "all", rule: { op: "true" } });
    for (const changes of [{ addMembers: [ada] }, { removeMembers: [ada] }])
      await expect(directory.groups.update(all.id, changes)).rejects.toMatchObject(
        failure("conflict", { reason: "ruled" }),
      );
    await directory.groups.update(all.id, { description: "x", addMembers: [], removeMembers: [] });
  });
});

test("a change that hangs on other records is refused once anything has changed", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const staff = await directory.groups.create({ name: "staff" });
  const expectedRevision = await directory.catchUp();
  await directory.groups.addMembers(staff.id, [ada.id]);
  const stale = failure("stale-write", { expected: expectedRevision, actual: expectedRevision + 1 });
  await expect(directory.users.update(ada.id, { phones: ["1"] }, { expectedRevision })).rejects.toMatchObject(
    stale,
  );
  await expect(directory.groups.delete(staff.id, { expectedRevision })).rejects.toMatchObject(stale);
  const now = { expectedRevision: await directory.catchUp() };
  expect(await directory.users.update(ada.id, { phones: ["1"] }, now)).toMatchObject({ phones: ["1"] });
});
