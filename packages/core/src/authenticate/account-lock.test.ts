import { expect, test } from "vitest";
import { openDirectory, password } from "../testing/test-directory.ts";
import type { AuthenticationAttempt } from "./attempt.ts";

async function scene(authentication: Parameters<typeof openDirectory>[0] = {}) {
  const opened = await openDirectory(authentication);
  const ada = await opened.directory.users.create({ username: "ada", password });
  let guesses = 0;
  const attempt = async (other: Partial<AuthenticationAttempt> = {}): Promise<string> => {
    const result = await opened.directory.authenticate({
      username: "ada",
      password,
      protocol: "ldap",
      ...other,
    });
    return result.outcome === "denied" ? result.reason : result.outcome;
  };
  const fail = (other: Partial<AuthenticationAttempt> = {}) =>
    attempt({ password: `guess ${guesses++}`, ...other });
  return { ...opened, ada, attempt, fail };
}

/** How long after a failure the account stays locked, in milliseconds, to the second. */
async function lockedFor(
  { clock, fail }: Awaited<ReturnType<typeof scene>>,
  limit = 3_600_000,
): Promise<number> {
  let waited = 0;
  while ((await fail()) === "locked" && waited < limit) {
    clock.advance(1000);
    waited += 1000;
  }
  return waited;
}

test("the delay begins after the fifth failure, doubles with each, and ends at a quarter of an hour", async () => {
  const all = await scene();
  const delays: number[] = [];
  for (let i = 0; i < 18; i++) delays.push(await lockedFor(all));
  const seconds = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900];
  expect(delays).toEqual(seconds.map((one) => one * 1000));
});

test("after the most failures nothing is tried until the day is over, counted from the first", async () => {
  const all = await scene({ authentication: { accountLock: { maxFailures: 6, freeFailures: 5 } } });
  const { clock, attempt, fail } = all;
  for (let i = 0; i < 5; i++) expect(await fail()).toBe("wrong-password");
  clock.advance(1000);
  expect(await fail()).toBe("wrong-password");
  clock.advance(86_400_000 - 1001);
  expect(await attempt()).toBe("locked");
  clock.advance(1);
  expect(await attempt()).toBe("accepted");
});

test("success forgets the failures", async () => {
  const { attempt, fail } = await scene();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 4; i++) expect(await fail()).toBe("wrong-password");
    expect(await attempt()).toBe("accepted");
  }
});

test("the same wrong password within an hour counts once, and does not renew a lock", async () => {
  const { clock, attempt } = await scene();
  for (let i = 0; i < 50; i++) expect(await attempt({ password: "the old password" })).toBe("wrong-password");
  expect(await attempt()).toBe("accepted");
  clock.advance(3_600_000);
  for (let i = 0; i < 5; i++) await attempt({ password: `other ${i}` });
  clock.advance(1000);
  for (let i = 0; i < 10; i++) expect(await attempt({ password: "other 1" })).toBe("wrong-password");
  expect(await attempt()).toBe("accepted");
});

test("a phone that keeps trying an old password does not lock its owner out", async () => {
  const { clock, attempt } = await scene();
  for (let minute = 0; minute < 24 * 60; minute += 5) {
    await attempt({ password: "the old password", source: "192.0.2.7" });
    clock.advance(300_000);
  }
  expect(await attempt({ source: "192.0.2.7" })).toBe("accepted");
});

test("an address is known for thirty days after a login, and as long as it is used", async () => {
  const { clock, attempt, fail } = await scene({
    authentication: { sourceThrottle: { failureBurst: 10_000 } },
  });
  const home = { source: "192.0.2.7" };
  const day = 86_400_000;
  expect(await attempt(home)).toBe("accepted");
  for (let days = 0; days < 100; days += 20) {
    clock.advance(20 * day);
    for (let i = 0; i < 10; i++) await fail({ source: `198.51.100.${i}` });
    expect(await attempt({ source: "203.0.113.1" })).toBe("locked");
    expect(await attempt(home)).toBe("accepted");
  }
  clock.advance(30 * day);
  for (let i = 0; i < 10; i++) await fail({ source: `198.51.100.${i}` });
  expect(await attempt(home)).toBe("locked");
});

test("failures from a known address lock that address alone", async () => {
  const { attempt, fail } = await scene();
  const home = { source: "192.0.2.7" };
  await attempt(home);
  for (let i = 0; i < 5; i++) await fail(home);
  expect(await attempt(home)).toBe("locked");
  expect(await attempt({ source: "192.0.2.8" })).toBe("accepted");
});

test("denials that are not guesses do not count", async () => {
  const { directory, attempt } = await scene();
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  for (let i = 0; i < 20; i++) {
    expect(await attempt({ resource: wiki.id })).toBe("no-access");
    expect(await attempt({ secondFactor: "required" })).toBe("mfa-required");
  }
  expect(await attempt()).toBe("accepted");
});

test("within the lock a failure neither counts nor makes it longer", async () => {
  const { clock, attempt, fail } = await scene();
  for (let i = 0; i < 5; i++) await fail();
  for (let i = 0; i < 100; i++) expect(await fail()).toBe("locked");
  clock.advance(1000);
  expect(await attempt()).toBe("accepted");
});

test("failures without an address hold nobody else back", async () => {
  const { directory, attempt } = await scene({
    authentication: { sourceThrottle: { failureBurst: 2, failuresPerMinute: 1 } },
  });
  for (let i = 0; i < 10; i++)
    await directory.authenticate({ username: `nobody${i}`, password, protocol: "ldap" });
  expect(await attempt()).toBe("accepted");
});

test("a slowed-down address earns attempts back with time, and the oldest address is forgotten first", async () => {
  const { directory, clock, attempt } = await scene({
    authentication: { sourceThrottle: { failureBurst: 2, failuresPerMinute: 6, maxSources: 2 } },
  });
  const guess = async (source: string) =>
    directory.authenticate({ username: "nobody", password, protocol: "ldap", source });
  for (let i = 0; i < 3; i++) await guess("192.0.2.1");
  expect(await attempt({ source: "192.0.2.1" })).toBe("source-throttled");
  clock.advance(10_000);
  expect(await attempt({ source: "192.0.2.1" })).toBe("accepted");
  for (let i = 0; i < 3; i++) await guess("192.0.2.1");
  for (const source of ["192.0.2.2", "192.0.2.3"]) await guess(source);
  expect(await attempt({ source: "192.0.2.1" })).toBe("accepted");
});
