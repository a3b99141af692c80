import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { type Clock, DirectoryError, systemClock } from "@directorykit/core";
import * as pkijs from "pkijs";
import {
  authorityExtensions,
  bufferOf,
  dayMs,
  distinguishedName,
  dnsName,
  headStartMs,
  integer,
  leafExtensions,
  newSerialNumber,
  pem,
  publicKeyInfo,
  revocationListExtensions,
  rfc822Name,
  time,
} from "./x509.ts";

/** Options of {@link createCertificateAuthority}. */
export interface CertificateAuthorityOptions {
  /** Its name, as devices show it. Default "Wi-Fi certificate authority". */
  readonly name?: string;
  /** Days for which devices can trust it, 1 to 7,300. Default 3,650. */
  readonly lifetimeDays?: number;
  /** Where "now" comes from. Default the system's clock. */
  readonly clock?: Clock;
}

/** An authority as it was kept. */
export interface StoredCertificateAuthority {
  /** Its private key, PEM. */
  readonly key: string;
  /** Its certificate, PEM. */
  readonly certificate: string;
  /** Opens `key` if it is locked. */
  readonly passphrase?: string;
  /** Where "now" comes from. Default the system's clock. */
  readonly clock?: Clock;
}

/** Options of {@link CertificateAuthority.issueServerCertificate}. */
export interface ServerCertificateOptions {
  /** The DNS names that devices are told to expect; the first is the common name as well. 1 to 20, no wildcards. */
  readonly names: readonly string[];
  /** Days it is good for, 1 to 825, which is the most that Apple's devices accept. Default 397. */
  readonly lifetimeDays?: number;
}

/** Options of {@link CertificateAuthority.issueClientCertificate}. */
export interface ClientCertificateOptions {
  /** Whose it is: the common name, 1 to 64 characters. */
  readonly username: string;
  /** Their e-mail address. Left out of the certificate if it is not plain ASCII, which is all that fits there. */
  readonly email?: string;
  /** What device it is for, in words of yours: the organizational unit, 1 to 64 characters. Default none. */
  readonly device?: string;
  /** Days it is good for, 1 to 1,825. Default 397. */
  readonly lifetimeDays?: number;
}

/** A certificate and the key that goes with it. Neither is kept anywhere: give them to who needs them. */
export interface IssuedCertificate {
  /** The private key, PEM (PKCS #8). */
  readonly key: string;
  /** The certificate, PEM. */
  readonly certificate: string;
  /** Its serial number, hex. */
  readonly serial: string;
  /** When it ends, milliseconds since the epoch. */
  readonly notAfter: number;
}

/** A certificate that is to be believed no longer. */
export interface RevokedSerial {
  /** Its serial number, hex. */
  readonly serial: string;
  /** Since when, milliseconds since the epoch. Default now. */
  readonly revokedAt?: number;
}

/** Options of {@link CertificateAuthority.revocationList}. */
export interface RevocationListOptions {
  /** All certificates that are revoked and have not ended by themselves. */
  readonly revoked: readonly RevokedSerial[];
  /** Days after which the list is too old to be believed, 1 to 365. Default 30. */
  readonly lifetimeDays?: number;
}

/**
 * A certificate authority for one network, with a key on the curve P-256. It remembers nothing: certificates of devices are
 * found by what the directory keeps of people's credentials, see `issueDeviceCertificate`.
 */
export class CertificateAuthority {
  /** Its own certificate, PEM: what devices must trust, and `clientAuthorities` of a RADIUS server. No secret. */
  readonly certificate: string;
  readonly #x509: X509Certificate;
  readonly #key: KeyObject;
  readonly #clock: Clock;

  /** @internal */
  constructor(key: KeyObject, certificate: string, clock: Clock) {
    this.certificate = certificate;
    this.#x509 = new X509Certificate(certificate);
    this.#key = key;
    this.#clock = clock;
  }

  /** When it ends, milliseconds since the epoch. Nothing that it issues is good for longer. */
  get notAfter(): number {
    return this.#x509.validToDate.getTime();
  }

  /**
   * Its private key, PEM (PKCS #8), for you to keep: whoever has it can pass for every device and for your server.
   * @param passphrase - locks it with AES-256. Default: it is not locked
   */
  exportKey(passphrase?: string): string {
    const locked = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
    return String(this.#key.export({ type: "pkcs8", format: "pem", ...locked }));
  }

  /**
   * A certificate for a RADIUS server, with a key of its own: `tls: { key, cert: certificate }`.
   * @throws DirectoryError `invalid-input` for names that are no DNS names, and a lifetime out of range
   */
  async issueServerCertificate(options: ServerCertificateOptions): Promise<IssuedCertificate> {
    const names = checkServerNames(options.names);
    return await this.#issue({
      subject: { commonName: names[0] },
      usage: "serverAuth",
      names: names.map(dnsName),
      lifetimeDays: days(options.lifetimeDays ?? 397, 825),
    });
  }

  /**
   * A certificate for a device, with a key of its own. It opens nothing until it is somebody's:
   * `directory.credentials.addCertificate`, which `issueDeviceCertificate` does at once.
   * @throws DirectoryError `invalid-input` for what does not fit into a certificate, and a lifetime out of range
   */
  async issueClientCertificate(options: ClientCertificateOptions): Promise<IssuedCertificate> {
    const { username, email, device, lifetimeDays = 397 } = options;
    return await this.#issue({
      subject: { commonName: username, ...(device === undefined ? {} : { unit: device }) },
      usage: "clientAuth",
      names: email !== undefined && /^[\x21-\x7e]+$/.test(email) ? [rfc822Name(email)] : [],
      lifetimeDays: days(lifetimeDays, 1_825),
    });
  }

  /** Whether it issued a certificate, PEM or DER, and signed it with its present key. */
  issued(certificate: string | Uint8Array): boolean {
    const other = new X509Certificate(certificate);
    return other.checkIssued(this.#x509) && other.verify(this.#x509.publicKey);
  }

  /**
   * A list of certificates to be believed no longer, PEM (RFC 5280 §5): `revocationLists` of a RADIUS server. A DirectoryKit
   * server needs none for certificates taken away with `directory.credentials.removeCertificate`; others that trust this
   * authority do. Once it is too old, servers that have it let nobody in by certificate: put a new one in its place in time.
   * @throws DirectoryError `invalid-input` for serial numbers that are not hex, and a lifetime out of range
   */
  async revocationList(options: RevocationListOptions): Promise<string> {
    const now = this.#clock();
    const entries = options.revoked.map(
      ({ serial, revokedAt }) =>
        new pkijs.RevokedCertificate({
          userCertificate: integer(serialOctets(serial)),
          revocationDate: time(revokedAt ?? now),
        }),
    );
    const list = new pkijs.CertificateRevocationList({
      version: 1,
      issuer: this.#name(),
      thisUpdate: time(now - headStartMs),
      nextUpdate: time(now + days(options.lifetimeDays ?? 30, 365) * dayMs),
      // An empty list of entries must be absent (RFC 5280 §5.1.2.6).
      ...(entries.length === 0 ? {} : { revokedCertificates: entries }),
      // Milliseconds grow from list to list without anything being kept.
      crlExtensions: new pkijs.Extensions({ extensions: revocationListExtensions(this.#x509, BigInt(now)) }),
    });
    await list.sign(await signingKey(this.#key), "SHA-256");
    return pem("X509 CRL", Buffer.from(list.toSchema(true).toBER()));
  }

  /**
   * The same authority with more time: same key, same name, another certificate. What it issued stays good, and devices that
   * trust the old certificate go on until that ends, so give them the new one before.
   * @param options - `lifetimeDays` as for a new one
   */
  async renew(
    options: Pick<CertificateAuthorityOptions, "lifetimeDays"> = {},
  ): Promise<CertificateAuthority> {
    const name = this.#name();
    return await selfSigned(this.#key, name, days(options.lifetimeDays ?? 3_650, 7_300), this.#clock);
  }

  async #issue(wanted: {
    readonly subject: Parameters<typeof distinguishedName>[0];
    readonly usage: "serverAuth" | "clientAuth";
    readonly names: readonly pkijs.GeneralName[];
    readonly lifetimeDays: number;
  }): Promise<IssuedCertificate> {
    const now = this.#clock();
    if (now >= this.notAfter)
      throw new DirectoryError("misconfigured", "the certificate authority has ended: renew it");
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const serial = newSerialNumber();
    const notAfter = Math.min(now + wanted.lifetimeDays * dayMs, this.notAfter);
    const certificate = await sign(this.#key, {
      issuer: this.#name(),
      subject: distinguishedName(wanted.subject),
      key: pair.publicKey,
      serial,
      notBefore: now - headStartMs,
      notAfter,
      extensions: leafExtensions(pair.publicKey, this.#x509, wanted.usage, wanted.names),
    });
    return {
      key: String(pair.privateKey.export({ type: "pkcs8", format: "pem" })),
      certificate,
      serial: serial.toString("hex").toUpperCase(),
      notAfter: Math.floor(notAfter / 1000) * 1000,
    };
  }

  /** Its name as its own certificate writes it: issuers are compared octet by octet by some. */
  #name(): pkijs.RelativeDistinguishedNames {
    return pkijs.Certificate.fromBER(bufferOf(this.#x509.raw)).subject;
  }
}

/**
 * Makes an authority. Keep its key and certificate, and hand them to {@link openCertificateAuthority} next time.
 * @throws DirectoryError `invalid-input` for a name that does not fit into a certificate, and a lifetime out of range
 */
export async function createCertificateAuthority(
  options: CertificateAuthorityOptions = {},
): Promise<CertificateAuthority> {
  const { name = "Wi-Fi certificate authority", lifetimeDays = 3_650, clock = systemClock } = options;
  const subject = distinguishedName({ commonName: name });
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return await selfSigned(privateKey, subject, days(lifetimeDays, 7_300), clock);
}

/**
 * The authority of a key and a certificate that were kept, or made elsewhere with a key on P-256.
 * @throws DirectoryError `misconfigured` where they cannot be read, do not go together, or are no authority's
 */
export function openCertificateAuthority(stored: StoredCertificateAuthority): CertificateAuthority {
  const { key, certificate, passphrase, clock = systemClock } = stored;
  let opened: { readonly key: KeyObject; readonly x509: X509Certificate };
  try {
    opened = {
      key: createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) }),
      x509: new X509Certificate(certificate),
    };
  } catch (cause) {
    throw new DirectoryError("misconfigured", "the certificate authority cannot be read", { cause });
  }
  const wrong = (what: string): DirectoryError =>
    new DirectoryError("misconfigured", `the certificate authority ${what}`);
  if (opened.key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw wrong("has a key that is not on P-256");
  if (!opened.x509.ca) throw wrong("has a certificate that is no authority's");
  if (!opened.x509.checkPrivateKey(opened.key)) throw wrong("has a key of another certificate");
  return new CertificateAuthority(opened.key, opened.x509.toString(), clock);
}

/** @throws DirectoryError `invalid-input` */
export function checkServerNames(names: readonly string[]): readonly [string, ...string[]] {
  const [first, ...others] = names;
  if (first === undefined || names.length > 20)
    throw new DirectoryError("invalid-input", "a server has 1 to 20 names");
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  for (const name of names)
    if (name.length > 253 || !name.split(".").every((part) => label.test(part)))
      throw new DirectoryError("invalid-input", "the name of a server must be a DNS name without wildcards");
  return [first, ...others];
}

async function selfSigned(
  key: KeyObject,
  name: pkijs.RelativeDistinguishedNames,
  lifetimeDays: number,
  clock: Clock,
): Promise<CertificateAuthority> {
  const now = clock();
  const publicKey = createPublicKey(key);
  const certificate = await sign(key, {
    issuer: name,
    subject: name,
    key: publicKey,
    serial: newSerialNumber(),
    notBefore: now - headStartMs,
    notAfter: now + lifetimeDays * dayMs,
    extensions: authorityExtensions(publicKey),
  });
  return new CertificateAuthority(key, certificate, clock);
}

async function sign(
  by: KeyObject,
  wanted: {
    readonly issuer: pkijs.RelativeDistinguishedNames;
    readonly subject: pkijs.RelativeDistinguishedNames;
    readonly key: KeyObject;
    readonly serial: Uint8Array;
    readonly notBefore: number;
    readonly notAfter: number;
    readonly extensions: pkijs.Extension[];
  },
): Promise<string> {
  const certificate = new pkijs.Certificate({
    version: 2,
    serialNumber: integer(wanted.serial),
    issuer: wanted.issuer,
    subject: wanted.subject,
    notBefore: time(wanted.notBefore),
    notAfter: time(wanted.notAfter),
    subjectPublicKeyInfo: publicKeyInfo(wanted.key),
    extensions: wanted.extensions,
  });
  await certificate.sign(await signingKey(by), "SHA-256");
  return pem("CERTIFICATE", Buffer.from(certificate.toSchema(true).toBER()));
}

async function signingKey(key: KeyObject): Promise<ReturnType<KeyObject["toCryptoKey"]>> {
  return key.toCryptoKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

function days(value: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > most)
    throw new DirectoryError("invalid-input", `lifetimeDays must be a whole number from 1 to ${most}`);
  return value;
}

function serialOctets(serial: string): Uint8Array {
  if (!/^([0-9a-f]{2}){1,20}$/i.test(serial))
    throw new DirectoryError("invalid-input", "a serial number must be 1 to 20 octets in hex");
  return Buffer.from(serial, "hex");
}
