import { describe, expect, test } from "vitest";
import type { UserId } from "../model/ids.ts";
import { allowWeakHashing, argon2Hasher } from "../password/password-hasher.ts";
import { codeAt, failure, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

const nobody = "0190a8c4-7b5e-7000-8000-000000000001" as UserId;

async function scene() {
  const opened = await openDirectory();
  const ada = await opened.directory.users.create({ username: "ada", password });
  const login = async (typed: string): Promise<string> =>
    (await opened.directory.authenticate({ username: "ada", password: typed, protocol: "test" })).outcome;
  return { ...opened, ada, login };
}

test("a password can be set, replaced and imported; the old one is good no more", async () => {
  const { directory, ada, login } = await scene();
  await directory.credentials.setPassword(ada.id, otherPassword);
  expect([await login(password), await login(otherPassword)]).toEqual(["denied", "accepted"]);
  await directory.credentials.importPasswordHash(ada.id, "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==");
  expect([await login(otherPassword), await login("correct horse battery staple")]).toEqual([
    "denied",
    "accepted",
  ]);
  expect((await directory.credentials.list(ada.id)).map((one) => one.kind)).toEqual(["password"]);
});

test("a password set by another can be one to change at the next sign-in", async () => {
  const { directory, ada } = await scene();
  const must = async (typed: string) => {
    const result = await directory.authenticate({ username: "ada", password: typed, protocol: "test" });
    return result.outcome === "accepted" && result.mustChangePassword;
  };
  await directory.credentials.setPassword(ada.id, otherPassword, { mustChange: true });
  expect(await must(otherPassword)).toBe(true);
  await directory.credentials.setPassword(ada.id, password);
  expect(await must(password)).toBe(false);
});

test.each([
  "plain",
  "$2b$31$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG",
  "$argon2id$v=19$m=4194304,t=10,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  "",
])("a hash %j is not taken over: its form or its cost is not accepted", async (hash) => {
  const { directory, ada, login } = await scene();
  await expect(directory.credentials.importPasswordHash(ada.id, hash)).rejects.toMatchObject(
    failure("invalid-input"),
  );
  expect(await login(password)).toBe("accepted");
});

test("nothing can be done to the credentials of a user who is not there", async () => {
  const { directory } = await scene();
  const { credentials } = directory;
  for (const attempt of [
    credentials.setPassword(nobody, otherPassword),
    credentials.importPasswordHash(nobody, "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA=="),
    credentials.requirePasswordChange(nobody),
    credentials.beginTotp(nobody),
    credentials.confirmTotp(nobody, "000000"),
    credentials.importTotp(nobody, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
    credentials.removeTotp(nobody),
    credentials.createRecoveryCodes(nobody),
    credentials.createPasswordReset(nobody),
  ])
    await expect(attempt).rejects.toMatchObject(failure("not-found"));
  expect(await credentials.list(nobody)).toEqual([]);
});

test("too many passwords at once are refused as overload, and nothing is half done", async () => {
  const hasher = argon2Hasher({
    memoryKiB: 64,
    passes: 1,
    concurrency: 1,
    maxQueued: 1,
    [allowWeakHashing]: true,
  });
  const { directory } = await openDirectory({ hasher });
  const ada = await directory.users.create({ username: "ada" });
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => directory.credentials.setPassword(ada.id, `${otherPassword} ${i}`)),
  );
  const refused = results.filter((one) => one.status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  for (const one of refused) expect(one.reason).toMatchObject(failure("overloaded"));
  expect(await directory.credentials.list(ada.id)).toHaveLength(1);
});

describe("TOTP", () => {
  test("enrolment ends with a code that fits, and can be begun again until then", async () => {
    const { directory, clock, ada } = await scene();
    const first = await directory.credentials.beginTotp(ada.id);
    const second = await directory.credentials.beginTotp(ada.id);
    expect(second.secret).not.toBe(first.secret);
    expect(second.uri).toContain(`secret=${second.secret}`);
    await expect(
      directory.credentials.confirmTotp(ada.id, codeAt(first.secret, clock())),
    ).rejects.toMatchObject(failure("invalid-credentials"));
    await directory.credentials.confirmTotp(ada.id, codeAt(second.secret, clock()));
    expect(await directory.credentials.list(ada.id)).toMatchObject([
      { kind: "password" },
      { kind: "totp", status: "active" },
    ]);
    await expect(directory.credentials.beginTotp(ada.id)).rejects.toMatchObject(failure("conflict"));
    await expect(
      directory.credentials.confirmTotp(ada.id, codeAt(second.secret, clock())),
    ).rejects.toMatchObject(failure("not-found"));
  });

  test("taking it away takes the recovery codes too, and ends sessions", async () => {
    const { directory, ada } = await scene();
    await directory.credentials.importTotp(ada.id, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    await directory.credentials.createRecoveryCodes(ada.id);
    await directory.sessions.begin({
      user: ada.id,
      protocol: "saml",
      factors: ["password"],
      lifetimeMs: 1000,
    });
    await directory.credentials.removeTotp(ada.id);
    expect((await directory.credentials.list(ada.id)).map((one) => one.kind)).toEqual(["password"]);
    expect(await directory.sessions.ofUser(ada.id)).toEqual([]);
  });

  test("new recovery codes void the old ones", async () => {
    const { directory, ada } = await scene();
    await directory.credentials.importTotp(ada.id, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    const [old = ""] = await directory.credentials.createRecoveryCodes(ada.id);
    const codes = await directory.credentials.createRecoveryCodes(ada.id);
    expect(codes).toHaveLength(10);
    const outcome = async (code = "") =>
      (await directory.authenticate({ username: "ada", password, code, protocol: "test" })).outcome;
    expect([await outcome(old), await outcome(codes[0])]).toEqual(["denied", "accepted"]);
  });
});

describe("a reset token", () => {
  const refused = failure("invalid-credentials");

  test("sets a new password and ends the sessions", async () => {
    const { directory, ada, login } = await scene();
    await directory.sessions.begin({
      user: ada.id,
      protocol: "saml",
      factors: ["password"],
      lifetimeMs: 1000,
    });
    const token = await directory.credentials.createPasswordReset(ada.id);
    await directory.credentials.resetPassword(token, otherPassword);
    expect([await login(password), await login(otherPassword)]).toEqual(["denied", "accepted"]);
    expect(await directory.sessions.ofUser(ada.id)).toEqual([]);
    const [event] = await directory.audit({ action: "credential.password-reset" });
    expect(event?.actor).toEqual({ kind: "user", id: ada.id });
  });

  test("is not used up by a password that the policy refuses", async () => {
    const { directory, ada, login } = await scene();
    const token = await directory.credentials.createPasswordReset(ada.id);
    for (const weak of ["short", "password123456789", "x".repeat(1_000_000)])
      await expect(directory.credentials.resetPassword(token, weak)).rejects.toMatchObject(
        failure("invalid-input"),
      );
    await directory.credentials.resetPassword(token, otherPassword);
    expect(await login(otherPassword)).toBe("accepted");
  });

  test("is void once the password was changed otherwise, by another token too", async () => {
    const { directory, ada, login } = await scene();
    const [one, other, third] = [
      await directory.credentials.createPasswordReset(ada.id),
      await directory.credentials.createPasswordReset(ada.id),
      await directory.credentials.createPasswordReset(ada.id),
    ];
    await directory.credentials.resetPassword(one, otherPassword);
    await expect(
      directory.credentials.resetPassword(other, "granite willow comet jar"),
    ).rejects.toMatchObject(refused);
    await directory.credentials.setPassword(ada.id, password);
    await expect(
      directory.credentials.resetPassword(third, "granite willow comet jar"),
    ).rejects.toMatchObject(refused);
    expect(await login(password)).toBe("accepted");
  });

  test("gives a first password to whoever has none, and nothing to whoever is gone", async () => {
    const { directory, login } = await scene();
    const bob = await directory.users.create({ username: "bob" });
    await directory.credentials.resetPassword(
      await directory.credentials.createPasswordReset(bob.id),
      otherPassword,
    );
    expect(
      (await directory.authenticate({ username: "bob", password: otherPassword, protocol: "test" })).outcome,
    ).toBe("accepted");
    const token = await directory.credentials.createPasswordReset(bob.id);
    await directory.users.delete(bob.id);
    await expect(directory.credentials.resetPassword(token, otherPassword)).rejects.toMatchObject(refused);
    await expect(directory.credentials.resetPassword("made up", otherPassword)).rejects.toMatchObject(
      refused,
    );
    expect(await login(password)).toBe("accepted");
  });
});
