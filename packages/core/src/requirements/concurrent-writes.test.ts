import { expect, test } from "vitest";
import { failure, openDirectory } from "../testing/test-directory.ts";

test("C15 of two changes to the same version one wins and the other leaves no trace", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const results = await Promise.allSettled([
    directory.users.update(ada.id, { username: "first", phones: ["1"] }, { expectedVersion: ada.version }),
    directory.users.update(ada.id, { username: "second", phones: ["2"] }, { expectedVersion: ada.version }),
  ]);
  const [won, lost] = results.toSorted((a) => (a.status === "fulfilled" ? -1 : 1));
  expect(won).toMatchObject({ status: "fulfilled" });
  expect(lost).toMatchObject({
    status: "rejected",
    reason: failure("stale-write", { expected: 1, actual: 2 }),
  });
  const after = await directory.users.get(ada.id);
  expect(after).toEqual(won?.status === "fulfilled" ? won.value : undefined);
  expect(await directory.audit({ action: "user.updated" })).toHaveLength(1);
});

test("C15 of many who want one name exactly one gets it", async () => {
  const { directory } = await openDirectory();
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () => directory.users.create({ username: "ada" })),
  );
  expect(results.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  for (const one of results)
    if (one.status === "rejected") expect(one.reason).toMatchObject(failure("conflict", { key: "username" }));
});

test("C15 a hundred members added at the same time are all in", async () => {
  const { directory } = await openDirectory();
  const users = await directory.users.createMany(
    Array.from({ length: 100 }, (_, i) => ({ username: `user${i}` })),
  );
  const staff = await directory.groups.create({ name: "staff" });
  await Promise.all(users.map((user) => directory.groups.addMembers(staff.id, [user.id])));
  const members = await Array.fromAsync(directory.groups.members(staff.id));
  expect(members.map((edge) => edge.member)).toEqual(users.map((user) => user.id).toSorted());
});

test("C15 a change of many parts is all there or not at all", async () => {
  const { directory } = await openDirectory();
  await directory.users.create({ username: "taken" });
  await expect(
    directory.users.createMany([{ username: "fresh" }, { username: "TAKEN" }]),
  ).rejects.toMatchObject(failure("conflict"));
  expect(await directory.users.byUsername("fresh")).toBeUndefined();
  expect(directory.revision).toBe(1);
  expect(await directory.audit({ action: "user.created" })).toHaveLength(1);
});
