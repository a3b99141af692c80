import { hash, type KeyObject, randomBytes, type X509Certificate } from "node:crypto";
import { DirectoryError } from "@directorykit/core";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

/** Milliseconds of a day. */
export const dayMs = 86_400_000;
/** Certificates begin this long before they are made, for devices whose clocks are behind. */
export const headStartMs = 3_600_000;
/** The most characters of a common name (RFC 5280, appendix A.1, ub-common-name). */
const maxCommonName = 64;

const oid = {
  commonName: "2.5.4.3",
  organizationalUnit: "2.5.4.11",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
};

/** What a certificate says about its bearer. */
export interface Subject {
  /** Common name. */
  readonly commonName: string;
  /** Organizational unit. */
  readonly unit?: string;
}

/** A subject as it stands in certificates. @throws DirectoryError `invalid-input` for what does not fit in there */
export function distinguishedName({ commonName, unit }: Subject): pkijs.RelativeDistinguishedNames {
  const parts: [type: string, value: string | undefined, what: string][] = [
    [oid.organizationalUnit, unit, "the name of a device"],
    [oid.commonName, commonName, "a common name"],
  ];
  const name = new asn1js.Sequence({
    value: parts.flatMap(([type, value, what]) =>
      value === undefined ? [] : [new asn1js.Set({ value: [attribute(type, checkedName(value, what))] })],
    ),
  });
  // The library writes what it read octet by octet, and would put all parts of a name it made itself into one set.
  return pkijs.RelativeDistinguishedNames.fromBER(name.toBER());
}

function attribute(type: string, value: string): asn1js.BaseBlock {
  return new pkijs.AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) }).toSchema();
}

function checkedName(value: string, what: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(value) || !value.isWellFormed())
    throw new DirectoryError("invalid-input", `${what} in a certificate has no control characters`);
  const { length } = [...value];
  if (length < 1 || length > maxCommonName)
    throw new DirectoryError(
      "invalid-input",
      `${what} in a certificate has 1 to ${maxCommonName} characters, not ${length}`,
    );
  return value;
}

/** A serial number that nobody can guess: 127 random bits, positive and of sixteen octets (RFC 5280 §4.1.2.2). */
export function newSerialNumber(): Buffer {
  const octets = randomBytes(16);
  // The highest bit would make it negative; the next keeps its length, so that it is written one way only.
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets;
}

/** A whole number, not negative, most significant octet first. */
export function integer(octets: Uint8Array): asn1js.Integer {
  const negative = ((octets[0] ?? 0) & 0x80) !== 0;
  return new asn1js.Integer({ valueHex: bufferOf(negative ? Buffer.from([0, ...octets]) : octets) });
}

/** A moment, in whole seconds, in the form its year asks for (RFC 5280 §4.1.2.5). */
export function time(atMs: number): pkijs.Time {
  const value = new Date(Math.floor(atMs / 1000) * 1000);
  return new pkijs.Time({
    type: value.getUTCFullYear() < 2050 ? pkijs.TimeType.UTCTime : pkijs.TimeType.GeneralizedTime,
    value,
  });
}

/** What a key is told by: SHA-1 over its bits (RFC 5280 §4.2.1.2, method 1), a name and no proof of anything. */
function keyIdentifier(key: KeyObject): Uint8Array {
  return hash("sha1", publicKeyInfo(key).subjectPublicKey.valueBlock.valueHexView, "buffer");
}

/** Extensions of an authority's own certificate: it vouches for certificates, and for no other authority. */
export function authorityExtensions(key: KeyObject): pkijs.Extension[] {
  return [
    extension(oid.basicConstraints, new pkijs.BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
    extension(oid.keyUsage, keyUsage("keyCertSign", "cRLSign"), true),
    subjectKeyExtension(key),
  ];
}

/** Extensions of a certificate that an authority issues. */
export function leafExtensions(
  key: KeyObject,
  issuer: X509Certificate,
  usage: "serverAuth" | "clientAuth",
  names: readonly pkijs.GeneralName[],
): pkijs.Extension[] {
  return [
    extension(oid.basicConstraints, new pkijs.BasicConstraints({ cA: false }), true),
    extension(oid.keyUsage, keyUsage("digitalSignature"), true),
    extension(oid.extKeyUsage, new pkijs.ExtKeyUsage({ keyPurposes: [oid[usage]] })),
    ...(names.length === 0
      ? []
      : [extension(oid.subjectAltName, new pkijs.GeneralNames({ names: [...names] }))]),
    subjectKeyExtension(key),
    authorityKeyExtension(issuer),
  ];
}

/** Extensions of a revocation list (RFC 5280 §5.2). @param number - greater than that of every list before */
export function revocationListExtensions(issuer: X509Certificate, number: bigint): pkijs.Extension[] {
  return [authorityKeyExtension(issuer), extension(oid.crlNumber, asn1js.Integer.fromBigInt(number))];
}

/** A DNS name among a certificate's other names. */
export function dnsName(value: string): pkijs.GeneralName {
  return new pkijs.GeneralName({ type: 2, value });
}

/** An e-mail address among a certificate's other names. */
export function rfc822Name(value: string): pkijs.GeneralName {
  return new pkijs.GeneralName({ type: 1, value });
}

/** PEM (RFC 7468). */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** Octets as a buffer of their own, which is what WebCrypto and the ASN.1 library take. */
export function bufferOf(octets: Uint8Array): ArrayBuffer {
  return Uint8Array.from(octets).buffer;
}

/** A public key as X.509 writes it. */
export function publicKeyInfo(key: KeyObject): pkijs.PublicKeyInfo {
  return pkijs.PublicKeyInfo.fromBER(bufferOf(key.export({ type: "spki", format: "der" })));
}

type KeyUsage = "digitalSignature" | "keyCertSign" | "cRLSign";
const keyUsageBits: Readonly<Record<KeyUsage, number>> = {
  digitalSignature: 0x80,
  keyCertSign: 0x04,
  cRLSign: 0x02,
};

function keyUsage(...usages: readonly KeyUsage[]): asn1js.BitString {
  const bits = usages.reduce((sum, usage) => sum | keyUsageBits[usage], 0);
  return new asn1js.BitString({
    valueHex: Uint8Array.of(bits).buffer,
    // DER leaves out the zeros at the end of a list of named bits (X.690 §11.2.2).
    unusedBits: 31 - Math.clz32(bits & -bits),
  });
}

function subjectKeyExtension(key: KeyObject): pkijs.Extension {
  return extension(
    oid.subjectKeyIdentifier,
    new asn1js.OctetString({ valueHex: bufferOf(keyIdentifier(key)) }),
  );
}

/** What the authority's own certificate calls its key: an authority made elsewhere may have counted otherwise. */
function authorityKeyExtension(issuer: X509Certificate): pkijs.Extension {
  const { extensions = [] } = pkijs.Certificate.fromBER(bufferOf(issuer.raw));
  const named: unknown = extensions.find(({ extnID }) => extnID === oid.subjectKeyIdentifier)?.parsedValue;
  const octets =
    named instanceof asn1js.OctetString ? named.valueBlock.valueHexView : keyIdentifier(issuer.publicKey);
  const identifier = new asn1js.OctetString({ valueHex: bufferOf(octets) });
  return extension(
    oid.authorityKeyIdentifier,
    new pkijs.AuthorityKeyIdentifier({ keyIdentifier: identifier }),
  );
}

function extension(
  extnID: string,
  value: pkijs.PkiObject | asn1js.BaseBlock,
  critical = false,
): pkijs.Extension {
  const block = value instanceof pkijs.PkiObject ? value.toSchema() : value;
  return new pkijs.Extension({ extnID, critical, extnValue: block.toBER() });
}
