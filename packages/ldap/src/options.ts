import type { SecureContextOptions } from "node:tls";
import { type Directory, DirectoryError, foldCase } from "@directorykit/core";

/** What a bound person may search when the grant that let them in says nothing. */
export type SearchAccess = "directory" | "self" | "none";

/** What a bound person may write when the grant that let them in says nothing. */
export type WriteAccess = "directory" | "self" | "none";

/** The NT domain that people and groups with Unix numbers are shown to belong to, for Samba and file servers that use it. */
export interface SambaDomain {
  /** Security identifier of the domain: `S-1-5-21-` and three numbers below 2^32. It must never change. */
  readonly sid: string;
  /** NetBIOS name of the domain, at most 15 characters, such as `EXAMPLE`. */
  readonly name: string;
}

/** Where people and groups lie below the base DN. */
export interface TreeLayout {
  /** Relative name of the container of people. Default `ou=Users`. */
  readonly users: string;
  /** Relative name of the container of groups. Default `ou=Groups`. */
  readonly groups: string;
  /** Attribute that names people, with the username as its value. Default `uid`. */
  readonly userNaming: "uid" | "cn";
  /** `flatten`: members and memberOf go through nested groups, as access does. `direct`: as the groups are built. Default `flatten`. */
  readonly nesting: "flatten" | "direct";
  /** `granted`: people whom a grant lets use the LDAP resource. `all`: everyone active. Default `granted`. */
  readonly people: "granted" | "all";
  /**
   * Object class of groups: `groupOfNames` shows members in `member`, `groupOfUniqueNames` in `uniqueMember`. Default
   * `groupOfNames`.
   */
  readonly groupClass: "groupOfNames" | "groupOfUniqueNames";
  /**
   * `activeDirectory` adds what programs made for Active Directory ask for: the classes `user` and `group`,
   * `sAMAccountName`, `objectGUID` and more. Default `standard`.
   */
  readonly flavour: "standard" | "activeDirectory";
  /**
   * The DNS domain in `userPrincipalName` and in the names that people bind by in the flavour of Active Directory, such as
   * `example.com`. Default: the `dc` parts of the base DN.
   */
  readonly domain: string | undefined;
  /** Shows `sambaSamAccount`, `sambaGroupMapping` and `sambaDomain`. Default: none of them. */
  readonly samba: SambaDomain | undefined;
}

/** Who may read and write what. Everyone may read the root DSE; nobody does anything else before a bind. */
export interface LdapAccess {
  /**
   * What bound people may search unless the grant that let them in has the attribute `search`: `directory` (the
   * people and groups of the tree), `self` (their own entry and groups) or `none`. Default `directory`.
   */
  readonly search: SearchAccess;
  /** LDAP names of attributes that are never shown or matched, beside passwords, which never are. Default none. */
  readonly hiddenAttributes: readonly string[];
  /**
   * What bound people may write unless the grant that let them in has the attribute `write`: `directory` (people and
   * groups, for administrators, who also see everyone who is active), `self` (their own password and
   * `selfAttributes`) or `none`. `directory` counts only for those who may search the directory. Default `self`.
   */
  readonly write: WriteAccess;
  /** LDAP names of attributes that people may change in their own entry, beside their password. Default none. */
  readonly selfAttributes: readonly string[];
}

/** Bounds on what peers can make the server do. Hitting one counts in the metric `directorykit_ldap_limit_hit_total`. */
export interface LdapLimits {
  /** Open connections. Default 10,000; one more is closed at once. */
  readonly maxConnections: number;
  /** Open connections of one address. Default 1,000. */
  readonly maxConnectionsPerAddress: number;
  /** Octets of one message before a bind. Default 262,144. */
  readonly maxMessageBytesAnonymous: number;
  /** Octets of one message after a bind. Default 4,194,304. */
  readonly maxMessageBytesBound: number;
  /** Operations a connection may have under way before a bind. Default 100; further input waits. */
  readonly maxPendingAnonymous: number;
  /** The same after a bind. Default 1,000. */
  readonly maxPendingBound: number;
  /** Entries of one search. Default 10,000. */
  readonly maxSearchEntries: number;
  /** Milliseconds one search, or another operation, may take. Default 60,000. */
  readonly maxSearchMs: number;
  /** Records one search may look at. Default 1,000,000. */
  readonly maxSearchScan: number;
  /** Entries that one search may sort in memory. Default 100,000; what the directory keeps in order is not bounded. */
  readonly maxSortedEntries: number;
  /** Searches that go on for ever, such as content synchronization, over all connections. Default 100. */
  readonly maxLastingSearches: number;
  /** Values that one search may follow by the dereference control. Default 100,000. */
  readonly maxDereferencedValues: number;
  /** Values that one add or modify may name. Default 10,000. */
  readonly maxUpdateValues: number;
  /** Milliseconds a connection may say nothing. Default 900,000 (15 minutes). */
  readonly idleTimeoutMs: number;
  /** Milliseconds a message, once begun, may take to arrive whole; also a TLS handshake. Default 10,000. */
  readonly messageTimeoutMs: number;
  /** Milliseconds a peer may leave our answers unread. Default 30,000. */
  readonly writeTimeoutMs: number;
  /** Octets of answers kept ready in memory. Default 67,108,864; 0 turns it off. */
  readonly maxAnswerCacheBytes: number;
}

/** Lets passwords cross connections without TLS: on `loopback`, or `anywhere`, which no network deserves. */
export const allowPlaintextBind: unique symbol = Symbol.for("directorykit.ldap.allowPlaintextBind") as never;

/**
 * Lets the people of these usernames, and nobody else, read the NT hashes of everyone they see in `sambaNTPassword`: each
 * serves to log in where NTLM is spoken, like the password itself. Needs `layout.samba`, and a directory that keeps such
 * hashes (`allowNtHashes` of core). Answers are then not kept ready, since readers see different ones.
 */
export const allowNtHashReaders: unique symbol = Symbol.for("directorykit.ldap.allowNtHashReaders") as never;

/**
 * Ids of organizations whose base DN may lie below another organization's, such as those of departments below that of the
 * company: a DN is then one of the innermost, and a domain that all have from the start one of the company. Whoever sets
 * the base DN of one named here can keep people of the other out.
 */
export const allowNestedBaseDns: unique symbol = Symbol.for("directorykit.ldap.allowNestedBaseDns") as never;

/** Certificate and key, with what else Node's TLS takes for a server. */
export interface LdapTlsOptions
  extends Pick<
    SecureContextOptions,
    "key" | "cert" | "ca" | "passphrase" | "ciphers" | "minVersion" | "maxVersion"
  > {
  /**
   * Whether clients are asked for a certificate, for SASL EXTERNAL: `request` it, or `require` one that `ca` vouches for,
   * without which the handshake fails. A certificate logs in the person it was given to with
   * `credentials.addCertificate`; with `ca` it must be issued by one of those, without it need only be within its time.
   * Default: they are not asked.
   */
  readonly clientCertificates?: "request" | "require";
}

/** Options of {@link ldapServer}. Unknown keys are refused. */
export interface LdapServerOptions {
  /**
   * The directory to serve; or several, one for each organization, each below a suffix of its own. They may share a
   * store. Logs and metrics go where the first one's go.
   */
  readonly directory: Directory | readonly Directory[];
  /** Root of the tree; with several directories each has its own. Default: `baseDn` of the LDAP resource, else of the organization. */
  readonly baseDn?: string;
  /** Name of the LDAP resource whose grants give access. Default: every resource of kind `ldap`. */
  readonly resource?: string;
  /** Where things lie. */
  readonly layout?: Partial<TreeLayout>;
  /** Who may read and write what. */
  readonly access?: Partial<LdapAccess>;
  /** Bounds. */
  readonly limits?: Partial<LdapLimits>;
  /** Certificate for StartTLS and LDAPS. Without one neither is offered. */
  readonly tls?: LdapTlsOptions;
  /** Default: passwords only over TLS. */
  readonly [allowPlaintextBind]?: "loopback" | "anywhere";
  /** Default: nobody. */
  readonly [allowNtHashReaders]?: readonly string[];
  /** Default: none. */
  readonly [allowNestedBaseDns]?: readonly string[];
}

/** Options with every default filled in, for one directory. */
export interface ResolvedLdapOptions {
  readonly directory: Directory;
  readonly baseDn: string | undefined;
  readonly resource: string | undefined;
  readonly layout: TreeLayout;
  readonly access: LdapAccess;
  readonly limits: LdapLimits;
  readonly tls: LdapTlsOptions | undefined;
  readonly plaintextBind: "never" | "loopback" | "anywhere";
  /** Folded usernames of those who may read NT hashes. */
  readonly ntHashReaders: ReadonlySet<string>;
  /** Ids of organizations that may lie below others. */
  readonly nestedBaseDns: ReadonlySet<string>;
}

const defaultLayout: TreeLayout = {
  users: "ou=Users",
  groups: "ou=Groups",
  userNaming: "uid",
  nesting: "flatten",
  people: "granted",
  groupClass: "groupOfNames",
  flavour: "standard",
  domain: undefined,
  samba: undefined,
};
const domainForm = /^(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/;
const defaultAccess: LdapAccess = {
  search: "directory",
  hiddenAttributes: [],
  write: "self",
  selfAttributes: [],
};

/** The limits used where none are given. */
export const defaultLdapLimits: LdapLimits = {
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1_000,
  maxMessageBytesAnonymous: 262_144,
  maxMessageBytesBound: 4_194_304,
  maxPendingAnonymous: 100,
  maxPendingBound: 1_000,
  maxSearchEntries: 10_000,
  maxSearchMs: 60_000,
  maxSearchScan: 1_000_000,
  maxSortedEntries: 100_000,
  maxLastingSearches: 100,
  maxDereferencedValues: 100_000,
  maxUpdateValues: 10_000,
  idleTimeoutMs: 900_000,
  messageTimeoutMs: 10_000,
  writeTimeoutMs: 30_000,
  maxAnswerCacheBytes: 67_108_864,
};

const optionNames: readonly string[] = [
  "directory",
  "baseDn",
  "resource",
  "layout",
  "access",
  "limits",
  "tls",
] satisfies (keyof LdapServerOptions)[];

/**
 * Fills in defaults, for each directory.
 * @throws DirectoryError `misconfigured` for unknown keys and values out of range
 */
export function resolveOptions(
  options: LdapServerOptions,
): readonly [ResolvedLdapOptions, ...ResolvedLdapOptions[]] {
  known("ldapServer", options, optionNames);
  known("layout", options.layout ?? {}, Object.keys(defaultLayout));
  known("access", options.access ?? {}, Object.keys(defaultAccess));
  known("limits", options.limits ?? {}, Object.keys(defaultLdapLimits));
  const limits = { ...defaultLdapLimits, ...options.limits };
  for (const [name, value] of Object.entries(limits)) {
    const least = name === "maxAnswerCacheBytes" ? 0 : name.startsWith("maxMessageBytes") ? 64 : 1;
    // Timers take no more.
    const most = name.endsWith("Ms") ? 2_147_483_647 : Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new DirectoryError(
        "misconfigured",
        `limits.${name} must be a whole number from ${least} to ${most}`,
      );
    }
  }
  const layout = { ...defaultLayout, ...options.layout };
  const access = { ...defaultAccess, ...options.access };
  oneOf("layout.userNaming", layout.userNaming, ["uid", "cn"]);
  oneOf("layout.nesting", layout.nesting, ["flatten", "direct"]);
  oneOf("layout.people", layout.people, ["granted", "all"]);
  oneOf("layout.groupClass", layout.groupClass, ["groupOfNames", "groupOfUniqueNames"]);
  oneOf("layout.flavour", layout.flavour, ["standard", "activeDirectory"]);
  if (layout.flavour === "activeDirectory" && layout.groupClass !== "groupOfNames")
    throw new DirectoryError("misconfigured", "groups have member in the flavour of Active Directory");
  if (layout.domain !== undefined && !domainForm.test(layout.domain))
    throw new DirectoryError("misconfigured", "layout.domain must be a DNS domain such as example.com");
  if (layout.samba !== undefined) checkSamba(layout.samba);
  oneOf("access.search", access.search, ["directory", "self", "none"]);
  oneOf("access.write", access.write, ["directory", "self", "none"]);
  for (const list of ["hiddenAttributes", "selfAttributes"] as const) {
    const names: unknown = access[list];
    if (!Array.isArray(names) || names.some((name) => typeof name !== "string"))
      throw new DirectoryError("misconfigured", `access.${list} must be a list of attribute names`);
  }
  const plaintextBind = options[allowPlaintextBind] ?? "never";
  oneOf("allowPlaintextBind", plaintextBind, ["never", "loopback", "anywhere"]);
  const readers: unknown = options[allowNtHashReaders] ?? [];
  if (!Array.isArray(readers) || readers.some((name) => typeof name !== "string" || name === ""))
    throw new DirectoryError("misconfigured", "allowNtHashReaders must be a list of usernames");
  if (readers.length > 0 && layout.samba === undefined)
    throw new DirectoryError("misconfigured", "allowNtHashReaders needs layout.samba");
  const [first, ...others] = isList(options.directory) ? options.directory : [options.directory];
  if (first === undefined) throw new DirectoryError("misconfigured", "ldapServer needs a directory");
  if (readers.length > 0 && [first, ...others].some(({ credentials }) => !credentials.keepsNtHashes))
    throw new DirectoryError("misconfigured", "allowNtHashReaders needs directories with [allowNtHashes]");
  if (others.length > 0 && options.baseDn !== undefined)
    throw new DirectoryError("misconfigured", "several directories cannot have one baseDn");
  const nested: readonly unknown[] = options[allowNestedBaseDns] ?? [];
  const served = [first, ...others].map(({ organizationId }): unknown => organizationId);
  if (!Array.isArray(nested) || nested.some((id) => !served.includes(id)))
    throw new DirectoryError(
      "misconfigured",
      "allowNestedBaseDns must be a list of organizations that are served",
    );
  const shared: Omit<ResolvedLdapOptions, "directory"> = {
    baseDn: options.baseDn,
    resource: options.resource,
    layout,
    access,
    limits: readers.length === 0 ? limits : { ...limits, maxAnswerCacheBytes: 0 },
    tls: options.tls,
    plaintextBind,
    ntHashReaders: new Set(readers.map((name: string) => foldCase(name))),
    nestedBaseDns: new Set(nested),
  };
  return [{ directory: first, ...shared }, ...others.map((directory) => ({ directory, ...shared }))];
}

function isList(directory: LdapServerOptions["directory"]): directory is readonly Directory[] {
  return Array.isArray(directory);
}

function checkSamba(samba: SambaDomain): void {
  known("layout.samba", samba, ["sid", "name"]);
  const parts = /^S-1-5-21-(0|[1-9]\d{0,9})-(0|[1-9]\d{0,9})-(0|[1-9]\d{0,9})$/.exec(samba.sid)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 0xffffffff))
    throw new DirectoryError("misconfigured", "layout.samba.sid must be S-1-5-21- and three numbers");
  if (typeof samba.name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9_-]{0,14}$/.test(samba.name))
    throw new DirectoryError("misconfigured", "layout.samba.name must be a NetBIOS name such as EXAMPLE");
}

function oneOf(what: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(value as string))
    throw new DirectoryError("misconfigured", `${what} must be one of ${allowed.join(", ")}`);
}

function known(what: string, given: object, names: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw new DirectoryError("misconfigured", `${what} has no option ${name}`);
  }
}
