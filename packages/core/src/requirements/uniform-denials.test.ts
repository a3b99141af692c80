import { expect, test } from "vitest";
import { argon2Hasher } from "../password/password-hasher.ts";
import { openDirectory, password } from "../testing/test-directory.ts";

/** Everyone a stranger could ask about: each is denied, and the stranger must not learn which is which. */
const cases: Readonly<Record<string, { readonly username: string; readonly password: string }>> = {
  "an unknown user": { username: "nobody", password },
  "a wrong password": { username: "ada", password: "not the password at all" },
  "a suspended user": { username: "suspended", password },
  "a user no grant lets in": { username: "outsider", password },
  "a user without a password": { username: "passwordless", password },
  "an empty password": { username: "ada", password: "" },
};

async function fill(directory: Awaited<ReturnType<typeof openDirectory>>["directory"]): Promise<void> {
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  const [ada] = await directory.users.createMany([
    { username: "ada", password },
    { username: "suspended", password, state: "suspended" },
    { username: "outsider", password },
    { username: "passwordless" },
  ]);
  const staff = await directory.groups.create({ name: "staff", members: ada === undefined ? [] : [ada.id] });
  await directory.grants.add({ group: staff, resource: wiki });
}

test("C8 every denial has the one outcome, and its reason is in the audit trail alone", async () => {
  const { directory } = await openDirectory({
    authentication: { accountLock: { freeFailures: 100 } },
  });
  await fill(directory);
  for (const attempt of Object.values(cases)) {
    const result = await directory.authenticate({
      ...attempt,
      protocol: "ldap",
      resource: { kind: "ldap", name: "wiki" },
    });
    expect(result.outcome).toBe("denied");
    const [event] = await directory.audit({ descending: true, limit: 1 });
    expect(event).toMatchObject({
      action: "authentication.failed",
      reason: result.outcome === "denied" ? result.reason : "",
    });
  }
  expect(
    await directory.authenticate({
      username: "ada",
      password,
      protocol: "ldap",
      resource: { kind: "ldap", name: "wiki" },
    }),
  ).toMatchObject({ outcome: "accepted" });
});

test("C8 the time of a denial does not tell who exists", { timeout: 120_000 }, async () => {
  const { directory } = await openDirectory({
    hasher: argon2Hasher(),
    authentication: { accountLock: { freeFailures: 100 }, sourceThrottle: { failureBurst: 1_000_000 } },
  });
  await fill(directory);
  const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
  const round = async (i: number): Promise<void> => {
    for (const [name, attempt] of Object.entries(cases)) {
      const started = performance.now();
      await directory.authenticate({
        ...attempt,
        // Other wrong passwords each time: one that is repeated is not counted again.
        password: name === "a wrong password" ? `${attempt.password} ${i}` : attempt.password,
        protocol: "ldap",
        resource: { kind: "ldap", name: "wiki" },
      });
      times.get(name)?.push(performance.now() - started);
    }
  };
  for (let i = 0; i < 3; i++) await round(i);
  for (const list of times.values()) list.length = 0;
  // Interleaved rounds share whatever else the machine does. More of them are taken while the answer is unclear.
  let spread = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 60 && (i < 15 || spread > 1.5); i++) {
    await round(100 + i);
    const medians = [...times.values()].map(median);
    spread = Math.max(...medians) / Math.min(...medians);
  }
  expect(spread).toBeLessThanOrEqual(1.5);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
