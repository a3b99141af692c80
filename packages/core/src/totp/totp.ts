import { createHmac, randomBytes } from "node:crypto";
import { type CryptoPlugin, generateSecret, generateSync, generateURI, ScureBase32Plugin } from "otplib";
import { DirectoryError } from "../errors.ts";
import { constantTimeEqual } from "../keys/constant-time.ts";

/** How codes are computed (RFC 6238 §4). Authenticator apps agree on the defaults and on little else. */
export interface TotpParameters {
  /** Digits of a code. Default 6. */
  readonly digits?: 6 | 8;
  /** Length of a time step in seconds, 15 to 120. Default 30. */
  readonly periodSeconds?: number;
  /** Hash function of the HMAC. Default `SHA1`, whose weakness does not concern HMAC. */
  readonly algorithm?: "SHA1" | "SHA256" | "SHA512";
}

/** How {@link matchTotp} compares. */
export interface TotpMatchOptions extends TotpParameters {
  /** Time steps accepted before and after the current one, for clocks that differ. Default 1, and not more. */
  readonly window?: 0 | 1;
}

/** What {@link totpUri} puts into the QR code. */
export interface TotpUriOptions extends TotpParameters {
  /** The secret in base32. */
  readonly secret: string;
  /** Who asks for the code: the organization's or product's name. */
  readonly issuer: string;
  /** Whose code it is: a username or e-mail address. */
  readonly account: string;
}

const base32 = new ScureBase32Plugin();
// otplib's own plug-in computes in JavaScript; OpenSSL does it in a tenth of the time.
const crypto: CryptoPlugin = {
  name: "node",
  hmac: (algorithm, key, data) => createHmac(algorithm, key).update(data).digest(),
  randomBytes: (length) => randomBytes(length),
  constantTimeEqual,
};

/** A new secret of 160 random bits (RFC 4226 §4, R6), in base32: 32 characters. */
export function generateTotpSecret(): string {
  return generateSecret({ length: 20, crypto, base32 });
}

/**
 * Reads a secret that another system made: base32 in either case, with or without padding, spaces or dashes.
 *
 * @param text - as written by the other system
 * @returns the secret in upper-case base32 without padding
 * @throws DirectoryError `invalid-input` when it is not base32, or has less than 128 bits (RFC 4226 §4, R6) or more
 * than 512
 */
export function parseTotpSecret(text: string): string {
  const compact = text.length > 256 ? "" : text.toUpperCase().replace(/[\s-]/g, "").replace(/=+$/, "");
  const octets = decode(compact);
  if (octets === undefined) throw new DirectoryError("invalid-input", "The TOTP secret is not base32.");
  if (octets.length < 16 || octets.length > 64) {
    throw new DirectoryError("invalid-input", "The TOTP secret must have 128 to 512 bits.");
  }
  return compact;
}

/**
 * The `otpauth://` URI that authenticator apps read from a QR code. It contains the secret. Issuer and account are what
 * the app shows: a colon in them becomes a space, and at most 100 characters of each are kept.
 *
 * @throws DirectoryError `invalid-input` for a malformed secret or parameter, or an empty issuer or account
 */
export function totpUri(options: TotpUriOptions): string {
  const { digits, periodSeconds, algorithm } = withDefaults(options);
  return generateURI({
    issuer: labelPart(options.issuer),
    label: labelPart(options.account),
    secret: parseTotpSecret(options.secret),
    digits,
    period: periodSeconds,
    algorithm: otplibAlgorithms[algorithm],
  });
}

/** A colon separates issuer and account within the label, and apps split at it whether it is escaped or not. */
function labelPart(text: string): string {
  const part = [
    ...text
      .toWellFormed()
      .replace(/[:\p{Cc}]+/gu, " ")
      .trim(),
  ]
    .slice(0, 100)
    .join("");
  if (part === "") throw new DirectoryError("invalid-input", "A TOTP issuer and account must not be empty.");
  return part;
}

/**
 * Finds the time step whose code was typed. The caller must accept each step of a user at most once (RFC 6238 §5.2):
 * reserve the returned number atomically, and refuse when it was reserved before.
 *
 * @param secret - in base32, as {@link generateTotpSecret} or {@link parseTotpSecret} gave it
 * @param code - as typed; anything but the right number of ASCII digits does not match
 * @param nowMs - milliseconds since the epoch
 * @returns the number of periods since the epoch, or `undefined` when the code is of no step in the window
 * @throws DirectoryError `invalid-input` for a malformed secret or parameter
 */
export function matchTotp(
  secret: string,
  code: string,
  nowMs: number,
  options: TotpMatchOptions = {},
): number | undefined {
  const parameters = withDefaults(options);
  const window = options.window ?? 1;
  if (window !== 0 && window !== 1)
    throw new DirectoryError("invalid-input", "The TOTP window must be 0 or 1.");
  const key = decode(parseTotpSecret(secret)) ?? new Uint8Array(0);
  if (code.length !== parameters.digits || !/^[0-9]+$/.test(code)) return undefined;
  const now = Math.floor(nowMs / 1000 / parameters.periodSeconds);
  let matched: number | undefined;
  // Every step is computed and compared, so that the time does not tell which one matched.
  for (let step = Math.max(0, now - window); step <= now + window; step++) {
    if (constantTimeEqual(totpCode(key, step, parameters), code)) matched = step;
  }
  return matched;
}

function totpCode(secret: Uint8Array, step: number, parameters: Required<TotpParameters>): string {
  return generateSync({
    secret,
    crypto,
    base32,
    epoch: step * parameters.periodSeconds,
    period: parameters.periodSeconds,
    digits: parameters.digits,
    algorithm: otplibAlgorithms[parameters.algorithm],
  });
}

const otplibAlgorithms = { SHA1: "sha1", SHA256: "sha256", SHA512: "sha512" } as const;

function withDefaults(
  options: TotpParameters,
): Required<TotpParameters> & { readonly algorithm: keyof typeof otplibAlgorithms } {
  const { digits = 6, periodSeconds = 30, algorithm = "SHA1" } = options;
  const known = (digits === 6 || digits === 8) && Object.hasOwn(otplibAlgorithms, algorithm);
  if (!known || !Number.isInteger(periodSeconds) || periodSeconds < 15 || periodSeconds > 120) {
    throw new DirectoryError(
      "invalid-input",
      "The TOTP parameters must be 6 or 8 digits, 15 to 120 seconds, and SHA1, SHA256 or SHA512.",
    );
  }
  return { digits, periodSeconds, algorithm };
}

function decode(compact: string): Uint8Array | undefined {
  if (compact === "") return undefined;
  try {
    return base32.decode(compact);
  } catch {
    return undefined;
  }
}
