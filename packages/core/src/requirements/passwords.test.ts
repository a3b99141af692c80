import { expect, test } from "vitest";
import { includeSecrets } from "../document/export-document.ts";
import { allowWeakHashing, argon2Hasher } from "../password/password-hasher.ts";
import { failure, keptLog, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

test("C1 a password of fewer than 15 code points is refused, and code points are what counts", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const short = "plum velvet har";
  await expect(directory.credentials.setPassword(ada.id, short.slice(0, 14))).rejects.toMatchObject(
    failure("invalid-input", { violation: "too-short" }),
  );
  await directory.credentials.setPassword(ada.id, short);
  // Fourteen code points in 28 UTF-16 units.
  await expect(
    directory.credentials.setPassword(ada.id, "😀🚀🌍🎉🐢🍋🔑🎻🧭🪁🛶🏔🦉🥨"),
  ).rejects.toMatchObject(failure("invalid-input", { violation: "too-short" }));
  await directory.credentials.setPassword(ada.id, "😀🚀🌍🎉🐢🍋🔑🎻🧭🪁🛶🏔🦉🥨🫐");
});

test("C1 the least length can be set down to 8 and not below", async () => {
  const { directory } = await openDirectory({ passwordPolicy: { minLength: 8 } });
  await directory.users.create({ username: "ada", password: "plum-vel" });
  await expect(openDirectory({ passwordPolicy: { minLength: 7 } })).rejects.toMatchObject(
    failure("misconfigured"),
  );
});

test("C2 long passwords work whole, and a megabyte is refused before it is hashed", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada" });
  const words = Array.from({ length: 200 }, (_, i) => `word${i}`).join(" ");
  for (const length of [64, 256, 1024]) {
    const long = words.slice(0, length);
    await directory.credentials.setPassword(ada.id, long);
    const attempt = { username: "ada", protocol: "test" };
    expect(await directory.authenticate({ ...attempt, password: long })).toMatchObject({
      outcome: "accepted",
    });
    expect(await directory.authenticate({ ...attempt, password: long.slice(0, -1) })).toMatchObject({
      outcome: "denied",
    });
  }
  await expect(directory.credentials.setPassword(ada.id, "a".repeat(1_000_000))).rejects.toMatchObject(
    failure("invalid-input", { violation: "too-long" }),
  );
});

test("C3 there is no composition rule and no expiry: only the flag of a compromised password asks for a change", async () => {
  const { directory, clock } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  const attempt = { username: "ada", password, protocol: "test" };
  clock.advance(10 * 366 * 86_400_000);
  expect(await directory.authenticate(attempt)).toMatchObject({
    outcome: "accepted",
    mustChangePassword: false,
  });
  await directory.credentials.requirePasswordChange(ada.id);
  expect(await directory.authenticate(attempt)).toMatchObject({
    outcome: "accepted",
    mustChangePassword: true,
  });
  await directory.credentials.setPassword(ada.id, otherPassword);
  expect(await directory.authenticate({ ...attempt, password: otherPassword })).toMatchObject({
    mustChangePassword: false,
  });
});

test.each([
  ["a common one", "password123456789", "blocked"],
  ["the user's own name and little else", "ada.lovelace-12345", "context-word"],
  ["the address and little else", "enchantress-1815-1815", "context-word"],
  ["the organization's name and little else", "analytical 2027 2027", "context-word"],
  ["on the host's own list", "leaked somewhere once", "blocked"],
])("C4 a new password that is %s is refused with the reason", async (_, candidate, violation) => {
  const { directory } = await openDirectory({
    passwordPolicy: { blocklist: (prepared) => prepared === "leaked somewhere once" },
  });
  await directory.organization.update({ name: "Analytical" });
  const ada = await directory.users.create({
    username: "ada.lovelace",
    email: "enchantress@example.com",
    name: { given: "Ada", family: "Lovelace" },
  });
  const refused = directory.credentials.setPassword(ada.id, candidate);
  await expect(refused).rejects.toMatchObject(failure("invalid-input", { path: "password", violation }));
  await expect(refused).rejects.toThrow(/^password: The password /);
  await expect(refused).rejects.not.toThrow(candidate);
});

test("C5 composed and decomposed spellings of a password are one password", async () => {
  const { directory } = await openDirectory();
  const composed = "Caf\u00e9 d\u00e9j\u00e0 vu tr\u00e8s";
  await directory.users.create({ username: "ada", password: composed.normalize("NFD") });
  for (const typed of [composed, composed.normalize("NFD"), composed.replaceAll(" ", "\u00a0")]) {
    expect(
      await directory.authenticate({ username: "ada", password: typed, protocol: "test" }),
    ).toMatchObject({ outcome: "accepted" });
  }
});

test("C6 what is stored is an argon2id hash with a salt of its own, renewed when the cost changes", async () => {
  const { directory } = await openDirectory();
  const [ada, bob] = await directory.users.createMany([
    { username: "ada", password },
    { username: "bob", password },
  ]);
  const hashes = (await directory.export({ [includeSecrets]: true })).users?.map((one) => one.passwordHash);
  for (const hash of hashes ?? []) {
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43}$/);
  }
  expect(new Set(hashes).size).toBe(2);
  const dearer = argon2Hasher({ memoryKiB: 128, passes: 1, [allowWeakHashing]: true });
  const later = await openDirectory({ hasher: dearer });
  await later.directory.import(await directory.export({ [includeSecrets]: true }));
  expect(await later.directory.authenticate({ username: "ada", password, protocol: "test" })).toMatchObject({
    outcome: "accepted",
  });
  const renewed = await later.directory.export({ [includeSecrets]: true });
  expect(renewed.users?.map((one) => one.passwordHash?.split("$")[3])).toEqual([
    "m=128,t=1,p=1",
    "m=64,t=1,p=1",
  ]);
  expect(ada?.id).not.toBe(bob?.id);
});

test("C6 no clear password is in records, audit, change feed, export or log", async () => {
  const log = keptLog();
  const { directory } = await openDirectory({ logger: log });
  const ada = await directory.users.create({ username: "ada", password });
  await directory.credentials.setPassword(ada.id, otherPassword);
  await directory.authenticate({ username: "ada", password: otherPassword, protocol: "test" });
  await directory.authenticate({ username: "ada", password, protocol: "test" });
  await directory.authenticate({ username: password, password, protocol: "test" });
  const changes = [];
  for await (const change of directory.changes(0)) {
    changes.push(change);
    if (change.revision === directory.revision) break;
  }
  const seen = JSON.stringify([
    await directory.users.get(ada.id),
    await directory.credentials.list(ada.id),
    await directory.audit({ limit: 1000 }),
    changes,
    await directory.export({ [includeSecrets]: true }),
    log.lines,
  ]);
  expect(seen).toContain("ada");
  expect(seen).not.toContain(password);
  expect(seen).not.toContain(otherPassword);
});
