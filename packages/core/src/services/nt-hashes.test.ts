import { describe, expect, test } from "vitest";
import { allowNtHashes } from "../directory-options.ts";
import { includeSecrets } from "../document/export-document.ts";
import { ephemeralKeyRing } from "../keys/key-ring.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { UserId } from "../model/ids.ts";
import { ntHash } from "../password/nt-hash.ts";
import { failure, openDirectory, otherPassword, password } from "../testing/test-directory.ts";

const weak = { [allowNtHashes]: true };

async function scene(options: Parameters<typeof openDirectory>[0] = weak) {
  const opened = await openDirectory(options);
  const ada = await opened.directory.users.create({ username: "ada", password });
  const actions = async (): Promise<readonly string[]> =>
    (await opened.directory.audit({ target: ada.id })).map((event) => event.action);
  return { ...opened, ada, actions, credentials: opened.directory.credentials };
}

describe("where they are allowed", () => {
  test("every new password leaves one, whichever way it was set", async () => {
    const { ada, credentials, directory } = await scene();
    expect(await credentials.ntHash(ada.id)).toEqual(ntHash(password));
    await credentials.setPassword(ada.id, otherPassword);
    expect(await credentials.ntHash(ada.id)).toEqual(ntHash(otherPassword));
    const token = await credentials.createPasswordReset(ada.id);
    await credentials.resetPassword(token, password);
    expect(await credentials.ntHash(ada.id)).toEqual(ntHash(password));
    await directory.users.update(ada.id, { password: otherPassword });
    expect(await credentials.ntHash(ada.id)).toEqual(ntHash(otherPassword));
    await directory.import({ version: 1, users: [{ username: "grace", password }] });
    const grace = await directory.users.byUsername("grace");
    expect(await credentials.ntHash(grace?.id as UserId)).toEqual(ntHash(password));
  });

  test("a password that nobody knows leaves none, and takes the one before away", async () => {
    const { ada, credentials, directory } = await scene();
    await credentials.importPasswordHash(ada.id, "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==");
    expect(await credentials.ntHash(ada.id)).toBeUndefined();
    await credentials.setPassword(ada.id, otherPassword);
    await directory.users.update(ada.id, { password: null });
    expect(await credentials.ntHash(ada.id)).toBeUndefined();
    expect(await credentials.list(ada.id)).toEqual([]);
  });

  test("the audit trail says of each that it weakens the password, and shows none", async () => {
    const { ada, credentials, directory } = await scene();
    await credentials.setPassword(ada.id, otherPassword);
    await credentials.importPasswordHash(ada.id, "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==");
    const events = (await directory.audit()).filter((event) => event.action.includes("nt-hash"));
    expect(events).toMatchObject([
      { action: "credential.nt-hash-stored", reason: "weak-form-allowed", target: { id: ada.id } },
      { action: "credential.nt-hash-stored", reason: "weak-form-allowed", target: { id: ada.id } },
      { action: "credential.nt-hash-removed", target: { id: ada.id } },
    ]);
    const shown = JSON.stringify([await directory.audit(), await credentials.list(ada.id)]);
    for (const one of [password, otherPassword])
      expect(shown.toLowerCase()).not.toContain(Buffer.from(ntHash(one)).toString("hex"));
  });

  test("it lies in the store sealed, and in no export", async () => {
    const store = memoryStore();
    const { ada, directory } = await scene({ ...weak, store });
    const reader = store.reader(directory.organizationId);
    const stored = await reader.getByKey("credential", "kind", `${ada.id}/nt-hash`);
    const hash = Buffer.from(ntHash(password));
    for (const form of ["hex", "base64", "base64url", "latin1"] as const)
      expect(stored?.secret).not.toContain(hash.toString(form));
    const exported = JSON.stringify(await directory.export({ [includeSecrets]: true }));
    expect(exported.toLowerCase()).not.toContain(hash.toString("hex"));
    expect(exported).not.toContain(stored?.secret);
  });

  test("it goes with its user", async () => {
    const store = memoryStore();
    const { ada, directory } = await scene({ ...weak, store });
    await directory.users.delete(ada.id);
    const reader = store.reader(directory.organizationId);
    expect(await reader.getByKey("credential", "kind", `${ada.id}/nt-hash`)).toBeUndefined();
    expect(await directory.credentials.ntHash(ada.id)).toBeUndefined();
  });

  test("nobody logs in with it", async () => {
    const { directory } = await scene();
    const shown = Buffer.from(ntHash(password)).toString("hex");
    expect(
      await directory.authenticate({ username: "ada", password: shown, protocol: "test" }),
    ).toMatchObject({ outcome: "denied" });
  });
});

describe("where they are not", () => {
  test("none is kept and none is given", async () => {
    const { ada, credentials, actions } = await scene({});
    await credentials.setPassword(ada.id, otherPassword);
    await expect(credentials.ntHash(ada.id)).rejects.toMatchObject(failure("misconfigured"));
    expect((await credentials.list(ada.id)).map((one) => one.kind)).toEqual(["password"]);
    expect(await actions()).not.toContain("credential.nt-hash-stored");
  });

  test("no string switches them on", async () => {
    await expect(openDirectory({ allowNtHashes: true } as never)).rejects.toMatchObject(
      failure("misconfigured"),
    );
  });

  test("those from before go with the next password, or all at once", async () => {
    const store = memoryStore();
    const keys = ephemeralKeyRing();
    const before = await scene({ ...weak, store, keys });
    const grace = await before.directory.users.create({ username: "grace", password });
    const { directory } = await openDirectory({ store, keys });
    const { credentials } = directory;
    await credentials.setPassword(before.ada.id, otherPassword);
    expect((await credentials.list(before.ada.id)).map((one) => one.kind)).toEqual(["password"]);
    expect((await credentials.list(grace.id)).map((one) => one.kind)).toContain("nt-hash");
    expect(await credentials.forgetNtHashes()).toBe(1);
    expect((await credentials.list(grace.id)).map((one) => one.kind)).toEqual(["password"]);
    expect(await credentials.forgetNtHashes()).toBe(0);
  });
});
