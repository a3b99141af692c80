/** Every filter of `filters` must hold; none at all is the absolute true filter (RFC 4526). */
export interface AndFilter {
  /** Which filter it is. */
  readonly type: "and";
  /** The parts. */
  readonly filters: readonly Filter[];
}

/** One filter of `filters` must hold; none at all is the absolute false filter (RFC 4526). */
export interface OrFilter {
  /** Which filter it is. */
  readonly type: "or";
  /** The parts. */
  readonly filters: readonly Filter[];
}

/** `filter` must be false; Undefined stays Undefined (RFC 4511 §4.5.1.7). */
export interface NotFilter {
  /** Which filter it is. */
  readonly type: "not";
  /** What must be false. */
  readonly filter: Filter;
}

/** One of the four assertions that compare an attribute with a value (RFC 4511 §4.5.1.7.1 to .4 and .6). */
export interface ComparisonFilter {
  /** Which filter it is. */
  readonly type: "equalityMatch" | "greaterOrEqual" | "lessOrEqual" | "approxMatch";
  /** Attribute description as sent: case and options are kept. */
  readonly attribute: string;
  /** Assertion value, unescaped. */
  readonly value: Uint8Array;
}

/** A value must start with, hold in order, and end with these pieces; at least one is there, none is empty. */
export interface SubstringsFilter {
  /** Which filter it is. */
  readonly type: "substrings";
  /** Attribute description as sent. */
  readonly attribute: string;
  /** How the value starts. */
  readonly initial?: Uint8Array;
  /** Pieces that follow one another. */
  readonly any: readonly Uint8Array[];
  /** How the value ends. */
  readonly final?: Uint8Array;
}

/** The attribute must be there. */
export interface PresentFilter {
  /** Which filter it is. */
  readonly type: "present";
  /** Attribute description as sent. */
  readonly attribute: string;
}

/** Match by a named rule (RFC 4511 §4.5.1.7.7). `matchingRule` or `attribute` is there, or both. */
export interface ExtensibleMatchFilter {
  /** Which filter it is. */
  readonly type: "extensibleMatch";
  /** Name or OID of the rule. */
  readonly matchingRule?: string;
  /** Attribute description as sent. */
  readonly attribute?: string;
  /** Assertion value, unescaped. */
  readonly value: Uint8Array;
  /** Whether the attributes of the entry's DN are matched as well. */
  readonly dnAttributes: boolean;
}

/** A search filter (RFC 4511 §4.5.1). Values are octets: their syntax is known only to the schema. */
export type Filter =
  | AndFilter
  | OrFilter
  | NotFilter
  | ComparisonFilter
  | SubstringsFilter
  | PresentFilter
  | ExtensibleMatchFilter;
