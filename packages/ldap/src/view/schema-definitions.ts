import type { AttributeSyntaxName } from "./attribute-syntaxes.ts";

/** An attribute type (RFC 4512 §2.5.1). */
export interface AttributeTypeDefinition {
  /** Names, the one we show first. */
  readonly names: readonly string[];
  /** Object identifier. */
  readonly oid: string;
  /** Short name of its syntax. */
  readonly syntax: AttributeSyntaxName;
  /** Whether an entry holds at most one value. */
  readonly single?: boolean;
  /** Kept by the server rather than by users. */
  readonly operational?: boolean;
  /** Made by the view: an attribute of the directory cannot pose as one. Operational ones all are. */
  readonly made?: boolean;
}

/** An object class (RFC 4512 §2.4). */
export interface ObjectClassDefinition {
  readonly name: string;
  readonly oid: string;
  readonly sup?: string;
  readonly kind: "ABSTRACT" | "STRUCTURAL" | "AUXILIARY";
  readonly must?: readonly string[];
  readonly may?: readonly string[];
}
