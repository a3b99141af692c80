import { expect, test } from "vitest";
import { createDirectory } from "./directory.ts";
import type { DirectoryOptions } from "./directory-options.ts";
import { memoryStore } from "./memory/memory-store.ts";
import { failure, openDirectory } from "./testing/test-directory.ts";

test.each<[string, unknown, RegExp]>([
  ["no store", { store: undefined }, /needs a store/],
  ["something that is no store", { store: {} }, /needs a store/],
  ["an unknown option", { logLevel: "debug" }, /no option logLevel/],
  ["a time that is none", { pollMs: -1 }, /pollMs/],
  ["a time that is no number", { maxStalenessMs: Number.NaN }, /maxStalenessMs/],
  ["an unknown policy", { passwordPolicy: { minLenght: 8 } }, /no option minLenght/],
  ["a policy that is too weak", { passwordPolicy: { minLength: 4 } }, /minLength/],
  ["an unknown part of authentication", { authentication: { lock: {} } }, /no option lock/],
  ["an unknown lock", { authentication: { accountLock: { attempts: 5 } } }, /no option attempts/],
  ["a lock that never comes", { authentication: { accountLock: { maxFailures: 101 } } }, /maxFailures/],
  ["a lock that is always there", { authentication: { accountLock: { freeFailures: 0 } } }, /freeFailures/],
  [
    "a shorter longest delay",
    { authentication: { accountLock: { firstDelayMs: 10, maxDelayMs: 5 } } },
    /maxDelayMs/,
  ],
  [
    "a throttle that lets nobody in",
    { authentication: { sourceThrottle: { failureBurst: 0 } } },
    /failureBurst/,
  ],
  ["an unknown throttle", { authentication: { sourceThrottle: { perHour: 1 } } }, /no option perHour/],
])("%s is refused before anything is opened", async (_, options, message) => {
  let opened = false;
  const store = {
    ...memoryStore(),
    open: async () => {
      opened = true;
    },
  };
  const created = createDirectory({ store, ...(options as object) } as DirectoryOptions);
  await expect(created).rejects.toMatchObject(failure("misconfigured"));
  await expect(created).rejects.toThrow(message);
  expect(opened).toBe(false);
});

test("what is not given has its default, also within a part", async () => {
  const { directory, clock } = await openDirectory({ authentication: { accountLock: { freeFailures: 2 } } });
  await directory.users.create({ username: "ada", password: "plum velvet harbour tin" });
  const login = async (password: string) => {
    const result = await directory.authenticate({ username: "ada", password, protocol: "x" });
    return result.outcome === "denied" ? result.reason : result.outcome;
  };
  expect([await login("1"), await login("2"), await login("3")]).toEqual([
    "wrong-password",
    "wrong-password",
    "locked",
  ]);
  clock.advance(1000);
  expect(await login("plum velvet harbour tin")).toBe("accepted");
});

test("a store that cannot be opened or read makes no directory, and is closed again", async () => {
  let closed = 0;
  const close = async () => {
    closed += 1;
  };
  const unopened = { ...memoryStore(), close, open: () => Promise.reject(new Error("no disk")) };
  await expect(createDirectory({ store: unopened })).rejects.toMatchObject(failure("store-unavailable"));
  const reader = {
    ...memoryStore().reader("default" as never),
    revision: () => Promise.reject(new Error("no disk")),
  };
  const unreadable = { ...memoryStore(), close, reader: () => reader };
  await expect(createDirectory({ store: unreadable })).rejects.toMatchObject(failure("store-unavailable"));
  expect(closed).toBe(2);
});

test("a directory closes once, and by leaving its block", async () => {
  let closed = 0;
  const store = {
    ...memoryStore(),
    close: async () => {
      closed += 1;
    },
  };
  {
    await using directory = await createDirectory({ store });
    await Promise.all([directory.close(), directory.close()]);
  }
  expect(closed).toBe(1);
});
