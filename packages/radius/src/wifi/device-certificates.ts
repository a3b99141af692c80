import { X509Certificate } from "node:crypto";
import {
  type CredentialId,
  type Directory,
  DirectoryError,
  type UserId,
  type WriteOptions,
} from "@directorykit/core";
import type {
  CertificateAuthority,
  ClientCertificateOptions,
  IssuedCertificate,
} from "./certificate-authority.ts";

/** Options of {@link issueDeviceCertificate}. */
export type DeviceCertificateOptions = Pick<ClientCertificateOptions, "device" | "lifetimeDays"> &
  WriteOptions;

/** A certificate that opens the network to its owner. */
export interface DeviceCertificate extends IssuedCertificate {
  /** What `directory.credentials.removeCertificate` takes to end it. */
  readonly credential: CredentialId;
}

/** What the directory knows of a certificate that an authority issued. */
export interface IssuedDevice {
  /** What `directory.credentials.removeCertificate` takes to end it. */
  readonly credential: CredentialId;
  /** Its serial number, hex: what {@link CertificateAuthority.revocationList} takes. */
  readonly serial: string;
  /** The device it was issued for, where that was said. */
  readonly device?: string;
  /** When it ends, milliseconds since the epoch. */
  readonly notAfter: number;
}

/**
 * Issues a certificate for a device of a user, and makes it one of the user's credentials, so that they get in with it from now
 * on. To renew it, issue another, and take this one away when the device has the new one.
 * @throws DirectoryError `not-found` for no such user, `invalid-input` for a username of more than 64 characters
 */
export async function issueDeviceCertificate(
  directory: Directory,
  authority: CertificateAuthority,
  user: UserId,
  options: DeviceCertificateOptions = {},
): Promise<DeviceCertificate> {
  const { device, lifetimeDays, ...write } = options;
  const owner = await directory.users.get(user);
  if (owner === undefined) throw new DirectoryError("not-found", "no such user");
  const email = owner.emails.find(({ primary }) => primary)?.value;
  const issued = await authority.issueClientCertificate({
    username: owner.username,
    ...(email === undefined ? {} : { email }),
    ...(device === undefined ? {} : { device }),
    ...(lifetimeDays === undefined ? {} : { lifetimeDays }),
  });
  const { id } = await directory.credentials.addCertificate(user, issued.certificate, write);
  return { ...issued, credential: id };
}

/** The certificates of an authority by which a user gets in, those that have ended among them. */
export async function deviceCertificatesOf(
  directory: Directory,
  authority: CertificateAuthority,
  user: UserId,
): Promise<readonly IssuedDevice[]> {
  const kept = await directory.credentials.certificates(user);
  return kept
    .filter(({ certificate }) => authority.issued(certificate))
    .map(({ id, certificate }) => {
      const x509 = new X509Certificate(certificate);
      const subject = x509.toLegacyObject().subject as unknown as Readonly<Record<string, unknown>>;
      const unit = subject["OU"];
      return {
        credential: id,
        serial: x509.serialNumber,
        ...(typeof unit === "string" ? { device: unit } : {}),
        notAfter: x509.validToDate.getTime(),
      };
    });
}
