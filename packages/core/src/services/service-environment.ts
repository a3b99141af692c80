import type { Authorizer } from "../access/authorizer.ts";
import type { AttributeRegistry } from "../attributes/attribute-registry.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { AttributeOwner } from "../model/attribute-definition.ts";
import type { PasswordHasher, PasswordHashOptions } from "../password/password-hasher.ts";
import type { PasswordPolicy } from "../password/password-policy.ts";
import type { Logger } from "../ports/logger.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { Filter, StoreFilter } from "../query/filter.ts";
import type { Relations } from "../query/relations.ts";
import type { Reader } from "../store/store.ts";
import type { WriteEnvironment, WriteOptions } from "../write/unit-of-work.ts";

/** What services work with. One per open directory. */
export interface ServiceEnvironment extends WriteEnvironment {
  readonly reader: Reader;
  readonly authorizer: Authorizer;
  readonly keys: KeyRing;
  readonly hasher: PasswordHasher;
  readonly passwordPolicy: PasswordPolicy;
  /** Whether NT hashes are kept beside passwords. */
  readonly keepsNtHashes: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly relations: Relations;
  readonly compile: (filter: Filter, owner: AttributeOwner) => Promise<StoreFilter>;
  /** The same without waiting, of what is known; `undefined` when something would have to be looked up. */
  readonly compileNow: (filter: Filter, owner: AttributeOwner) => StoreFilter | undefined;
  readonly replaceRegistry: (registry: AttributeRegistry) => void;
}

/** For whom a password is hashed in a call, and until when. */
export function hashWork({ signal, source }: WriteOptions): PasswordHashOptions {
  return { ...(signal === undefined ? {} : { signal }), ...(source === undefined ? {} : { source }) };
}
