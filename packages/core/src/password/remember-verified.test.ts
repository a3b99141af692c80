import { afterEach, expect, test, vi } from "vitest";
import { failure, openDirectory, otherPassword, password, quickHasher } from "../testing/test-directory.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { rememberVerified } from "./remember-verified.ts";

afterEach(() => void vi.useRealTimers());

/** A hasher that counts how often it works. */
function counting(): PasswordHasher & { count: number } {
  const hasher = {
    ...quickHasher,
    count: 0,
    verify(...given: Parameters<PasswordHasher["verify"]>) {
      hasher.count += 1;
      return quickHasher.verify(...given);
    },
  };
  return hasher;
}

async function scene(forMs: number, maxEntries?: number) {
  const inner = counting();
  const options = { forMs, ...(maxEntries === undefined ? {} : { maxEntries }) };
  const hasher = rememberVerified(inner, options);
  const { directory } = await openDirectory({ hasher });
  const ada = await directory.users.create({ username: "ada", password });
  const login = async (given = password): Promise<string> =>
    (await directory.authenticate({ username: "ada", password: given, protocol: "ldap" })).outcome;
  return { inner, hasher, directory, ada, login };
}

test("a right password is hashed once while it is remembered", async () => {
  const { inner, login } = await scene(300_000);
  for (let i = 0; i < 3; i++) expect(await login()).toBe("accepted");
  expect(inner.count).toBe(1);
});

test("a wrong one is hashed every time, remembered or not", async () => {
  const { inner, login } = await scene(300_000);
  await login();
  for (let i = 0; i < 3; i++) expect(await login(otherPassword)).toBe("denied");
  expect(inner.count).toBe(4);
});

test("the old password is refused at once when there is a new one", async () => {
  const { directory, ada, login } = await scene(300_000);
  await login();
  await directory.credentials.setPassword(ada.id, otherPassword);
  expect(await login()).toBe("denied");
  expect(await login(otherPassword)).toBe("accepted");
});

test("someone who is suspended is refused at once", async () => {
  const { directory, ada, login } = await scene(300_000);
  await login();
  await directory.users.suspend(ada.id);
  expect(await login()).toBe("denied");
});

test("it is forgotten when its time is over", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { inner, login } = await scene(60_000);
  await login();
  vi.advanceTimersByTime(59_999);
  await login();
  expect(inner.count).toBe(1);
  vi.advanceTimersByTime(1);
  await login();
  expect(inner.count).toBe(2);
});

test("it is forgotten when a directory closes, and the others that share the hasher go on", async () => {
  const { inner, hasher, login } = await scene(300_000);
  const { directory: other } = await openDirectory({ hasher });
  await login();
  await other.close();
  for (let i = 0; i < 2; i++) expect(await login()).toBe("accepted");
  expect(inner.count).toBe(2);
});

test("closing it closes the hasher that it stands before", async () => {
  const close = vi.fn();
  const { directory } = await openDirectory({
    hasher: rememberVerified({ ...quickHasher, close }, { forMs: 1 }),
  });
  expect(close).not.toHaveBeenCalled();
  await directory.close();
  expect(close).toHaveBeenCalledOnce();
});

test("no more are remembered than it was told, and the oldest go first", async () => {
  const { inner, directory, login } = await scene(300_000, 1);
  await directory.users.create({ username: "bob", password });
  await login();
  await directory.authenticate({ username: "bob", password, protocol: "ldap" });
  await login();
  expect(inner.count).toBe(3);
});

test.each([{ forMs: 0 }, { forMs: 300_001 }, { forMs: 1.5 }, { forMs: 5, maxEntries: 0 }])(
  "%j is out of range",
  (options) => {
    expect(() => rememberVerified(quickHasher, options)).toThrow(
      expect.objectContaining(failure("misconfigured")),
    );
  },
);
