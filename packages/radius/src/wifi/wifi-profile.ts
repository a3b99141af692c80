import { createHash, X509Certificate } from "node:crypto";
import { DirectoryError } from "@directorykit/core";
import { checkServerNames } from "./certificate-authority.ts";

/** A wireless network with 802.1X, as devices are told about it. */
export interface WifiNetwork {
  /** Its name in the air: 1 to 32 octets of UTF-8. */
  readonly ssid: string;
  /** The names of which the RADIUS server's certificate must bear one. 1 to 20. */
  readonly serverNames: readonly string[];
  /** The certificate of the authority that must have issued it, PEM: `CertificateAuthority.certificate`. */
  readonly authority: string;
  /** What devices call the profile. Default the SSID. */
  readonly displayName?: string;
  /** Whose network it is. Default the display name. */
  readonly organization?: string;
  /**
   * What tells this profile from others, in the manner of `com.example.wifi`: a profile with the same identifier takes the place
   * of the one before. Default: made of the first server name and the SSID.
   */
  readonly identifier?: string;
  /** Whether access points keep the name to themselves, so that devices must ask for it. Default false. */
  readonly hidden?: boolean;
}

/** A login by EAP-TTLS with PAP: the password goes to the server, and to no other, inside TLS. */
export interface PasswordLogin {
  /** EAP-TTLS with PAP inside. */
  readonly method: "eap-ttls-pap";
  /** Whose device it is. Default: the device asks. */
  readonly username?: string;
  /** Their password; then the profile is as secret as it. Default: the device asks, which is mostly better. */
  readonly password?: string;
  /** What is told outside of TLS in place of the username. Default `anonymous`. */
  readonly anonymousIdentity?: string;
}

/** A login by EAP-TLS: the device shows a certificate. */
export interface CertificateLogin {
  /** EAP-TLS. */
  readonly method: "eap-tls";
  /** Whose device it is: told in clear, and what opens the network is the certificate. */
  readonly username: string;
  /** The certificate with its key: what `createPkcs12` made. Profiles that hold it are as secret as the key. */
  readonly pkcs12: Uint8Array;
  /** What opens `pkcs12`. */
  readonly password: string;
}

/** How a device logs in. */
export type WifiLogin = PasswordLogin | CertificateLogin;

/** A network that was checked, with every default filled in. */
export interface CheckedNetwork extends Required<Omit<WifiNetwork, "authority">> {
  /** The authority's certificate. */
  readonly authority: X509Certificate;
}

/**
 * Fills in defaults.
 * @throws DirectoryError `invalid-input` for an SSID, a server name or an identifier that is none, a certificate that cannot be
 * read, and control characters anywhere
 */
export function checkNetwork(network: WifiNetwork): CheckedNetwork {
  const { ssid, hidden = false } = network;
  const octets = Buffer.byteLength(plainText(ssid, "the SSID"));
  if (octets < 1 || octets > 32) throw invalid("the SSID has 1 to 32 octets");
  const serverNames = checkServerNames(network.serverNames);
  const displayName = plainText(network.displayName ?? ssid, "displayName");
  const reversed = serverNames[0].toLowerCase().split(".").reverse().join(".");
  const identifier =
    network.identifier ?? `${reversed}.wifi.${createHash("sha256").update(ssid).digest("hex").slice(0, 8)}`;
  if (!/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(identifier) || identifier.length > 400)
    throw invalid("identifier has letters, digits and hyphens between dots");
  const organization = plainText(network.organization ?? displayName, "organization");
  return {
    ssid,
    serverNames,
    authority: certificateOf(network.authority),
    displayName,
    organization,
    identifier,
    hidden,
  };
}

/** Fills in defaults. @throws DirectoryError `invalid-input` for control characters */
export function checkLogin<L extends WifiLogin>(login: L): L & { readonly anonymousIdentity: string } {
  for (const [name, value] of Object.entries(login)) if (typeof value === "string") plainText(value, name);
  return { anonymousIdentity: "anonymous", ...login };
}

/**
 * The same UUID for the same profile each time (version 5 of RFC 9562 §5.5, in its name space of DNS names).
 * @param part - what in the profile it is for
 */
export function stableUuid(identifier: string, part: string): string {
  const dnsNameSpace = Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex");
  const hash = createHash("sha1").update(dnsNameSpace).update(`${part}.${identifier}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

function certificateOf(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new DirectoryError("invalid-input", "the authority's certificate cannot be read", { cause });
  }
}

/** Text that every form of profile can hold: neither XML nor the files of Linux have a way to write the others. */
function plainText(value: string, name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f\ufffe\uffff]/.test(value) || !value.isWellFormed())
    throw invalid(`${name} has no control characters`);
  return value;
}

function invalid(what: string): DirectoryError {
  return new DirectoryError("invalid-input", what);
}
