import { AttributeRegistry } from "../attributes/attribute-registry.ts";
import type { Membership } from "../model/group.ts";
import { type GroupId, newId, type ResourceId, type UserId } from "../model/ids.ts";
import { allPages } from "../query/record-pages.ts";
import type { Credentials } from "../services/credentials.ts";
import { PreparedPassword } from "../services/prepared-password.ts";
import { applyRuleOf } from "../services/rule-groups.ts";
import { sealSettings } from "../services/secret-settings.ts";
import type { ServiceEnvironment } from "../services/service-environment.ts";
import { withoutUndefined } from "../services/user-input.ts";
import { foldCase } from "../text/normalize.ts";
import { commit, type NewRecord, type UnitOfWork, type WriteOptions } from "../write/unit-of-work.ts";
import { type CheckedDocument, checkDocument } from "./check-document.ts";

/** What an import did. */
export interface ImportResult {
  /** How many users were added. */
  readonly users: number;
  /** How many groups were added. */
  readonly groups: number;
  /** How many resources were added. */
  readonly resources: number;
  /** How many grants were added. */
  readonly grants: number;
  /**
   * Passwords that a person could not choose here today, by path. They were taken over all the same: they are in use
   * already, and locking everyone out would be worse.
   */
  readonly weakPasswords: readonly string[];
}

const batch = 2000;
// The policy's blocklist is checked for a sample only when the document is large: a report, not a gate.
const maxPolicyChecks = 10_000;

/**
 * Writes a checked document in one transaction: all of it or nothing. Passwords in clear are hashed first.
 * @throws DirectoryError `invalid-input` naming the path, `conflict` when the directory already has something by one
 * of the names, `limit-exceeded` for groups nested too deep
 */
export async function importDocument(
  environment: ServiceEnvironment,
  credentials: Credentials,
  input: unknown,
  options: WriteOptions,
): Promise<ImportResult> {
  const existing = await Array.fromAsync(allPages(environment.reader, "attributeDefinition", { op: "true" }));
  const document = checkDocument(input, existing);
  const weakPasswords: string[] = [];
  const secrets: (PreparedPassword | undefined)[] = [];
  for (const [i, user] of document.users.entries()) {
    if (
      user.password !== undefined &&
      i < maxPolicyChecks &&
      (await credentials.violations(user.content, user.password)).length > 0
    ) {
      weakPasswords.push(`users[${i}].password`);
    }
  }
  await Promise.all(
    spread(
      document.users.map((user, i) => async () => {
        secrets[i] =
          user.password === undefined
            ? user.passwordHash === undefined
              ? undefined
              : new PreparedPassword(user.passwordHash, true)
            : await credentials.passwords.hashCarriedOver(user.password, options);
      }),
    ),
  );
  // Records are indexed by the definitions that come with them.
  const merged = new AttributeRegistry([...existing, ...document.definitions]);
  const withDefinitions: ServiceEnvironment = { ...environment, registry: () => merged };
  await commit(withDefinitions, options, (unit) => write(unit, document, secrets, credentials, environment));
  if (document.definitions.length > 0) environment.replaceRegistry(merged);
  const { users, groups, resources, grants } = document;
  return {
    users: users.length,
    groups: groups.length,
    resources: resources.length,
    grants: grants.length,
    weakPasswords,
  };
}

async function write(
  unit: UnitOfWork,
  document: CheckedDocument,
  secrets: readonly (PreparedPassword | undefined)[],
  credentials: Credentials,
  environment: ServiceEnvironment,
): Promise<void> {
  const { organization } = environment;
  await writeOrganization(unit, document, organization);
  await unit.createMany("attributeDefinition", document.definitions);
  const userIds = await writeUsers(unit, document, secrets, credentials);
  const groupIds = await writeGroups(unit, document, userIds);
  const resources = await unit.createMany(
    "resource",
    document.resources.map((one, i) => {
      const id = newId<ResourceId>(unit.now);
      const settings = sealSettings(environment, id, one.settings, `resources[${i}]`);
      return withoutUndefined({ ...one, id, settings });
    }),
  );
  await unit.createMany(
    "grant",
    document.grants.map(
      (grant): NewRecord<"grant"> => ({
        attributes: {},
        priority: 0,
        conditions: {},
        ...grant.terms,
        resource: resources[grant.resource]?.id as ResourceId,
        ...(grant.group === undefined
          ? { user: userIds.get(grant.user ?? "") as UserId }
          : { group: groupIds.get(grant.group) as GroupId }),
      }),
    ),
  );
  unit.audit({
    action: "directory.imported",
    target: { kind: "organization", id: organization },
    details: {
      users: document.users.length,
      groups: document.groups.length,
      resources: resources.length,
      grants: document.grants.length,
    },
  });
}

async function writeOrganization(unit: UnitOfWork, document: CheckedDocument, id: string): Promise<void> {
  if (Object.keys(document.organization).length === 0) return;
  const before = await unit.tx.get("organization", id);
  if (before === undefined) await unit.create("organization", { name: id, ...document.organization, id });
  else await unit.update("organization", before, document.organization);
}

async function writeUsers(
  unit: UnitOfWork,
  document: CheckedDocument,
  secrets: readonly (PreparedPassword | undefined)[],
  credentials: Credentials,
): Promise<Map<string, UserId>> {
  const ids = new Map<string, UserId>();
  for (let from = 0; from < document.users.length; from += batch) {
    // Whoever else this process serves gets a turn between batches.
    await new Promise((resolve) => setImmediate(resolve));
    const slice = document.users.slice(from, from + batch);
    const created = await unit.createMany(
      "user",
      slice.map((user) => user.content),
    );
    const credentialsOf: NewRecord<"credential">[] = [];
    for (const [i, user] of created.entries()) {
      ids.set(foldCase(user.username), user.id);
      const entry = slice[i];
      const mustChange = entry?.mustChangePassword === true;
      credentialsOf.push(...credentials.passwords.firstRecords(unit, user.id, secrets[from + i], mustChange));
      if (entry?.recoveryCodes !== undefined)
        credentialsOf.push({
          user: user.id,
          kind: "recovery-codes",
          secret: entry.recoveryCodes,
          status: "active",
        });
      for (const certificate of entry?.certificates ?? [])
        credentialsOf.push({ user: user.id, kind: "x509", secret: certificate, status: "active" });
    }
    await unit.createMany("credential", credentialsOf);
    for (const [i, user] of slice.entries()) {
      const id = created[i]?.id;
      if (user.totpSecret !== undefined && id !== undefined)
        await credentials.storeTotp(unit, id, user.totpSecret, "active");
    }
  }
  for (const user of document.users) {
    if (user.manager === undefined) continue;
    const record = await unit.get("user", ids.get(foldCase(user.content.username)) ?? "");
    await unit.update("user", record, {
      employee: { ...record.employee, manager: ids.get(user.manager) as UserId },
    });
  }
  return ids;
}

async function writeGroups(
  unit: UnitOfWork,
  document: CheckedDocument,
  userIds: ReadonlyMap<string, UserId>,
): Promise<Map<string, GroupId>> {
  const ids = new Map<string, GroupId>();
  const created = await unit.createMany(
    "group",
    document.groups.map(({ members: _, groups: __, ...group }) =>
      withoutUndefined({ kind: "user" as const, ...group }),
    ),
  );
  for (const group of created) ids.set(foldCase(group.name), group.id);
  const edges: Membership[] = [];
  for (const [i, group] of document.groups.entries()) {
    const id = created[i]?.id as GroupId;
    for (const member of group.members)
      edges.push({ group: id, member: userIds.get(member) as string, memberKind: "user", origin: "static" });
    for (const nested of group.groups)
      edges.push({ group: id, member: ids.get(nested) as string, memberKind: "group", origin: "static" });
  }
  for (let from = 0; from < edges.length; from += batch * 5)
    await unit.link(edges.slice(from, from + batch * 5));
  for (const group of created) if (group.rule !== undefined) await applyRuleOf(unit, group);
  return ids;
}

/** Starts a few at a time: the hash queue has its own bound, and refuses rather than grow. */
function spread(jobs: readonly (() => Promise<void>)[]): Promise<void>[] {
  let next = 0;
  return Array.from({ length: Math.min(4, jobs.length) }, async () => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) await job();
  });
}
