import { expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import { includeSecrets } from "../document/export-document.ts";
import type { Change } from "../model/change.ts";
import { codeAt, openDirectory, otherPassword } from "../testing/test-directory.ts";

// Made with Python's passlib: ssha, sha512_crypt with 5000 rounds, pbkdf2_sha256.
const imported = [
  "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==",
  "$6$rounds=1000$saltsalt$j9Vf8YShD0koGhimfqidabEQeWmhpJ9YxprOCX.iV89zcJPtewN9pJnLRum4UDiZcBurQvcQNMKwhpHywoJfV/",
  "$pbkdf2-sha256$i=1000,l=32$Y0ea1poJCyWCd+yPum+ZQQ$lVgmBfbSwxx5XrhE9dbQCon13f4rEFYma6bZ0zLYxrU",
];
const password = "correct horse battery staple";
const attempt = { username: "ada", password, protocol: "ldap" };

async function stored(directory: Directory): Promise<string | undefined> {
  return (await directory.export({ [includeSecrets]: true })).users?.[0]?.passwordHash;
}

async function scene(passwordHash = imported[0] ?? "") {
  const opened = await openDirectory();
  const ada = await opened.directory.users.create({ username: "ada", passwordHash });
  const heard: Change[] = [];
  opened.directory.onChanges((changes) => heard.push(...changes));
  return { ...opened, ada, heard };
}

test.each(imported)(
  "an imported hash %s is replaced by ours at the first login, and the feed says why",
  async (hash) => {
    const { directory, ada, heard } = await scene(hash);
    expect(await directory.authenticate({ ...attempt, password: otherPassword })).toMatchObject({
      outcome: "denied",
    });
    expect(await stored(directory)).toBe(hash);
    expect(await directory.authenticate(attempt)).toMatchObject({ outcome: "accepted" });
    expect(await stored(directory)).toMatch(/^\$argon2id\$/);
    expect(heard).toMatchObject([
      { kind: "credential", operation: "updated", name: "password", user: ada.id, fields: ["rehash"] },
    ]);
    expect(await directory.authenticate(attempt)).toMatchObject({ outcome: "accepted" });
    expect(heard).toHaveLength(1);
  },
);

test("a password is as old as it was when its hash is renewed or it is marked, and new when it is set", async () => {
  const { directory, ada, clock } = await scene();
  const { credentials } = directory;
  const made = await credentials.passwordSetAt(ada.id);
  expect(made).toBe(clock());
  clock.advance(1000);
  await directory.authenticate(attempt);
  clock.advance(1000);
  await credentials.requirePasswordChange(ada.id);
  expect(await credentials.passwordSetAt(ada.id)).toBe(made);
  clock.advance(1000);
  await credentials.setPassword(ada.id, otherPassword);
  expect(await credentials.passwordSetAt(ada.id)).toBe(clock());
});

test("a renewed hash ends no session, and a new password is told apart from it", async () => {
  const { directory, ada, heard } = await scene();
  const { secret } = await directory.sessions.begin({
    user: ada.id,
    protocol: "saml",
    factors: ["password"],
    lifetimeMs: 1000,
  });
  await directory.authenticate(attempt);
  expect(await directory.sessions.find(secret)).toBeDefined();
  await directory.credentials.setPassword(ada.id, otherPassword);
  const fields = heard.filter((one) => one.kind === "credential").map((one) => "fields" in one && one.fields);
  expect(fields).toEqual([["rehash"], ["setAt", "secret"]]);
});

test("logins at the same time renew the hash once and all succeed", async () => {
  const { directory, heard } = await scene();
  const results = await Promise.all(Array.from({ length: 20 }, () => directory.authenticate(attempt)));
  expect(results.map((one) => one.outcome)).toEqual(Array(20).fill("accepted"));
  expect(heard).toHaveLength(1);
});

test("a login that ends in a challenge renews the hash too, and the challenge goes on", async () => {
  const { directory, clock, ada } = await scene();
  const { secret } = await directory.credentials.beginTotp(ada.id);
  await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
  clock.advance(30_000);
  const result = await directory.authenticate({ ...attempt, secondFactor: "required", canChallenge: true });
  if (result.outcome !== "challenge") throw new Error("asks for a code");
  expect(await stored(directory)).toMatch(/^\$argon2id\$/);
  const { state } = result.challenge;
  expect(
    await directory.authenticate({ protocol: "ldap", state, code: codeAt(secret, clock()) }),
  ).toMatchObject({
    outcome: "accepted",
  });
});

test("whoever is denied in the end leaves the hash as it was", async () => {
  const { directory, ada } = await scene();
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  expect(await directory.authenticate({ ...attempt, resource: wiki.id })).toMatchObject({
    reason: "no-access",
  });
  expect(await directory.authenticate({ ...attempt, secondFactor: "required" })).toMatchObject({
    reason: "mfa-required",
  });
  await directory.users.suspend(ada.id);
  expect(await directory.authenticate(attempt)).toMatchObject({ reason: "not-active" });
  expect(await stored(directory)).toBe(imported[0]);
});
