import type { Filter as CoreFilter, RecordTypes } from "@directorykit/core";
import type { SambaDomain } from "../options.ts";
import { unknown } from "./attribute-filter.ts";
import type { EntryBuilder } from "./entry.ts";
import { type ClassRule, constantWhere, type EntryAttributeRule, type EntryOwner } from "./made-attribute.ts";
import type { Schema } from "./schema.ts";
import { type NumberedSid, sidFilter } from "./security-identifier.ts";

/** Where Samba's algorithm begins to count: a person's number is twice their uidNumber above it, a group's one more. */
const ridBase = 1000;
/** The largest number whose identifier still fits into 32 bits. */
const maxNumber = (0xffffffff - ridBase - 1) >>> 1;
/** A normal account, in Samba's form of eleven letters. */
const acctFlags = "[U          ]";
/** A domain group. */
const groupType = "2";

type Where<O extends EntryOwner> = NonNullable<ClassRule<O>["where"]>;

const upToMax = (attribute: string): CoreFilter => ({ op: "atMost", attribute, value: maxNumber });

/** People with a Unix account whose number has an identifier. */
export const hasSambaAccount: Where<"user"> = {
  holds: ({ posix }) => posix !== undefined && posix.uid <= maxNumber,
  filter: upToMax("uidNumber"),
};

/** Groups with a number that has an identifier. */
export const hasSambaMapping: Where<"group"> = {
  holds: ({ posixGid }) => posixGid !== undefined && posixGid <= maxNumber,
  filter: upToMax("posixGid"),
};

/** What people with a Unix account show for Samba. */
export function sambaUserAttributes(
  schema: Schema,
  { sid }: SambaDomain,
): readonly EntryAttributeRule<"user">[] {
  const type = (name: string) => schema.known(name);
  const ofUser: NumberedSid = { sid, base: ridBase, attribute: "uidNumber", maxNumber };
  const ofGroup: NumberedSid = { sid, base: ridBase + 1, attribute: "gidNumber", maxNumber };
  const { holds, filter } = hasSambaAccount;
  return [
    identifier<"user">(schema, "sambaSID", ofUser, ({ posix }) => posix?.uid, undefined),
    identifier<"user">(schema, "sambaPrimaryGroupSID", ofGroup, ({ posix }) => posix?.gid, hasSambaAccount),
    constantWhere(type("sambaAcctFlags"), [acctFlags], holds, filter),
    {
      type: type("sambaPwdLastSet"),
      needs: ["passwordSetAt"],
      show: (entry, user, { passwordSetAt }) => {
        if (holds(user) && passwordSetAt !== undefined)
          entry.add(type("sambaPwdLastSet"), [String(Math.floor(passwordSetAt / 1000))]);
      },
      match: () => unknown,
    },
    {
      type: type("sambaNTPassword"),
      needs: ["ntHash"],
      show: (entry, user, { ntHash }) => {
        if (holds(user) && ntHash !== undefined)
          entry.add(type("sambaNTPassword"), [Buffer.from(ntHash).toString("hex").toUpperCase()]);
      },
      match: () => unknown,
    },
  ];
}

/** What groups with a number show for Samba. */
export function sambaGroupAttributes(
  schema: Schema,
  { sid }: SambaDomain,
): readonly EntryAttributeRule<"group">[] {
  const ofGroup: NumberedSid = { sid, base: ridBase + 1, attribute: "posixGid", maxNumber };
  const { holds, filter } = hasSambaMapping;
  return [
    identifier<"group">(schema, "sambaSID", ofGroup, ({ posixGid }) => posixGid, undefined),
    constantWhere(schema.known("sambaGroupType"), [groupType], holds, filter),
  ];
}

/** Adds what the entry of the domain shows. */
export function addSambaDomain(entry: EntryBuilder, schema: Schema, { sid, name }: SambaDomain): void {
  entry
    .add(schema.known("objectClass"), ["top", "sambaDomain"])
    .add(schema.known("sambaDomainName"), [name])
    .add(schema.known("sambaSID"), [sid])
    .add(schema.known("sambaAlgorithmicRidBase"), [String(ridBase)])
    .add(schema.known("structuralObjectClass"), ["sambaDomain"]);
}

/** @param where - what must hold beside the number's being one that has an identifier */
function identifier<O extends EntryOwner>(
  schema: Schema,
  name: string,
  numbered: NumberedSid,
  read: (record: RecordTypes[O]) => number | undefined,
  where: Where<O> | undefined,
): EntryAttributeRule<O> {
  const type = schema.known(name);
  return {
    type,
    show: (entry, record) => {
      const number = read(record);
      if (number === undefined || number > maxNumber || where?.holds(record) === false) return;
      entry.add(type, [`${numbered.sid}-${number * 2 + numbered.base}`]);
    },
    match: (assertion) => {
      const found = sidFilter(assertion, numbered);
      return where === undefined || found === unknown ? found : { op: "and", of: [where.filter, found] };
    },
  };
}
