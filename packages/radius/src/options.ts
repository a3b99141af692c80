import { type Directory, DirectoryError } from "@directorykit/core";
import type { Dictionary } from "./codec/dictionary/dictionary.ts";
import { standardDictionary } from "./codec/dictionary/standard-dictionary.ts";

/** Bounds on what peers can make the server do. Hitting one counts in the metric `directorykit_radius_limit_hit_total`. */
export interface RadiusLimits {
  /** Requests that may be worked on at once. Default 4,096; one more is dropped, and its client sends it again. */
  readonly maxPending: number;
  /** The same for one client. Default 1,024. */
  readonly maxPendingPerClient: number;
  /** Milliseconds from when a request comes, for which it gets the same answer again (RFC 5080 §2.2.2). Default 30,000. */
  readonly duplicateMs: number;
  /** Answers kept. Default 65,536; beyond it the oldest go, of a client that has its share of them its own. */
  readonly maxDuplicates: number;
  /** Milliseconds a request may take before it is given up. Default 30,000. */
  readonly maxRequestMs: number;
  /** Milliseconds an Access-Reject is held back (RFC 5080 §2.2.3). Default 1,000; 0 sends it at once. */
  readonly rejectDelayMs: number;
  /**
   * Logins by EAP that may be under way, half of them by one client. Default 2,000, of up to about 90 KiB each; for one more
   * the one is given up of which nothing was heard for longest.
   */
  readonly maxConversations: number;
  /** The same of one device by one client, where it tells a Calling-Station-Id. Default 8. */
  readonly maxConversationsPerStation: number;
  /** Milliseconds for which a login by EAP waits for its next message. Default 30,000. */
  readonly conversationIdleMs: number;
  /** Connections over TLS. Default 1,000; one more is closed at once. */
  readonly maxConnections: number;
  /** The same of one address. Default 32. */
  readonly maxConnectionsPerAddress: number;
  /** Milliseconds a TLS handshake or a packet, once begun, may take. Default 10,000. */
  readonly messageTimeoutMs: number;
  /** Milliseconds a connection over TLS may say nothing. Default 900,000 (15 minutes). */
  readonly idleTimeoutMs: number;
  /** Octets of answers that a peer may leave unread before its connection is closed. Default 262,144. */
  readonly maxUnreadBytes: number;
  /** Octets of a fragment of EAP-TLS data, 100 to 1,400. Default 1,020. */
  readonly eapFragmentOctets: number;
  /** Milliseconds after which an accounting session is over of which nothing is heard. Default 86,400,000 (a day). */
  readonly sessionIdleMs: number;
}

/** The limits used where none are given. */
export const defaultRadiusLimits: RadiusLimits = {
  maxPending: 4_096,
  maxPendingPerClient: 1_024,
  duplicateMs: 30_000,
  maxDuplicates: 65_536,
  maxRequestMs: 30_000,
  rejectDelayMs: 1_000,
  maxConversations: 2_000,
  maxConversationsPerStation: 8,
  conversationIdleMs: 30_000,
  maxConnections: 1_000,
  maxConnectionsPerAddress: 32,
  messageTimeoutMs: 10_000,
  idleTimeoutMs: 900_000,
  maxUnreadBytes: 262_144,
  eapFragmentOctets: 1_020,
  sessionIdleMs: 86_400_000,
};

/** Where a login name may stand in a certificate. */
export type CertificateName = "email" | "dns" | "cn";

/** The certificate that devices see before they tell a password, and whose certificates let devices in. */
export interface RadiusTlsOptions {
  /** The server's private key, PEM. */
  readonly key: string | Uint8Array;
  /** Its certificate and those that lead to its authority, PEM; without the authority's own, which devices have. */
  readonly cert: string | Uint8Array;
  /** Opens `key` if it is locked. */
  readonly passphrase?: string;
  /** Authorities whose client certificates count, PEM. Needed for EAP-TLS. Default none. */
  readonly clientAuthorities?: string | readonly string[];
  /**
   * Where the login name stands in a client certificate, tried in this order: `email` and `dns` are alternative names, `cn` is
   * the subject's common name. The first that is there counts, as it is written: a username, or a primary e-mail
   * address. For authorities that issue certificates to the people of this directory and nobody else: whoever can have one issued can be
   * anybody. Default: none, a certificate must have been given to the person with `credentials.addCertificate`.
   */
  readonly certificateNames?: readonly CertificateName[];
  /** Lists of client certificates that are revoked, PEM. Once there is one, each authority needs one. Default none. */
  readonly revocationLists?: string | readonly string[];
  /** The highest version of TLS in EAP. Default 1.2: many devices that offer 1.3 there make mistakes with it. */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** Cipher suites, as OpenSSL writes them. Default Node's. */
  readonly ciphers?: string;
}

/** RADIUS over TLS (RFC 6614), called RadSec: for proxies and access servers far away. */
export interface RadsecOptions {
  /** The server's private key, PEM. */
  readonly key: string | Uint8Array;
  /** Its certificate and those that lead to its authority, PEM. */
  readonly cert: string | Uint8Array;
  /** Opens `key` if it is locked. */
  readonly passphrase?: string;
  /** Authorities of which one must vouch for a client's certificate, PEM. Not those of people's devices. */
  readonly clientAuthorities: string | readonly string[];
  /** Lists of certificates that are revoked, PEM. Once there is one, each authority needs one. Default none. */
  readonly revocationLists?: string | readonly string[];
  /** Cipher suites, as OpenSSL writes them. Default Node's. */
  readonly ciphers?: string;
}

/** Options of `radiusServer`. Unknown keys are refused. */
export interface RadiusServerOptions {
  /** The directory to serve. */
  readonly directory: Directory;
  /** Name of the RADIUS resource that is served. Default: every resource of kind `radius`. */
  readonly resource?: string;
  /** Certificate for EAP. Without one networks offer no EAP. */
  readonly tls?: RadiusTlsOptions;
  /** RADIUS over TLS. Default: not offered. */
  readonly radsec?: RadsecOptions;
  /** The attributes that grants may name. Default {@link standardDictionary}; extend it by those of other vendors. */
  readonly dictionary?: Dictionary;
  /** Bounds. */
  readonly limits?: Partial<RadiusLimits>;
}

/** Options with every default filled in. */
export interface ResolvedRadiusOptions {
  readonly directory: Directory;
  readonly resource: string | undefined;
  readonly tls: RadiusTlsOptions | undefined;
  readonly radsec: RadsecOptions | undefined;
  readonly dictionary: Dictionary;
  readonly limits: RadiusLimits;
}

const optionNames: readonly string[] = [
  "directory",
  "resource",
  "tls",
  "radsec",
  "dictionary",
  "limits",
] satisfies (keyof RadiusServerOptions)[];
/** Timers take no more. */
const maxTimeMs = 2_147_483_647;
const ranges: Readonly<Partial<Record<keyof RadiusLimits, readonly [least: number, most: number]>>> = {
  rejectDelayMs: [0, 10_000],
  eapFragmentOctets: [100, 1_400],
};

/** Fills in defaults. @throws DirectoryError `misconfigured` for unknown keys and values out of range */
export function resolveOptions(options: RadiusServerOptions): ResolvedRadiusOptions {
  known("radiusServer", options, optionNames);
  known("limits", options.limits ?? {}, Object.keys(defaultRadiusLimits));
  if (options.directory === undefined)
    throw new DirectoryError("misconfigured", "radiusServer needs a directory");
  const limits = { ...defaultRadiusLimits, ...options.limits };
  for (const [name, value] of Object.entries(limits)) {
    const most = name.endsWith("Ms") ? maxTimeMs : Number.MAX_SAFE_INTEGER;
    const [low, high] = ranges[name as keyof RadiusLimits] ?? [1, most];
    if (!Number.isSafeInteger(value) || value < low || value > high)
      throw new DirectoryError(
        "misconfigured",
        `limits.${name} must be a whole number from ${low} to ${high}`,
      );
  }
  for (const name of options.tls?.certificateNames ?? [])
    if (!["email", "dns", "cn"].includes(name))
      throw new DirectoryError("misconfigured", "tls.certificateNames may hold email, dns and cn");
  return {
    directory: options.directory,
    resource: options.resource,
    tls: options.tls,
    radsec: options.radsec,
    dictionary: options.dictionary ?? standardDictionary,
    limits,
  };
}

function known(what: string, given: object, names: readonly string[]): void {
  for (const name of Object.keys(given))
    if (!names.includes(name)) throw new DirectoryError("misconfigured", `${what} has no option ${name}`);
}
