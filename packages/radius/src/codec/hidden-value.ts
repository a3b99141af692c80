import { RadiusDecodeError } from "./radius-decode-error.ts";
import { digestOctets, type SharedSecret } from "./shared-secret.ts";

/** The longest User-Password (RFC 2865 §5.2). */
const maxPasswordOctets = 128;
/** The longest value that fits behind a salt and its own length. */
const maxSaltedOctets = 239;

/**
 * Hides a User-Password (RFC 2865 §5.2).
 * @throws RangeError for one of more than 128 octets
 */
export function hidePassword(
  password: Uint8Array,
  authenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  if (password.length > maxPasswordOctets) throw new RangeError("a password has at most 128 octets");
  return crypt(padded(password), authenticator, secret, "hide");
}

/**
 * Reads a hidden User-Password, without the zeros that fill it up.
 * @throws RadiusDecodeError `bad-value` unless it is 16 to 128 octets, a multiple of 16
 */
export function revealPassword(
  hidden: Uint8Array,
  authenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  if (hidden.length === 0 || hidden.length > maxPasswordOctets || hidden.length % digestOctets !== 0)
    throw new RadiusDecodeError("bad-value", "a hidden password has a length that cannot be");
  const plain = crypt(hidden, authenticator, secret, "reveal");
  let end = plain.length;
  while (end > 0 && plain[end - 1] === 0) end -= 1;
  return plain.subarray(0, end);
}

/**
 * Hides a value behind a salt, as Tunnel-Password (RFC 2868 §3.5) and the MPPE keys (RFC 2548 §2.4.2) are.
 *
 * @param salt - two octets, the first with its highest bit set; another one for each value of a packet
 * @param authenticator - of the request, also in an answer
 * @throws RangeError for a salt that is none, or a value of more than 239 octets
 */
export function hideSalted(
  value: Uint8Array,
  salt: Uint8Array,
  authenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  if (salt.length !== 2 || ((salt[0] as number) & 0x80) === 0) throw new RangeError("this is no salt");
  if (value.length > maxSaltedOctets) throw new RangeError("a salted value has at most 239 octets");
  const counted = new Uint8Array(1 + value.length);
  counted[0] = value.length;
  counted.set(value, 1);
  const hidden = crypt(padded(counted), join(authenticator, salt), secret, "hide");
  counted.fill(0);
  return join(salt, hidden);
}

/** Reads what {@link hideSalted} wrote. @throws RadiusDecodeError `bad-value` for what it cannot have written */
export function revealSalted(
  hidden: Uint8Array,
  authenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  const salt = hidden.subarray(0, 2);
  const rest = hidden.subarray(2);
  if (rest.length === 0 || rest.length % digestOctets !== 0 || ((salt[0] as number) & 0x80) === 0)
    throw new RadiusDecodeError("bad-value", "a salted value has a form that cannot be");
  const plain = crypt(rest, join(authenticator, salt), secret, "reveal");
  const length = plain[0] as number;
  if (length > plain.length - 1) throw new RadiusDecodeError("bad-value", "a salted value is cut short");
  return plain.subarray(1, 1 + length);
}

/** Each block is masked with a digest of the secret and the hidden block before it. */
function crypt(
  input: Uint8Array,
  start: Uint8Array,
  secret: SharedSecret,
  direction: "hide" | "reveal",
): Uint8Array {
  const output = new Uint8Array(input.length);
  let before = start;
  for (let at = 0; at < input.length; at += digestOctets) {
    const mask = secret.digestBehind(before);
    for (let i = 0; i < digestOctets; i++) output[at + i] = (input[at + i] as number) ^ (mask[i] as number);
    const hidden = direction === "hide" ? output : input;
    before = hidden.subarray(at, at + digestOctets);
  }
  return output;
}

function padded(value: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(value.length / digestOctets));
  const whole = new Uint8Array(blocks * digestOctets);
  whole.set(value);
  return whole;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
