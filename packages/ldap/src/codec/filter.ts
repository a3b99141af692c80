/** Every filter of `filters` must hold; none at all is the absolute true filter (RFC 4526). */
export interface AndFilter {
  readonly type: "and";
  readonly filters: readonly Filter[];
}

/** One filter of `filters` must hold; none at all is the absolute false filter (RFC 4526). */
export interface OrFilter {
  readonly type: "or";
  readonly filters: readonly Filter[];
}

/** `filter` must be false; Undefined stays Undefined (RFC 4511 §4.5.1.7). */
export interface NotFilter {
  readonly type: "not";
  readonly filter: Filter;
}

/** One of the four assertions that compare an attribute with a value (RFC 4511 §4.5.1.7.1 to .4 and .6). */
export interface ComparisonFilter {
  readonly type: "equalityMatch" | "greaterOrEqual" | "lessOrEqual" | "approxMatch";
  /** Attribute description as sent: case and options are kept. */
  readonly attribute: string;
  /** Assertion value, unescaped. */
  readonly value: Uint8Array;
}

/** A value must start with, hold in order, and end with these pieces; at least one is there, none is empty. */
export interface SubstringsFilter {
  readonly type: "substrings";
  readonly attribute: string;
  readonly initial?: Uint8Array;
  readonly any: readonly Uint8Array[];
  readonly final?: Uint8Array;
}

/** The attribute must be there. */
export interface PresentFilter {
  readonly type: "present";
  readonly attribute: string;
}

/** Match by a named rule (RFC 4511 §4.5.1.7.7). `matchingRule` or `attribute` is there, or both. */
export interface ExtensibleMatchFilter {
  readonly type: "extensibleMatch";
  readonly matchingRule?: string;
  readonly attribute?: string;
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
