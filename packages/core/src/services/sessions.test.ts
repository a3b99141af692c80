import { expect, test } from "vitest";
import type { UserId } from "../model/ids.ts";
import { epoch, failure, openDirectory } from "../testing/test-directory.ts";
import type { NewSession } from "./sessions.ts";

async function scene() {
  const opened = await openDirectory();
  const ada = await opened.directory.users.create({ username: "ada" });
  const begin = (other: Partial<NewSession> = {}) =>
    opened.directory.sessions.begin({
      user: ada.id,
      protocol: "saml",
      factors: ["password", "totp"],
      lifetimeMs: 60_000,
      ...other,
    });
  return { ...opened, ada, begin };
}

test("a session is found by its bearer secret alone, until it is over", async () => {
  const { directory, clock, ada, begin } = await scene();
  const { session, secret } = await begin({ data: { sp: "wiki" } });
  expect(session).toMatchObject({
    user: ada.id,
    protocol: "saml",
    factors: ["password", "totp"],
    authenticatedAt: epoch,
    expiresAt: epoch + 60_000,
    data: { sp: "wiki" },
  });
  expect(JSON.stringify(session)).not.toContain(secret);
  expect(await directory.sessions.find(secret)).toEqual(session);
  for (const other of ["", session.id, session.secretHash, `${secret}x`, "x".repeat(1_000_000)])
    expect(await directory.sessions.find(other)).toBeUndefined();
  clock.advance(59_999);
  expect(await directory.sessions.find(secret)).toEqual(session);
  clock.advance(1);
  expect(await directory.sessions.find(secret)).toBeUndefined();
  expect(await directory.sessions.ofUser(ada.id)).toEqual([]);
});

test("no two sessions have one secret", async () => {
  const { begin } = await scene();
  const secrets = (await Promise.all(Array.from({ length: 20 }, () => begin()))).map((one) => one.secret);
  expect(new Set(secrets).size).toBe(20);
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
});

test.each<[Partial<NewSession>, string]>([
  [{ lifetimeMs: 0 }, "lifetimeMs"],
  [{ lifetimeMs: Number.NaN }, "lifetimeMs"],
  [{ lifetimeMs: Number.POSITIVE_INFINITY }, "lifetimeMs"],
  [{ lifetimeMs: 400 * 86_400_000 }, "lifetimeMs"],
  [{ protocol: "" }, "protocol"],
  [{ data: { n: 1 as never } }, "data.n"],
  [{ data: { n: "x".repeat(300_000) } }, "data"],
])("%j begins no session", async (other, path) => {
  const { begin } = await scene();
  await expect(begin(other)).rejects.toMatchObject(failure("invalid-input", { path }));
});

test("a user who is not there begins no session", async () => {
  const { begin } = await scene();
  await expect(begin({ user: "0190a8c4-7b5e-7000-8000-000000000001" as UserId })).rejects.toMatchObject(
    failure("not-found"),
  );
});

test("all sessions but one can be ended", async () => {
  const { directory, ada, begin } = await scene();
  const kept = await begin();
  await begin();
  await begin();
  expect(await directory.sessions.endAll(ada.id, { except: kept.session.id })).toBe(2);
  expect(await directory.sessions.ofUser(ada.id)).toEqual([kept.session]);
});

test("collecting garbage drops what is over and nothing else", async () => {
  const { directory, clock, ada, begin } = await scene();
  for (let i = 0; i < 30; i++) await begin({ lifetimeMs: 1000 });
  const { session } = await begin();
  await directory.credentials.createPasswordReset(ada.id);
  expect(await directory.collectGarbage()).toBe(0);
  clock.advance(1000);
  expect(await directory.collectGarbage()).toBe(30);
  expect(await directory.sessions.ofUser(ada.id)).toEqual([session]);
  clock.advance(86_400_000);
  expect(await directory.collectGarbage()).toBe(2);
  expect(await directory.collectGarbage()).toBe(0);
});

test("a session is known to its protocol by a handle, which is free again once it is over", async () => {
  const { directory, clock, begin } = await scene();
  const handle = "nas-1/0000A5";
  const { session } = await begin({ protocol: "radius", handle });
  expect(session.handle).toBe(handle);
  expect(await directory.sessions.byHandle("radius", handle)).toEqual(session);
  for (const [protocol, other] of [
    ["saml", handle],
    ["radius", "nas-1"],
    ["radius", ""],
  ] as const)
    expect(await directory.sessions.byHandle(protocol, other)).toBeUndefined();
  // It is no bearer secret.
  expect(await directory.sessions.find(handle)).toBeUndefined();
  await expect(begin({ protocol: "radius", handle })).rejects.toMatchObject(
    failure("conflict", { session: session.id }),
  );
  await begin({ protocol: "ldap", handle });
  clock.advance(60_000);
  expect(await directory.sessions.byHandle("radius", handle)).toBeUndefined();
  const { session: next } = await begin({ protocol: "radius", handle });
  await directory.sessions.end(next.id);
  await begin({ protocol: "radius", handle });
});

test("of a hundred that begin a session with one handle at once, one does", async () => {
  const { begin } = await scene();
  const tries = Array.from({ length: 100 }, () => begin({ protocol: "radius", handle: "one" }));
  const outcomes = await Promise.allSettled(tries);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("the sessions of a protocol are listed while they live", async () => {
  const { directory, clock, begin } = await scene();
  const ids: string[] = [];
  for (const lifetimeMs of [1000, 5000, 9000])
    ids.push((await begin({ protocol: "radius", lifetimeMs })).session.id);
  await begin();
  const listed = async (): Promise<string[]> =>
    (await Array.fromAsync(directory.sessions.ofProtocol("radius"))).map(({ id }) => id);
  expect(await listed()).toEqual(ids);
  clock.advance(1000);
  expect(await listed()).toEqual(ids.slice(1));
});

test("a live session may live longer and carry other data; one that is over stays over", async () => {
  const { directory, clock, begin } = await scene();
  const { session } = await begin({ data: { octets: "0" } });
  clock.advance(50_000);
  await directory.sessions.update(session.id, { lifetimeMs: 60_000 });
  clock.advance(50_000);
  const changed = await directory.sessions.update(session.id, { data: { octets: "17" } });
  expect(changed).toMatchObject({ data: { octets: "17" }, expiresAt: epoch + 110_000 });
  clock.advance(10_000);
  await expect(directory.sessions.update(session.id, { lifetimeMs: 60_000 })).rejects.toMatchObject({
    code: "not-found",
  });
});
