import { DirectoryError } from "../errors.ts";
import { open, seal } from "../keys/envelope.ts";
import type { Credential } from "../model/credential.ts";
import { type CredentialId, newId, type UserId } from "../model/ids.ts";
import { ntHash } from "../password/nt-hash.ts";
import { allPages } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { commit, type NewRecord, type UnitOfWork, type WriteOptions } from "../write/unit-of-work.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { credentialOf } from "./stored-credential.ts";

/**
 * NT hashes of passwords, for protocols that can do with nothing better: MS-CHAPv2 over RADIUS, Samba over LDAP. They exist
 * only where the directory was opened with `[allowNtHashes]`, sealed with its keys, and go wherever the password goes.
 */
export class NtHashes {
  readonly #environment: ServiceEnvironment;

  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /** What is to be kept of a password that is being set; `undefined` where none may be kept. */
  of(password: string): Uint8Array | undefined {
    return this.#environment.keepsNtHashes ? ntHash(password) : undefined;
  }

  /** Keeps the hash of a user's new password, or forgets that of the one before, within a transaction. */
  async replace(unit: UnitOfWork, user: UserId, hash: Uint8Array | undefined): Promise<void> {
    const before = await credentialOf(unit.tx, user, "nt-hash");
    const target = { kind: "user", id: user };
    if (hash === undefined) {
      if (before === undefined) return;
      await unit.remove("credential", before);
      unit.audit({ action: "credential.nt-hash-removed", target });
      return;
    }
    if (before === undefined) await unit.create("credential", this.record(unit, user, hash));
    else await unit.update("credential", before, { secret: this.#seal(user, before.id, hash) });
    this.audit(unit, user);
  }

  /** The record of a hash. */
  record(unit: UnitOfWork, user: UserId, hash: Uint8Array): NewRecord<"credential"> {
    const id = newId<CredentialId>(unit.now);
    return { id, user, kind: "nt-hash", secret: this.#seal(user, id, hash), status: "active" };
  }

  /** Tells the audit trail that a password is kept in a form that protects it badly. */
  audit(unit: UnitOfWork, user: UserId): void {
    unit.audit({
      action: "credential.nt-hash-stored",
      target: { kind: "user", id: user },
      reason: "weak-form-allowed",
    });
  }

  /** The hash of a user's password, if there is one. @throws DirectoryError `misconfigured` where none may be kept */
  async read(user: UserId, options?: CallOptions): Promise<Uint8Array | undefined> {
    if (!this.#environment.keepsNtHashes)
      throw new DirectoryError("misconfigured", "the directory was opened without [allowNtHashes]");
    const credential = await credentialOf(this.#environment.reader, user, "nt-hash", options);
    if (credential === undefined) return undefined;
    return open(this.#environment.keys, credential.secret, this.#binding(user, credential.id));
  }

  /** Forgets all hashes. @returns how many there were */
  async forgetAll(options: WriteOptions): Promise<number> {
    const found: Credential[] = [];
    for await (const one of allPages(this.#environment.reader, "credential", { op: "true" }, options))
      if (one.kind === "nt-hash") found.push(one);
    let forgotten = 0;
    for (const { user } of found) {
      await commit(this.#environment, options, async (unit) => {
        await this.replace(unit, user, undefined);
      });
      forgotten += 1;
    }
    return forgotten;
  }

  #seal(user: UserId, id: CredentialId, hash: Uint8Array): string {
    return seal(this.#environment.keys, hash, this.#binding(user, id));
  }

  #binding(user: UserId, id: CredentialId): Parameters<typeof seal>[2] {
    return { organization: this.#environment.organization, owner: user, kind: "nt-hash", id };
  }
}
