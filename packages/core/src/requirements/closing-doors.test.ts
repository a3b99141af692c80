import { expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import type { Group } from "../model/group.ts";
import type { Resource } from "../model/resource.ts";
import type { Session } from "../model/session.ts";
import type { User } from "../model/user.ts";
import { openDirectory, otherPassword, password } from "../testing/test-directory.ts";

interface Scene {
  readonly directory: Directory;
  readonly ada: User;
  readonly staff: Group;
  readonly vpn: Resource;
  readonly session: Session;
  readonly secret: string;
}

/** Ada may use the VPN through a group in a group, and has a session there. */
async function scene(): Promise<Scene> {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
  const everyone = await directory.groups.create({ name: "everyone", members: [staff.id] });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  await directory.grants.add({ group: everyone, resource: vpn });
  const { session, secret } = await directory.sessions.begin({
    user: ada.id,
    protocol: "saml",
    factors: ["password"],
    lifetimeMs: 3_600_000,
  });
  return { directory, ada, staff, vpn, session, secret };
}

const ways: readonly [string, (scene: Scene) => Promise<unknown>, string][] = [
  [
    "taken out of the group",
    ({ directory, ada, staff }) => directory.groups.removeMembers(staff.id, [ada.id]),
    "no-group-grants-it",
  ],
  ["suspended", ({ directory, ada }) => directory.users.suspend(ada.id), "user-not-active"],
  ["deleted", ({ directory, ada }) => directory.users.delete(ada.id), "unknown-user"],
  [
    "left without the group",
    ({ directory, staff }) => directory.groups.delete(staff.id),
    "no-group-grants-it",
  ],
  [
    "left without the nesting",
    async ({ directory, staff }) => {
      for (const parent of await directory.groups.of(staff.id))
        await directory.groups.removeMembers(parent.id, [staff.id]);
    },
    "no-group-grants-it",
  ],
  [
    "left without the grant",
    async ({ directory, vpn }) => {
      for (const grant of await directory.grants.ofResource(vpn.id)) await directory.grants.remove(grant.id);
    },
    "no-group-grants-it",
  ],
  [
    "left without the resource",
    ({ directory, vpn }) => directory.resources.delete(vpn.id),
    "unknown-resource",
  ],
];

test.each(ways)(
  "C11 a user who is %s is denied by the next question, cached or not",
  async (_, close, reason) => {
    const all = await scene();
    const { directory, ada, vpn } = all;
    for (let i = 0; i < 2; i++)
      expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: true });
    expect(directory.authorizeCached(ada.id, vpn.id)).toMatchObject({ allowed: true });
    await close(all);
    expect(directory.authorizeCached(ada.id, vpn.id)?.allowed ?? false).toBe(false);
    expect(await directory.authorize(ada.id, vpn.id)).toMatchObject({ allowed: false, reason });
    expect(await directory.authorize(ada.id, { kind: "radius", name: "vpn" })).toMatchObject({
      allowed: false,
    });
    expect(
      await directory.authenticate({ username: "ada", password, protocol: "radius", resource: vpn.id }),
    ).toMatchObject({ outcome: "denied" });
  },
);

test.each(ways.slice(1, 3))(
  "C11 the sessions of a user who is %s are over, and listeners hear of it",
  async (_, close) => {
    const all = await scene();
    const { directory, ada, session, secret } = all;
    expect(await directory.sessions.find(secret)).toEqual(session);
    const heard: string[] = [];
    directory.onChanges((changes) => {
      for (const change of changes)
        if (change.kind === "session" && change.user === ada.id)
          heard.push(`${change.operation} ${change.id}`);
    });
    await close(all);
    expect(await directory.sessions.find(secret)).toBeUndefined();
    expect(await directory.sessions.ofUser(ada.id)).toEqual([]);
    expect(heard).toEqual([`deleted ${session.id}`]);
  },
);

test("C11 no session begins for a user who is not active", async () => {
  const { directory, ada } = await scene();
  await directory.users.suspend(ada.id);
  await expect(
    directory.sessions.begin({ user: ada.id, protocol: "saml", factors: ["password"], lifetimeMs: 1000 }),
  ).rejects.toMatchObject({ code: "denied" });
});

test("C12 a change of password ends every session but the one it was made in", async () => {
  const { directory, ada, session, secret } = await scene();
  const other = await directory.sessions.begin({
    user: ada.id,
    protocol: "oauth",
    factors: ["password"],
    lifetimeMs: 3_600_000,
  });
  await directory.credentials.setPassword(ada.id, otherPassword, { keepSession: session.id });
  expect(await directory.sessions.find(other.secret)).toBeUndefined();
  expect(await directory.sessions.find(secret)).toEqual(session);
  await directory.credentials.setPassword(ada.id, password);
  expect(await directory.sessions.find(secret)).toBeUndefined();
});

test("C12 an administrator can end one session, or all of a user's", async () => {
  const { directory, ada, session, secret } = await scene();
  expect(await directory.sessions.end(session.id)).toBe(true);
  expect(await directory.sessions.end(session.id)).toBe(false);
  expect(await directory.sessions.find(secret)).toBeUndefined();
  for (let i = 0; i < 3; i++)
    await directory.sessions.begin({
      user: ada.id,
      protocol: "saml",
      factors: ["password"],
      lifetimeMs: 1000,
    });
  expect(await directory.sessions.endAll(ada.id)).toBe(3);
  expect(await directory.sessions.endAll(ada.id)).toBe(0);
});
