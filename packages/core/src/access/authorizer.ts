import { resourceNameKey } from "../attributes/index-record.ts";
import type { ChangeFeed } from "../changes/change-feed.ts";
import type { Change } from "../model/change.ts";
import type { Grant } from "../model/grant.ts";
import type { GroupId, ResourceId, UserId } from "../model/ids.ts";
import type { JsonValue, Resource, ResourceKind } from "../model/resource.ts";
import type { Factor } from "../model/session.ts";
import type { User } from "../model/user.ts";
import type { Clock } from "../ports/clock.ts";
import { recordsBy } from "../query/record-pages.ts";
import { deepFreeze } from "../store/deep-freeze.ts";
import type { CallOptions, Reader } from "../store/store.ts";
import type { AccessPath, Decision, DecisionReason, Explanation } from "./decision.ts";
import { ancestorsNow, ancestorsOf } from "./group-graph.ts";
import { routesTo } from "./group-routes.ts";
import { inNetworks } from "./network.ts";

/** A resource by id, or by the kind and name it is unique by. */
export type ResourceRef = ResourceId | { readonly kind: ResourceKind; readonly name: string };

/** What is known of the request. */
export interface AccessContext {
  /** Factors the person has shown. Default: none, so a grant that demands MFA does not count. */
  readonly factors?: readonly Factor[];
  /** Address of the peer, for grants bound to networks. */
  readonly address?: string;
}

/** What access hangs on, of a user. */
export interface Standing {
  /** The user's record. */
  readonly user: User;
  /** Ids of all groups they belong to, directly and through nesting. */
  readonly groups: ReadonlySet<string>;
}

const maxCachedUsers = 100_000;
const maxCachedResources = 10_000;
const nothing: Decision["because"] = Object.freeze([]);
const secondFactors: readonly Factor[] = ["totp", "recovery-code", "certificate"];

/**
 * Answers who may use what. Keeps, per user, the user's state and the set of groups they belong to, and per resource
 * its grants; the change feed throws out what a change touches, so an answer is never older than the feed.
 */
export class Authorizer {
  readonly #reader: Reader;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #standings = new Map<UserId, Standing>();
  readonly #grants = new Map<ResourceId, readonly Grant[]>();
  readonly #resources = new Map<ResourceId, Resource>();
  readonly #named = new Map<string, ResourceId>();
  /** Counts evictions: what was read before one may not be cached after it. */
  #generation = 0;

  constructor(reader: Reader, feed: ChangeFeed, clock: Clock) {
    this.#reader = reader;
    this.#feed = feed;
    this.#clock = clock;
    feed.listen(
      (changes) => {
        for (const change of changes) this.#evict(change);
      },
      () => this.#evictAll(),
    );
  }

  /** The decision, from what is kept or else from the store. */
  async authorize(
    user: UserId,
    resource: ResourceRef,
    context: AccessContext,
    options?: CallOptions,
  ): Promise<Decision> {
    if (!this.#feed.isFresh()) await this.#feed.ensureFresh(options);
    const cached = this.authorizeCached(user, resource, context);
    if (cached !== undefined) return cached;
    const found = await this.#resource(resource, options);
    if (found === undefined) return denied("unknown-resource");
    const standing = await this.#standing(user, options);
    if (standing === undefined) return denied("unknown-user", found.id);
    return this.#decide(standing, found.id, await this.grantsOf(found.id, options), context);
  }

  /** The answer if everything it needs is at hand and fresh, without waiting. */
  authorizeCached(user: UserId, resource: ResourceRef, context: AccessContext): Decision | undefined {
    if (!this.#feed.isFresh()) return undefined;
    const id =
      typeof resource === "string"
        ? resource
        : this.#named.get(resourceNameKey(resource.kind, resource.name));
    if (id === undefined) return undefined;
    const standing = this.#standings.get(user);
    const grants = this.#grants.get(id);
    if (standing === undefined || grants === undefined || !this.#resources.has(id)) return undefined;
    return this.#decide(standing, id, grants, context);
  }

  /** All ways in which access reaches a user, or would if the grants were in force. */
  async explain(
    user: UserId,
    resource: ResourceRef,
    context: AccessContext,
    options?: CallOptions,
  ): Promise<Explanation> {
    const decision = await this.authorize(user, resource, context, options);
    const found = await this.#resource(resource, options);
    if (found === undefined) return { ...decision, paths: [] };
    const paths: AccessPath[] = [];
    const grants = await this.grantsOf(found.id, options);
    const targets = new Set<string>(grants.flatMap((grant) => grant.group ?? []));
    const routes = await routesTo(this.#reader, user, targets, options);
    const now = this.#clock();
    for (const grant of grants) {
      const why = whyNot(grant, context, now);
      const state = why === undefined ? { inForce: true } : { inForce: false, reason: why };
      if (grant.user === user) paths.push({ grant: grant.id, groups: [], ...state });
      for (const route of grant.group === undefined ? [] : (routes.get(grant.group) ?? [])) {
        paths.push({ grant: grant.id, groups: route, ...state });
      }
    }
    return { ...decision, paths };
  }

  /** The user's record and effective groups as this node knows them, or `undefined` for an unknown user. */
  async standingOf(user: UserId, options?: CallOptions): Promise<Standing | undefined> {
    await this.#feed.ensureFresh(options);
    return this.#standing(user, options);
  }

  /** The effective groups without waiting, of someone who exists; `undefined` when that cannot be said at once. */
  groupsNow(user: UserId): ReadonlySet<string> | undefined {
    if (!this.#feed.isFresh()) return undefined;
    const known = this.#standings.get(user)?.groups;
    if (known !== undefined) return known;
    try {
      const reads = this.#reader.immediate?.();
      return reads === undefined ? undefined : ancestorsNow(reads, user);
    } catch {
      // Whoever waits for the same learns what is wrong with the store.
      return undefined;
    }
  }

  /** Every grant to a resource. */
  async grantsOf(resource: ResourceId, options?: CallOptions): Promise<readonly Grant[]> {
    const cached = this.#grants.get(resource);
    if (cached !== undefined) return cached;
    const generation = this.#generation;
    const grants = await recordsBy(this.#reader, "grant", "resource", resource, options);
    // Highest priority first, then the oldest: ids sort by age.
    grants.sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
    if (generation === this.#generation) {
      if (this.#grants.size >= maxCachedResources) this.#grants.clear();
      // Decisions hand out what grants add; nobody may change what the next decision says.
      this.#grants.set(resource, deepFreeze(grants));
    }
    return grants;
  }

  #decide(
    standing: Standing,
    resource: ResourceId,
    grants: readonly Grant[],
    context: AccessContext,
  ): Decision {
    if (standing.user.state !== "active") return denied("user-not-active", resource);
    const now = this.#clock();
    const because: { grant: Grant["id"]; group?: GroupId }[] = [];
    let attributes: Record<string, JsonValue> | undefined;
    let reason: DecisionReason = "no-group-grants-it";
    for (const grant of grants) {
      const names =
        grant.user === standing.user.id || (grant.group !== undefined && standing.groups.has(grant.group));
      if (!names) continue;
      const why = whyNot(grant, context, now);
      if (why !== undefined) {
        // Of several reasons, the one the person can do something about is the most useful.
        if (reason !== "mfa-required") reason = why;
        continue;
      }
      because.push(grant.group === undefined ? { grant: grant.id } : { grant: grant.id, group: grant.group });
      for (const name in grant.attributes) {
        attributes ??= Object.create(null) as Record<string, JsonValue>;
        if (!(name in attributes)) attributes[name] = grant.attributes[name] as JsonValue;
      }
    }
    if (because.length === 0) return denied(reason, resource);
    return { allowed: true, reason: "granted", resource, because, attributes: attributes ?? {} };
  }

  async #resource(ref: ResourceRef, options?: CallOptions): Promise<Resource | undefined> {
    const key = typeof ref === "string" ? undefined : resourceNameKey(ref.kind, ref.name);
    const id = typeof ref === "string" ? ref : this.#named.get(key as string);
    const cached = id === undefined ? undefined : this.#resources.get(id);
    if (cached !== undefined) return cached;
    const generation = this.#generation;
    const found =
      typeof ref === "string"
        ? await this.#reader.get("resource", ref, options)
        : await this.#reader.getByKey("resource", "name", key as string, options);
    if (found !== undefined && generation === this.#generation) {
      if (this.#resources.size >= maxCachedResources) this.#forgetResources();
      this.#resources.set(found.id, found);
      this.#named.set(resourceNameKey(found.kind, found.name), found.id);
    }
    return found;
  }

  async #standing(id: UserId, options?: CallOptions): Promise<Standing | undefined> {
    const cached = this.#standings.get(id);
    if (cached !== undefined) return cached;
    const generation = this.#generation;
    const reads = this.#reader.immediate?.();
    const user = reads === undefined ? await this.#reader.get("user", id, options) : reads.get("user", id);
    if (user === undefined) return undefined;
    const groups = (reads && ancestorsNow(reads, id)) ?? (await ancestorsOf(this.#reader, id, options));
    const standing = { user, groups };
    if (generation === this.#generation) {
      if (this.#standings.size >= maxCachedUsers) {
        const oldest = this.#standings.keys().next();
        if (oldest.done !== true) this.#standings.delete(oldest.value);
      }
      this.#standings.set(id, standing);
    }
    return standing;
  }

  #evict(change: Change): void {
    this.#generation += 1;
    switch (change.kind) {
      case "user":
        this.#standings.delete(change.id as UserId);
        break;
      case "membership":
        if (change.memberKind === "user") this.#standings.delete(change.member as UserId);
        else this.#standings.clear();
        break;
      case "group":
        if (change.operation === "deleted") this.#standings.clear();
        break;
      case "grant":
        this.#grants.clear();
        break;
      case "resource":
        this.#forgetResources();
        this.#grants.clear();
        break;
      default:
        break;
    }
  }

  #evictAll(): void {
    this.#generation += 1;
    this.#standings.clear();
    this.#grants.clear();
    this.#forgetResources();
  }

  #forgetResources(): void {
    this.#resources.clear();
    this.#named.clear();
  }
}

function denied(reason: DecisionReason, resource?: ResourceId): Decision {
  return {
    allowed: false,
    reason,
    because: nothing,
    attributes: {},
    ...(resource === undefined ? {} : { resource }),
  };
}

/** Why a grant does not count now, or `undefined` when it does. */
function whyNot(grant: Grant, context: AccessContext, now: number): DecisionReason | undefined {
  if (!isInValidity(grant, now)) return "outside-validity";
  const { networks, mfa } = grant.conditions;
  if (networks !== undefined && (context.address === undefined || !inNetworks(context.address, networks))) {
    return "network-not-allowed";
  }
  if (mfa === true && !showsSecondFactor(context.factors ?? [])) return "mfa-required";
  return undefined;
}

/** Whether a grant counts at this time, leaving aside what only a request can show. */
export function isInValidity(grant: Grant, now: number): boolean {
  return (
    !(grant.notBefore !== undefined && now < grant.notBefore) &&
    !(grant.notAfter !== undefined && now >= grant.notAfter)
  );
}

/** Whether factors count as more than a password: a certificate does by itself, since its key cannot be guessed. */
export function showsSecondFactor(factors: readonly Factor[]): boolean {
  return factors.some((factor) => secondFactors.includes(factor));
}
