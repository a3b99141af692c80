import { describe, expect, test } from "vitest";
import { includeSecrets } from "../document/export-document.ts";
import { ephemeralKeyRing } from "../keys/key-ring.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { ResourceSettings } from "../model/resource.ts";
import { failure, openDirectory } from "../testing/test-directory.ts";

const settings: ResourceSettings = {
  clients: [
    { cidr: "192.0.2.1", secret: "the first secret", previousSecret: "the one before" },
    { cidr: "192.0.2.2", secret: "the second secret" },
  ],
  nested: { clientSecret: "the third secret", depth: [{ secret: "the fourth" }] },
  title: "secret",
};
const told = ["the first secret", "the one before", "the second secret", "the third secret", "the fourth"];

async function scene() {
  const store = memoryStore();
  const opened = { ...(await openDirectory({ store })), store };
  const network = await opened.directory.resources.create({ kind: "radius", name: "office", settings });
  return { ...opened, network };
}

describe("a secret in the settings of a resource", () => {
  test("is neither in its record nor in the feed nor in the audit trail, but can be told to an adapter", async () => {
    const { directory, store, network } = await scene();
    const kept = JSON.stringify([
      network,
      await directory.resources.get(network.id),
      await Array.fromAsync(directory.resources.list()),
      await directory.audit({}),
      await store.reader(directory.organizationId).changes(0, 100),
      await store.reader(directory.organizationId).get("resource", network.id),
    ]);
    for (const secret of told) expect(kept).not.toContain(secret);
    expect(kept).toContain("192.0.2.1");
    expect(directory.resources.openSettings(network)).toEqual(settings);
  });

  test("stays when the settings are read, changed elsewhere and written back", async () => {
    const { directory, network } = await scene();
    const changed = await directory.resources.update(network.id, {
      settings: { ...network.settings, title: "new" },
    });
    expect(directory.resources.openSettings(changed)).toEqual({ ...settings, title: "new" });
    const renewed = await directory.resources.update(network.id, { settings: { secret: "quite another" } });
    expect(directory.resources.openSettings(renewed)).toEqual({ secret: "quite another" });
  });

  test("is no good in another resource, or under another name", async () => {
    const { directory, network } = await scene();
    const [first] = network.settings["clients"] as { secret: { sealed: string } }[];
    const sealed = first?.secret as { sealed: string };
    for (const stolen of [{ clientSecret: sealed }, { clients: [{ secret: { sealed: "made up" } }] }])
      await expect(directory.resources.update(network.id, { settings: stolen })).rejects.toMatchObject({
        code: "invalid-input",
      });
    await expect(
      directory.resources.create({ kind: "oauth", name: "app", settings: { secret: sealed } }),
    ).rejects.toMatchObject(failure("invalid-input", { path: "settings.secret" }));
  });

  test("is in an export only when that is to have secrets, and comes back with it", async () => {
    const { directory } = await scene();
    const bare = JSON.stringify(await directory.export());
    for (const secret of told) expect(bare).not.toContain(secret);
    const { directory: other } = await openDirectory();
    await other.import(await directory.export({ [includeSecrets]: true }));
    const network = await other.resources.byName("radius", "office");
    expect(JSON.stringify(network)).not.toContain("the first secret");
    expect(network === undefined ? undefined : other.resources.openSettings(network)).toEqual(settings);
  });

  test("cannot be told once its key is gone", async () => {
    const { network } = await scene();
    const { directory: other } = await openDirectory({ keys: ephemeralKeyRing() });
    expect(() => other.resources.openSettings(network)).toThrow(
      expect.objectContaining(failure("store-unavailable")),
    );
  });
});

test("what has the name of a secret and is no text stays as it is", async () => {
  const { directory } = await scene();
  const odd = { secret: 5, clientSecret: null, previousSecret: ["a", { secret: true }] };
  const created = await directory.resources.create({ kind: "oauth", name: "odd", settings: odd });
  expect(created.settings).toEqual(odd);
  expect(directory.resources.openSettings(created)).toEqual(odd);
});
