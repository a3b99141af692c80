import { createHash, randomBytes } from "node:crypto";
import type { Authorizer, ResourceRef } from "../access/authorizer.ts";
import { DirectoryError, isDirectoryError } from "../errors.ts";
import type { Credential } from "../model/credential.ts";
import type { UserId } from "../model/ids.ts";
import type { Factor } from "../model/session.ts";
import type { User } from "../model/user.ts";
import { type Credentials, credentialOf, reserveTotpStep } from "../services/credentials.ts";
import type { ServiceEnvironment } from "../services/service-environment.ts";
import type { CallOptions, Transaction } from "../store/store.ts";
import { foldCase } from "../text/normalize.ts";
import { matchRecoveryCode } from "../totp/recovery-codes.ts";
import { splitPasswordAndCode } from "../totp/split-password-and-code.ts";
import { matchTotp } from "../totp/totp.ts";
import { commit, type UnitOfWork } from "../write/unit-of-work.ts";
import { AccountLock, type AccountLockOptions } from "./account-lock.ts";
import { SourceThrottle, type SourceThrottleOptions } from "./source-throttle.ts";

/** Someone tries to log in. Give a login name or id and a password; or the state of a challenge and a code. */
export interface AuthenticationAttempt {
  /** The login name, or the primary e-mail address where the host allows it. */
  readonly username?: string;
  /** The user's id, where the protocol names users by id. */
  readonly userId?: UserId;
  /** The password; `password,123456` carries a one-time code with it for users who have a second factor. */
  readonly password?: string;
  /** A one-time code or recovery code in a field of its own. */
  readonly code?: string;
  /** The state of the challenge that `code` answers. */
  readonly state?: string;
  /** The protocol, as a short word: `ldap`, `radius`. */
  readonly protocol: string;
  /** Address of the peer. */
  readonly source?: string;
  /**
   * What they want to use, any one of these. Whoever no grant lets in is denied here, with the same answer; a second
   * factor is demanded when the grants demand one. Default: not looked at.
   */
  readonly resource?: ResourceRef | readonly ResourceRef[];
  /** `required`: a second factor whatever the grants say. Default `by-grant`. */
  readonly secondFactor?: "required" | "by-grant";
  /** Whether the protocol can ask back for a code. Without it a missing factor is a denial. Default false. */
  readonly canChallenge?: boolean;
  /** Ties the audit events of one request together. */
  readonly correlation?: string;
}

/** Why an attempt was denied: for audit and logs. Strangers get one uniform answer. */
export type DenialReason =
  | "unknown-user"
  | "wrong-password"
  | "wrong-code"
  | "no-password"
  | "not-active"
  | "locked"
  | "source-throttled"
  | "mfa-required"
  | "no-access"
  | "invalid-state";

/** The answer to an attempt. */
export type AuthenticationResult =
  | {
      readonly outcome: "accepted";
      /** Who it is. */
      readonly user: User;
      /** What they have shown. */
      readonly factors: readonly Factor[];
      /** The password must be changed before anything else, where the protocol can do that. */
      readonly mustChangePassword: boolean;
    }
  | {
      readonly outcome: "challenge";
      /** What is asked for, and the state to send back with it: one use, five minutes. */
      readonly challenge: { readonly kind: "totp"; readonly state: string };
    }
  | { readonly outcome: "denied"; readonly reason: DenialReason };

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

interface Subject {
  readonly user: User;
  readonly password: Credential | undefined;
  readonly totp: Credential | undefined;
}

interface Shown {
  readonly factors: readonly Factor[];
  /** Claims the code or recovery code within the transaction. @returns whether it was still unused */
  claim(unit: UnitOfWork): Promise<boolean>;
}

/** Establishes who someone is, for every protocol alike. */
export class Authenticator {
  readonly #environment: ServiceEnvironment;
  readonly #credentials: Credentials;
  readonly #authorizer: Authorizer;
  readonly #options: AuthenticationOptions;
  readonly #lock: AccountLock;
  readonly #throttle: SourceThrottle;

  constructor(environment: ServiceEnvironment, credentials: Credentials, options: AuthenticationOptions) {
    this.#environment = environment;
    this.#credentials = credentials;
    this.#authorizer = environment.authorizer;
    this.#options = options;
    this.#lock = new AccountLock(options.accountLock, environment.keys);
    this.#throttle = new SourceThrottle(options.sourceThrottle, environment.metrics);
  }

  async authenticate(
    attempt: AuthenticationAttempt,
    options: CallOptions = {},
  ): Promise<AuthenticationResult> {
    const started = performance.now();
    const source = attempt.source ?? "";
    const labels = { protocol: attempt.protocol };
    let result: AuthenticationResult;
    try {
      if (!this.#throttle.allows(source, this.#environment.clock())) {
        result = { outcome: "denied", reason: "source-throttled" };
        this.#environment.logger.warn(
          { source, protocol: attempt.protocol },
          "too many failed logins from this address",
        );
      } else if (attempt.state !== undefined)
        result = await this.#answerChallenge(attempt, attempt.state, options);
      else result = await this.#firstStep(attempt, options);
    } catch (error) {
      this.#environment.metrics.count("directorykit_authentication_total", { ...labels, outcome: "error" });
      this.#environment.logger.error(
        { protocol: attempt.protocol, code: isDirectoryError(error) ? error.code : "unexpected" },
        "authentication failed to run",
      );
      throw isDirectoryError(error)
        ? error
        : new DirectoryError("store-unavailable", "authentication failed to run", { cause: error });
    }
    if (result.outcome === "denied" && result.reason !== "source-throttled")
      this.#throttle.failed(source, this.#environment.clock());
    this.#environment.metrics.count("directorykit_authentication_total", {
      ...labels,
      outcome: result.outcome,
    });
    this.#environment.metrics.observe(
      "directorykit_authentication_seconds",
      (performance.now() - started) / 1000,
      labels,
    );
    return result;
  }

  async #firstStep(attempt: AuthenticationAttempt, options: CallOptions): Promise<AuthenticationResult> {
    const given = attempt.password ?? "";
    const subject = await this.#subject(attempt, options);
    const call = { ...options, ...(attempt.source === undefined ? {} : { source: attempt.source }) };
    const combined =
      subject?.totp === undefined || attempt.code !== undefined ? undefined : splitPasswordAndCode(given);
    const password = combined?.password ?? given;
    const code = attempt.code ?? combined?.code;
    const { hasher } = this.#environment;
    if (subject?.password === undefined) {
      await hasher.verifyDummy(password, call);
      return this.#deny(attempt, subject?.user, subject === undefined ? "unknown-user" : "no-password");
    }
    const { user } = subject;
    const source = attempt.source ?? "";
    const before = this.#environment.clock();
    const scope = await this.#lock.scope(this.#environment.reader, user.id, source, before);
    const lockedUntil = await this.#lock.lockedUntil(this.#environment.reader, scope, before);
    if (lockedUntil > before) {
      // The same work and the same answer as for a wrong password, right or not.
      await hasher.verifyDummy(password, call);
      return this.#deny(attempt, user, "locked");
    }
    if (!(await hasher.verify(subject.password.secret, password, call))) {
      return this.#failed(attempt, user, scope, `${password}\n${code ?? ""}`, "wrong-password");
    }
    if (user.state !== "active") return this.#deny(attempt, user, "not-active");
    const rehash = hasher.needsRehash(subject.password.secret)
      ? await hasher.hash(password, call).catch(() => undefined)
      : undefined;
    const shown = code === undefined ? undefined : await this.#matchCode(subject, code);
    if (code !== undefined && shown === undefined)
      return this.#failed(attempt, user, scope, `${password}\n${code}`, "wrong-code");
    const access = await this.#access(attempt, user, ["password", ...(shown?.factors ?? [])], options);
    if (access === "mfa-required") {
      if (subject.totp === undefined || attempt.canChallenge !== true)
        return this.#deny(attempt, user, "mfa-required");
      return this.#challenge(attempt, user);
    }
    if (access === "no-access") return this.#deny(attempt, user, "no-access");
    return this.#accept(attempt, subject, scope, ["password"], shown, rehash, `${password}\n${code ?? ""}`);
  }

  async #answerChallenge(
    attempt: AuthenticationAttempt,
    state: string,
    options: CallOptions,
  ): Promise<AuthenticationResult> {
    const now = this.#environment.clock();
    const key = challengeKey(state);
    const taken = await this.#environment.store.transaction(
      this.#environment.organization,
      (tx) => tx.consumeOnce(key, now),
      options,
    );
    const saved = taken as { user: UserId; protocol: string; source: string } | undefined;
    if (
      saved === undefined ||
      saved.protocol !== attempt.protocol ||
      saved.source !== (attempt.source ?? "")
    ) {
      return this.#deny(attempt, undefined, "invalid-state");
    }
    const subject = await this.#load(saved.user, options);
    if (subject === undefined) return this.#deny(attempt, undefined, "unknown-user");
    const { user } = subject;
    const scope = await this.#lock.scope(this.#environment.reader, user.id, attempt.source ?? "", now);
    if ((await this.#lock.lockedUntil(this.#environment.reader, scope, now)) > now)
      return this.#deny(attempt, user, "locked");
    if (user.state !== "active") return this.#deny(attempt, user, "not-active");
    const shown = await this.#matchCode(subject, attempt.code ?? "");
    if (shown === undefined) return this.#failed(attempt, user, scope, attempt.code ?? "", "wrong-code");
    const access = await this.#access(attempt, user, ["password", ...shown.factors], options);
    if (access !== "granted") return this.#deny(attempt, user, access);
    return this.#accept(attempt, subject, scope, ["password"], shown, undefined, attempt.code ?? "");
  }

  async #accept(
    attempt: AuthenticationAttempt,
    subject: Subject,
    scope: string,
    factors: readonly Factor[],
    shown: Shown | undefined,
    rehash: string | undefined,
    tried: string,
  ): Promise<AuthenticationResult> {
    const { user, password } = subject;
    const all = [...factors, ...(shown?.factors ?? [])];
    const accepted = await commit(this.#environment, auditOptions(attempt, user), async (unit) => {
      if (shown !== undefined && !(await shown.claim(unit))) return false;
      await this.#lock.succeeded(unit.tx, user.id, scope, attempt.source ?? "", unit.now);
      if (rehash !== undefined && password !== undefined) {
        const current = await unit.tx.get("credential", password.id);
        // Someone may have set another password meanwhile; theirs stands.
        if (current?.version === password.version)
          await unit.update("credential", current, { secret: rehash }, ["rehash"]);
      }
      unit.audit({
        action: "authentication.succeeded",
        target: target(user),
        details: { factors: all.join(",") },
      });
      return true;
    });
    if (!accepted) return this.#failed(attempt, user, scope, tried, "wrong-code");
    return { outcome: "accepted", user, factors: all, mustChangePassword: password?.mustChange === true };
  }

  async #challenge(attempt: AuthenticationAttempt, user: User): Promise<AuthenticationResult> {
    const state = randomBytes(24).toString("base64url");
    await commit(this.#environment, auditOptions(attempt, user), async (unit) => {
      const saved = { user: user.id, protocol: attempt.protocol, source: attempt.source ?? "" };
      await unit.tx.putOnce(challengeKey(state), saved, unit.now + challengeLifetimeMs);
      unit.audit({ action: "authentication.challenged", target: target(user) });
    });
    return { outcome: "challenge", challenge: { kind: "totp", state } };
  }

  /** Counts a failure against the account and writes it to the audit trail. */
  async #failed(
    attempt: AuthenticationAttempt,
    user: User,
    scope: string,
    tried: string,
    reason: DenialReason,
  ): Promise<AuthenticationResult> {
    await commit(this.#environment, auditOptions(attempt, user), async (unit) => {
      const failures = await this.#lock.failed(unit.tx, user.id, scope, tried, unit.now);
      unit.audit({
        action: "authentication.failed",
        outcome: "failure",
        reason,
        target: target(user),
        details: { failures },
      });
      if (failures >= this.#options.accountLock.freeFailures) {
        unit.audit({
          action: "authentication.locked",
          outcome: "failure",
          reason: "too-many-failures",
          target: target(user),
          details: { failures },
        });
      }
    });
    return { outcome: "denied", reason };
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

  /** Whether someone who has shown these factors gets what they came for. */
  async #access(
    attempt: AuthenticationAttempt,
    user: User,
    factors: readonly Factor[],
    options: CallOptions,
  ): Promise<"granted" | "mfa-required" | "no-access"> {
    if (attempt.secondFactor === "required" && factors.length < 2) return "mfa-required";
    if (attempt.resource === undefined) return "granted";
    const resources = isList(attempt.resource) ? attempt.resource : [attempt.resource];
    const context = { factors, ...(attempt.source === undefined ? {} : { address: attempt.source }) };
    let answer: "mfa-required" | "no-access" = "no-access";
    for (const resource of resources) {
      const decision = await this.#authorizer.authorize(user.id, resource, context, options);
      if (decision.allowed) return "granted";
      if (decision.reason === "mfa-required") answer = "mfa-required";
    }
    return answer;
  }

  async #matchCode(subject: Subject, code: string): Promise<Shown | undefined> {
    const { user, totp } = subject;
    if (totp !== undefined) {
      const step = matchTotp(this.#credentials.openTotp(totp), code, this.#environment.clock());
      if (step !== undefined) {
        return { factors: ["totp"], claim: (unit) => reserveTotpStep(unit.tx, user.id, step, unit.now) };
      }
    }
    const recovery = await credentialOf(this.#environment.reader, user.id, "recovery-codes");
    if (recovery === undefined || matchRecoveryCode(recovery.secret, code) === undefined) return undefined;
    return { factors: ["recovery-code"], claim: (unit) => useRecoveryCode(unit, user.id, code) };
  }

  async #subject(attempt: AuthenticationAttempt, options: CallOptions): Promise<Subject | undefined> {
    const { reader } = this.#environment;
    if (attempt.userId !== undefined) return this.#load(attempt.userId, options);
    const name = attempt.username ?? "";
    if (name === "" || name.length > maxUsernameLength) return undefined;
    const key = foldCase(name);
    const user =
      (await reader.getByKey("user", "username", key, options)) ??
      (this.#options.loginByEmail && key.includes("@")
        ? await reader.getByKey("user", "primaryEmail", key, options)
        : undefined);
    return user === undefined ? undefined : this.#withCredentials(user, options);
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

async function useRecoveryCode(unit: UnitOfWork, user: UserId, code: string): Promise<boolean> {
  const credential = await credentialOf(unit.tx as Transaction, user, "recovery-codes");
  const remaining = credential === undefined ? undefined : matchRecoveryCode(credential.secret, code);
  if (credential === undefined || remaining === undefined) return false;
  await unit.update("credential", credential, { secret: remaining });
  return true;
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
