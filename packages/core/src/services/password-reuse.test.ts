import { createHash, pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import type { User } from "../model/user.ts";
import type { PasswordHasher } from "../password/password-hasher.ts";
import { failure, openDirectory, otherPassword, password, quickHasher } from "../testing/test-directory.ts";

const reused = failure("invalid-input", { path: "password", violation: "reused" });
const meanwhile = failure("stale-write", { reason: "must-change" });

/** Somebody who must change their password, and what a login with one says of it. */
async function scene(first = password) {
  let whileHashing: (() => Promise<unknown>) | undefined;
  const hash: PasswordHasher["hash"] = async (...given) => {
    const next = whileHashing;
    whileHashing = undefined;
    await next?.();
    return quickHasher.hash(...given);
  };
  const { directory } = await openDirectory({ hasher: { ...quickHasher, hash } });
  const ada = await directory.users.create({ username: "ada", password: first });
  await directory.credentials.requirePasswordChange(ada.id);
  const login = async (typed: string): Promise<string> => {
    const result = await directory.authenticate({ userId: ada.id, password: typed, protocol: "test" });
    if (result.outcome !== "accepted") return result.outcome;
    return result.mustChangePassword ? "must change" : "accepted";
  };
  const onceHashing = (work: () => Promise<unknown>): void => {
    whileHashing = work;
  };
  return { directory, ada, login, onceHashing };
}

type Way = (directory: Directory, ada: User, next: string) => Promise<unknown>;
const ways: readonly [string, Way][] = [
  ["set", ({ credentials }, { id }, next) => credentials.setPassword(id, next)],
  [
    "set by themselves",
    ({ credentials }, { id }, next) =>
      credentials.setPassword(id, next, { actor: { kind: "user", id }, protocol: "rest" }),
  ],
  [
    "set with a reset token",
    async ({ credentials }, { id }, next) =>
      credentials.resetPassword(await credentials.createPasswordReset(id), next),
  ],
  [
    "set with other changes",
    ({ users }, { id }, next) => users.update(id, { password: next, phones: ["1"] }),
  ],
  [
    "prepared and then set",
    async ({ credentials, users }, ada, next) =>
      users.update(ada.id, { password: await credentials.prepare(ada, next) }),
  ],
];

describe.each(ways)("a password that must be changed, %s", (_, set) => {
  test("once more, is refused, and must be changed as before", async () => {
    const { directory, ada, login } = await scene();
    await expect(set(directory, ada, password)).rejects.toMatchObject(reused);
    expect(await login(password)).toBe("must change");
    expect(await directory.users.get(ada.id)).toEqual(ada);
  });

  test("as another, has been changed", async () => {
    const { directory, ada, login } = await scene();
    await set(directory, ada, otherPassword);
    expect([await login(password), await login(otherPassword)]).toEqual(["denied", "accepted"]);
    await set(directory, ada, password);
    expect(await login(password)).toBe("accepted");
  });

  test.each([
    ["another", password],
    ["the same", otherPassword],
  ])("only since %s one is being hashed, is not changed", async (_, next) => {
    const { directory, ada, login, onceHashing } = await scene();
    await directory.credentials.setPassword(ada.id, otherPassword);
    onceHashing(() => directory.credentials.requirePasswordChange(ada.id));
    await expect(set(directory, ada, next)).rejects.toMatchObject(meanwhile);
    expect(await login(otherPassword)).toBe("must change");
  });
});

test("whoever tries the password that must be changed is in the audit trail with each try", async () => {
  const { directory, ada } = await scene();
  const token = await directory.credentials.createPasswordReset(ada.id);
  const by = { actor: { kind: "user", id: "operator-7" }, protocol: "rest", source: "192.0.2.44" } as const;
  const next = password;
  await expect(directory.credentials.setPassword(ada.id, next, by)).rejects.toMatchObject(reused);
  await expect(directory.users.update(ada.id, { password: next }, by)).rejects.toMatchObject(reused);
  await expect(directory.credentials.prepare(ada, next, by)).rejects.toMatchObject(reused);
  await expect(directory.credentials.resetPassword(token, next)).rejects.toMatchObject(reused);
  const refused = {
    outcome: "failure",
    reason: "reused",
    target: { kind: "user", id: ada.id, name: "ada" },
  };
  expect(await directory.audit({ action: "credential.password-refused" })).toMatchObject([
    { ...refused, ...by },
    { ...refused, ...by },
    { ...refused, ...by },
    { ...refused, actor: { kind: "user", id: ada.id } },
  ]);
});

test("a password that is taken away takes with it that it must be changed", async () => {
  const { directory, ada, login } = await scene();
  await directory.users.update(ada.id, { password: null });
  await directory.credentials.setPassword(ada.id, password);
  expect(await login(password)).toBe("accepted");
});

test("one that need not be changed may be set once more", async () => {
  const { directory, ada, login } = await scene();
  await directory.credentials.setPassword(ada.id, otherPassword);
  for (const [, set] of ways) await set(directory, ada, otherPassword);
  expect(await login(otherPassword)).toBe("accepted");
});

test("an administrator may set any password that is to be changed again, and it must be", async () => {
  const { directory, ada, login } = await scene();
  for (const next of [password, otherPassword, otherPassword]) {
    await directory.credentials.setPassword(ada.id, next, { mustChange: true });
    expect(await login(next)).toBe("must change");
  }
});

test("a reset token is good for another password after the same was refused", async () => {
  const { directory, ada, login } = await scene();
  const token = await directory.credentials.createPasswordReset(ada.id);
  await expect(directory.credentials.resetPassword(token, password)).rejects.toMatchObject(reused);
  await directory.credentials.resetPassword(token, otherPassword);
  expect(await login(otherPassword)).toBe("accepted");
});

test("the policy is heard first", async () => {
  const { directory, ada } = await scene();
  await directory.credentials.importPasswordHash(ada.id, ssha("short"));
  await directory.credentials.requirePasswordChange(ada.id);
  await expect(directory.credentials.setPassword(ada.id, "short")).rejects.toMatchObject(
    failure("invalid-input", { violation: "too-short" }),
  );
});

test("a password is the same however its letters were composed", async () => {
  const composed = "žluťoučký kůň úpěl ódy".normalize("NFC");
  const { directory, ada } = await scene(composed);
  await expect(directory.credentials.setPassword(ada.id, composed.normalize("NFD"))).rejects.toMatchObject(
    reused,
  );
});

describe("a hash from elsewhere", () => {
  test.each([
    ["SSHA", ssha(password)],
    ["PBKDF2", pbkdf2(password)],
  ])("of the form %s is compared with what is typed", async (_, hash) => {
    const { directory, ada, login } = await scene();
    await directory.credentials.setPassword(ada.id, otherPassword);
    await directory.credentials.importPasswordHash(ada.id, hash);
    await directory.credentials.requirePasswordChange(ada.id);
    await expect(directory.credentials.setPassword(ada.id, password)).rejects.toMatchObject(reused);
    await directory.credentials.setPassword(ada.id, otherPassword);
    expect(await login(otherPassword)).toBe("accepted");
  });

  test.each<[string, (directory: Directory, ada: User, hash: string) => Promise<unknown>]>([
    ["imported", ({ credentials }, { id }, hash) => credentials.importPasswordHash(id, hash)],
    ["set", ({ users }, { id }, hash) => users.update(id, { passwordHash: hash })],
  ])("%s once more does not take the mark off", async (_, set) => {
    const { directory, ada, login } = await scene();
    const [hash, another] = [ssha(password), ssha(otherPassword)];
    await set(directory, ada, hash);
    await directory.credentials.requirePasswordChange(ada.id);
    await expect(set(directory, ada, hash)).rejects.toMatchObject(
      failure("invalid-input", { path: "passwordHash", violation: "reused" }),
    );
    expect(await login(password)).toBe("must change");
    await set(directory, ada, another);
    expect(await login(otherPassword)).toBe("accepted");
  });
});

test("what was prepared for one is not taken for another who must change theirs", async () => {
  const { directory, ada } = await scene();
  const bob = await directory.users.create({ username: "bob", password: otherPassword });
  const prepared = await directory.credentials.prepare(bob, password);
  await expect(directory.users.update(ada.id, { password: prepared })).rejects.toMatchObject(meanwhile);
});

function ssha(text: string): string {
  const salt = Buffer.from("01020304", "hex");
  const digest = createHash("sha1").update(text).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString("base64")}`;
}

function pbkdf2(text: string): string {
  const salt = Buffer.from("0102030405060708", "hex");
  const digest = pbkdf2Sync(text, salt, 1000, 32, "sha256");
  const ab64 = (octets: Buffer): string => octets.toString("base64").replaceAll("+", ".").replaceAll("=", "");
  return `{PBKDF2-SHA256}1000$${ab64(salt)}$${ab64(digest)}`;
}
