// Run by pack-and-install.ts in a project that has the packages as npm would publish them: what only breaks there is
// files beside the bundle, such as the workers that check foreign password hashes and read large tables.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectory, ephemeralKeyRing } from "@directorykit/core";
import { sqliteStore } from "@directorykit/sqlite";

const folder = await mkdtemp(join(tmpdir(), "installed-"));
try {
  const store = sqliteStore({ path: join(folder, "directory.db"), mainThreadRows: 1 });
  await using directory = await createDirectory({ store, keys: ephemeralKeyRing() });
  // "Hello world!" by glibc's crypt with the salt "saltstring".
  const passwordHash = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
  await directory.users.create({ username: "ada", passwordHash });
  await directory.users.create({ username: "grace" });
  const attempt = { username: "ada", password: "Hello world!", protocol: "test" };
  assert.equal((await directory.authenticate(attempt)).outcome, "accepted");
  const filter = { op: "substrings", attribute: "username", any: ["a"] } as const;
  assert.equal(await directory.count("user", { filter }), 2);
} finally {
  await rm(folder, { recursive: true });
}
