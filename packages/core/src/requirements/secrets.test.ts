import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createDirectory } from "../directory.ts";
import { includeSecrets } from "../document/export-document.ts";
import { keyRing } from "../keys/key-ring.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { codeAt, failure, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

/** Everything a careless log line could show of a value. */
function everything(value: unknown): string {
  return [
    inspect(value, {
      depth: 20,
      showHidden: true,
      getters: true,
      maxArrayLength: null,
      maxStringLength: null,
    }),
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof Error ? { ...part, message: part.message, stack: part.stack } : part,
    ),
    String(value),
  ].join("\n");
}

test("C16 printing a directory, its services, records and answers shows no secret", async () => {
  const key = Buffer.from("yN5bq0l8q1mZt0s3a4vXcB2uWJd7kPfE6hRgYoTiLw0=", "base64");
  const { directory, clock } = await openDirectory({ keys: keyRing({ current: { id: "k1", key } }) });
  const ada = await directory.users.create({ username: "ada", password });
  const { secret } = await directory.credentials.beginTotp(ada.id);
  await directory.credentials.confirmTotp(ada.id, codeAt(secret, clock()));
  clock.advance(30_000);
  const session = await directory.sessions.begin({
    user: ada.id,
    protocol: "saml",
    factors: ["password"],
    lifetimeMs: 1000,
  });
  const reset = await directory.credentials.createPasswordReset(ada.id);
  const result = await directory.authenticate({
    username: "ada",
    password,
    code: codeAt(secret, clock()),
    protocol: "ldap",
  });
  const stored = (await directory.export({ [includeSecrets]: true })).users?.[0]?.passwordHash ?? "";
  const shown = everything([
    directory,
    directory.users,
    directory.credentials,
    directory.environment.keys,
    directory.environment.hasher,
    await directory.credentials.list(ada.id),
    await directory.users.get(ada.id),
    await directory.sessions.ofUser(ada.id),
    await directory.audit({ limit: 1000 }),
    await directory.export(),
    result,
  ]);
  for (const one of [
    password,
    secret,
    session.secret,
    reset,
    stored,
    key.toString("base64"),
    key.toString("hex"),
  ]) {
    expect(one.length).toBeGreaterThan(15);
    expect(shown).not.toContain(one);
  }
});

test("C16 no error shows the secret it is about", async () => {
  const { directory } = await openDirectory();
  const ada = await directory.users.create({ username: "ada", password });
  await directory.credentials.beginTotp(ada.id);
  const secrets = {
    short: "hunter2-hunter",
    controls: "plum velvet\u0007 harbour tin",
    token: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    hash: "$9$unknown$form/of/a/stored/hash",
    totp: "NOTBASE32-NOTBASE32-0189",
  };
  const attempts = [
    directory.credentials.setPassword(ada.id, secrets.short),
    directory.credentials.setPassword(ada.id, secrets.controls),
    directory.credentials.resetPassword(secrets.token, otherPassword),
    directory.credentials.importPasswordHash(ada.id, secrets.hash),
    directory.credentials.importTotp(ada.id, secrets.totp),
    directory.credentials.confirmTotp(ada.id, secrets.token),
    directory.users.create({ username: "bob", password: secrets.short }),
    directory.users.create({ username: "bob", passwordHash: secrets.hash }),
    directory.users.create({ username: "bob", password, passwordHash: secrets.hash }),
    directory.import({ version: 1, users: [{ username: "bob", passwordHash: secrets.hash }] }),
    directory.import({ version: 1, users: [{ username: "bob", totpSecret: secrets.totp }] }),
    directory.import({ version: 1, users: [{ username: "bob", password, passwordHash: secrets.hash }] }),
  ];
  for (const attempt of attempts) {
    const error: unknown = await attempt.then(
      () => expect.unreachable(),
      (refused: unknown) => refused,
    );
    for (const secret of [...Object.values(secrets), password])
      expect(everything(error)).not.toContain(secret);
  }
});

test("C17 a durable store without keys does not open", async () => {
  const store = { ...memoryStore(), capabilities: { durable: true } };
  await expect(createDirectory({ store })).rejects.toMatchObject(failure("misconfigured"));
});

test.each([
  ["all zeros", new Uint8Array(32)],
  ["text", Buffer.from("change-me-change-me-change-me-32")],
  ["one printed in a specification", "YD3rEBXKcb4rc67whX13gR81LAc7YQjXLZgQowkU3/Q="],
])("C17 a key that is %s is refused", (_, key) => {
  expect(() => keyRing({ current: { id: "k1", key } })).toThrow(
    expect.objectContaining(failure("misconfigured")),
  );
});

test("C17 a new directory has no account, no grant and nothing to log in with", async () => {
  const { directory } = await openDirectory();
  expect(await directory.isEmpty()).toBe(true);
  for (const kind of ["user", "group", "system", "resource"] as const)
    expect(await directory.count(kind, {})).toBe(0);
  for (const username of ["admin", "root", "administrator"]) {
    for (const guess of ["", "admin", "password", "changeme"])
      expect(await directory.authenticate({ username, password: guess, protocol: "test" })).toMatchObject({
        outcome: "denied",
      });
  }
});
