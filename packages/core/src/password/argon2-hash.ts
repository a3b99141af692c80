import { randomBytes } from "node:crypto";
import { argon2id, hash, verify } from "argon2";
import { refuseHash, type StoredHash } from "./stored-hash.ts";

/** Cost parameters of argon2 (RFC 9106 §3.1). */
export interface Argon2Cost {
  /** Memory in KiB. */
  readonly memoryKiB: number;
  /** Passes over the memory. */
  readonly passes: number;
  /** Lanes. */
  readonly parallelism: number;
}

/** The most a stored argon2 hash may cost. */
export const argon2Limits: Argon2Cost = { memoryKiB: 262_144, passes: 10, parallelism: 16 };

/** A stored argon2 hash with what it says about itself. */
export interface Argon2Hash extends StoredHash, Argon2Cost {
  /** `argon2id`, or `argon2i` as some directories store. */
  readonly variant: "argon2id" | "argon2i";
  /** 19 is the current version 1.3 (RFC 9106), 16 the one before. */
  readonly version: 16 | 19;
  /** Octets of salt. */
  readonly saltOctets: number;
  /** Octets of tag. */
  readonly tagOctets: number;
}

/** Whether a stored hash is of the argon2 family, and so says what it costs. */
export function isArgon2Hash(stored: StoredHash): stored is Argon2Hash {
  return stored.family === "argon2";
}

const form =
  /^(?:\{ARGON2\})?(\$(argon2id|argon2i)\$(?:v=(16|19)\$)?([a-z0-9=,]{11,40})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+))$/i;
// The argon2 package writes m,p,t where everyone else writes m,t,p.
const costForms = [
  /^m=(?<m>[1-9]\d{0,9}),t=(?<t>[1-9]\d{0,9}),p=(?<p>[1-9]\d{0,9})$/,
  /^m=(?<m>[1-9]\d{0,9}),p=(?<p>[1-9]\d{0,9}),t=(?<t>[1-9]\d{0,9})$/,
];

/**
 * Reads `$argon2id$...` and `$argon2i$...` in the PHC string format, also with OpenLDAP's `{ARGON2}` in front.
 *
 * @param stored - the text in the store
 * @returns the hash, or `undefined` when the text is of another family
 * @throws DirectoryError `invalid-input` when it is malformed, or costs more than {@link argon2Limits}
 */
export function parseArgon2Hash(stored: string): Argon2Hash | undefined {
  if (!/^(\{ARGON2\})?\$argon2/i.test(stored)) return undefined;
  const [, phc, variant, version, written = "", salt = "", tag = ""] = form.exec(stored) ?? [];
  const parameters = costForms
    .map((costForm) => costForm.exec(written)?.groups)
    .find((groups) => groups !== undefined);
  if (phc === undefined || parameters === undefined || (variant !== "argon2id" && variant !== "argon2i")) {
    throw refuseHash("argon2", "it is not an argon2id or argon2i string with m, t and p");
  }
  const { m, t, p } = parameters;
  const cost = {
    memoryKiB: Number(m),
    passes: Number(t),
    parallelism: Number(p),
  };
  const costFault = argon2CostFault(cost);
  if (costFault !== undefined) throw refuseHash("argon2", costFault);
  const saltOctets = unpaddedOctets(salt);
  const tagOctets = unpaddedOctets(tag);
  if (saltOctets < 8 || saltOctets > 64) throw refuseHash("argon2", "its salt has not 8 to 64 octets");
  if (tagOctets < 16 || tagOctets > 64) throw refuseHash("argon2", "its tag has not 16 to 64 octets");
  return {
    family: "argon2",
    variant,
    version: version === "19" ? 19 : 16,
    ...cost,
    saltOctets,
    tagOctets,
    matches: (password) => verify(phc, password),
  };
}

/** Octets of salt and tag of a new hash. */
export const argon2Sizes: { readonly salt: number; readonly tag: number } = { salt: 16, tag: 32 };

/**
 * A new argon2id hash, in the order of parameters that the reference implementation and its bindings read.
 *
 * @param password - prepared
 */
export async function createArgon2Hash(password: string, cost: Argon2Cost): Promise<string> {
  const salt = randomBytes(argon2Sizes.salt);
  const tag = await hash(password, {
    raw: true,
    type: argon2id,
    version: 0x13,
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.parallelism,
    hashLength: argon2Sizes.tag,
    salt,
  });
  return argon2Text(cost, salt, tag);
}

/**
 * A hash that no known password matches, at the same cost as one that {@link createArgon2Hash} makes: any salt and any
 * tag take the same work to compare with.
 */
export function dummyArgon2Hash(cost: Argon2Cost): string {
  return argon2Text(cost, randomBytes(argon2Sizes.salt), randomBytes(argon2Sizes.tag));
}

function argon2Text({ memoryKiB, passes, parallelism }: Argon2Cost, salt: Buffer, tag: Buffer): string {
  const [saltText, tagText] = [salt, tag].map((octets) => octets.toString("base64").replace(/=+$/, ""));
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${saltText}$${tagText}`;
}

/** What forbids argon2 with such a cost, in words, or `undefined`. */
export function argon2CostFault({ memoryKiB, passes, parallelism }: Argon2Cost): string | undefined {
  if (![memoryKiB, passes, parallelism].every((value) => Number.isSafeInteger(value) && value >= 1)) {
    return "a cost parameter is not a positive whole number";
  }
  if (memoryKiB > argon2Limits.memoryKiB) return `it takes more than ${argon2Limits.memoryKiB} KiB of memory`;
  if (passes > argon2Limits.passes) return `it takes more than ${argon2Limits.passes} passes`;
  if (parallelism > argon2Limits.parallelism) return `it takes more than ${argon2Limits.parallelism} lanes`;
  // RFC 9106 §3.1: eight blocks for each lane.
  return memoryKiB < 8 * parallelism ? "it takes less memory than its lanes need" : undefined;
}

function unpaddedOctets(base64: string): number {
  // A length of 4n+1 is no base64 at all.
  return base64.length % 4 === 1 ? 0 : Math.floor((base64.length * 3) / 4);
}
