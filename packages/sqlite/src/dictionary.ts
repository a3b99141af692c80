import type { OrganizationId, RecordKind } from "@directorykit/core";
import type { StatementCache } from "./statement-cache.ts";

/**
 * The small numbers that stand for names in the file, as one connection sees them. Numbers never change, so those
 * found are kept in memory; names that are missing are asked for again, since another connection may add them.
 */
export class Dictionary {
  readonly #statements: StatementCache;
  readonly #organizations = new Map<string, number>();
  readonly #scopes = new Map<string, number>();
  readonly #attributes = new Map<number, Map<string, number>>();
  #added = false;

  constructor(statements: StatementCache) {
    this.#statements = statements;
  }

  organization(name: OrganizationId): number | undefined {
    return (
      this.#organizations.get(name) ??
      this.#keep(
        this.#organizations,
        name,
        this.#find("SELECT code FROM organization WHERE name = ?", [name]),
      )
    );
  }

  scope(organization: number, kind: RecordKind): number | undefined {
    const key = `${organization} ${kind}`;
    return (
      this.#scopes.get(key) ??
      this.#keep(
        this.#scopes,
        key,
        this.#find("SELECT code FROM scope WHERE organization = ? AND kind = ?", [organization, kind]),
      )
    );
  }

  attribute(scope: number, name: string): number | undefined {
    const names = this.#names(scope);
    return (
      names.get(name) ??
      this.#keep(
        names,
        name,
        this.#find("SELECT code FROM attribute WHERE scope = ? AND name = ?", [scope, name]),
      )
    );
  }

  /** As {@link organization}, adding it. Only on the connection that writes. */
  addOrganization(name: OrganizationId): number {
    return (
      this.organization(name) ??
      this.#add(this.#organizations, name, "INSERT INTO organization (name) VALUES (?) RETURNING code", [
        name,
      ])
    );
  }

  /** As {@link scope}, adding it. */
  addScope(organization: number, kind: RecordKind): number {
    return (
      this.scope(organization, kind) ??
      this.#add(
        this.#scopes,
        `${organization} ${kind}`,
        "INSERT INTO scope (organization, kind) VALUES (?, ?) RETURNING code",
        [organization, kind],
      )
    );
  }

  /** As {@link attribute}, adding it. */
  addAttribute(scope: number, name: string): number {
    return (
      this.attribute(scope, name) ??
      this.#add(
        this.#names(scope),
        name,
        "INSERT INTO attribute (scope, name) VALUES (?, ?) RETURNING code",
        [scope, name],
      )
    );
  }

  /** What was added is now in the file for good. */
  committed(): void {
    this.#added = false;
  }

  /** What was added since the last commit may be gone. */
  rolledBack(): void {
    if (!this.#added) return;
    this.#organizations.clear();
    this.#scopes.clear();
    this.#attributes.clear();
  }

  #names(scope: number): Map<string, number> {
    let names = this.#attributes.get(scope);
    if (names === undefined) {
      names = new Map();
      this.#attributes.set(scope, names);
    }
    return names;
  }

  #find(sql: string, parameters: readonly (string | number)[]): number | undefined {
    return this.#statements.get(sql, parameters)?.[0] as number | undefined;
  }

  #keep<K>(into: Map<K, number>, key: K, code: number | undefined): number | undefined {
    if (code !== undefined) into.set(key, code);
    return code;
  }

  #add<K>(into: Map<K, number>, key: K, sql: string, parameters: readonly (string | number)[]): number {
    const code = this.#find(sql, parameters) as number;
    this.#added = true;
    into.set(key, code);
    return code;
  }
}
