import { describe, expect, test } from "vitest";
import { epoch, failure, openDirectory, password } from "../testing/test-directory.ts";
import type { UserFields } from "./user-input.ts";

const nobody = "0190a8c4-7b5e-7000-8000-000000000001" as never;

describe("a user", () => {
  test("keeps what it is given and gets defaults for the rest", async () => {
    const { directory } = await openDirectory();
    const given = {
      username: "ada",
      emails: [
        { value: "ada@example.com", primary: true, type: "work" },
        { value: "countess@example.com", primary: false },
      ],
      name: { given: "Ada", family: "Lovelace", middle: "King", display: "Ada, Countess of Lovelace" },
      employee: {
        number: "1",
        title: "Countess",
        type: "contractor",
        department: "R&D",
        costCenter: "7",
        organization: "Acme",
        location: "London",
      },
      phones: ["+44 20 7946 0001"],
      posix: { uid: 1000, gid: 0, home: "/home/ada", shell: "/bin/sh", gecos: "Ada" },
      sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlum ada@host"],
      externalIds: [{ source: "google", id: "117" }],
      state: "staged",
    } satisfies UserFields;
    const user = await directory.users.create(given);
    expect(user).toEqual({
      ...given,
      attributes: {},
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      version: 1,
      revision: 1,
      createdAt: epoch,
      updatedAt: epoch,
    });
    expect(await directory.users.get(user.id)).toEqual(user);
    expect(await directory.users.create({ username: "bob" })).toMatchObject({
      state: "active",
      emails: [],
      phones: [],
      name: {},
    });
  });

  test("changes where it is told to, and where nothing differs nothing is written", async () => {
    const { directory, clock } = await openDirectory();
    const ada = await directory.users.create({
      username: "ada",
      phones: ["1"],
      posix: { uid: 1, gid: 1, home: "/" },
    });
    clock.advance(5);
    const after = await directory.users.update(ada.id, { phones: [], name: { given: "Ada" } });
    expect(after).toEqual({
      ...ada,
      phones: [],
      name: { given: "Ada" },
      version: 2,
      revision: 2,
      updatedAt: epoch + 5,
    });
    expect(await directory.users.update(ada.id, { phones: [], username: "ada" })).toEqual(after);
    expect(directory.revision).toBe(2);
    expect(await directory.users.update(ada.id, { posix: null })).not.toHaveProperty("posix");
    expect(await directory.audit({ action: "user." })).toHaveLength(3);
  });

  test.each<[string, unknown, string]>([
    ["no name", {}, "username"],
    ["a name that is no text", { username: 7 }, "username"],
    ["a name with spaces", { username: "ada lovelace" }, "username"],
    ["a name with syntax", { username: "ada,ou=x" }, "username"],
    ["a field nobody knows", { username: "ada", admin: true }, "admin"],
    ["an identity of its own choice", { username: "ada", id: nobody }, "id"],
    ["a version of its own choice", { username: "ada", version: 9 }, "version"],
    ["an address that is none", { username: "ada", email: "ada" }, "email"],
    ["both forms of address", { username: "ada", email: "a@b", emails: [] }, "email"],
    [
      "two primary addresses",
      {
        username: "ada",
        emails: [
          { value: "a@b", primary: true },
          { value: "c@d", primary: true },
        ],
      },
      "emails",
    ],
    ["an unknown state", { username: "ada", state: "root" }, "state"],
    ["the uid of root", { username: "ada", posix: { uid: 0, gid: 0, home: "/" } }, "posix.uid"],
    ["a uid beyond 31 bits", { username: "ada", posix: { uid: 2 ** 31, gid: 0, home: "/" } }, "posix.uid"],
    ["a home that is no path", { username: "ada", posix: { uid: 1, gid: 0, home: "home" } }, "posix.home"],
    [
      "a second line in passwd",
      { username: "ada", posix: { uid: 1, gid: 0, home: "/", gecos: "x\nroot:x:0:0" } },
      "posix.gecos",
    ],
    [
      "a shell with a colon",
      { username: "ada", posix: { uid: 1, gid: 0, home: "/", shell: "/bin/sh:" } },
      "posix.shell",
    ],
    [
      "a key with options",
      { username: "ada", sshKeys: ['command="x" ssh-rsa AAAAB3NzaC1yc2EAAAA'] },
      "sshKeys[0]",
    ],
    [
      "a key of two lines",
      { username: "ada", sshKeys: ["ssh-rsa AAAAB3NzaC1yc2EAAAA x\nssh-rsa AAAA"] },
      "sshKeys[0]",
    ],
    ["a manager that is no id", { username: "ada", employee: { manager: "bob" } }, "employee.manager"],
    ["an undefined attribute", { username: "ada", attributes: { badge: ["1"] } }, "attributes.badge"],
    ["a built-in attribute", { username: "ada", attributes: { department: ["x"] } }, "attributes.department"],
    ["too many phones", { username: "ada", phones: Array(33).fill("1") }, "phones"],
  ])("with %s is refused, and where", async (_, input, path) => {
    const { directory } = await openDirectory();
    await expect(directory.users.create(input as never)).rejects.toMatchObject(
      failure("invalid-input", { path }),
    );
    expect(await directory.isEmpty()).toBe(true);
  });

  test("of many that are created together the one at fault is named", async () => {
    const { directory } = await openDirectory();
    await expect(
      directory.users.createMany([{ username: "ada" }, { username: "b b" }]),
    ).rejects.toMatchObject(failure("invalid-input", { path: "[1].username" }));
    await expect(
      directory.users.createMany([
        { username: "ada", password },
        { username: "bob", password: "short" },
      ]),
    ).rejects.toMatchObject(failure("invalid-input", { path: "[1].password", violation: "too-short" }));
  });

  test.each<[string, Partial<UserFields>, string]>([
    ["name", { username: "ADA" }, "username"],
    ["address", { email: "ADA@EXAMPLE.COM" }, "primaryEmail"],
    ["uid", { posix: { uid: 7, gid: 1, home: "/" } }, "uidNumber"],
    ["employee number", { employee: { number: "n1" } }, "employeeNumber"],
    ["external id", { externalIds: [{ source: "google", id: "1" }] }, "externalId"],
  ])("cannot take another's %s, nor be changed to it", async (_, fields, key) => {
    const { directory } = await openDirectory();
    await directory.users.create({
      username: "ada",
      email: "ada@example.com",
      posix: { uid: 7, gid: 1, home: "/" },
      employee: { number: "N1" },
      externalIds: [{ source: "google", id: "1" }],
    });
    const bob = await directory.users.create({ username: "bob" });
    await expect(directory.users.create({ username: "carol", ...fields })).rejects.toMatchObject(
      failure("conflict", { key }),
    );
    await expect(directory.users.update(bob.id, fields)).rejects.toMatchObject(failure("conflict", { key }));
    expect(await directory.users.get(bob.id)).toEqual(bob);
  });

  test("that is deleted leaves nothing behind, and frees its name", async () => {
    const { directory } = await openDirectory();
    const ada = await directory.users.create({ username: "ada", password });
    const group = await directory.groups.create({ name: "staff", members: [ada.id] });
    const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
    await directory.grants.add({ user: ada, resource: vpn });
    await directory.users.delete(ada.id, { expectedVersion: 1 });
    expect(await directory.users.get(ada.id)).toBeUndefined();
    expect(await directory.credentials.list(ada.id)).toEqual([]);
    expect(await directory.grants.ofUser(ada.id)).toEqual([]);
    expect(await Array.fromAsync(directory.groups.members(group.id))).toEqual([]);
    await expect(directory.users.delete(ada.id)).rejects.toMatchObject(failure("not-found"));
    const again = await directory.users.create({ username: "ada" });
    expect(await directory.authorize(again.id, vpn.id)).toMatchObject({ allowed: false });
    expect(await directory.authenticate({ username: "ada", password, protocol: "x" })).toMatchObject({
      reason: "no-password",
    });
  });
});

test("nobody takes another's e-mail address for a username, or the other way round", async () => {
  const { directory } = await openDirectory();
  await directory.users.create({ username: "ada", email: "ada@example.com" });
  await directory.users.create({ username: "grace@example.com", email: "grace@example.com" });
  await expect(directory.users.create({ username: "Ada@Example.com" })).rejects.toMatchObject({
    code: "conflict",
  });
  await expect(directory.users.create({ username: "g", email: "GRACE@example.com" })).rejects.toMatchObject({
    code: "conflict",
  });
});
