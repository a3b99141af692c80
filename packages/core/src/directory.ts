import { type AccessContext, Authorizer, type ResourceRef } from "./access/authorizer.ts";
import type { Decision, Explanation } from "./access/decision.ts";
import { AttributeRegistry } from "./attributes/attribute-registry.ts";
import type { AuthenticationAttempt, AuthenticationResult } from "./authenticate/attempt.ts";
import { Authenticator } from "./authenticate/authenticator.ts";
import { ChangeFeed, type ChangeListener } from "./changes/change-feed.ts";
import { type CheckedOptions, checkOptions, type DirectoryOptions } from "./directory-options.ts";
import type { DirectoryDocument } from "./document/directory-document.ts";
import { type ExportOptions, exportDocument } from "./document/export-document.ts";
import { type ImportResult, importDocument } from "./document/import-document.ts";
import { DirectoryError, errorCodeOf } from "./errors.ts";
import { ephemeralKeyRing } from "./keys/key-ring.ts";
import type { AttributeOwner } from "./model/attribute-definition.ts";
import type { AuditEvent } from "./model/audit-event.ts";
import type { Change } from "./model/change.ts";
import type { OrganizationId, UserId } from "./model/ids.ts";
import type { RecordTypes } from "./model/kinds.ts";
import type { JsonValue } from "./model/resource.ts";
import { argon2Hasher } from "./password/password-hasher.ts";
import { type Clock, systemClock } from "./ports/clock.ts";
import { type Logger, silentLogger } from "./ports/logger.ts";
import { type Metrics, noMetrics } from "./ports/metrics.ts";
import { compileFilter, compileFilterNow } from "./query/compile-filter.ts";
import { openCursor, sealCursor } from "./query/cursor.ts";
import type { Filter } from "./query/filter.ts";
import { createLookup, type Lookup } from "./query/lookup.ts";
import {
  assertSearchable,
  countQuery,
  type Query,
  type QueryPage,
  runQuery,
  type ScannedPage,
  type ScanQuery,
  scanQuery,
  streamQuery,
} from "./query/query.ts";
import { createRelations } from "./query/relations.ts";
import { Attributes } from "./services/attributes.ts";
import { Credentials } from "./services/credentials.ts";
import { Grants } from "./services/grants.ts";
import { Groups } from "./services/groups.ts";
import { OrganizationSettings } from "./services/organization.ts";
import { Resources } from "./services/resources.ts";
import type { ServiceEnvironment } from "./services/service-environment.ts";
import { Sessions } from "./services/sessions.ts";
import { Systems } from "./services/systems.ts";
import { Users } from "./services/users.ts";
import type { AuditQuery, CallOptions } from "./store/store.ts";
import { storeError, withTypedErrors } from "./store/typed-errors.ts";
import type { WriteOptions } from "./write/unit-of-work.ts";

/**
 * Opens a directory on a store. Everything else, protocol adapters included, is built on what this returns.
 *
 * @throws DirectoryError `misconfigured` for options that cannot work, such as a durable store without keys;
 * `store-unavailable` when the store cannot be opened
 */
export async function createDirectory(options: DirectoryOptions): Promise<Directory> {
  const { store } = options;
  const directory = new Directory(options, checkOptions(options));
  try {
    await store.open();
    await directory.start();
  } catch (error) {
    await directory.close().catch(() => {});
    throw storeError(error);
  }
  return directory;
}

const maxAuditPage = 10_000;

/** An open directory: the four verbs every protocol asks, and the administrative services. */
export class Directory {
  /** The organization it serves. */
  readonly organizationId: OrganizationId;
  /** Name and settings of the organization. */
  readonly organization: OrganizationSettings;
  /** People. */
  readonly users: Users;
  /** Sets of people or machines. */
  readonly groups: Groups;
  /** What access is given to. */
  readonly resources: Resources;
  /** Who gets what. */
  readonly grants: Grants;
  /** What users can prove. */
  readonly credentials: Credentials;
  /** Machines. */
  readonly systems: Systems;
  /** Live sign-ins. */
  readonly sessions: Sessions;
  /** The schema of attributes. */
  readonly attributes: Attributes;
  /** Where the log goes; adapters use it too. */
  readonly logger: Logger;
  /** Where measurements go; adapters use it too. */
  readonly metrics: Metrics;
  /** Where "now" comes from; adapters use it too. */
  readonly clock: Clock;
  readonly #environment: ServiceEnvironment;
  readonly #authenticator: Authenticator;
  readonly #feed: ChangeFeed;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(options: DirectoryOptions, checked: CheckedOptions) {
    const { store } = options;
    const { organization, pollMs, maxStalenessMs } = checked;
    this.organizationId = organization;
    this.logger = options.logger ?? silentLogger;
    this.metrics = options.metrics ?? noMetrics;
    this.clock = options.clock ?? systemClock;
    const reader = withTypedErrors(store.reader(organization));
    const feed = new ChangeFeed(reader, { pollMs, maxStalenessMs }, this.logger);
    const authorizer = new Authorizer(reader, feed, this.clock);
    const relations = createRelations(reader, authorizer, feed, this.clock);
    let registry = new AttributeRegistry();
    this.#feed = feed;
    this.#environment = {
      store,
      organization,
      reader,
      feed,
      authorizer,
      clock: this.clock,
      logger: this.logger,
      metrics: this.metrics,
      keys: options.keys ?? ephemeralKeyRing(),
      hasher: options.hasher ?? argon2Hasher({ metrics: this.metrics }),
      passwordPolicy: checked.passwordPolicy,
      keepsNtHashes: checked.keepsNtHashes,
      registry: () => registry,
      replaceRegistry: (next) => {
        registry = next;
      },
      relations,
      compile: (filter, owner) => compileFilter(filter, owner, registry, relations),
      compileNow: (filter, owner) => compileFilterNow(filter, owner, registry, relations),
    };
    this.organization = new OrganizationSettings(this.#environment);
    this.credentials = new Credentials(this.#environment);
    this.users = new Users(this.#environment, this.credentials.passwords);
    this.groups = new Groups(this.#environment);
    this.resources = new Resources(this.#environment);
    this.grants = new Grants(this.#environment);
    this.systems = new Systems(this.#environment);
    this.sessions = new Sessions(this.#environment);
    this.attributes = new Attributes(this.#environment);
    this.#authenticator = new Authenticator(this.#environment, this.credentials, checked.authentication);
  }

  /** @internal */
  async start(): Promise<void> {
    await this.#feed.start();
    // Listening begins before the first look, or a definition made in between would stay unknown.
    this.#feed.listen(
      (changes) => {
        if (changes.some((change) => change.kind === "attributeDefinition")) this.#reloadAttributes();
      },
      () => this.#reloadAttributes(),
    );
    await this.attributes.reload();
  }

  #reloadAttributes(): void {
    this.attributes.reload().catch((error: unknown) => {
      this.logger.error({ code: errorCodeOf(error) }, "could not reload attributes");
    });
  }

  /**
   * Establishes who someone is. One place for passwords, codes, locks, limits and audit, for every protocol.
   * @throws DirectoryError `overloaded`, `store-unavailable` or `timeout`; callers treat each as a denial
   */
  authenticate(attempt: AuthenticationAttempt, options?: CallOptions): Promise<AuthenticationResult> {
    return this.#authenticator.authenticate(attempt, options);
  }

  /**
   * Whether a user may use a resource now. Default deny: the user's state first, then grants through their groups.
   * An answer is at most `maxStalenessMs` behind other nodes, and never behind this one.
   * @throws DirectoryError `store-unavailable` or `timeout`; callers treat each as a denial
   */
  authorize(
    user: UserId,
    resource: ResourceRef,
    context: AccessContext = {},
    options?: CallOptions,
  ): Promise<Decision> {
    return this.#environment.authorizer.authorize(user, resource, context, options);
  }

  /** {@link Directory.authorize} without waiting, when everything it needs is at hand and fresh; else `undefined`. */
  authorizeCached(user: UserId, resource: ResourceRef, context: AccessContext = {}): Decision | undefined {
    return this.#environment.authorizer.authorizeCached(user, resource, context);
  }

  /** The decision with every path to it: each would have to be cut to take the access away. */
  explain(
    user: UserId,
    resource: ResourceRef,
    context: AccessContext = {},
    options?: CallOptions,
  ): Promise<Explanation> {
    return this.#environment.authorizer.explain(user, resource, context, options);
  }

  /** The ids of all groups a user belongs to, directly and through nesting; empty for an unknown user. */
  async effectiveGroups(user: UserId, options?: CallOptions): Promise<ReadonlySet<string>> {
    return (await this.#environment.authorizer.standingOf(user, options))?.groups ?? new Set();
  }

  /** {@link Directory.effectiveGroups} without waiting, of a user who exists; `undefined` when that cannot be said at once. */
  effectiveGroupsNow(user: UserId): ReadonlySet<string> | undefined {
    return this.#environment.authorizer.groupsNow(user);
  }

  /**
   * One page of the records that match.
   * @throws DirectoryError `limit-exceeded`, `invalid-input` for a cursor of another query, `store-unavailable`
   */
  query<K extends AttributeOwner>(kind: K, query: Query, options?: CallOptions): Promise<QueryPage<K>> {
    return runQuery(this.#environment, kind, query, options);
  }

  /** All records that match, in order, as they are read. @throws as {@link Directory.query}, while iterating */
  stream<K extends AttributeOwner>(
    kind: K,
    query: Omit<Query, "after" | "limit" | "binding">,
    options?: CallOptions,
  ): AsyncGenerator<RecordTypes[K], void, void> {
    return streamQuery(this.#environment, kind, query, options);
  }

  /**
   * {@link Directory.stream} page by page, with the place of every record, and from such a place on. A place stays good
   * whatever is written meanwhile: what lies behind it is given once, and what lies before it is not given again.
   * @throws as {@link Directory.query}, while iterating
   */
  scan<K extends AttributeOwner>(
    kind: K,
    query: ScanQuery,
    options?: CallOptions,
  ): AsyncGenerator<ScannedPage<K>, void, void> {
    return scanQuery(this.#environment, kind, query, options);
  }

  /**
   * Writes something that a client is to bring back, such as a place in an answer, as text that cannot be forged. Every
   * node with the same keys can read it, for as long as they have them. It is signed, not hidden.
   * @param binding - what it belongs to: it cannot be read with another binding, nor in another organization
   */
  sealCursor(content: JsonValue, binding: string): string {
    return sealCursor(this.#environment.keys, content, this.#cursorBinding(binding));
  }

  /** Reads what {@link Directory.sealCursor} wrote. @throws DirectoryError `invalid-input` for any other text or binding */
  openCursor(cursor: string, binding: string): JsonValue {
    return openCursor(this.#environment.keys, cursor, this.#cursorBinding(binding)) as JsonValue;
  }

  #cursorBinding(binding: string): string {
    return JSON.stringify(["cursor", this.organizationId, binding]);
  }

  /** How many records match. */
  count(
    kind: AttributeOwner,
    query: Pick<Query, "filter" | "maxScan">,
    options?: CallOptions,
  ): Promise<number> {
    return countQuery(this.#environment, kind, query, options);
  }

  /**
   * Prepares a query for the records that have a certain value of one attribute, to be asked many times without
   * waiting. For what a protocol looks up over and over, each time for somebody else: a person by username, address,
   * number or `id`.
   *
   * @param filter - what else must hold. Default: nothing
   * @throws DirectoryError `invalid-input` for another kind, `limit-exceeded` for a filter that is too large
   */
  lookup<K extends AttributeOwner>(kind: K, attribute: string, filter: Filter = { op: "true" }): Lookup<K> {
    assertSearchable(kind);
    return createLookup(this.#environment, kind, attribute, filter);
  }

  /** The records that exist, in the order of `ids`. @throws DirectoryError `invalid-input` for another kind */
  async getMany<K extends AttributeOwner>(
    kind: K,
    ids: readonly string[],
    options?: CallOptions,
  ): Promise<readonly RecordTypes[K][]> {
    assertSearchable(kind);
    return this.#environment.reader.getMany(kind, ids, options);
  }

  /** The revision of the latest change this node knows. */
  get revision(): number {
    return this.#feed.revision;
  }

  /** Whether what this node knows is young enough to answer from memory. */
  get fresh(): boolean {
    return this.#feed.isFresh();
  }

  /** Looks at the store if what this node knows is too old. @throws DirectoryError `store-unavailable` or `timeout` */
  ensureFresh(options?: CallOptions): Promise<void> {
    return this.#feed.ensureFresh(options);
  }

  /**
   * Catches up with the store, so that nothing that is asked of this node afterwards is older than this call.
   * @returns the revision of the latest change; a write that names it as `expectedRevision` is refused if there has
   * been another since
   * @throws DirectoryError `store-unavailable` or `timeout`
   */
  catchUp(options?: CallOptions): Promise<number> {
    return this.#feed.catchUp(options);
  }

  /** The changes after a revision, without gaps and in order, for as long as the caller reads. */
  changes(after: number, options?: CallOptions): AsyncGenerator<Change, void, void> {
    return this.#feed.read(after, options);
  }

  /**
   * Calls `listener` with changes as this node learns of them: its own before the call that made them returns. For
   * caches and live connections; what must not be missed over a restart reads {@link Directory.changes}.
   * @param lost - called when the store has dropped changes before this node saw them, as after a long sleep of the
   * machine: whatever the listener keeps must be looked up again
   * @returns the call that ends it
   */
  onChanges(listener: ChangeListener, lost?: () => void): () => void {
    return this.#feed.listen(listener, lost);
  }

  /**
   * Adds what a directory document describes: all of it or nothing.
   * @throws DirectoryError `invalid-input` with `details.path` such as `users[3].email`, `conflict`
   */
  import(document: unknown, options: WriteOptions = {}): Promise<ImportResult> {
    return importDocument(this.#environment, this.credentials, document, options);
  }

  /** The directory as a document. Password hashes and TOTP secrets only with `[includeSecrets]: true`. */
  export(options: ExportOptions = {}): Promise<DirectoryDocument> {
    return exportDocument(this.#environment, this.credentials, options);
  }

  /** Whether nothing has ever been written for this organization. */
  async isEmpty(options?: CallOptions): Promise<boolean> {
    return (await this.#environment.reader.revision(options)) === 0;
  }

  /**
   * Events of the audit trail. Default: the first 100; at most 10,000.
   * @throws DirectoryError `limit-exceeded` for another limit
   */
  async audit(query: Partial<AuditQuery> = {}, options?: CallOptions): Promise<readonly AuditEvent[]> {
    const { limit = 100 } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > maxAuditPage) {
      throw new DirectoryError(
        "limit-exceeded",
        `a page of the audit trail holds 1 to ${maxAuditPage} events`,
        {
          details: { limit: "maxAuditPage", value: maxAuditPage },
        },
      );
    }
    return this.#environment.reader.audit({ ...query, limit }, options);
  }

  /** Drops what has expired: one-time records, counters, sessions. Call it now and then. @returns how many */
  async collectGarbage(options?: CallOptions): Promise<number> {
    const sessions = await this.sessions.dropExpired(options);
    return sessions + (await this.#environment.store.collectGarbage(this.clock(), options));
  }

  /** @internal */
  get environment(): ServiceEnvironment {
    return this.#environment;
  }

  /**
   * Ends iterations and polling, lets the hasher go of what it keeps between calls, and closes the store. Adapters are
   * closed first, by whoever opened them. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#feed.close();
      try {
        this.#environment.hasher.close?.();
      } finally {
        await this.#environment.store.close();
      }
    })();
    return this.#closing;
  }

  /** The same as {@link Directory.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
