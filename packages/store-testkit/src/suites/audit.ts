import assert from "node:assert/strict";
import type { AuditActor, AuditQuery } from "@directorykit/core";
import { type ConformanceTest, onStore, type StoreUnderTest } from "../conformance-test.ts";
import { auditEvent, organizationId } from "../sample-records.ts";

const acme = organizationId("acme");
const actions = ["user.created", "user.deleted", "username.odd", "authentication.failed"];
const events = Array.from({ length: 40 }, (_, n) =>
  auditEvent(n, {
    action: actions[n % 4] as string,
    actor: n % 3 === 0 ? { kind: "system" } : { kind: "user", id: `actor${n % 3}`, ...actedBy(n) },
    ...(n % 5 === 0 ? {} : { target: { kind: "user", id: `target${n % 5}`, name: "Ada" } }),
    ...(n % 2 === 0 ? {} : { protocol: "ldap", source: "192.0.2.1", details: { attempts: n, ok: false } }),
  }),
);

/** Some act in the name of others, which is no part of any question. */
function actedBy(n: number): Pick<AuditActor, "actedBy"> {
  return n % 4 === 0 ? { actedBy: { kind: "user", id: `actor${3 - (n % 3)}` } } : {};
}

/** The audit trail. */
export function auditSuite(): readonly ConformanceTest[] {
  return [
    onStore("audit", "events come back as they were written, oldest first or newest first", async (under) => {
      await write(under);
      const reader = under.store.reader(acme);
      assert.deepEqual(await reader.audit({ limit: 100 }), events);
      assert.deepEqual(await reader.audit({ limit: 100, descending: true }), [...events].reverse());
    }),
    onStore(
      "audit",
      "questions select by action, family of actions, target and actor, page by page",
      async (under) => {
        await write(under);
        for (const descending of [false, true]) {
          for (const action of [undefined, "user.created", "user.", "authentication.", "no.such"]) {
            for (const target of [undefined, "target2"]) {
              for (const actor of [undefined, "actor1"]) {
                await checkPages(under, {
                  ...(descending ? { descending } : {}),
                  ...(action === undefined ? {} : { action }),
                  ...(target === undefined ? {} : { target }),
                  ...(actor === undefined ? {} : { actor }),
                });
              }
            }
          }
        }
      },
    ),
  ];
}

async function write({ store }: StoreUnderTest): Promise<void> {
  await store.transaction(acme, (tx) => tx.appendAudit(events.slice(0, 25)));
  await store.transaction(acme, (tx) => tx.appendAudit(events.slice(25)));
}

async function checkPages(
  { store }: StoreUnderTest,
  query: Omit<AuditQuery, "limit" | "after">,
): Promise<void> {
  const expected = events.filter(
    (event) =>
      (query.action === undefined ||
        (query.action.endsWith(".")
          ? event.action.startsWith(query.action)
          : event.action === query.action)) &&
      (query.target === undefined || event.target?.id === query.target) &&
      (query.actor === undefined || event.actor.id === query.actor),
  );
  if (query.descending === true) expected.reverse();
  for (const limit of [1, 7, 50]) {
    const seen: (typeof events)[number][] = [];
    for (;;) {
      const after = seen.at(-1)?.id;
      const page = await store
        .reader(acme)
        .audit({ ...query, limit, ...(after === undefined ? {} : { after }) });
      assert.ok(page.length <= limit);
      seen.push(...page);
      if (page.length < limit) break;
    }
    assert.deepEqual(seen, expected, JSON.stringify({ ...query, limit }));
  }
}
