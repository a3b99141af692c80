import { createHash } from "node:crypto";
import { allowWeakHashing, argon2Hasher, type PasswordHasher } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import {
  baseDn,
  type Office,
  office,
  password,
  totpCode,
  totpSecret,
  unrulyStore,
  userDn,
} from "./office.fixture.ts";

const withinMs = 1000;

async function boundAs(place: Office, username: string, given = password): Promise<LdapTestClient> {
  const client = ldapTestClient(place.server);
  expect(await client.bind(userDn(username), given)).toMatchObject({ resultCode: 0 });
  return client;
}

/** Why the connection was ended, if it was within a second. */
async function ending(client: LdapTestClient): Promise<number | undefined | "open"> {
  const timeout = new Promise<"open">((resolve) => setTimeout(resolve, withinMs, "open").unref());
  const end = await Promise.race([client.closed, timeout]);
  return end === "open" ? end : end.resultCode;
}

const isAlive = async (client: LdapTestClient): Promise<boolean> =>
  !client.isClosed && (await client.search({ base: baseDn, scope: "base" })).resultCode === 0;

const grantOf = async ({ directory, group }: Office): Promise<never> =>
  (await directory.grants.ofGroup(group.staff.id))[0]?.id as never;

describe("C11: what ends ada's connections at once, and nobody else's", () => {
  test.each<[what: string, change: (place: Office) => Promise<unknown>]>([
    [
      "taking her out of the group",
      ({ directory, group, user }) => directory.groups.removeMembers(group.engineers.id, [user.ada.id]),
    ],
    [
      "taking her group out of the group",
      ({ directory, group }) => directory.groups.removeMembers(group.staff.id, [group.engineers.id]),
    ],
    ["deleting her group", ({ directory, group }) => directory.groups.delete(group.engineers.id)],
    ["ending all her sessions", ({ directory, user }) => directory.sessions.endAll(user.ada.id)],
    ["suspending her", ({ directory, user }) => directory.users.suspend(user.ada.id)],
    ["deleting her", ({ directory, user }) => directory.users.delete(user.ada.id)],
    [
      "a new password",
      ({ directory, user }) => directory.credentials.setPassword(user.ada.id, "another engine 1844"),
    ],
    [
      "an imported password",
      ({ directory, user }) =>
        directory.credentials.importPasswordHash(user.ada.id, "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g7o1yo"),
    ],
    [
      "a password known to others",
      ({ directory, user }) => directory.credentials.requirePasswordChange(user.ada.id),
    ],
  ])("%s", async (_, change) => {
    await using place = await office();
    const clients = [await boundAs(place, "ada"), await boundAs(place, "ada")];
    await using other = await boundAs(place, "grace");
    await using reader = await boundAs(place, "reader");
    await using stranger = ldapTestClient(place.server);
    await change(place);
    for (const client of clients) expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
    expect(await isAlive(other)).toBe(true);
    expect(await isAlive(reader)).toBe(true);
    expect((await stranger.search()).resultCode).toBe(0);
  });
});

describe("C11: what ends the connections of all staff, and not the reader's", () => {
  test.each<[what: string, change: (place: Office) => Promise<unknown>]>([
    ["removing the grant", async (place) => place.directory.grants.remove(await grantOf(place))],
    [
      "demanding a second factor",
      async (place) => place.directory.grants.update(await grantOf(place), { conditions: { mfa: true } }),
    ],
    [
      "binding the grant to other networks",
      async (place) =>
        place.directory.grants.update(await grantOf(place), { conditions: { networks: ["192.0.2.0/24"] } }),
    ],
    [
      "ending the grant",
      async (place) => place.directory.grants.update(await grantOf(place), { notAfter: 1 }),
    ],
    ["deleting the group", ({ directory, group }) => directory.groups.delete(group.staff.id)],
  ])("%s", async (_, change) => {
    await using place = await office();
    const clients = [await boundAs(place, "ada"), await boundAs(place, "grace")];
    await using reader = await boundAs(place, "reader");
    await change(place);
    for (const client of clients) expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
    expect(await isAlive(reader)).toBe(true);
  });

  test("deleting the resource ends everyone's, and strangers stay", async () => {
    await using place = await office();
    await using stranger = ldapTestClient(place.server);
    const clients = [await boundAs(place, "ada"), await boundAs(place, "reader")];
    await place.directory.resources.delete(place.resource.id);
    for (const client of clients) expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
    expect((await stranger.search()).resultCode).toBe(0);
  });

  test("a base DN that moves away ends everyone's", async () => {
    await using place = await office();
    const { ldapServer } = await import("./ldap-server.ts");
    await place.directory.organization.update({ baseDn: "o=Old" });
    await using server = ldapServer({ directory: place.directory });
    const client = ldapTestClient(server);
    await client.bind("uid=ada,ou=Users,o=Old", password);
    await place.directory.organization.update({ baseDn: "o=New" });
    expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
  });

  test("a grant that ends by the clock ends connections that say nothing", async () => {
    let now = Date.now();
    await using place = await office({}, { clock: () => now });
    await place.directory.grants.update(await grantOf(place), { notAfter: now + 60_000 });
    const client = await boundAs(place, "ada");
    await using reader = await boundAs(place, "reader");
    now += 60_000;
    expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
    expect(await isAlive(reader)).toBe(true);
  });
});

describe("what ends nothing", () => {
  test.each<[what: string, change: (place: Office) => Promise<unknown>]>([
    [
      "another attribute of hers",
      ({ directory, user }) => directory.users.update(user.ada.id, { employee: { title: "Countess" } }),
    ],
    [
      "another username",
      ({ directory, user }) => directory.users.update(user.ada.id, { username: "countess" }),
    ],
    [
      "another group of hers",
      ({ directory, group, user }) => directory.groups.addMembers(group.guests.id, [user.ada.id]),
    ],
    [
      "leaving one of two groups that let her in",
      async ({ directory, group, user }) => {
        await directory.groups.addMembers(group.staff.id, [user.ada.id]);
        await directory.groups.removeMembers(group.engineers.id, [user.ada.id]);
      },
    ],
    ["a second factor that is added", ({ directory, user }) => directory.credentials.beginTotp(user.ada.id)],
    [
      "a login elsewhere",
      ({ directory }) => directory.authenticate({ username: "ada", password, protocol: "test" }),
    ],
    ["someone else's suspension", ({ directory, user }) => directory.users.suspend(user.grace.id)],
  ])("%s", async (_, change) => {
    await using place = await office();
    await using client = await boundAs(place, "ada");
    await change(place);
    expect(await isAlive(client)).toBe(true);
    expect(await client.whoAmI()).toMatch(/^dn:uid=(ada|countess),/);
  });

  test("a hash renewed at login", async () => {
    await using place = await office();
    const salt = Buffer.from("salt");
    const digest = createHash("sha1").update(password).update(salt).digest();
    const imported = `{SSHA}${Buffer.concat([digest, salt]).toString("base64")}`;
    await place.directory.credentials.importPasswordHash(place.user.ada.id, imported);
    const before = place.directory.revision;
    await using client = await boundAs(place, "ada");
    expect(place.directory.revision).toBe(before + 1);
    expect(await isAlive(client)).toBe(true);
  });
});

test("taking the second factor away ends connections", async () => {
  await using place = await office();
  const client = await boundAs(place, "tomas", `${password},${totpCode(totpSecret)}`);
  await place.directory.credentials.removeTotp(place.user.tomas.id);
  expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
});

test("a rename is seen by whoever asks who they are", async () => {
  await using place = await office();
  await using client = await boundAs(place, "ada");
  await place.directory.users.update(place.user.ada.id, { username: "countess" });
  expect(await client.whoAmI()).toBe(`dn:${userDn("countess")}`);
});

test("a request in the same turn as the change is not answered any more", async () => {
  await using place = await office();
  const client = await boundAs(place, "ada");
  await client.search({ base: baseDn });
  const changing = place.directory.users.suspend(place.user.ada.id);
  await changing;
  await expect(client.search({ base: baseDn })).rejects.toMatchObject({ code: "denied" });
});

/** An office where something happens between the check of a password and what follows from it. */
async function officeWithHasher(): Promise<{ readonly place: Office; meanwhile: () => Promise<unknown> }> {
  const inner = argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true });
  const hooks = { place: undefined as unknown as Office, meanwhile: async (): Promise<unknown> => undefined };
  const hasher: PasswordHasher = {
    ...inner,
    verify: async (...given) => {
      const matches = await inner.verify(...given);
      await hooks.meanwhile();
      return matches;
    },
  };
  hooks.place = await office({}, { hasher });
  return hooks;
}

test.each<[what: string, change: (place: Office) => Promise<unknown>]>([
  [
    "a new password",
    ({ directory, user }) => directory.credentials.setPassword(user.ada.id, "another engine 1844"),
  ],
  ["a suspension", ({ directory, user }) => directory.users.suspend(user.ada.id)],
  ["a rename", ({ directory, user }) => directory.users.update(user.ada.id, { username: "countess" })],
])("%s that comes while the old password is being checked lets nobody in", async (_, change) => {
  const hooks = await officeWithHasher();
  await using place = hooks.place;
  hooks.meanwhile = () => change(place);
  await using client = ldapTestClient(place.server);
  const { resultCode } = await client.bind(userDn("ada"), password);
  expect(resultCode).toBe(LdapResultCode.invalidCredentials);
  expect(await client.whoAmI()).toBe("");
});

test("a person suspended while they are being let in does not stay", async () => {
  await using place = await office();
  for (let round = 0; round < 10; round += 1) {
    await using client = ldapTestClient(place.server);
    const binding = client.bind(userDn("ada"), password).catch(() => undefined);
    await place.directory.users.suspend(place.user.ada.id);
    const outcome = await binding;
    if (outcome?.resultCode === 0) expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
    await place.directory.users.activate(place.user.ada.id);
  }
});

test("C13: a store that cannot be read when access is looked at again denies", async () => {
  const { store, control } = unrulyStore();
  await using place = await office({}, { store });
  const client = await boundAs(place, "ada");
  const grant = await grantOf(place);
  place.directory.onChanges(() => {
    control.mood = "broken";
  });
  await place.directory.grants.update(grant, { priority: 3 });
  expect(await ending(client)).toBe(LdapResultCode.strongerAuthRequired);
  control.mood = "well";
});
