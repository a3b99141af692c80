import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { codeAt, epoch, openDirectory, otherPassword, password } from "../testing/test-directory.ts";
import type { WriteOptions } from "../write/unit-of-work.ts";

const by = {
  actor: { kind: "user", id: "operator-7" },
  protocol: "rest",
  source: "192.0.2.44",
  correlation: "request-1",
} satisfies WriteOptions;

async function scene() {
  const opened = await openDirectory();
  const { directory } = opened;
  const ada = await directory.users.create({ username: "ada", password });
  const staff = await directory.groups.create({ name: "staff" });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const grant = await directory.grants.add({ group: staff, resource: vpn });
  const web = await directory.systems.create({ hostname: "web" });
  const { session } = await directory.sessions.begin({
    user: ada.id,
    protocol: "saml",
    factors: ["password"],
    lifetimeMs: 60_000,
  });
  return { ...opened, ada, staff, vpn, grant, web, session };
}
type Scene = Awaited<ReturnType<typeof scene>>;

const actions: readonly [string, (scene: Scene) => Promise<unknown>, kind: string][] = [
  ["user.created", ({ directory }) => directory.users.create({ username: "bob" }, by), "user"],
  ["user.updated", ({ directory, ada }) => directory.users.update(ada.id, { phones: ["1"] }, by), "user"],
  [
    "user.suspended",
    ({ directory, ada, session }) => end(directory, session.id, () => directory.users.suspend(ada.id, by)),
    "user",
  ],
  ["user.deleted", ({ directory, ada }) => directory.users.delete(ada.id, by), "user"],
  ["group.created", ({ directory }) => directory.groups.create({ name: "other" }, by), "group"],
  [
    "group.updated",
    ({ directory, staff }) => directory.groups.update(staff.id, { description: "x" }, by),
    "group",
  ],
  [
    "group.members-added",
    ({ directory, staff, ada }) => directory.groups.addMembers(staff.id, [ada.id], by),
    "group",
  ],
  ["group.deleted", ({ directory, staff }) => directory.groups.delete(staff.id, by), "group"],
  [
    "resource.created",
    ({ directory }) => directory.resources.create({ kind: "ldap", name: "x" }, by),
    "resource",
  ],
  [
    "resource.updated",
    ({ directory, vpn }) => directory.resources.update(vpn.id, { description: "x" }, by),
    "resource",
  ],
  ["resource.deleted", ({ directory, vpn }) => directory.resources.delete(vpn.id, by), "resource"],
  [
    "grant.added",
    ({ directory, ada, vpn }) => directory.grants.add({ user: ada, resource: vpn }, by),
    "grant",
  ],
  [
    "grant.updated",
    ({ directory, grant }) => directory.grants.update(grant.id, { priority: 1 }, by),
    "grant",
  ],
  ["grant.removed", ({ directory, grant }) => directory.grants.remove(grant.id, by), "grant"],
  ["system.created", ({ directory }) => directory.systems.create({ hostname: "db" }, by), "system"],
  [
    "system.revoked",
    ({ directory, web }) => directory.systems.update(web.id, { state: "revoked" }, by),
    "system",
  ],
  ["system.deleted", ({ directory, web }) => directory.systems.delete(web.id, by), "system"],
  ["session.ended", ({ directory, session }) => directory.sessions.end(session.id, by), "user"],
  [
    "attribute.defined",
    ({ directory }) => directory.attributes.define({ owner: "user", name: "badge" }, by),
    "attributeDefinition",
  ],
  [
    "organization.created",
    ({ directory }) => directory.organization.update({ name: "Example" }, by),
    "organization",
  ],
  ["credential.totp-begun", ({ directory, ada }) => directory.credentials.beginTotp(ada.id, by), "user"],
  [
    "credential.recovery-codes-created",
    ({ directory, ada }) => directory.credentials.createRecoveryCodes(ada.id, by),
    "user",
  ],
  [
    "credential.reset-created",
    ({ directory, ada }) => directory.credentials.createPasswordReset(ada.id, by),
    "user",
  ],
  [
    "credential.password-compromised",
    ({ directory, ada }) => directory.credentials.requirePasswordChange(ada.id, by),
    "user",
  ],
  [
    "directory.imported",
    ({ directory }) => directory.import({ version: 1, users: [{ username: "bob" }] }, by),
    "organization",
  ],
];

/** Ends a session first, which is an event of its own. */
async function end(
  directory: Directory,
  id: Scene["session"]["id"],
  next: () => Promise<unknown>,
): Promise<unknown> {
  await directory.sessions.end(id, { ...by, correlation: "before" });
  return next();
}

test.each(actions)(
  "C18 %s is one event that says who, to what, from where and for which request",
  async (action, act, kind) => {
    const all = await scene();
    await act(all);
    const events = (await all.directory.audit({ limit: 1000 })).filter(
      (one) => one.correlation === by.correlation,
    );
    expect(events).toEqual([
      {
        id: expect.any(String),
        at: epoch,
        action,
        outcome: "success",
        ...by,
        target: expect.objectContaining({ kind, id: expect.any(String) }),
        ...(events[0]?.details === undefined ? {} : { details: events[0].details }),
      },
    ]);
  },
);

describe("C18 authentication", () => {
  const attempt = { username: "ada", protocol: "ldap", source: "192.0.2.9", correlation: "bind-3" };
  const facts = { protocol: "ldap", source: "192.0.2.9", correlation: "bind-3" };

  test("C18 success, failure, challenge and lock are one event each", async () => {
    const { directory, clock, ada } = await scene();
    const target = { kind: "user", id: ada.id, name: "ada" };
    const actor = { kind: "user", id: ada.id };
    const told = async () =>
      (await directory.audit({ action: "authentication.", limit: 1000 })).map(
        ({ id: _, at: __, ...rest }) => rest,
      );
    await directory.authenticate({ ...attempt, password });
    const success = {
      ...facts,
      action: "authentication.succeeded",
      outcome: "success",
      actor,
      target,
      details: { factors: "password" },
    };
    expect(await told()).toEqual([success]);
    for (let i = 0; i < 5; i++) await directory.authenticate({ ...attempt, password: `wrong ${i}` });
    const failed = { ...facts, action: "authentication.failed", outcome: "failure", actor, target };
    const wrong = [1, 2, 3, 4, 5].map((failures) => ({
      ...failed,
      reason: "wrong-password",
      details: { failures },
    }));
    const locked = {
      ...failed,
      action: "authentication.locked",
      reason: "too-many-failures",
      details: { failures: 5 },
    };
    expect(await told()).toEqual([success, ...wrong, locked]);
    clock.advance(60_000);
    const { secret } = await directory.credentials.beginTotp(ada.id);
    await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
    await directory.authenticate({ ...attempt, password, secondFactor: "required", canChallenge: true });
    expect((await told()).at(-1)).toEqual({
      ...facts,
      action: "authentication.challenged",
      outcome: "success",
      actor,
      target,
    });
  });

  test("C18 an unknown name is not written down: people type passwords there", async () => {
    const { directory } = await scene();
    await directory.authenticate({ ...attempt, username: otherPassword, password });
    const [event] = await directory.audit({ descending: true });
    expect(event).toMatchObject({
      action: "authentication.failed",
      reason: "unknown-user",
      actor: { kind: "anonymous" },
    });
    expect(JSON.stringify(event)).not.toContain("quartz");
  });
});

test("C18 nothing a request brings with it can forge or colour a line of a log", async () => {
  const { directory } = await openDirectory();
  const hostile = 'x\r\n{"action":"user.created"}\u001b[2J\u202e\u2028';
  await directory.users.create(
    { username: "ada" },
    {
      actor: { kind: "user", id: hostile, actedBy: { kind: "user", id: hostile } },
      protocol: hostile,
      source: hostile,
      correlation: `${hostile}${"y".repeat(10_000)}`,
    },
  );
  const [event] = await directory.audit();
  const safe = 'x\\u{d}\\u{a}{"action":"user.created"}\\u{1b}[2J\\u{202e}\\u{2028}';
  expect(event).toMatchObject({
    actor: { id: safe, actedBy: { kind: "user", id: safe } },
    protocol: safe,
    source: safe,
  });
  expect(event?.correlation).toMatch(/^x\\u\{d\}/);
  expect(event?.correlation?.length).toBeLessThan(400);
});

test("C18 what somebody does in the name of another says both, and is found as what the other did", async () => {
  const { directory } = await openDirectory();
  const actor = { kind: "user", id: "ada", actedBy: { kind: "user", id: "portal" } } as const;
  await directory.users.create({ username: "bob" }, { actor });
  expect(await directory.audit({ actor: "ada" })).toMatchObject([{ action: "user.created", actor }]);
  expect(await directory.audit({ actor: "portal" })).toEqual([]);
});

test("C18 an event and what it tells of commit together", async () => {
  const { directory } = await openDirectory();
  await directory.users.create({ username: "ada" });
  await expect(directory.users.create({ username: "ADA" })).rejects.toThrow();
  expect(await directory.audit()).toHaveLength(1);
});
