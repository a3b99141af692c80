import { createDirectory, type Directory, type LogFields, memoryStore } from "@directorykit/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NetworkList } from "./network-list.ts";

let directory: Directory;
let warnings: [LogFields, string][];
beforeEach(async () => {
  warnings = [];
  const ignore = (): void => {};
  const warn = (fields: LogFields, message: string): void => {
    warnings.push([fields, message]);
  };
  const logger = { debug: ignore, info: ignore, warn, error: ignore };
  directory = await createDirectory({ store: memoryStore(), logger });
});
afterEach(() => directory.close());

const client = (more: object) => ({ cidr: "192.0.2.0/24", secret: "a secret of the printers", ...more });
const add = (name: string, ...clients: object[]) =>
  directory.resources.create({ kind: "radius", name, settings: { clients: clients as never } });

test("a client that need not send a Message-Authenticator is warned of once, however often it is read", async () => {
  const resource = await add(
    "printers",
    client({ name: "old", requireMessageAuthenticator: false }),
    client({ name: "new", cidr: "198.51.100.1" }),
  );
  const networks = new NetworkList(directory, undefined, undefined);
  await networks.assertAll();
  const told = [
    [{ client: "old", networks: ["printers"] }, "a RADIUS client need not send a Message-Authenticator"],
  ];
  expect(warnings).toEqual(told);
  await networks.get();
  networks.forgetAll();
  await networks.get();
  expect(warnings).toEqual(told);
  const laxer = client({ name: "other", cidr: "198.51.100.1", requireMessageAuthenticator: false });
  await directory.resources.update(resource.id, { settings: { clients: [laxer] } });
  networks.forgetAll();
  await networks.get();
  expect(warnings.slice(1)).toMatchObject([[{ client: "other" }, expect.anything()]]);
});

test("no warning is given of a client that has to send one for another network", async () => {
  await add("printers", client({ requireMessageAuthenticator: false }));
  await add("wireless", client({}));
  await new NetworkList(directory, undefined, undefined).assertAll();
  expect(warnings).toEqual([]);
});
