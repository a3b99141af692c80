import { describe, expect, test } from "vitest";
import { failure, openDirectory } from "../testing/test-directory.ts";

describe("a resource", () => {
  test("keeps the settings of its protocol as JSON, copied", async () => {
    const { directory } = await openDirectory();
    const settings = { clients: [{ cidr: "192.0.2.0/24" }], methods: ["pap"], nested: { deep: null } };
    const vpn = await directory.resources.create({ kind: "radius", name: "vpn", settings });
    settings.clients.push({ cidr: "0.0.0.0/0" });
    expect((await directory.resources.get(vpn.id))?.settings).toEqual({
      ...settings,
      clients: [{ cidr: "192.0.2.0/24" }],
    });
    expect(await Array.fromAsync(directory.resources.list({ kind: "radius" }))).toHaveLength(1);
    expect(await Array.fromAsync(directory.resources.list({ kind: "ldap" }))).toEqual([]);
  });

  const deep = (levels: number): object => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);

  test.each<[string, unknown, string]>([
    ["no kind", { name: "x" }, "kind"],
    ["an unknown kind", { kind: "ftp", name: "x" }, "kind"],
    ["settings that are a list", { kind: "ldap", name: "x", settings: [] }, "settings"],
    [
      "settings that are too long",
      { kind: "ldap", name: "x", settings: { a: "x".repeat(300_000) } },
      "settings",
    ],
    ["settings that are too deep", { kind: "ldap", name: "x", settings: deep(40) }, "settings"],
    ["settings that are far too deep", { kind: "ldap", name: "x", settings: deep(5000) }, "settings"],
    ["settings that are no JSON", { kind: "ldap", name: "x", settings: { a: 1n } }, "settings"],
    ["a setting that says what it is", { kind: "ldap", name: "x", settings: { name: "y" } }, "settings.name"],
  ])("with %s is refused, and where", async (_, input, path) => {
    const { directory } = await openDirectory();
    await expect(directory.resources.create(input as never)).rejects.toMatchObject(
      failure("invalid-input", { path }),
    );
  });

  test("changes within its kind, and takes its grants with it", async () => {
    const { directory } = await openDirectory();
    const ada = await directory.users.create({ username: "ada" });
    const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
    await directory.grants.add({ user: ada, resource: vpn });
    await expect(directory.resources.update(vpn.id, { kind: "ldap" } as never)).rejects.toMatchObject(
      failure("invalid-input"),
    );
    expect(await directory.resources.update(vpn.id, { description: "x" })).toMatchObject({ version: 2 });
    await directory.resources.delete(vpn.id);
    expect(await directory.grants.ofUser(ada.id)).toEqual([]);
    await expect(directory.resources.delete(vpn.id)).rejects.toMatchObject(failure("not-found"));
  });
});
