/** What every record has. */
export interface RecordBase<Id extends string> {
  /** Stable identity, a UUIDv7. */
  readonly id: Id;
  /** Counts the writes to this record, from 1. A write names the version it read (compare-and-set). */
  readonly version: number;
  /** The organization's revision at which this record last changed. */
  readonly revision: number;
  /** When it was made, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** When it last changed, in milliseconds since the epoch. */
  readonly updatedAt: number;
}

/** A value of a custom attribute. */
export type AttributeValue = string | number | boolean;

/** Custom attributes by their definition's name; always lists, so that single and multi-valued look the same. */
export type CustomAttributes = Readonly<Record<string, readonly AttributeValue[]>>;
