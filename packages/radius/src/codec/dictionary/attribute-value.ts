import type { AttributeDefinition, AttributePath } from "./attribute-definition.ts";

/** A value that was read; which of these it is goes by the data type (see `AttributeDataType`). */
export type AttributeValue = number | bigint | string | Uint8Array | readonly DecodedAttribute[];

/** An attribute that was read. */
export interface DecodedAttribute {
  /** As its definition calls it, or its path with dots when it has none. */
  readonly name: string;
  /** Where it stands. */
  readonly path: AttributePath;
  /** What is known of it. */
  readonly definition: AttributeDefinition | undefined;
  /** Its tag, 1 to 31 (RFC 2868 §3). */
  readonly tag?: number | undefined;
  /** Its value; the octets that stand in the packet when it has no definition or is not what its definition says. */
  readonly value: AttributeValue;
  /** Whether it is an invalid attribute: one that is not what its definition says (RFC 6929 §2.8). */
  readonly invalid: boolean;
}

/** An attribute within a `tlv` that is to be written. */
export interface MemberInput {
  /** Of one of the members of the `tlv`, or its path with dots for one that has no name. */
  readonly name: string;
  /** Its value. */
  readonly value: AttributeInput;
}

/** A value to be written; which of these are taken goes by the data type (see `AttributeDataType`). */
export type AttributeInput =
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly MemberInput[]
  | { readonly [name: string]: AttributeInput };
