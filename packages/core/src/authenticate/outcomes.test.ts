import { describe, expect, test } from "vitest";
import type { NewGrant } from "../services/grants.ts";
import { codeAt, failure, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

const attempt = { username: "ada", password, protocol: "ldap" };

async function scene() {
  const opened = await openDirectory();
  const { directory, clock } = opened;
  const ada = await directory.users.create({ username: "Ada", email: "Ada@example.com", password });
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  const grant = (terms: Partial<NewGrant> = {}) =>
    directory.grants.add({ user: ada.id, resource: wiki.id, ...terms } as NewGrant);
  const enrol = async (): Promise<string> => {
    const { secret } = await directory.credentials.beginTotp(ada.id);
    await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
    clock.advance(30_000);
    return secret;
  };
  return { ...opened, ada, wiki, grant, enrol };
}

test("the right password is accepted, and the answer says who it is and what was shown", async () => {
  const { directory, ada } = await scene();
  expect(await directory.authenticate(attempt)).toEqual({
    outcome: "accepted",
    user: ada,
    factors: ["password"],
    mustChangePassword: false,
  });
});

test.each(["ADA", "ａｄａ", " ada ", "ada@EXAMPLE.com"])("%j names the user too", async (username) => {
  const { directory, ada } = await scene();
  expect(await directory.authenticate({ ...attempt, username })).toMatchObject({ user: { id: ada.id } });
});

test("a user is named by id where the protocol does so", async () => {
  const { directory, ada } = await scene();
  expect(await directory.authenticate({ userId: ada.id, password, protocol: "ldap" })).toMatchObject({
    outcome: "accepted",
  });
});

test("an address is no login name where the host says so, and a name that looks like one still is", async () => {
  const { directory } = await openDirectory({ authentication: { loginByEmail: false } });
  await directory.users.create({ username: "ada", email: "ada@example.com", password });
  await directory.users.create({ username: "bob@example.com", password });
  expect(await directory.authenticate({ ...attempt, username: "ada@example.com" })).toMatchObject({
    reason: "unknown-user",
  });
  expect(await directory.authenticate({ ...attempt, username: "bob@example.com" })).toMatchObject({
    outcome: "accepted",
  });
});

test("only the primary address is a login name", async () => {
  const { directory } = await openDirectory();
  const emails = [
    { value: "ada@example.com", primary: true },
    { value: "countess@example.com", primary: false },
  ];
  await directory.users.create({ username: "ada", emails, password });
  expect(await directory.authenticate({ ...attempt, username: "countess@example.com" })).toMatchObject({
    reason: "unknown-user",
  });
});

test.each([
  [{ username: "nobody" }, "unknown-user"],
  [{ username: "" }, "unknown-user"],
  [{ username: "a".repeat(1000) }, "unknown-user"],
  [{ password: "not the password" }, "wrong-password"],
  [{ password: "" }, "wrong-password"],
  [{ password: "\ud800" }, "wrong-password"],
  [{ password: "a".repeat(1_000_000) }, "wrong-password"],
  [{ state: "made up" }, "invalid-state"],
] as const)("an attempt with %j is denied", async (other, reason) => {
  const { directory } = await scene();
  expect(await directory.authenticate({ ...attempt, ...other })).toEqual({ outcome: "denied", reason });
});

test("whoever has no password, or is not active, is denied", async () => {
  const { directory, ada } = await scene();
  await directory.users.create({ username: "keys-only" });
  expect(await directory.authenticate({ ...attempt, username: "keys-only" })).toEqual({
    outcome: "denied",
    reason: "no-password",
  });
  for (const state of ["staged", "suspended"] as const) {
    await directory.users.update(ada.id, { state });
    expect(await directory.authenticate(attempt)).toEqual({ outcome: "denied", reason: "not-active" });
  }
});

describe("with a resource", () => {
  test("whoever no grant lets in is denied, though the password is right", async () => {
    const { directory, wiki, grant } = await scene();
    expect(await directory.authenticate({ ...attempt, resource: wiki.id })).toEqual({
      outcome: "denied",
      reason: "no-access",
    });
    await grant();
    expect(await directory.authenticate({ ...attempt, resource: wiki.id })).toMatchObject({
      outcome: "accepted",
    });
    expect(
      await directory.authenticate({ ...attempt, resource: { kind: "ldap", name: "WIKI" } }),
    ).toMatchObject({ outcome: "accepted" });
    expect(await directory.authenticate({ ...attempt, resource: { kind: "ldap", name: "x" } })).toMatchObject(
      { reason: "no-access" },
    );
  });

  test("of several any one will do", async () => {
    const { directory, wiki, grant } = await scene();
    await grant();
    const other = { kind: "ldap", name: "other" } as const;
    expect(await directory.authenticate({ ...attempt, resource: [other, wiki.id] })).toMatchObject({
      outcome: "accepted",
    });
    expect(await directory.authenticate({ ...attempt, resource: [other] })).toMatchObject({
      reason: "no-access",
    });
    expect(await directory.authenticate({ ...attempt, resource: [] })).toMatchObject({ reason: "no-access" });
  });

  test("a grant on networks goes by the address of the peer", async () => {
    const { directory, wiki, grant } = await scene();
    await grant({ conditions: { networks: ["192.0.2.0/24"] } });
    const login = { ...attempt, resource: wiki.id };
    expect(await directory.authenticate({ ...login, source: "192.0.2.1" })).toMatchObject({
      outcome: "accepted",
    });
    expect(await directory.authenticate({ ...login, source: "198.51.100.1" })).toMatchObject({
      reason: "no-access",
    });
    expect(await directory.authenticate(login)).toMatchObject({ reason: "no-access" });
  });

  test("a second factor is demanded when every grant demands one", async () => {
    const { directory, clock, wiki, grant, enrol } = await scene();
    await grant({ conditions: { mfa: true } });
    const login = { ...attempt, resource: wiki.id };
    expect(await directory.authenticate(login)).toEqual({ outcome: "denied", reason: "mfa-required" });
    const secret = await enrol();
    expect(await directory.authenticate(login)).toEqual({ outcome: "denied", reason: "mfa-required" });
    expect(await directory.authenticate({ ...login, code: codeAt(secret, clock()) })).toMatchObject({
      outcome: "accepted",
      factors: ["password", "totp"],
    });
    await grant();
    expect(await directory.authenticate(login)).toMatchObject({ outcome: "accepted", factors: ["password"] });
  });
});

describe("a password with a code in one field", () => {
  test("counts as both for whoever has a second factor", async () => {
    const { directory, clock, enrol } = await scene();
    const secret = await enrol();
    const combined = `${password},${codeAt(secret, clock())}`;
    expect(await directory.authenticate({ ...attempt, password: combined })).toMatchObject({
      factors: ["password", "totp"],
    });
    expect(await directory.authenticate({ ...attempt, password: combined })).toMatchObject({
      reason: "wrong-code",
    });
    clock.advance(60_000);
    expect(
      await directory.authenticate({ ...attempt, password: `x${password},${codeAt(secret, clock())}` }),
    ).toMatchObject({
      reason: "wrong-password",
    });
  });

  test("is just a password for whoever has none", async () => {
    const { directory } = await scene();
    expect(await directory.authenticate({ ...attempt, password: `${password},123456` })).toMatchObject({
      reason: "wrong-password",
    });
  });

  test("is just a password when the code has a field of its own", async () => {
    const { directory, clock, enrol } = await scene();
    const code = codeAt(await enrol(), clock());
    expect(await directory.authenticate({ ...attempt, password: `${password},${code}`, code })).toMatchObject(
      {
        reason: "wrong-password",
      },
    );
  });

  test("cannot be chosen as a password, or it could never be told from one", async () => {
    const { directory, ada } = await scene();
    await expect(directory.credentials.setPassword(ada.id, `${otherPassword},123456`)).rejects.toMatchObject(
      failure("invalid-input", { violation: "looks-like-password-and-code" }),
    );
  });
});

test("a second factor that is not confirmed yet is none", async () => {
  const { directory, clock, ada } = await scene();
  const { secret } = await directory.credentials.beginTotp(ada.id);
  expect(await directory.authenticate({ ...attempt, code: codeAt(secret, clock()) })).toMatchObject({
    reason: "wrong-code",
  });
  expect(
    await directory.authenticate({ ...attempt, secondFactor: "required", canChallenge: true }),
  ).toMatchObject({
    reason: "mfa-required",
  });
});
