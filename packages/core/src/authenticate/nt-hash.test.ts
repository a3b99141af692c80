import { expect, test } from "vitest";
import { allowNtHashes } from "../directory-options.ts";
import { openDirectory } from "../testing/test-directory.ts";

const password = "analytical engine 1843";

async function scene(kept = true) {
  const { directory, clock } = await openDirectory(kept ? { [allowNtHashes]: true } : {});
  const ada = await directory.users.create({ username: "ada", email: "ada@example.com", password });
  const group = await directory.groups.create({ name: "staff", members: [ada.id] });
  const resource = await directory.resources.create({ kind: "radius", name: "office" });
  await directory.grants.add({ group, resource });
  const hash = kept ? await directory.credentials.ntHash(ada.id) : undefined;
  const attempt = (ntHash: Uint8Array, username = "ada") =>
    directory.authenticate({
      username,
      ntHash,
      protocol: "radius",
      source: "station 1",
      resource: resource.id,
    });
  return { directory, clock, ada, attempt, hash: hash ?? Buffer.alloc(16) };
}

test("whoever has shown to know the NT hash of a password is let in by it", async () => {
  const { attempt, hash } = await scene();
  for (const name of ["ada", "ADA", "ada@example.com"])
    expect(await attempt(hash, name)).toMatchObject({ outcome: "accepted", factors: ["password"] });
});

test.each([
  ["another hash", Buffer.alloc(16, 1)],
  ["no hash", Buffer.alloc(0)],
  ["more than a hash", Buffer.alloc(17)],
])("%s is a wrong password, which counts", async (_, wrong) => {
  const { attempt, hash, directory, ada } = await scene();
  expect(await attempt(wrong)).toEqual({ outcome: "denied", reason: "wrong-password" });
  const events = await directory.audit({ target: ada.id, action: "authentication.failed" });
  expect(events).toMatchObject([{ reason: "wrong-password", details: { failures: 1 } }]);
  expect(await attempt(hash)).toMatchObject({ outcome: "accepted" });
});

test("after too many of them the right one is refused, too", async () => {
  const { attempt, hash } = await scene();
  for (let i = 0; i < 30; i++) await attempt(Buffer.alloc(16, i));
  expect(await attempt(hash)).toMatchObject({ outcome: "denied", reason: "locked" });
});

test("it counts no more once the person is suspended, or has another password", async () => {
  const { attempt, hash, directory, ada } = await scene();
  await directory.credentials.setPassword(ada.id, "difference engine 1822");
  expect(await attempt(hash)).toMatchObject({ outcome: "denied", reason: "wrong-password" });
  const other = (await directory.credentials.ntHash(ada.id)) as Uint8Array;
  expect(await attempt(other)).toMatchObject({ outcome: "accepted" });
  await directory.users.suspend(ada.id);
  expect(await attempt(other)).toMatchObject({ outcome: "denied" });
});

test("nobody has one: an unknown name is denied like a wrong hash", async () => {
  const { attempt, hash } = await scene();
  expect(await attempt(hash, "charles")).toEqual({ outcome: "denied", reason: "unknown-user" });
});

test("a directory that keeps none says so, and lets nobody in", async () => {
  const { attempt } = await scene(false);
  await expect(attempt(Buffer.alloc(16))).rejects.toMatchObject({ code: "misconfigured" });
});
