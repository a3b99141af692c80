import { describe, expect, test } from "vitest";
import type { Directory } from "../directory.ts";
import type { User } from "../model/user.ts";
import type { PasswordHasher } from "../password/password-hasher.ts";
import { interruptibleStore } from "../testing/other-stores.ts";
import { openDirectory, otherPassword, password, quickHasher } from "../testing/test-directory.ts";

/** Verifying takes long; this lets something happen at the end of the next one. */
async function scene() {
  let meanwhile: (() => Promise<unknown>) | undefined;
  const hasher: PasswordHasher = {
    ...quickHasher,
    verify: async (...given) => {
      const matched = await quickHasher.verify(...given);
      const next = meanwhile;
      meanwhile = undefined;
      await next?.();
      return matched;
    },
  };
  const { directory } = await openDirectory({ hasher });
  const ada = await directory.users.create({ username: "ada", password });
  const login = (happening: (directory: Directory, ada: User) => Promise<unknown>) => {
    meanwhile = () => happening(directory, ada);
    return directory.authenticate({ username: "ada", password, protocol: "ldap" });
  };
  return { directory, ada, login };
}

describe("while a password is verified", () => {
  test.each([
    [
      "a user is suspended",
      (directory: Directory, { id }: User) => directory.users.suspend(id),
      "not-active",
    ],
    ["a user is deleted", (directory: Directory, { id }: User) => directory.users.delete(id), "unknown-user"],
    [
      "the password is changed",
      (directory: Directory, { id }: User) => directory.credentials.setPassword(id, otherPassword),
      "wrong-password",
    ],
  ])("%s: the login is denied", async (_, happening, reason) => {
    const { login } = await scene();
    expect(await login(happening)).toEqual({ outcome: "denied", reason });
  });

  test("the account is locked by others: the login is denied", async () => {
    const { login } = await scene();
    const result = await login(async (directory) => {
      for (let i = 0; i < 5; i++)
        await directory.authenticate({ username: "ada", password: `guess ${i}`, protocol: "radius" });
    });
    expect(result).toEqual({ outcome: "denied", reason: "locked" });
  });

  test("the same password is hashed anew: the login is accepted", async () => {
    const { login } = await scene();
    const result = await login((directory, { id }) => directory.credentials.setPassword(id, password));
    expect(result).toMatchObject({ outcome: "accepted" });
  });

  test("the user's name is changed: the answer has the new one", async () => {
    const { login } = await scene();
    const result = await login((directory, { id }) => directory.users.update(id, { username: "countess" }));
    expect(result).toMatchObject({ outcome: "accepted", user: { username: "countess" } });
  });
});

test("a user suspended between the decision and its commit is denied", async () => {
  const store = interruptibleStore();
  const { directory } = await openDirectory({ store });
  const ada = await directory.users.create({ username: "ada", password });
  store.interrupt = () => directory.users.suspend(ada.id);
  expect(await directory.authenticate({ username: "ada", password, protocol: "ldap" })).toEqual({
    outcome: "denied",
    reason: "not-active",
  });
});
