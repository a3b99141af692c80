import { LdapResultCode } from "../codec/index.ts";
import type { AttributeTypeDefinition } from "./schema-definitions.ts";
import { UpdateRefusal } from "./update-refusal.ts";

/** Refuses an attribute that the server keeps, or that entries of the kind do not have. */
export function notWritable(type: AttributeTypeDefinition): UpdateRefusal {
  const [name] = type.names;
  return type.operational === true
    ? new UpdateRefusal(LdapResultCode.constraintViolation, `${name}: is kept by the server`)
    : new UpdateRefusal(LdapResultCode.objectClassViolation, `${name}: is not kept in such entries`);
}
