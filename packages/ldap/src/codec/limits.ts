/** Bounds that the decoders keep. Every one is optional; the defaults stand in `defaultDecodeLimits`. */
export interface DecodeLimits {
  /**
   * How deep filters may be nested; the outermost filter has depth 1. Default 100, highest 1000 (the codec
   * recurses, and 1000 is far from the end of the stack). Nothing else in LDAP nests without bound.
   */
  readonly maxDepth?: number;
  /** How many filters and substring pieces one search may hold in all. Default 4096. */
  readonly maxFilterNodes?: number;
  /** How many attributes, modifications or selected attribute names one message may hold. Default 4096. */
  readonly maxAttributes?: number;
  /**
   * How many attribute values one message may hold in all. A value takes two octets on the wire but a
   * hundred in memory, which this bounds. Default 131072: a group of that many members still fits.
   */
  readonly maxValues?: number;
  /** How many controls one message may carry. Default 32. */
  readonly maxControls?: number;
  /** How many URIs a referral or search reference may hold. Default 64. */
  readonly maxReferrals?: number;
}

/** `DecodeLimits` with every member present and checked. */
export type ResolvedDecodeLimits = Required<DecodeLimits>;

/** What holds when a limit is not given. */
export const defaultDecodeLimits: ResolvedDecodeLimits = Object.freeze({
  maxDepth: 100,
  maxFilterNodes: 4096,
  maxAttributes: 4096,
  maxValues: 131_072,
  maxControls: 32,
  maxReferrals: 64,
});

const highestDepth = 1000;
const resolved = new WeakMap<DecodeLimits, ResolvedDecodeLimits>();

/**
 * Fills in the defaults. The answer is remembered per object, so a server passes one frozen object always.
 *
 * @throws RangeError when a limit is not a positive integer or `maxDepth` is over 1000: a programmer's mistake.
 */
export function resolveDecodeLimits(limits: DecodeLimits | undefined): ResolvedDecodeLimits {
  if (limits === undefined || limits === defaultDecodeLimits) return defaultDecodeLimits;
  const known = resolved.get(limits);
  if (known !== undefined) return known;
  const full: ResolvedDecodeLimits = { ...defaultDecodeLimits, ...limits };
  for (const [name, value] of Object.entries(full)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer`);
  }
  if (full.maxDepth > highestDepth) throw new RangeError(`maxDepth must be at most ${highestDepth}`);
  resolved.set(limits, full);
  return full;
}
