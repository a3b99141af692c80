import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type ResourceRef, showsSecondFactor } from "../access/authorizer.ts";
import { errorCodeOf, isDirectoryError } from "../errors.ts";
import { certificateKey } from "../keys/certificate.ts";
import type { Credential } from "../model/credential.ts";
import type { CredentialId, UserId } from "../model/ids.ts";
import type { Factor } from "../model/session.ts";
import type { User } from "../model/user.ts";
import type { Credentials } from "../services/credentials.ts";
import type { ServiceEnvironment } from "../services/service-environment.ts";
import { credentialOf, setAtOf } from "../services/stored-credential.ts";
import type { CallOptions } from "../store/store.ts";
import { storeError } from "../store/typed-errors.ts";
import { foldCase } from "../text/normalize.ts";
import { splitPasswordAndCode } from "../totp/split-password-and-code.ts";
import { commit, type UnitOfWork } from "../write/unit-of-work.ts";
import { AccountLock, type AccountLockOptions } from "./account-lock.ts";
import type { AuthenticationAttempt, AuthenticationResult, DenialReason } from "./attempt.ts";
import { matchCode, type ShownFactor, type Subject } from "./second-factor.ts";
import { SourceThrottle, type SourceThrottleOptions } from "./source-throttle.ts";

/** Options of authentication. */
export interface AuthenticationOptions {
  /** How failures lock an account. */
  readonly accountLock: AccountLockOptions;
  /** Limits on failures from one address. */
  readonly sourceThrottle: SourceThrottleOptions;
  /** Whether the primary e-mail address serves as a login name too. Default true. */
  readonly loginByEmail: boolean;
}

const challengeLifetimeMs = 5 * 60_000;
const maxUsernameLength = 320;
const maxRestarts = 3;

/** A password that was verified, and where failures count. */
interface Proof {
  readonly user: User;
  readonly password: Credential;
  readonly scope: string;
  /** What the stored hash should become. */
  readonly rehash?: string | undefined;
}

/** What a challenge remembers, in the store. */
interface Challenge {
  readonly user: UserId;
  readonly protocol: string;
  readonly source: string;
  /** The password that was shown: a change of it voids the challenge. */
  readonly password: CredentialId;
  readonly version: number;
}

/** Establishes who someone is, for every protocol alike. */
export class Authenticator {
  readonly #environment: ServiceEnvironment;
  readonly #credentials: Credentials;
  readonly #options: AuthenticationOptions;
  readonly #lock: AccountLock;
  readonly #throttle: SourceThrottle;

  constructor(environment: ServiceEnvironment, credentials: Credentials, options: AuthenticationOptions) {
    this.#environment = environment;
    this.#credentials = credentials;
    this.#options = options;
    this.#lock = new AccountLock(options.accountLock, environment.keys);
    this.#throttle = new SourceThrottle(options.sourceThrottle, environment.metrics);
  }

  /** One attempt, with its limits, audit and measurements around it. */
  async authenticate(
    attempt: AuthenticationAttempt,
    options: CallOptions = {},
  ): Promise<AuthenticationResult> {
    const started = performance.now();
    const { clock, logger, metrics } = this.#environment;
    const source = attempt.source ?? "";
    const labels = { protocol: attempt.protocol };
    let result: AuthenticationResult;
    try {
      if (!this.#throttle.allows(source, clock())) {
        result = { outcome: "denied", reason: "source-throttled" };
        logger.warn({ source, protocol: attempt.protocol }, "too many failed logins from this address");
      } else if (attempt.state !== undefined)
        result = await this.#answerChallenge(attempt, attempt.state, options);
      else if (attempt.certificate !== undefined)
        result = await this.#byCertificate(attempt, attempt.certificate, options);
      else if (attempt.certifiedName !== undefined)
        result = await this.#byCertifiedName(attempt, attempt.certifiedName, options);
      else result = await this.#firstStep(attempt, options);
    } catch (error) {
      metrics.count("directorykit_authentication_total", { ...labels, outcome: "error" });
      const code = isDirectoryError(error) ? error.code : "unexpected";
      logger.error({ protocol: attempt.protocol, code }, "authentication failed to run");
      await this.#auditError(attempt, error);
      throw storeError(error);
    }
    if (result.outcome === "denied" && result.reason !== "source-throttled")
      this.#throttle.failed(source, clock());
    metrics.count("directorykit_authentication_total", { ...labels, outcome: result.outcome });
    metrics.observe("directorykit_authentication_seconds", (performance.now() - started) / 1000, labels);
    return result;
  }

  async #firstStep(
    attempt: AuthenticationAttempt,
    options: CallOptions,
    restarts = 0,
  ): Promise<AuthenticationResult> {
    const { hasher, reader, clock } = this.#environment;
    const given = attempt.password ?? "";
    const subject = await this.#subject(attempt, options);
    const call = { ...options, ...(attempt.source === undefined ? {} : { source: attempt.source }) };
    const combined =
      subject?.totp === undefined || attempt.code !== undefined ? undefined : splitPasswordAndCode(given);
    const password = combined?.password ?? given;
    const code = attempt.code ?? combined?.code;
    const { ntHash } = attempt;
    // A hash takes no time to compare, so there is none to hide.
    const dummy = async (): Promise<void> => {
      if (ntHash === undefined) await hasher.verifyDummy(password, call);
    };
    if (subject?.password === undefined) {
      await dummy();
      return this.#deny(attempt, subject?.user, subject === undefined ? "unknown-user" : "no-password");
    }
    const { user } = subject;
    const before = clock();
    const scope = await this.#lock.scope(reader, user.id, attempt.source ?? "", before);
    if (await this.#lock.isLocked(reader, scope, before)) {
      // The same work and the same answer as for a wrong password, right or not.
      await dummy();
      return this.#deny(attempt, user, "locked");
    }
    const tried = `${ntHash === undefined ? password : randomBytes(16).toString("hex")}\n${code ?? ""}`;
    const isRight =
      ntHash === undefined
        ? await hasher.verify(subject.password.secret, password, call)
        : await this.#isNtHash(user.id, ntHash, options);
    if (!isRight) return this.#failed(attempt, user, scope, tried, "wrong-password");
    if (user.state !== "active") return this.#deny(attempt, user, "not-active");
    const shown =
      code === undefined ? undefined : await matchCode(this.#environment, this.#credentials, subject, code);
    if (code !== undefined && shown === undefined)
      return this.#failed(attempt, user, scope, tried, "wrong-code");
    const access = await this.#access(attempt, user, factorsOf(shown), options);
    const challenges =
      access === "mfa-required" && subject.totp !== undefined && attempt.canChallenge === true;
    if (access !== "granted" && !challenges) return this.#deny(attempt, user, access);
    // Only now: whoever is denied learns nothing from the time of a second hash.
    const rehash =
      ntHash === undefined && hasher.needsRehash(subject.password.secret)
        ? await hasher.hash(password, call).catch(() => undefined)
        : undefined;
    const proof = { user, password: subject.password, scope, rehash };
    const result = challenges
      ? await this.#challenge(attempt, proof)
      : await this.#accept(attempt, proof, shown, tried);
    if (result !== "changed") return result;
    // Another password, or another hash of this one, was stored since it was read.
    return restarts < maxRestarts
      ? this.#firstStep(attempt, options, restarts + 1)
      : this.#deny(attempt, user, "wrong-password");
  }

  async #isNtHash(user: UserId, shown: Uint8Array, options: CallOptions): Promise<boolean> {
    const kept = await this.#credentials.ntHash(user, options);
    if (kept === undefined) return false;
    try {
      return kept.length === shown.length && timingSafeEqual(kept, shown);
    } finally {
      kept.fill(0);
    }
  }

  /** A certificate cannot be guessed, so failures neither count nor stand in its way: a lock stops passwords. */
  async #byCertificate(
    attempt: AuthenticationAttempt,
    certificate: Uint8Array,
    options: CallOptions,
  ): Promise<AuthenticationResult> {
    const { reader } = this.#environment;
    const credential = await reader.getByKey(
      "credential",
      "certificate",
      certificateKey(certificate),
      options,
    );
    if (credential === undefined) return this.#deny(attempt, undefined, "wrong-certificate");
    const user = await reader.get("user", credential.user, options);
    if (user === undefined) return this.#deny(attempt, undefined, "unknown-user");
    const named = attempt.userId !== undefined || (attempt.username ?? "") !== "";
    if (named && (await this.#find(attempt, options))?.id !== user.id)
      return this.#deny(attempt, user, "wrong-certificate");
    return this.#certified(attempt, user, options, async (unit) =>
      (await unit.tx.get("credential", credential.id)) === undefined ? "wrong-certificate" : undefined,
    );
  }

  async #byCertifiedName(
    attempt: AuthenticationAttempt,
    username: string,
    options: CallOptions,
  ): Promise<AuthenticationResult> {
    const user = await this.#find({ protocol: attempt.protocol, username }, options);
    return user === undefined
      ? this.#deny(attempt, undefined, "unknown-user")
      : this.#certified(attempt, user, options, async () => undefined);
  }

  /** @param objection - why the certificate does not count any more, asked in the transaction that accepts it */
  async #certified(
    attempt: AuthenticationAttempt,
    user: User,
    options: CallOptions,
    objection: (unit: UnitOfWork) => Promise<DenialReason | undefined>,
  ): Promise<AuthenticationResult> {
    const factors: readonly Factor[] = ["certificate"];
    const access =
      user.state === "active" ? await this.#access(attempt, user, factors, options) : "not-active";
    if (access !== "granted") return this.#deny(attempt, user, access);
    const result = await commit(
      this.#environment,
      auditOptions(attempt, user),
      async (unit): Promise<AuthenticationResult | DenialReason> => {
        const now = await unit.tx.get("user", user.id);
        if (now?.state !== "active") return now === undefined ? "unknown-user" : "not-active";
        const against = await objection(unit);
        if (against !== undefined) return against;
        unit.audit({
          action: "authentication.succeeded",
          target: target(user),
          details: { factors: factors.join(",") },
        });
        return { outcome: "accepted", user: now, factors, mustChangePassword: false };
      },
    );
    return typeof result === "string" ? this.#deny(attempt, user, result) : result;
  }

  async #answerChallenge(
    attempt: AuthenticationAttempt,
    state: string,
    options: CallOptions,
  ): Promise<AuthenticationResult> {
    const { store, organization, reader, clock } = this.#environment;
    const now = clock();
    const taken = await store.transaction(
      organization,
      (tx) => tx.consumeOnce(challengeKey(state), now),
      options,
    );
    const saved = taken as Challenge | undefined;
    const source = attempt.source ?? "";
    if (saved === undefined || saved.protocol !== attempt.protocol || saved.source !== source)
      return this.#deny(attempt, undefined, "invalid-state");
    const subject = await this.#load(saved.user, options);
    if (subject === undefined) return this.#deny(attempt, undefined, "unknown-user");
    const { user, password } = subject;
    const named = attempt.userId !== undefined || attempt.username !== undefined;
    if (
      password?.id !== saved.password ||
      password.version !== saved.version ||
      (named && (await this.#find(attempt, options))?.id !== user.id)
    )
      return this.#deny(attempt, user, "invalid-state");
    const scope = await this.#lock.scope(reader, user.id, source, now);
    if (await this.#lock.isLocked(reader, scope, now)) return this.#deny(attempt, user, "locked");
    if (user.state !== "active") return this.#deny(attempt, user, "not-active");
    const code = attempt.code ?? "";
    const shown = await matchCode(this.#environment, this.#credentials, subject, code);
    if (shown === undefined) return this.#failed(attempt, user, scope, code, "wrong-code");
    const access = await this.#access(attempt, user, factorsOf(shown), options);
    if (access !== "granted") return this.#deny(attempt, user, access);
    const result = await this.#accept(attempt, { user, password, scope }, shown, code);
    return result === "changed" ? this.#deny(attempt, user, "invalid-state") : result;
  }

  async #accept(
    attempt: AuthenticationAttempt,
    proof: Proof,
    shown: ShownFactor | undefined,
    tried: string,
  ): Promise<AuthenticationResult | "changed"> {
    const { user, scope } = proof;
    const factors = factorsOf(shown);
    const result = await commit(
      this.#environment,
      auditOptions(attempt, user),
      async (unit): Promise<AuthenticationResult | "changed"> => {
        const now = await this.#stands(unit, proof);
        if (typeof now === "string") return now === "changed" ? now : { outcome: "denied", reason: now };
        if (shown !== undefined && !(await shown.claim(unit)))
          return { outcome: "denied", reason: "wrong-code" };
        await this.#lock.succeeded(unit.tx, user.id, scope, attempt.source ?? "", unit.now);
        await renew(unit, now.password, proof.rehash);
        unit.audit({
          action: "authentication.succeeded",
          target: target(user),
          details: { factors: factors.join(",") },
        });
        const mustChangePassword = now.password.mustChange === true;
        return { outcome: "accepted", user: now.user, factors, mustChangePassword };
      },
    );
    if (result === "changed" || result.outcome !== "denied") return result;
    return result.reason === "wrong-code"
      ? this.#failed(attempt, user, scope, tried, "wrong-code")
      : this.#deny(attempt, user, result.reason);
  }

  async #challenge(attempt: AuthenticationAttempt, proof: Proof): Promise<AuthenticationResult | "changed"> {
    const { user } = proof;
    const state = randomBytes(24).toString("base64url");
    const refused = await commit(this.#environment, auditOptions(attempt, user), async (unit) => {
      const now = await this.#stands(unit, proof);
      if (typeof now === "string") return now;
      const password = await renew(unit, now.password, proof.rehash);
      const saved = {
        user: user.id,
        protocol: attempt.protocol,
        source: attempt.source ?? "",
        password: password.id,
        version: password.version,
      } satisfies Challenge;
      await unit.tx.putOnce(challengeKey(state), saved, unit.now + challengeLifetimeMs);
      unit.audit({ action: "authentication.challenged", target: target(user) });
      return undefined;
    });
    if (refused === "changed") return refused;
    if (refused !== undefined) return this.#deny(attempt, user, refused);
    return { outcome: "challenge", challenge: { kind: "totp", state } };
  }

  /**
   * Whether what was read before the password was verified still holds, in the transaction that accepts it. Hashing
   * takes long: meanwhile the user may have been suspended, the password changed, or, by guesses made at the same time,
   * the account locked.
   */
  async #stands(
    unit: UnitOfWork,
    { user, password, scope }: Proof,
  ): Promise<{ readonly user: User; readonly password: Credential } | DenialReason | "changed"> {
    const now = await unit.tx.get("user", user.id);
    if (now === undefined) return "unknown-user";
    if (now.state !== "active") return "not-active";
    if (await this.#lock.isLocked(unit.tx, scope, unit.now)) return "locked";
    const current = await unit.tx.get("credential", password.id);
    return current?.version === password.version ? { user: now, password: current } : "changed";
  }

  /** Counts a failure against the account and writes it to the audit trail. */
  async #failed(
    attempt: AuthenticationAttempt,
    user: User,
    scope: string,
    tried: string,
    reason: DenialReason,
  ): Promise<AuthenticationResult> {
    const denied = await commit(this.#environment, auditOptions(attempt, user), async (unit) => {
      const fact = { outcome: "failure", target: target(user) } as const;
      // Of guesses made at the same time, only those before the lock count; the others were refused unheard.
      if (await this.#lock.isLocked(unit.tx, scope, unit.now)) {
        unit.audit({ ...fact, action: "authentication.failed", reason: "locked" });
        return "locked";
      }
      const failures = await this.#lock.failed(unit.tx, user.id, scope, tried, unit.now);
      const details = { failures };
      unit.audit({ ...fact, action: "authentication.failed", reason, details });
      if (failures >= this.#options.accountLock.freeFailures)
        unit.audit({ ...fact, action: "authentication.locked", reason: "too-many-failures", details });
      return reason;
    });
    return { outcome: "denied", reason: denied };
  }

  /** Writes a denial that counts against no account to the audit trail. */
  async #deny(
    attempt: AuthenticationAttempt,
    user: User | undefined,
    reason: DenialReason,
  ): Promise<AuthenticationResult> {
    await commit(this.#environment, auditOptions(attempt, user), async (unit) => {
      unit.audit({
        action: "authentication.failed",
        outcome: "failure",
        reason,
        ...(user === undefined ? {} : { target: target(user) }),
      });
    });
    return { outcome: "denied", reason };
  }

  /** Tells the audit trail of an attempt that could not be answered, as far as the store lets us. */
  async #auditError(attempt: AuthenticationAttempt, error: unknown): Promise<void> {
    const reason = errorCodeOf(error);
    // When there is too much to do already, one more write would not help.
    if (reason === "overloaded" || reason === "timeout") return;
    await commit(this.#environment, auditOptions(attempt, undefined), async (unit) => {
      unit.audit({ action: "authentication.failed", outcome: "failure", reason });
    }).catch(() => {});
  }

  /** Whether someone who has shown these factors gets what they came for. */
  async #access(
    attempt: AuthenticationAttempt,
    user: User,
    factors: readonly Factor[],
    options: CallOptions,
  ): Promise<"granted" | "mfa-required" | "no-access"> {
    if (attempt.secondFactor === "required" && !showsSecondFactor(factors)) return "mfa-required";
    if (attempt.resource === undefined) return "granted";
    const resources = isList(attempt.resource) ? attempt.resource : [attempt.resource];
    const address = attempt.address ?? attempt.source;
    const context = { factors, ...(address === undefined ? {} : { address }) };
    let answer: "mfa-required" | "no-access" = "no-access";
    for (const resource of resources) {
      const decision = await this.#environment.authorizer.authorize(user.id, resource, context, options);
      if (decision.allowed) return "granted";
      if (decision.reason === "mfa-required") answer = "mfa-required";
    }
    return answer;
  }

  async #subject(attempt: AuthenticationAttempt, options: CallOptions): Promise<Subject | undefined> {
    const user = await this.#find(attempt, options);
    return user === undefined ? undefined : this.#withCredentials(user, options);
  }

  /** The user whom the attempt names. */
  async #find(attempt: AuthenticationAttempt, options: CallOptions): Promise<User | undefined> {
    const { reader } = this.#environment;
    if (attempt.userId !== undefined) return reader.get("user", attempt.userId, options);
    const name = attempt.username ?? "";
    if (name === "" || name.length > maxUsernameLength) return undefined;
    const key = foldCase(name);
    const named = await reader.getByKey("user", "username", key, options);
    if (named !== undefined || !this.#options.loginByEmail || !key.includes("@")) return named;
    return reader.getByKey("user", "primaryEmail", key, options);
  }

  async #load(id: UserId, options: CallOptions): Promise<Subject | undefined> {
    const user = await this.#environment.reader.get("user", id, options);
    return user === undefined ? undefined : this.#withCredentials(user, options);
  }

  async #withCredentials(user: User, options: CallOptions): Promise<Subject> {
    const { reader } = this.#environment;
    const password = await credentialOf(reader, user.id, "password", options);
    const totp = await credentialOf(reader, user.id, "totp", options);
    return { user, password, totp: totp?.status === "active" ? totp : undefined };
  }
}

/** Stores a new hash of the same password. @returns the credential as it is then */
async function renew(
  unit: UnitOfWork,
  password: Credential,
  rehash: string | undefined,
): Promise<Credential> {
  return rehash === undefined
    ? password
    : unit.update("credential", password, { secret: rehash, setAt: setAtOf(password) }, ["rehash"]);
}

function factorsOf(shown: ShownFactor | undefined): readonly Factor[] {
  return shown === undefined ? ["password"] : ["password", shown.factor];
}

function isList(resource: ResourceRef | readonly ResourceRef[]): resource is readonly ResourceRef[] {
  return Array.isArray(resource);
}

function auditOptions(attempt: AuthenticationAttempt, user: User | undefined): Parameters<typeof commit>[1] {
  return {
    actor: user === undefined ? { kind: "anonymous" } : { kind: "user", id: user.id },
    protocol: attempt.protocol,
    ...(attempt.source === undefined ? {} : { source: attempt.source }),
    ...(attempt.correlation === undefined ? {} : { correlation: attempt.correlation }),
  };
}

function target(user: User): { kind: string; id: string; name: string } {
  return { kind: "user", id: user.id, name: user.username };
}

function challengeKey(state: string): string {
  return `challenge:${createHash("sha256").update(state.slice(0, 128)).digest("hex")}`;
}
