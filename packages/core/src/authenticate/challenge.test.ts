import { expect, test } from "vitest";
import { codeAt, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

const attempt = {
  username: "ada",
  password,
  protocol: "radius",
  source: "192.0.2.1",
  canChallenge: true,
} as const;

async function scene() {
  const opened = await openDirectory();
  const { directory, clock } = opened;
  const ada = await directory.users.create({ username: "ada", email: "ada@example.com", password });
  const { secret } = await directory.credentials.beginTotp(ada.id);
  await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
  clock.advance(30_000);
  const challenge = async (): Promise<string> => {
    const result = await directory.authenticate({ ...attempt, secondFactor: "required" });
    if (result.outcome !== "challenge") throw new Error("asks for a code");
    expect(result.challenge.kind).toBe("totp");
    return result.challenge.state;
  };
  const answer = (state: string, code = codeAt(secret, clock()), other: object = {}) =>
    directory.authenticate({ protocol: "radius", source: "192.0.2.1", state, code, ...other });
  return { ...opened, ada, secret, challenge, answer };
}

const invalid = { outcome: "denied", reason: "invalid-state" };

test("a password leads to a challenge, and its answer to both factors", async () => {
  const { ada, challenge, answer } = await scene();
  const state = await challenge();
  expect(state).toMatch(/^[\w-]{32}$/);
  expect(await answer(state)).toMatchObject({
    outcome: "accepted",
    user: { id: ada.id },
    factors: ["password", "totp"],
  });
});

test("a wrong password leads to no challenge, nor does a protocol that cannot ask", async () => {
  const { directory } = await scene();
  const login = { ...attempt, secondFactor: "required" } as const;
  expect(await directory.authenticate({ ...login, password: "wrong" })).toMatchObject({
    reason: "wrong-password",
  });
  expect(await directory.authenticate({ ...login, canChallenge: false })).toMatchObject({
    reason: "mfa-required",
  });
});

test("a recovery code answers it too", async () => {
  const { directory, ada, challenge, answer } = await scene();
  const [code = ""] = await directory.credentials.createRecoveryCodes(ada.id);
  expect(await answer(await challenge(), code)).toMatchObject({ factors: ["password", "recovery-code"] });
});

test("a state is good for one answer, right or wrong", async () => {
  const { challenge, answer } = await scene();
  const wrong = await challenge();
  expect(await answer(wrong, "000000")).toMatchObject({ reason: "wrong-code" });
  expect(await answer(wrong)).toEqual(invalid);
  const right = await challenge();
  const results = await Promise.all(Array.from({ length: 20 }, () => answer(right)));
  expect(results.filter((one) => one.outcome === "accepted")).toHaveLength(1);
});

test("a state lasts five minutes", async () => {
  const { clock, challenge, answer } = await scene();
  const [soon, late] = [await challenge(), await challenge()];
  clock.advance(299_999);
  expect(await answer(soon)).toMatchObject({ outcome: "accepted" });
  clock.advance(30_001);
  expect(await answer(late)).toEqual(invalid);
});

test.each([
  ["another source", { source: "192.0.2.2" }],
  ["another protocol", { protocol: "saml" }],
  ["the name of somebody else", { username: "bob" }],
  ["a name nobody has", { username: "nobody" }],
  ["the id of somebody else", { userId: "0190a8c4-7b5e-7000-8000-000000000001" }],
])("a state does not work with %s", async (_, other) => {
  const { directory, challenge, answer } = await scene();
  await directory.users.create({ username: "bob", password });
  expect(await answer(await challenge(), undefined, other)).toEqual(invalid);
});

test("a state works with any name of its own user", async () => {
  const { ada, clock, challenge, answer } = await scene();
  for (const named of [{ username: "ADA" }, { username: "ada@example.com" }, { userId: ada.id }]) {
    expect(await answer(await challenge(), undefined, named)).toMatchObject({ outcome: "accepted" });
    clock.advance(60_000);
  }
});

test("a state ends with the password it stands on, and with access", async () => {
  const { directory, ada, challenge, answer } = await scene();
  const changed = await challenge();
  await directory.credentials.setPassword(ada.id, otherPassword);
  expect(await answer(changed)).toEqual(invalid);
  await directory.credentials.setPassword(ada.id, password);
  const suspended = await challenge();
  await directory.users.suspend(ada.id);
  expect(await answer(suspended)).toEqual({ outcome: "denied", reason: "not-active" });
  await directory.users.activate(ada.id);
  const deleted = await challenge();
  await directory.users.delete(ada.id);
  expect(await answer(deleted)).toEqual({ outcome: "denied", reason: "unknown-user" });
});

test("a grant that is gone by the time of the answer lets nobody in", async () => {
  const { directory, ada, answer } = await scene();
  const vpn = await directory.resources.create({ kind: "radius", name: "vpn" });
  const grant = await directory.grants.add({ user: ada, resource: vpn, conditions: { mfa: true } });
  const result = await directory.authenticate({ ...attempt, resource: vpn.id });
  if (result.outcome !== "challenge") throw new Error("asks for a code");
  await directory.grants.remove(grant.id);
  expect(await answer(result.challenge.state, undefined, { resource: vpn.id })).toEqual({
    outcome: "denied",
    reason: "no-access",
  });
});

test("wrong codes lock the account, for challenges as for passwords", async () => {
  const { clock, challenge, answer } = await scene();
  const states = await Promise.all(Array.from({ length: 6 }, challenge));
  for (const [i, state] of states.slice(0, 5).entries()) await answer(state, `00000${i}`);
  expect(await answer(states[5] ?? "")).toEqual({ outcome: "denied", reason: "locked" });
  clock.advance(1000);
  expect(await answer(await challenge())).toMatchObject({ outcome: "accepted" });
});
