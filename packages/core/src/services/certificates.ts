import { DirectoryError } from "../errors.ts";
import { certificateKey, checkCertificate } from "../keys/certificate.ts";
import type { CredentialId, UserId } from "../model/ids.ts";
import { recordsBy } from "../query/record-pages.ts";
import type { CallOptions } from "../store/store.ts";
import { commit, type WriteOptions } from "../write/unit-of-work.ts";
import type { CredentialSummary } from "./credentials.ts";
import type { ServiceEnvironment } from "./service-environment.ts";
import { endSessions } from "./users.ts";

/** The certificates by which users log in. */
export class Certificates {
  readonly #environment: ServiceEnvironment;

  constructor(environment: ServiceEnvironment) {
    this.#environment = environment;
  }

  /** Makes a certificate one of the user's. @param certificate - PEM text or DER octets */
  async add(id: UserId, certificate: string | Uint8Array, options: WriteOptions): Promise<CredentialSummary> {
    const stored = checkCertificate("certificate", certificate);
    return commit(this.#environment, options, async (unit) => {
      await unit.get("user", id);
      const { secret, ...summary } = await unit.create("credential", {
        user: id,
        kind: "x509",
        secret: stored,
        status: "active",
      });
      unit.audit({
        action: "credential.certificate-added",
        target: { kind: "user", id },
        details: { fingerprint: fingerprintOf(secret) },
      });
      return summary;
    });
  }

  /** The user's certificates, DER. */
  async of(
    user: UserId,
    options?: CallOptions,
  ): Promise<readonly { readonly id: CredentialId; readonly certificate: Uint8Array }[]> {
    const found = await recordsBy(this.#environment.reader, "credential", "user", user, options);
    return found.flatMap(({ id, kind, secret }) =>
      kind === "x509" ? [{ id, certificate: Buffer.from(secret, "base64") }] : [],
    );
  }

  /** Whose a certificate, DER, is. */
  async holder(certificate: Uint8Array, options?: CallOptions): Promise<UserId | undefined> {
    const key = certificateKey(certificate);
    return (await this.#environment.reader.getByKey("credential", "certificate", key, options))?.user;
  }

  /** Takes a certificate from its user, and ends their sessions. */
  async remove(credential: CredentialId, options: WriteOptions): Promise<void> {
    await commit(this.#environment, options, async (unit) => {
      const found = await unit.get("credential", credential);
      if (found.kind !== "x509") throw new DirectoryError("not-found", "no such certificate");
      await unit.remove("credential", found);
      unit.audit({
        action: "credential.certificate-removed",
        target: { kind: "user", id: found.user },
        details: { fingerprint: fingerprintOf(found.secret) },
      });
      await endSessions(unit, found.user);
    });
  }
}

/** What names a stored certificate in the audit trail. */
function fingerprintOf(stored: string): string {
  return certificateKey(Buffer.from(stored, "base64"));
}
