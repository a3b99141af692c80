import type {
  AuditEvent,
  AuditQuery,
  CallOptions,
  Change,
  ChangePage,
  Counter,
  IndexValue,
  JsonValue,
  MemberKind,
  OrganizationId,
  Reader,
  RecordKind,
  RecordTypes,
  StoreFilter,
  StorePage,
  StoreQuery,
} from "@directorykit/core";
import { CrowdedConditions } from "./crowded-conditions.ts";
import type { SqlValue } from "./driver.ts";
import { afterPrefix, type FilterScope, type Sql } from "./filter-sql.ts";
import { memberKinds, membersFromText, membershipOf } from "./membership-row.ts";
import { changesPerRow } from "./migrations.ts";
import { type PlannedSql, type PlanStatistics, planCount, planQuery } from "./query-plan.ts";
import type { ReadSession } from "./read-session.ts";
import { encodeId, encodeIdList } from "./record-id.ts";

/** Reads of one organization through the session that is open when a call comes. */
export function sqliteReader(session: () => ReadSession, organizationId: OrganizationId): Reader {
  const crowded = new CrowdedConditions();
  const at = (): { session: ReadSession; organization: number | undefined } => {
    const now = session();
    return { session: now, organization: now.dictionary.organization(organizationId) };
  };
  const scopeOf = (kind: RecordKind): { session: ReadSession; scope: FilterScope | undefined } => {
    const { session: now, organization } = at();
    const code = organization === undefined ? undefined : now.dictionary.scope(organization, kind);
    return {
      session: now,
      scope:
        organization === undefined || code === undefined
          ? undefined
          : { organization, scope: code, attribute: (name) => now.dictionary.attribute(code, name) },
    };
  };
  return {
    revision: async () => {
      const { session: now, organization } = at();
      return organization === undefined ? 0 : revisionOf(now, organization);
    },
    get: async <K extends RecordKind>(kind: K, id: string) => {
      const { session: now, scope } = scopeOf(kind);
      if (scope === undefined) return undefined;
      const row = now.get("SELECT doc FROM record WHERE scope = ? AND id = ?", [scope.scope, encodeId(id)]);
      return row === undefined ? undefined : parse<RecordTypes[K]>(row[0]);
    },
    getMany: async <K extends RecordKind>(kind: K, ids: readonly string[]) => {
      const { session: now, scope } = scopeOf(kind);
      if (scope === undefined || ids.length === 0) return [];
      const rows = await now.all([
        {
          text: "SELECT doc FROM record WHERE scope = ? AND id IN (SELECT unhex(value) FROM json_each(?))",
          parameters: [scope.scope, encodeIdList(ids)],
          rows: ids.length,
        },
      ]);
      const found = new Map<string, SqlValue>();
      for (const [doc] of rows) found.set(parse<RecordTypes[K]>(doc).id, doc as SqlValue);
      return ids.flatMap((id) => {
        const doc = found.get(id);
        return doc === undefined ? [] : parse<RecordTypes[K]>(doc);
      });
    },
    getByKey: async <K extends RecordKind>(kind: K, name: string, value: string) => {
      const { session: now, scope } = scopeOf(kind);
      const attribute = scope?.attribute(name);
      if (attribute === undefined) return undefined;
      const row = now.get(
        "SELECT r.doc FROM unique_key k CROSS JOIN record r ON r.seq = k.seq WHERE k.attribute = ? AND k.value = ?",
        [attribute, value],
      );
      return row === undefined ? undefined : parse<RecordTypes[K]>(row[0]);
    },
    query: async <K extends RecordKind>(kind: K, query: StoreQuery, options?: CallOptions) => {
      const { session: now, scope } = scopeOf(kind);
      return scope === undefined
        ? emptyPage<K>(query)
        : runQuery<K>(now, scope, query, crowded, options?.signal);
    },
    count: async (kind, filter, options) => {
      const { session: now, scope } = scopeOf(kind);
      return scope === undefined ? 0 : runCount(now, scope, filter, crowded, options?.signal);
    },
    groupsOf: async (members) => {
      const { session: now, organization } = at();
      if (organization === undefined || members.length === 0) return [];
      const [member] = members;
      const which =
        member !== undefined && members.length === 1
          ? { test: "member = ?", ids: encodeId(member) }
          : { test: "member IN (SELECT unhex(value) FROM json_each(?))", ids: encodeIdList(members) };
      const rows = await now.all([
        {
          text: `SELECT container, member, kind, origin FROM edge WHERE organization = ? AND ${which.test}`,
          parameters: [organization, which.ids],
          rows: members.length,
        },
      ]);
      return rows.map(membershipOf);
    },
    membersOf: async (group, page) => {
      const { session: now, organization } = at();
      if (organization === undefined) return [];
      const sql = membersSql(organization, group, page);
      const [row] = await now.all([sql]);
      return row?.[0] === null || row === undefined ? [] : membersFromText(group, row[0] as string);
    },
    changes: async (after, limit): Promise<ChangePage> => {
      const { session: now, organization } = at();
      if (organization === undefined) return { changes: [], revision: 0, oldest: 1 };
      const revision = revisionOf(now, organization);
      // The feed has no gaps, so the rows that hold what is wanted are known by their numbers.
      const rows = await now.all([
        {
          text: "SELECT revision, doc FROM change WHERE organization = ? AND revision > ? AND revision <= ? AND revision < ? ORDER BY revision",
          parameters: [organization, after, revision, after + limit + changesPerRow],
          rows: limit,
        },
      ]);
      const changes = rows.flatMap(([last, doc]) => {
        const together = parse<Change[]>(doc);
        const first = (last as number) - together.length + 1;
        return together.map((change, i) => ({ ...change, revision: first + i }));
      });
      const oldest = now.get(
        "SELECT revision - json_array_length(doc) + 1 FROM change WHERE organization = ? ORDER BY revision LIMIT 1",
        [organization],
      );
      return {
        changes: changes.filter((change) => change.revision > after).slice(0, limit),
        revision,
        oldest: (oldest?.[0] as number | null | undefined) ?? 1,
      };
    },
    audit: async (query) => {
      const { session: now, organization } = at();
      if (organization === undefined) return [];
      return (await now.all([auditSql(organization, query)])).map(([doc]) => parse<AuditEvent>(doc));
    },
    counter: async (key, moment): Promise<Counter | undefined> => {
      const { session: now, organization } = at();
      if (organization === undefined) return undefined;
      const row = now.get(
        "SELECT counter, updated_at FROM expiring WHERE organization = ? AND key = ? AND expires_at > ?",
        [organization, `counter:${key}`, moment],
      );
      return row === undefined ? undefined : { value: row[0] as number, updatedAt: row[1] as number };
    },
    peekOnce: async (key, moment): Promise<JsonValue | undefined> => {
      const { session: now, organization } = at();
      if (organization === undefined) return undefined;
      const row = now.get(
        "SELECT value FROM expiring WHERE organization = ? AND key = ? AND expires_at > ?",
        [organization, `once:${key}`, moment],
      );
      return row === undefined ? undefined : parse<JsonValue>(row[0]);
    },
  };
}

function revisionOf(session: ReadSession, organization: number): number {
  return session.get("SELECT revision FROM organization WHERE code = ?", [organization])?.[0] as number;
}

/** Documents are parsed for each answer, so no caller can reach another's. */
function parse<T>(doc: SqlValue | undefined): T {
  return JSON.parse(doc as string) as T;
}

function emptyPage<K extends RecordKind>(query: StoreQuery): StorePage<K> {
  return query.order === undefined ? { records: [], more: false } : { records: [], values: [], more: false };
}

function statisticsOf(session: ReadSession, scope: FilterScope, crowded: CrowdedConditions): PlanStatistics {
  const count = (sql: Sql, limit: number): number =>
    session.get(`SELECT count(*) FROM (${sql.text} LIMIT ?)`, [...sql.parameters, limit])?.[0] as number;
  return {
    records: session.get("SELECT records FROM scope WHERE code = ?", [scope.scope])?.[0] as number,
    count: (sql, limit) => crowded.count(sql, limit, () => count(sql, limit)),
  };
}

async function runQuery<K extends RecordKind>(
  session: ReadSession,
  scope: FilterScope,
  query: StoreQuery,
  crowded: CrowdedConditions,
  signal: AbortSignal | undefined,
): Promise<StorePage<K>> {
  const completing =
    query.filter.op === "true" && query.order === undefined ? undefined : session.completeIndex();
  if (completing !== undefined) await completing;
  const { glance, steps, residual } = planQuery(query, scope, statisticsOf(session, scope, crowded));
  const glanced =
    glance === undefined || glance.rows > session.mostHere
      ? []
      : await session.all([glance], undefined, signal);
  const rows = glanced.length > query.limit ? glanced : await session.all(steps, query.limit + 1, signal);
  const page = rows.slice(0, query.limit);
  const records = page.map((row) => parse<RecordTypes[K]>(row[0]));
  const values = page.map((row) => (row[1] ?? undefined) as IndexValue | undefined);
  return {
    records,
    more: rows.length > query.limit,
    ...(query.order === undefined ? {} : { values }),
    ...(residual === undefined ? {} : { residual }),
  };
}

async function runCount(
  session: ReadSession,
  scope: FilterScope,
  filter: StoreFilter,
  crowded: CrowdedConditions,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const statistics = statisticsOf(session, scope, crowded);
  if (filter.op === "true") return statistics.records;
  const completing = session.completeIndex();
  if (completing !== undefined) await completing;
  const sql = planCount(filter, scope, statistics);
  return sql === undefined ? undefined : ((await session.all([sql], 1, signal))[0]?.[0] as number);
}

function membersSql(
  organization: number,
  group: string,
  page: { readonly after?: string; readonly limit: number; readonly kind?: MemberKind },
): PlannedSql {
  const container = encodeId(group);
  const kinds =
    page.kind === undefined ? memberKinds.map((_, code) => code) : [memberKinds.indexOf(page.kind)];
  const after = page.after === undefined ? "" : " AND member > ?";
  // The index has the members of each kind in order; SQLite merges the three without sorting.
  const one = `SELECT member, kind, origin FROM edge WHERE organization = ? AND container = ? AND kind = ?${after}`;
  const merged = `${kinds.map(() => one).join(" UNION ALL ")} ORDER BY member LIMIT ?`;
  return {
    // One text for the page in place of a row for each member: several times faster to bring into JavaScript.
    text: `SELECT group_concat(lower(hex(member)) || kind || origin) FROM (${merged})`,
    parameters: [
      ...kinds.flatMap((kind) => [
        organization,
        container,
        kind,
        ...(page.after === undefined ? [] : [encodeId(page.after)]),
      ]),
      page.limit,
    ],
    rows: page.limit,
  };
}

function auditSql(organization: number, query: AuditQuery): PlannedSql {
  let where = "organization = ?";
  const parameters: SqlValue[] = [organization];
  const add = (condition: string, ...values: readonly SqlValue[]): void => {
    where += ` AND ${condition}`;
    parameters.push(...values);
  };
  if (query.target !== undefined) add("target = ?", query.target);
  if (query.actor !== undefined) add("actor = ?", query.actor);
  const end = query.action?.endsWith(".") === true ? afterPrefix(query.action) : undefined;
  if (query.action !== undefined && end !== undefined) add("action >= ? AND action < ?", query.action, end);
  else if (query.action !== undefined) add("action = ?", query.action);
  if (query.after !== undefined) add(`id ${query.descending === true ? "<" : ">"} ?`, encodeId(query.after));
  const direction = query.descending === true ? "DESC" : "ASC";
  return {
    text: `SELECT doc FROM audit WHERE ${where} ORDER BY id ${direction} LIMIT ?`,
    parameters: [...parameters, query.limit],
    rows: query.limit,
  };
}
