import { LdapResultCode, type ModifyOperation, type PartialAttribute } from "../codec/index.ts";
import { notWritable } from "../view/not-writable.ts";
import type { AttributeTypeDefinition } from "../view/schema-definitions.ts";
import { UpdateRefusal } from "../view/update-refusal.ts";
import type { WrittenModification } from "../view/working-attributes.ts";
import { readValue } from "../view/written-value.ts";
import type { Outcome } from "./session.ts";
import { type Update, valueContext } from "./update.ts";
import { insufficient } from "./update-target.ts";

/** A modification of userPassword, as it was sent. */
export interface PasswordModification {
  readonly operation: ModifyOperation;
  readonly values: readonly Uint8Array[];
}

/** The modifications of a request, read: those of the password apart, since it is not shown and so not compared. */
export interface Modifications {
  readonly attributes: readonly WrittenModification[];
  readonly password: readonly PasswordModification[];
}

/** A modification before it is read. */
export interface SentModification {
  readonly operation: ModifyOperation;
  readonly modification: PartialAttribute;
}

/**
 * Reads modifications of an entry.
 * @throws UpdateRefusal undefinedAttributeType, invalidAttributeSyntax; insufficientAccessRights for attributes that
 * nobody is shown; constraintViolation for those that the server keeps
 */
export function readModifications(
  sent: readonly SentModification[],
  owner: "user" | "group",
  update: Update,
): Modifications {
  const context = valueContext(update, owner);
  const attributes: WrittenModification[] = [];
  const password: PasswordModification[] = [];
  for (const { operation, modification } of sent) {
    const type = typeOf(modification.type, update);
    if (isPassword(type)) password.push({ operation, values: modification.vals });
    else {
      if (update.view.hidden.has(type)) throw insufficient(`${type.names[0]}: may not be written`);
      if (type.operational === true) throw notWritable(type);
      const values = modification.vals.map((value) => readValue(type, value, context));
      attributes.push({ operation, type, values });
    }
  }
  return { attributes, password };
}

/** @throws UpdateRefusal unless everything that is modified is the person's own to change */
export function ownAttributesOnly({ attributes }: Modifications, { view }: Update): void {
  const own = new Set(view.options.access.selfAttributes.map((name) => view.schema.type(name)));
  for (const { type } of attributes)
    if (!own.has(type)) throw insufficient(`${type.names[0]}: is not yours to change`);
}

/** Refuses a request with too many values, before anything is looked up. */
export function tooManyValues(
  attributes: readonly PartialAttribute[],
  { view }: Update,
): Outcome | undefined {
  const count = attributes.reduce((sum, { vals }) => sum + vals.length, 0);
  if (count <= view.options.limits.maxUpdateValues) return undefined;
  return {
    resultCode: LdapResultCode.adminLimitExceeded,
    diagnosticMessage: "too many values at once",
    limit: "maxUpdateValues",
  };
}

/** Overwrites the passwords of a request, which nobody needs any more. */
export function wipePasswords(attributes: readonly PartialAttribute[], { view }: Pick<Update, "view">): void {
  for (const { type, vals } of attributes) {
    const known = view.schema.type(type);
    if (known !== undefined && isPassword(known)) for (const value of vals) value.fill(0);
  }
}

function isPassword(type: AttributeTypeDefinition): boolean {
  return type.names[0] === "userPassword";
}

function typeOf(name: string, { view }: Update): AttributeTypeDefinition {
  const type = view.schema.type(name);
  if (type !== undefined) return type;
  const shown = /^[A-Za-z0-9.;-]{1,64}$/.test(name) ? name : "an attribute";
  throw new UpdateRefusal(LdapResultCode.undefinedAttributeType, `${shown}: is not known`);
}
