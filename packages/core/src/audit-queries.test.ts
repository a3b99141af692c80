import { expect, test } from "vitest";
import type { Directory } from "./directory.ts";
import type { AuditEvent } from "./model/audit-event.ts";
import { failure, openDirectory } from "./testing/test-directory.ts";

async function scene() {
  const { directory, clock } = await openDirectory();
  const by = (id: string) => ({ actor: { kind: "user", id } as const });
  const ada = await directory.users.create({ username: "ada" }, by("root"));
  clock.advance(1);
  const staff = await directory.groups.create({ name: "staff" }, by("root"));
  clock.advance(1);
  await directory.groups.addMembers(staff.id, [ada.id], by("ada"));
  clock.advance(1);
  await directory.users.suspend(ada.id, by("eve"));
  return { directory, ada, staff };
}

const actions = (events: readonly AuditEvent[]): string[] => events.map((event) => event.action);
const all = ["user.created", "group.created", "group.members-added", "user.suspended"];

test("events come in the order they were written, or the latest first", async () => {
  const { directory } = await scene();
  expect(actions(await directory.audit())).toEqual(all);
  expect(actions(await directory.audit({ descending: true }))).toEqual(all.toReversed());
});

test("they are chosen by action, family of actions, target and actor, all of which must hold", async () => {
  const { directory, ada, staff } = await scene();
  expect(actions(await directory.audit({ action: "user.created" }))).toEqual(["user.created"]);
  expect(actions(await directory.audit({ action: "user." }))).toEqual(["user.created", "user.suspended"]);
  expect(actions(await directory.audit({ action: "user" }))).toEqual([]);
  expect(actions(await directory.audit({ target: staff.id }))).toEqual([
    "group.created",
    "group.members-added",
  ]);
  expect(actions(await directory.audit({ actor: "root" }))).toEqual(["user.created", "group.created"]);
  expect(actions(await directory.audit({ actor: "root", target: ada.id, action: "user." }))).toEqual([
    "user.created",
  ]);
});

test.each([false, true])("pages of them together are all of them, descending: %j", async (descending) => {
  const { directory } = await scene();
  const seen: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await directory.audit({ limit: 3, descending, ...(after === undefined ? {} : { after }) });
    seen.push(...actions(page));
    after = page.at(-1)?.id;
    if (page.length < 3) break;
  }
  expect(seen).toEqual(descending ? all.toReversed() : all);
});

test.each([0, -1, 1.5, Number.NaN, 10_001, undefined as never])("a page of %d is refused", async (limit) => {
  const { directory } = await scene();
  const asked: Promise<unknown> = (directory as Directory).audit({ limit });
  if (limit === undefined) expect(await asked).toHaveLength(4);
  else
    await expect(asked).rejects.toMatchObject(
      failure("limit-exceeded", { limit: "maxAuditPage", value: 10_000 }),
    );
});

test("nobody can change what was written", async () => {
  const { directory } = await scene();
  const [event] = await directory.audit();
  expect(() => Object.assign(event ?? {}, { action: "nothing" })).toThrow(TypeError);
  expect(actions(await directory.audit())).toEqual(all);
});
