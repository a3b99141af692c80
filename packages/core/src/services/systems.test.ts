import { expect, test } from "vitest";
import { failure, openDirectory } from "../testing/test-directory.ts";

test("a machine is enrolled, revoked and removed", async () => {
  const { directory } = await openDirectory();
  const web = await directory.systems.create({ hostname: "web", os: "linux" });
  const group = await directory.groups.create({ name: "web", kind: "system", members: [web.id] });
  expect(await directory.systems.update(web.id, { state: "revoked" })).toMatchObject({
    state: "revoked",
    version: 2,
  });
  await expect(directory.systems.update(web.id, { os: "x" }, { expectedVersion: 1 })).rejects.toMatchObject(
    failure("stale-write"),
  );
  await expect(directory.systems.create({} as never)).rejects.toMatchObject(
    failure("invalid-input", { path: "hostname" }),
  );
  await directory.systems.delete(web.id);
  expect(await Array.fromAsync(directory.groups.members(group.id))).toEqual([]);
  expect(await Array.fromAsync(directory.systems.list())).toEqual([]);
});

test("the organization has a name once it is given one", async () => {
  const { directory } = await openDirectory();
  expect(await directory.organization.get()).toBeUndefined();
  expect(await directory.organization.update({ baseDn: "dc=example,dc=com" })).toMatchObject({
    name: "default",
    baseDn: "dc=example,dc=com",
  });
  expect(await directory.organization.update({ name: "Example" })).toMatchObject({
    name: "Example",
    baseDn: "dc=example,dc=com",
    version: 2,
  });
  await expect(directory.organization.update({ owner: "x" } as never)).rejects.toMatchObject(
    failure("invalid-input", { path: "owner" }),
  );
});
