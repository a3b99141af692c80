import type { OrganizationId } from "./ids.ts";
import type { RecordBase } from "./record.ts";

/** The organization a directory belongs to. */
export interface Organization extends RecordBase<OrganizationId> {
  /** The name as shown. */
  readonly name: string;
  /** Root of its LDAP tree, a distinguished name such as `dc=example,dc=com`. */
  readonly baseDn?: string;
}
