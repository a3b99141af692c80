import { createHash, X509Certificate } from "node:crypto";
import { invalid } from "../validate/validate.ts";

/** Most octets of a certificate that is stored. */
const maxCertificateBytes = 16_384;

/**
 * A certificate in the form that is stored: DER in base64.
 * @param certificate - PEM text, DER octets, or DER in base64
 * @throws DirectoryError `invalid-input` for what is no X.509 certificate (RFC 5280 §4.1), or more than 16,384 octets
 */
export function checkCertificate(path: string, certificate: unknown): string {
  if (typeof certificate !== "string" && !(certificate instanceof Uint8Array))
    throw invalid(path, "must be a certificate");
  if (certificate.length > maxCertificateBytes * 2) throw invalid(path, "is too large for a certificate");
  const octets =
    typeof certificate === "string" && !certificate.includes("-----BEGIN")
      ? Buffer.from(certificate, "base64")
      : certificate;
  let raw: Buffer;
  try {
    raw = new X509Certificate(octets).raw;
  } catch {
    throw invalid(path, "is not an X.509 certificate");
  }
  if (raw.length > maxCertificateBytes) throw invalid(path, "is too large for a certificate");
  return raw.toString("base64");
}

/** What a certificate is found by: SHA-256 over its DER form, hex. */
export function certificateKey(certificate: Uint8Array): string {
  return createHash("sha256").update(certificate).digest("hex");
}
