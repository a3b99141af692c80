import { expect, test } from "vitest";
import { openDirectory, password } from "../testing/test-directory.ts";

const wrong = (i: number): string => `not the password ${i}`;

test("C7 failures on all protocols count together, and inside the lock the right password gets the same answer", async () => {
  const { directory, clock } = await openDirectory();
  await directory.users.create({ username: "ada", password });
  for (const [i, protocol] of ["ldap", "radius", "saml", "oauth", "agent"].entries())
    await directory.authenticate({ username: "ada", password: wrong(i), protocol });
  const refused = await directory.authenticate({ username: "ada", password, protocol: "ldap" });
  expect(refused).toEqual({ outcome: "denied", reason: "locked" });
  expect(await directory.authenticate({ username: "ada", password: wrong(9), protocol: "ldap" })).toEqual(
    refused,
  );
  clock.advance(1000);
  expect(await directory.authenticate({ username: "ada", password, protocol: "radius" })).toMatchObject({
    outcome: "accepted",
  });
});

test("C7 no more than 100 guesses are weighed in a day, however patient the guesser", async () => {
  const { directory, clock } = await openDirectory({
    authentication: { sourceThrottle: { failureBurst: 1_000_000 } },
  });
  await directory.users.create({ username: "ada", password });
  let weighed = 0;
  for (let i = 0, waited = 0; waited < 86_400_000; waited += 600_000) {
    for (let burst = 0; burst < 3; burst++) {
      const result = await directory.authenticate({
        username: "ada",
        password: wrong(i++),
        protocol: "ldap",
        source: "198.51.100.7",
      });
      if (result.outcome === "denied" && result.reason === "wrong-password") weighed += 1;
    }
    clock.advance(600_000);
  }
  expect(weighed).toBeGreaterThan(5);
  expect(weighed).toBeLessThanOrEqual(100);
});

test("C7 a burst of guesses made at the same time weighs no more than a few, and locks for a moment only", async () => {
  const { directory, clock } = await openDirectory();
  await directory.users.create({ username: "ada", password });
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      directory.authenticate({ username: "ada", password: wrong(i), protocol: "ldap" }),
    ),
  );
  const weighed = results.filter((one) => one.outcome === "denied" && one.reason === "wrong-password");
  expect(weighed).toHaveLength(5);
  clock.advance(1000);
  expect(await directory.authenticate({ username: "ada", password, protocol: "ldap" })).toMatchObject({
    outcome: "accepted",
  });
});

test("C7 the right password among guesses made at the same time does not get past the lock they cause", async () => {
  const { directory } = await openDirectory();
  await directory.users.create({ username: "ada", password });
  const guesses = [...Array.from({ length: 50 }, (_, i) => wrong(i)), password];
  const results = await Promise.all(
    guesses.map((guess) => directory.authenticate({ username: "ada", password: guess, protocol: "ldap" })),
  );
  expect(results.at(-1)).toEqual({ outcome: "denied", reason: "locked" });
});

test("C7 a stranger cannot lock users out of the places they log in from", async () => {
  const { directory, clock } = await openDirectory();
  await directory.users.create({ username: "ada", password });
  const home = { username: "ada", password, protocol: "ldap", source: "192.0.2.10" };
  expect(await directory.authenticate(home)).toMatchObject({ outcome: "accepted" });
  for (let i = 0; i < 200; i++) {
    await directory.authenticate({
      username: "ada",
      password: wrong(i),
      protocol: "radius",
      source: `198.51.100.${i}`,
    });
    if (i < 199) clock.advance(900_000);
  }
  expect(await directory.authenticate({ ...home, source: "203.0.113.5" })).toEqual({
    outcome: "denied",
    reason: "locked",
  });
  expect(await directory.authenticate(home)).toMatchObject({ outcome: "accepted" });
});

test("C7 an address that fails on many accounts is slowed down, and others are not", async () => {
  const { directory } = await openDirectory({
    authentication: { sourceThrottle: { failureBurst: 10, failuresPerMinute: 6 } },
  });
  await directory.users.create({ username: "ada", password });
  for (let i = 0; i < 10; i++)
    await directory.authenticate({
      username: `guess${i}`,
      password: wrong(i),
      protocol: "ldap",
      source: "198.51.100.7",
    });
  const attempt = { username: "ada", password, protocol: "ldap" };
  expect(await directory.authenticate({ ...attempt, source: "198.51.100.7" })).toEqual({
    outcome: "denied",
    reason: "source-throttled",
  });
  expect(await directory.authenticate({ ...attempt, source: "198.51.100.8" })).toMatchObject({
    outcome: "accepted",
  });
});
