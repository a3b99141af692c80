import type { Filter as CoreFilter } from "@directorykit/core";
import type { Assertion } from "./assertion.ts";
import { always, never, unknown } from "./attribute-filter.ts";
import { type ChangeStamp, changeSequenceNumber } from "./change-sequence-number.ts";
import type { EntryAttributeRule, EntryOwner } from "./made-attribute.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";

const low = 0x1000000;

/** When a record last changed, and as which change of the directory, as a change sequence number. */
export function changeStamp<O extends EntryOwner>(type: AttributeTypeDefinition): EntryAttributeRule<O> {
  return {
    type,
    show: (entry, { updatedAt, revision }) => {
      const number = changeSequenceNumber(updatedAt, revision);
      if (number !== undefined) entry.add(type, [number]);
    },
    match: stampFilter,
  };
}

/** The records whose change sequence number is as asserted: by time, then by revision, then by server, which is 0 here. */
function stampFilter(assertion: Assertion): CoreFilter {
  if (assertion.type === "present") return always;
  if (!("value" in assertion) || assertion.value.stamp === undefined) return unknown;
  const { microseconds, revision, serverId } = assertion.value.stamp;
  const whole = microseconds % 1000 === 0;
  const ms = Math.floor(microseconds / 1000);
  const before: CoreFilter = { op: "atMost", attribute: "updatedAt", value: whole ? ms - 1 : ms };
  const after: CoreFilter = { op: "atLeast", attribute: "updatedAt", value: ms + 1 };
  const then = (test: CoreFilter): CoreFilter =>
    whole ? { op: "and", of: [{ op: "equals", attribute: "updatedAt", value: ms }, test] } : never;
  const upTo = (value: number): CoreFilter => ({ op: "atMost", attribute: "revision", value });
  const from = (value: number): CoreFilter => ({ op: "atLeast", attribute: "revision", value });
  // The server's number stands between the halves of the revision: another server's is behind all of ours of that half.
  const lastBefore = serverId === 0 ? revision - 1 : lastOfHalf({ revision });
  switch (assertion.type) {
    case "equal":
      return serverId === 0 ? then({ op: "equals", attribute: "revision", value: revision }) : never;
    case "below":
      return { op: "or", of: [before, then(upTo(lastBefore))] };
    case "atMost":
      return { op: "or", of: [before, then(upTo(serverId === 0 ? revision : lastBefore))] };
    case "atLeast":
      return { op: "or", of: [after, then(from(lastBefore + 1))] };
    default:
      return unknown;
  }
}

/** The last revision with the same high half. */
function lastOfHalf({ revision }: Pick<ChangeStamp, "revision">): number {
  return Math.floor(revision / low) * low + low - 1;
}
