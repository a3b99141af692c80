import { randomBytes } from "node:crypto";
import { DirectoryError } from "../errors.ts";
import { open, seal } from "../keys/envelope.ts";
import type { Credential } from "../model/credential.ts";
import { type CredentialId, newId, type SessionId, type UserId } from "../model/ids.ts";
import type { User } from "../model/user.ts";
import { assertSupportedHash } from "../password/imported-hash.ts";
import type { PasswordViolation } from "../password/password-policy.ts";
import { recordsBy } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { generateRecoveryCodes } from "../totp/recovery-codes.ts";
import { generateTotpSecret, matchTotp, parseTotpSecret, totpUri } from "../totp/totp.ts";
import { commit, type UnitOfWork, type WriteOptions } from "../write/unit-of-work.ts";
import { Certificates } from "./certificates.ts";
import { NtHashes } from "./nt-hashes.ts";
import { organizationName } from "./organization.ts";
import { markOf, type Reset, resetKey, resetLifetimeMs } from "./password-reset.ts";
import { type PasswordOwner, Passwords } from "./passwords.ts";
import { PreparedPassword } from "./prepared-password.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { credentialOf, putCredential, reserveTotpStep, setAtOf } from "./stored-credential.ts";
import { endSessions } from "./users.ts";

/** What may be known of a credential: everything but its secret. */
export type CredentialSummary = Omit<Credential, "secret">;

/** Options of a change of password. */
export interface SetPasswordOptions extends WriteOptions {
  /**
   * Whether the user must choose another at the next sign-in. Default false: a password that is marked so already is
   * then not taken again.
   */
  readonly mustChange?: boolean;
  /** A session that goes on: the one in which the user changed it. All others end. */
  readonly keepSession?: SessionId;
}

/** What an authenticator app needs; shown once. */
export interface TotpEnrolment {
  /** The shared secret, base32. */
  readonly secret: string;
  /** The same as an `otpauth:` URI, for a QR code. */
  readonly uri: string;
}

/** What users can prove: passwords, second factors, recovery codes. */
export class Credentials {
  readonly #environment: ServiceEnvironment;
  readonly #certificates: Certificates;
  readonly #ntHashes: NtHashes;
  /** How new passwords become what is stored. @internal */
  readonly passwords: Passwords;

  /** @internal */
  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
    this.#certificates = new Certificates(environment);
    this.#ntHashes = new NtHashes(environment);
    this.passwords = new Passwords(environment, this.#ntHashes);
  }

  /** The user's credentials, without secrets. */
  async list(user: UserId, options?: CallOptions): Promise<readonly CredentialSummary[]> {
    const found = await recordsBy(this.#environment.reader, "credential", "user", user, options);
    return found.map(({ secret: _, ...rest }) => rest);
  }

  /** When the user's password became what it is, in milliseconds since the epoch; `undefined` for someone without one. */
  async passwordSetAt(user: UserId, options?: CallOptions): Promise<number | undefined> {
    const password = await credentialOf(this.#environment.reader, user, "password", options);
    return password === undefined ? undefined : setAtOf(password);
  }

  /** {@link Credentials.passwordSetAt} without waiting: `null` for none, `undefined` when that cannot be said at once. */
  passwordSetAtNow(user: UserId): number | null | undefined {
    const { feed, reader } = this.#environment;
    if (!feed.isFresh()) return undefined;
    try {
      const reads = reader.immediate?.();
      if (reads === undefined) return undefined;
      const password = reads.getByKey("credential", "kind", `${user}/password`);
      return password === undefined ? null : setAtOf(password);
    } catch {
      // Whoever waits for the same learns what is wrong with the store.
      return undefined;
    }
  }

  /**
   * Sets or replaces the password, and ends the user's sessions. One that must be changed gives way to another only,
   * whoever sets it; `mustChange` leaves it marked, and takes any.
   * @throws DirectoryError `invalid-input` with `details.violation` when the policy refuses it, or `reused` when it is
   * the one that must be changed; `not-found`; `overloaded` when too many passwords are being hashed; `stale-write` when
   * it came to be marked during the call
   */
  async setPassword(id: UserId, password: string, options: SetPasswordOptions = {}): Promise<void> {
    const user = await this.#environment.reader.get("user", id, options);
    if (user === undefined)
      throw new DirectoryError("not-found", "no such user", { details: { kind: "user", id } });
    const prepared = await this.passwords.prepare(user, password, options);
    await commit(this.#environment, options, async (unit) => {
      await unit.get("user", id);
      await this.passwords.store(unit, id, prepared, options.mustChange === true);
      unit.audit({ action: "credential.password-set", target: { kind: "user", id } });
      await endSessions(unit, id, options.keepSession);
    });
  }

  /**
   * Takes over a password hash from elsewhere; it is replaced by our own form at the first login. Accepted: argon2,
   * bcrypt, scrypt, PBKDF2, sha256crypt, sha512crypt, {SSHA} and its kin, with bounded cost.
   * @throws DirectoryError `invalid-input` when the form or cost is not accepted, or with `details.violation` `reused`
   * when it is the very hash of a password that must be changed; `not-found`
   */
  async importPasswordHash(id: UserId, hash: string, options: WriteOptions = {}): Promise<void> {
    assertSupportedHash(hash);
    await commit(this.#environment, options, async (unit) => {
      await unit.get("user", id);
      await this.passwords.store(unit, id, new PreparedPassword(hash, true), false);
      unit.audit({ action: "credential.password-imported", target: { kind: "user", id } });
      await endSessions(unit, id);
    });
  }

  /** Marks the password as known to others: it must be changed for another at the next sign-in. @throws DirectoryError `not-found` */
  async requirePasswordChange(id: UserId, options: WriteOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const credential = await unit.tx.getByKey("credential", "kind", `${id}/password`);
      if (credential === undefined) throw new DirectoryError("not-found", "the user has no password");
      await unit.update("credential", credential, { mustChange: true, setAt: setAtOf(credential) });
      unit.audit({ action: "credential.password-compromised", target: { kind: "user", id } });
    });
  }

  /**
   * Starts TOTP enrolment. The secret counts only after {@link Credentials.confirmTotp}; starting again replaces it.
   * @throws DirectoryError `conflict` when the user already has an active TOTP
   */
  async beginTotp(id: UserId, options: WriteOptions = {}): Promise<TotpEnrolment> {
    const secret = generateTotpSecret();
    const user = await this.#storeTotp(id, secret, "pending", options);
    const organization = await organizationName(this.#environment);
    return { secret, uri: totpUri({ secret, issuer: organization, account: user.username }) };
  }

  /**
   * Ends enrolment with a code that shows the app works.
   * @throws DirectoryError `invalid-credentials` for a wrong code; `not-found` when none was begun
   */
  async confirmTotp(id: UserId, code: string, options: WriteOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const pending = await unit.tx.getByKey("credential", "kind", `${id}/totp`);
      if (pending === undefined || pending.status !== "pending")
        throw new DirectoryError("not-found", "no enrolment was begun");
      const step = matchTotp(this.openTotp(pending), code, unit.now);
      if (step === undefined || !(await reserveTotpStep(unit.tx, id, step, unit.now))) {
        throw new DirectoryError("invalid-credentials", "the code is wrong");
      }
      await unit.update("credential", pending, { status: "active" });
      unit.audit({ action: "credential.totp-enrolled", target: { kind: "user", id } });
    });
  }

  /** Takes over a TOTP secret from elsewhere (base32). @throws DirectoryError `invalid-input`, `not-found`, `conflict` */
  async importTotp(id: UserId, secret: string, options: WriteOptions = {}): Promise<void> {
    await this.#storeTotp(id, parseTotpSecret(secret), "active", options);
  }

  /** Takes the second factor away, and the recovery codes with it; ends sessions. @throws DirectoryError `not-found` */
  async removeTotp(id: UserId, options: WriteOptions = {}): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      await unit.get("user", id);
      for (const kind of ["totp", "recovery-codes"] as const) {
        const credential = await unit.tx.getByKey("credential", "kind", `${id}/${kind}`);
        if (credential !== undefined) await unit.remove("credential", credential);
      }
      unit.audit({ action: "credential.totp-removed", target: { kind: "user", id } });
      await endSessions(unit, id);
    });
  }

  /** Makes ten new recovery codes and forgets the old ones. They are shown once and stored as hashes. @throws DirectoryError `not-found` */
  async createRecoveryCodes(id: UserId, options: WriteOptions = {}): Promise<readonly string[]> {
    const { codes, stored: secret } = generateRecoveryCodes();
    await commit(this.#environment, options, async (unit) => {
      await unit.get("user", id);
      await putCredential(unit, id, "recovery-codes", { secret, status: "active" });
      unit.audit({ action: "credential.recovery-codes-created", target: { kind: "user", id } });
    });
    return codes;
  }

  /**
   * Makes a token with which the user can set a new password: one use, 15 minutes, stored hashed. A change of the
   * password in the meantime voids it. It proves nothing else; a user with a second factor still shows it at the next
   * sign-in. @throws DirectoryError `not-found`
   */
  async createPasswordReset(id: UserId, options: WriteOptions = {}): Promise<string> {
    const token = randomBytes(32).toString("base64url");
    await commit(this.#environment, options, async (unit) => {
      await unit.get("user", id);
      const replaces = markOf(await credentialOf(unit.tx, id, "password"));
      await unit.tx.putOnce(resetKey(token), { user: id, replaces }, unit.now + resetLifetimeMs);
      unit.audit({ action: "credential.reset-created", target: { kind: "user", id } });
    });
    return token;
  }

  /**
   * Sets a new password with a token from {@link Credentials.createPasswordReset}. A password that is refused does not
   * use the token up; one refused as `reused` is in the audit trail, since it tells which the old one is.
   * @throws DirectoryError `invalid-credentials` for a token that is unknown, used or expired; otherwise as
   * {@link Credentials.setPassword} does
   */
  async resetPassword(token: string, password: string, options: WriteOptions = {}): Promise<void> {
    const { reader, clock } = this.#environment;
    const found = (await reader.peekOnce(resetKey(token), clock(), options)) as Reset | undefined;
    const user = found === undefined ? undefined : await reader.get("user", found.user, options);
    if (user === undefined) throw new DirectoryError("invalid-credentials", "the reset token is not valid");
    const asThemself: WriteOptions = { actor: { kind: "user", id: user.id }, ...options };
    const prepared = await this.passwords.prepare(user, password, asThemself);
    await commit(this.#environment, asThemself, async (unit) => {
      const taken = (await unit.tx.consumeOnce(resetKey(token), unit.now)) as Reset | undefined;
      const current = markOf(await credentialOf(unit.tx, user.id, "password"));
      if (taken === undefined || taken.replaces !== current) {
        throw new DirectoryError("invalid-credentials", "the reset token is not valid");
      }
      await this.passwords.store(unit, user.id, prepared, false);
      unit.audit({ action: "credential.password-reset", target: { kind: "user", id: user.id } });
      await endSessions(unit, user.id);
    });
  }

  /**
   * Makes a certificate one of the user's: whoever shows that they hold its key, on a protocol that asks for
   * certificates and trusts who issued it, is this user. Whether it is still valid is for the protocol to see.
   *
   * @param certificate - PEM text or DER octets, at most 16,384 octets of DER
   * @throws DirectoryError `invalid-input`, `not-found`, `conflict` when it is someone's already
   */
  addCertificate(
    id: UserId,
    certificate: string | Uint8Array,
    options: WriteOptions = {},
  ): Promise<CredentialSummary> {
    return this.#certificates.add(id, certificate, options);
  }

  /** The user's certificates with their ids, DER. */
  certificates(
    user: UserId,
    options?: CallOptions,
  ): Promise<readonly { readonly id: CredentialId; readonly certificate: Uint8Array }[]> {
    return this.#certificates.of(user, options);
  }

  /**
   * Whose certificate it is, by nothing but its octets: that somebody holds its key is not shown by this.
   * @param certificate - DER
   */
  holderOfCertificate(certificate: Uint8Array, options?: CallOptions): Promise<UserId | undefined> {
    return this.#certificates.holder(certificate, options);
  }

  /** Takes a certificate from its user, and ends their sessions. @throws DirectoryError `not-found` */
  removeCertificate(credential: CredentialId, options: WriteOptions = {}): Promise<void> {
    return this.#certificates.remove(credential, options);
  }

  /**
   * Checks a new password against the policy, and against one that must be changed, and hashes it, so that
   * {@link Users.update} can store it without waiting.
   * @param user - whose it will be; the policy looks at their names
   * @throws DirectoryError `invalid-input` with `details.violation` when the policy refuses it, or `reused` when it is
   * the one that must be changed; `overloaded`
   */
  prepare(
    user: PasswordOwner & Pick<User, "id">,
    password: string,
    options: WriteOptions = {},
  ): Promise<PreparedPassword> {
    return this.passwords.prepare(user, password, options);
  }

  /**
   * Makes up a password that the policy takes, for a user who will choose their own later: at least 20 letters and
   * digits, in groups of five.
   * @throws DirectoryError `misconfigured` when the policy refuses everything
   */
  generate(user: PasswordOwner): Promise<string> {
    return this.passwords.generate(user);
  }

  /**
   * The NT hash of the user's password, 16 octets, for MS-CHAPv2 and Samba; `undefined` when there is none, as for a
   * password that was set before hashes were kept. It proves the password and nothing more: whoever takes it for a login
   * still asks for state, lock, second factor and access.
   * @throws DirectoryError `misconfigured` unless the directory was opened with `[allowNtHashes]`
   */
  ntHash(user: UserId, options?: CallOptions): Promise<Uint8Array | undefined> {
    return this.#ntHashes.read(user, options);
  }

  /** Whether NT hashes are kept: the directory was opened with `[allowNtHashes]`. */
  get keepsNtHashes(): boolean {
    return this.#environment.keepsNtHashes;
  }

  /** Forgets the NT hashes of all passwords, as after they are no longer allowed. @returns how many there were */
  forgetNtHashes(options: WriteOptions = {}): Promise<number> {
    return this.#ntHashes.forgetAll(options);
  }

  /** Why the policy would refuse a password; empty when it would not. It knows of no password before. */
  violations(user: PasswordOwner, password: string): Promise<readonly PasswordViolation[]> {
    return this.passwords.violations(user, password);
  }

  /** Seals and stores a TOTP secret within a transaction. @internal */
  async storeTotp(
    unit: UnitOfWork,
    user: UserId,
    secret: string,
    status: "active" | "pending",
  ): Promise<void> {
    const before = await unit.tx.getByKey("credential", "kind", `${user}/totp`);
    if (before?.status === "active")
      throw new DirectoryError("conflict", "the user already has a second factor");
    if (before !== undefined) await unit.remove("credential", before);
    const id = newId<CredentialId>(unit.now);
    const sealed = seal(this.#environment.keys, secret, this.#binding(user, id));
    await unit.create("credential", { id, user, kind: "totp", secret: sealed, status });
  }

  /** The TOTP secret of a credential. @internal */
  openTotp(credential: Credential): string {
    const octets = open(
      this.#environment.keys,
      credential.secret,
      this.#binding(credential.user, credential.id),
    );
    return Buffer.from(octets).toString("utf8");
  }

  async #storeTotp(
    id: UserId,
    secret: string,
    status: "active" | "pending",
    options: WriteOptions,
  ): Promise<User> {
    return commit(this.#environment, options, async (unit) => {
      const user = await unit.get("user", id);
      await this.storeTotp(unit, id, secret, status);
      unit.audit({
        action: status === "active" ? "credential.totp-imported" : "credential.totp-begun",
        target: { kind: "user", id },
      });
      return user;
    });
  }

  #binding(
    user: UserId,
    id: CredentialId,
  ): { organization: string; owner: string; kind: string; id: string } {
    return { organization: this.#environment.organization, owner: user, kind: "totp", id };
  }
}
