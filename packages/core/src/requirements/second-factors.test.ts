import { expect, test } from "vitest";
import { codeAt, failure, openDirectory, password, type TestDirectory } from "../testing/test-directory.ts";

async function withTotp(): Promise<
  TestDirectory & { readonly secret: string; readonly ada: { readonly id: never } }
> {
  const { directory, clock } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  const { secret } = await directory.credentials.beginTotp(ada.id);
  await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
  clock.advance(30_000);
  return { directory, clock, secret, ada: ada as never };
}

const attempt = { username: "ada", password, protocol: "ldap" };

test("C9 of 50 logins at the same time with one code exactly one succeeds", async () => {
  const { directory, clock, secret } = await withTotp();
  const code = codeAt(secret, clock());
  const results = await Promise.all(
    Array.from({ length: 50 }, () => directory.authenticate({ ...attempt, code })),
  );
  expect(results.filter((one) => one.outcome === "accepted")).toHaveLength(1);
});

test("C9 a code is good for the step before and after its own and not beyond", async () => {
  const { directory, clock, secret } = await withTotp();
  const at = clock();
  const outcome = async (code: string): Promise<string> =>
    (await directory.authenticate({ ...attempt, code })).outcome;
  expect(await outcome(codeAt(secret, at - 60_000))).toBe("denied");
  expect(await outcome(codeAt(secret, at + 60_000))).toBe("denied");
  expect(await outcome(codeAt(secret, at + 30_000))).toBe("accepted");
  expect(await outcome(codeAt(secret, at))).toBe("accepted");
});

test("C9 the code that ended enrolment does not log in", async () => {
  const { directory, clock } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  const { secret } = await directory.credentials.beginTotp(ada.id);
  const code = codeAt(secret, clock());
  await directory.credentials.confirmTotp(ada.id, code);
  expect(await directory.authenticate({ ...attempt, code })).toEqual({
    outcome: "denied",
    reason: "wrong-code",
  });
});

test("C9 the secret has 160 bits, is shown once, and nothing tells it afterwards", async () => {
  const { directory, clock, secret, ada } = await withTotp();
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  await directory.authenticate({ ...attempt, code: codeAt(secret, clock()) });
  const seen = JSON.stringify([
    await directory.credentials.list(ada.id),
    await directory.users.get(ada.id),
    await directory.audit({ limit: 1000 }),
    await directory.export(),
  ]);
  expect(seen).toContain("totp");
  expect(seen).not.toContain(secret);
});

test("C10 each recovery code stands in for the second factor once", async () => {
  const { directory, ada } = await withTotp();
  const [first = "", second = ""] = await directory.credentials.createRecoveryCodes(ada.id);
  const results = await Promise.all(
    Array.from({ length: 10 }, () => directory.authenticate({ ...attempt, code: first })),
  );
  expect(results.filter((one) => one.outcome === "accepted")).toEqual([
    expect.objectContaining({ factors: ["password", "recovery-code"] }),
  ]);
  expect(await directory.authenticate({ ...attempt, code: second.toUpperCase() })).toMatchObject({
    outcome: "accepted",
  });
  expect(await directory.authenticate({ ...attempt, code: second })).toMatchObject({ outcome: "denied" });
});

test("C10 guesses at codes lock the account like guesses at passwords", async () => {
  const { directory, clock, secret } = await withTotp();
  for (let i = 0; i < 5; i++) await directory.authenticate({ ...attempt, code: `00000${i}` });
  expect(await directory.authenticate({ ...attempt, code: codeAt(secret, clock()) })).toEqual({
    outcome: "denied",
    reason: "locked",
  });
});

test("C10 a password reset does not do away with the second factor", async () => {
  const { directory, clock, secret, ada } = await withTotp();
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  await directory.grants.add({ user: ada.id, resource: wiki, conditions: { mfa: true } });
  const token = await directory.credentials.createPasswordReset(ada.id);
  await directory.credentials.resetPassword(token, "quartz meadow lantern oak");
  const login = { ...attempt, password: "quartz meadow lantern oak", resource: wiki.id };
  expect(await directory.authenticate(login)).toEqual({ outcome: "denied", reason: "mfa-required" });
  expect(await directory.authenticate({ ...login, code: codeAt(secret, clock()) })).toMatchObject({
    outcome: "accepted",
  });
});

test("C10 a reset token works once, for a quarter of an hour, and is stored as a hash", async () => {
  const { directory, clock, ada } = await withTotp();
  const token = await directory.credentials.createPasswordReset(ada.id);
  expect(token.length).toBeGreaterThanOrEqual(43);
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) =>
      directory.credentials.resetPassword(token, `quartz meadow lantern ${i}`),
    ),
  );
  expect(results.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  const late = await directory.credentials.createPasswordReset(ada.id);
  clock.advance(15 * 60_000);
  await expect(directory.credentials.resetPassword(late, "quartz meadow lantern oak")).rejects.toMatchObject(
    failure("invalid-credentials"),
  );
});
