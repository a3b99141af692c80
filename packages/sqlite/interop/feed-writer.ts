import type { OrganizationId, User } from "@directorykit/core";
import { sqliteStore } from "@directorykit/sqlite";

// One of several processes that write to the same file: PATH NAME COUNT. Opens it when told to, since the others do so at
// the same time, and then adds a person in each transaction, tells of them, and counts.
const [, , path = "", name = "", count = "0"] = process.argv;
const organization = "acme" as OrganizationId;
const store = sqliteStore({ path });
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
await store.open();
for (let i = 0; i < Number(count); i++) {
  const tail = `${name.charCodeAt(0).toString(16)}${i.toString(16).padStart(10, "0")}`;
  const id = `01920000-0000-7000-8000-${tail}` as User["id"];
  const username = `${name}${i}`;
  const record: User = {
    id,
    version: 1,
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
    username,
    emails: [],
    name: {},
    employee: {},
    phones: [],
    sshKeys: [],
    attributes: {},
    state: "active",
    externalIds: [],
  };
  await store.transaction(organization, async (tx) => {
    await tx.insert("user", [{ record, keys: [["username", username]], index: [["username", username]] }]);
    await tx.appendChanges([{ at: i, kind: "user", id, operation: "created", name: username }]);
    await tx.increment("count", { by: 1, expiresAt: 1e12, now: 0 });
  });
}
await store.close();
process.stdin.destroy();
