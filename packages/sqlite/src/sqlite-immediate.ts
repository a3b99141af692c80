import type {
  ImmediateReader,
  IndexValue,
  OrganizationId,
  RecordKind,
  RecordTypes,
} from "@directorykit/core";
import type { Dictionary } from "./dictionary.ts";
import type { SqlValue } from "./driver.ts";
import type { HeldSnapshot } from "./held-snapshot.ts";
import { decodeId, encodeId } from "./record-id.ts";

/** What point reads are answered from. */
export interface ImmediateSession {
  readonly snapshot: HeldSnapshot;
  readonly dictionary: Dictionary;
}

/** Point reads of one organization that are answered at once. */
export function sqliteImmediate(
  { snapshot, dictionary }: ImmediateSession,
  organizationId: OrganizationId,
): ImmediateReader {
  const organization = (): number | undefined => dictionary.organization(organizationId);
  const scopeOf = (kind: RecordKind): number | undefined => {
    const code = organization();
    return code === undefined ? undefined : dictionary.scope(code, kind);
  };
  const attributeOf = (kind: RecordKind, name: string): number | undefined => {
    const scope = scopeOf(kind);
    return scope === undefined ? undefined : dictionary.attribute(scope, name);
  };
  return {
    get: (kind, id) => {
      const scope = scopeOf(kind);
      if (scope === undefined) return undefined;
      return parse(
        snapshot.get("SELECT doc FROM record WHERE scope = ? AND id = ?", [scope, encodeId(id)])?.[0],
      );
    },
    getByKey: (kind, name, value) => {
      const attribute = attributeOf(kind, name);
      if (attribute === undefined) return undefined;
      return parse(
        snapshot.get(
          "SELECT r.doc FROM unique_key k CROSS JOIN record r ON r.seq = k.seq WHERE k.attribute = ? AND k.value = ?",
          [attribute, value],
        )?.[0],
      );
    },
    getByEntry: <K extends RecordKind>(kind: K, name: string, value: IndexValue, limit: number) => {
      const attribute = attributeOf(kind, name);
      if (attribute === undefined) return [];
      // After a load the index lacks entries until a query completes it.
      if (snapshot.get("SELECT first FROM deferred", []) !== undefined) return undefined;
      const rows = snapshot.all(
        "SELECT r.doc FROM posting p CROSS JOIN record r ON r.seq = p.seq WHERE p.attribute = ? AND p.value = ? LIMIT ?",
        [attribute, value, limit + 1],
      );
      if (rows.length > limit) return undefined;
      return rows.map((row) => JSON.parse(row[0] as string) as RecordTypes[K]);
    },
    isMember: (group, member) => {
      const code = organization();
      if (code === undefined) return false;
      return (
        snapshot.get("SELECT 1 FROM edge WHERE organization = ? AND member = ? AND container = ?", [
          code,
          encodeId(member),
          encodeId(group),
        ]) !== undefined
      );
    },
    groupIdsOf: (member) => {
      const code = organization();
      if (code === undefined) return [];
      return snapshot
        .all("SELECT container FROM edge WHERE organization = ? AND member = ?", [code, encodeId(member)])
        .map((row) => decodeId(row[0] as Uint8Array));
    },
  };
}

/** Documents are parsed for each answer, so no caller can reach another's. */
function parse<T>(doc: SqlValue | undefined): T | undefined {
  return doc === undefined ? undefined : (JSON.parse(doc as string) as T);
}
