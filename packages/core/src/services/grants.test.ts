import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";

const nobody = "0190a8c4-7b5e-7000-8000-000000000001" as never;

describe("a grant", () => {
  test.each<[string, (directory: Directory) => unknown, object]>([
    ["nobody", () => ({}), failure("invalid-input", { path: "group" })],
    ["a user who is not there", () => ({ user: nobody }), failure("not-found")],
    ["a group that is not there", () => ({ group: nobody }), failure("not-found")],
  ])("to %s is refused", async (_, subject, refused) => {
    const { directory } = await openDirectory();
    const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
    await expect(
      directory.grants.add({ resource: vpn, ...(subject(directory) as object) } as never),
    ).rejects.toMatchObject(refused);
  });

  test.each<[string, unknown, string]>([
    ["an unknown term", { forever: true }, "forever"],
    ["a network that is none", { conditions: { networks: ["10.0.0.0/33"] } }, "conditions.networks[0]"],
    ["an unknown condition", { conditions: { vpn: true } }, "conditions.vpn"],
    ["a time that is none", { notAfter: "tomorrow" }, "notAfter"],
    ["a priority that is no whole number", { priority: 0.5 }, "priority"],
    ["attributes that are no object", { attributes: "vlan" }, "attributes"],
  ])("with %s is refused, and where", async (_, terms, path) => {
    const { directory } = await openDirectory();
    const ada = await directory.users.create({ username: "ada" });
    const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
    const refused = failure("invalid-input", { path });
    await expect(
      directory.grants.add({ user: ada, resource: vpn, ...(terms as object) }),
    ).rejects.toMatchObject(refused);
    const grant = await directory.grants.add({ user: ada, resource: vpn });
    await expect(directory.grants.update(grant.id, terms as never)).rejects.toMatchObject(refused);
    expect(await directory.grants.get(grant.id)).toEqual(grant);
  });
});
