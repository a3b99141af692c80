import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectory, ephemeralKeyRing } from "@directorykit/core";
import { fileStore } from "./file-store.ts";

const folder = await mkdtemp(join(tmpdir(), "custom-datastore-"));
const path = join(folder, "directory.jsonl");
const keys = ephemeralKeyRing();
try {
  {
    await using directory = await createDirectory({ store: fileStore(path), keys });
    const ada = await directory.users.create({ username: "ada", email: "ada@example.com" });
    const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
    const wiki = await directory.resources.create({ kind: "oauth", name: "wiki" });
    await directory.grants.add({ group: staff.id, resource: wiki.id });
  }
  const lines = (await readFile(path, "utf8")).trim().split("\n").length;
  console.log(`The journal has ${lines} lines. Opening it again:`);
  await using directory = await createDirectory({ store: fileStore(path), keys });
  for await (const user of directory.users.list()) {
    for await (const resource of directory.resources.list()) {
      const { allowed } = await directory.authorize(user.id, resource.id);
      console.log(`${user.username} may use ${resource.name}: ${allowed}`);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
