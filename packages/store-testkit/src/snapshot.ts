import { type Reader, recordKinds } from "@directorykit/core";
import { idOf, someTime } from "./sample-records.ts";

/** Everything that can be read of a small organization whose records are samples 0 to 99. */
export async function snapshot(reader: Reader): Promise<unknown> {
  const ids = Array.from({ length: 100 }, (_, n) => idOf(n));
  const records: unknown[] = [];
  for (const kind of recordKinds) {
    records.push((await reader.query(kind, { filter: { op: "true" }, limit: 1000 })).records);
    records.push(await reader.getMany(kind, ids));
  }
  const keys = await Promise.all(
    Array.from({ length: 10 }, (_, n) => reader.getByKey("user", "username", `user${n}`)),
  );
  const memberships = [...(await reader.groupsOf(ids))].sort((a, b) =>
    `${a.group}${a.member}` < `${b.group}${b.member}` ? -1 : 1,
  );
  const members = await Promise.all(ids.map((id) => reader.membersOf(id, { limit: 1000 })));
  return {
    records,
    keys,
    memberships,
    members,
    revision: await reader.revision(),
    changes: await reader.changes(0, 1000),
    audit: await reader.audit({ limit: 1000 }),
    counter: await reader.counter("count", someTime),
    once: await reader.peekOnce("once", someTime),
    another: await reader.peekOnce("another", someTime),
  };
}
