export type {
  AndFilter,
  ComparisonFilter,
  DecodeLimits,
  ExtensibleMatchFilter,
  Filter,
  FilterTemplateValue,
  LdapResultCodeName,
  NotFilter,
  OrFilter,
  PresentFilter,
  SubstringsFilter,
} from "./codec/index.ts";
export {
  escapeDnValue,
  escapeFilterValue,
  filter,
  formatFilter,
  LdapResultCode,
  parseFilter,
} from "./codec/index.ts";
export { errorCodeFor, resultCodeFor } from "./errors.ts";
export {
  allowNestedBaseDns,
  allowNtHashReaders,
  allowPlaintextBind,
  defaultLdapLimits,
  type LdapAccess,
  type LdapLimits,
  type LdapServerOptions,
  type LdapTlsOptions,
  type SambaDomain,
  type SearchAccess,
  type TreeLayout,
  type WriteAccess,
} from "./options.ts";
export {
  type LdapCloseOptions,
  type LdapListener,
  type LdapListenOptions,
  LdapServer,
  ldapServer,
} from "./server/ldap-server.ts";
