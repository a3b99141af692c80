import { describe, expect, test } from "vitest";
import { failure, openDirectory, password } from "../testing/test-directory.ts";

test("C14 names that differ in case or spelling alone are one name", async () => {
  const { directory } = await openDirectory();
  await directory.users.create({ username: "Straße", email: "Ada@Example.com" });
  await directory.groups.create({ name: "Site  Reliability" });
  await directory.systems.create({ hostname: "Web-1" });
  await directory.resources.create({ kind: "ldap", name: "Wiki" });
  const taken = [
    directory.users.create({ username: "STRASSE" }),
    directory.users.create({ username: "other", email: "ADA@example.COM" }),
    directory.groups.create({ name: "site reliability" }),
    directory.systems.create({ hostname: "WEB-1" }),
    directory.resources.create({ kind: "ldap", name: "ｗｉｋｉ" }),
  ];
  for (const one of taken) await expect(one).rejects.toMatchObject(failure("conflict"));
  await directory.resources.create({ kind: "radius", name: "wiki" });
});

const hostile: Readonly<Record<string, string>> = {
  "a NUL": "ada\0lovelace",
  "a line break": "ada\r\nlovelace",
  "an escape sequence": "ada\u001b[31mlovelace",
  "a direction mark": "ada\u202elovelace",
  "an invisible character": "ada\u200blovelace",
  "a lone surrogate": "ada\ud800lovelace",
  "a megabyte": "a".repeat(1_000_000),
  nothing: "",
  "spaces alone": "   ",
};

describe.each(Object.entries(hostile))("C14 a name with %s", (_, name) => {
  test("C14 is refused wherever a name is given, and is not repeated", async () => {
    const { directory } = await openDirectory();
    const attempts = [
      directory.users.create({ username: name }),
      directory.users.create({ username: "ada", email: `${name}@example.com` }),
      name === "" ? undefined : directory.users.create({ username: "ada", name: { given: name } }),
      directory.groups.create({ name }),
      directory.systems.create({ hostname: name }),
      directory.resources.create({ kind: "ldap", name }),
      directory.attributes.define({ owner: "user", name }),
      directory.organization.update({ name }),
      directory.import({ version: 1, users: [{ username: name }] }),
    ];
    for (const attempt of attempts) {
      if (attempt === undefined) continue;
      const error: Error = await attempt.then(
        () => new Error("was accepted"),
        (refused: Error) => refused,
      );
      expect(error).toMatchObject(failure("invalid-input"));
      expect(error.message.length).toBeLessThan(200);
    }
    expect(await directory.isEmpty()).toBe(true);
  });

  test("C14 is a user nobody knows, wherever a name is asked for", async () => {
    const { directory } = await openDirectory();
    await directory.users.create({ username: "ada", password });
    expect(await directory.users.byUsername(name)).toBeUndefined();
    expect(await directory.groups.byName(name)).toBeUndefined();
    expect(await directory.authenticate({ username: name, password, protocol: "test" })).toEqual({
      outcome: "denied",
      reason: "unknown-user",
    });
    const page = await directory.query("user", {
      filter: { op: "equals", attribute: "username", value: name },
    });
    expect(page.records).toEqual([]);
  });
});

test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
  "C14 %s is a name like any other, and changes nothing about objects",
  async (name) => {
    const { directory } = await openDirectory();
    const user = await directory.users.create({ username: name, password });
    const group = await directory.groups.create({ name, members: [user.id] });
    const resource = await directory.resources.create({ kind: "ldap", name, settings: { constructor: 1 } });
    await directory.grants.add({ group, resource, attributes: { [`x${name}`]: 1, toString: 2 } });
    expect(await directory.users.byUsername(name)).toEqual(user);
    const decision = await directory.authorize(user.id, { kind: "ldap", name });
    expect(Object.entries(decision.attributes)).toEqual([
      [`x${name}`, 1],
      ["toString", 2],
    ]);
    for (const filter of [name, "attributes", "names"]) {
      const found = await directory.query("user", { filter: { op: "present", attribute: filter } });
      expect(found.records).toEqual([]);
    }
    const copy = await openDirectory();
    await copy.directory.import(JSON.parse(JSON.stringify(await directory.export())));
    expect(await copy.directory.export()).toEqual(await directory.export());
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  },
);

test("C14 a key that would replace a prototype is refused in every JSON that is kept", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const poison = JSON.parse('{"a": {"__proto__": {"polluted": true}}}');
  const flat = JSON.parse('{"__proto__": {"polluted": true}}');
  const attempts = [
    directory.resources.create({ kind: "ldap", name: "a", settings: poison }),
    directory.resources.create({ kind: "ldap", name: "b", settings: flat }),
    directory.resources.update(vpn.id, { settings: poison }),
    directory.grants.add({ user: ada, resource: vpn, attributes: poison }),
    directory.users.create({ username: "eve", attributes: flat }),
    directory.users.update(ada.id, flat),
    directory.import({ version: 1, resources: [{ kind: "ldap", name: "c", ...poison }] }),
    directory.import(JSON.parse('{"version": 1, "__proto__": {}}')),
    directory.sessions.begin({ user: ada.id, protocol: "x", factors: [], lifetimeMs: 1, data: flat }),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject(failure("invalid-input"));
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});
