import {
  type CheckedNetwork,
  checkLogin,
  checkNetwork,
  stableUuid,
  type WifiLogin,
  type WifiNetwork,
} from "./wifi-profile.ts";
import { element, type Markup, xmlDocument } from "./xml.ts";

/** What a property list holds. */
type Plist = string | number | boolean | Uint8Array | readonly Plist[] | { readonly [key: string]: Plist };

const eapTypes = { "eap-tls": 13, "eap-ttls-pap": 21 } as const;

/**
 * A profile for iOS, iPadOS and macOS (`.mobileconfig`, media type `application/x-apple-aspen-config`), with the authority's
 * certificate and, for EAP-TLS, the device's own. It is not signed: devices say so, and install it when their owner agrees.
 * @throws DirectoryError `invalid-input` as for {@link WifiNetwork}
 */
export function appleProfile(network: WifiNetwork, login: WifiLogin): string {
  const checked = checkNetwork(network);
  const identity = identityPayload(checked, login);
  const anchor = payload(checked, "authority", "com.apple.security.root", {
    PayloadContent: checked.authority.raw,
    PayloadCertificateFileName: "authority.cer",
  });
  const profile = {
    ...payload(checked, "profile", "Configuration", {
      PayloadContent: [anchor, ...(identity === undefined ? [] : [identity]), wifiPayload(checked, login)],
    }),
    PayloadIdentifier: checked.identifier,
    PayloadOrganization: checked.organization,
    PayloadRemovalDisallowed: false,
  };
  return xmlDocument(
    element("plist", [plist(profile)], { version: "1.0" }),
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
  );
}

function wifiPayload(network: CheckedNetwork, login: WifiLogin): Plist {
  const uuid = (part: string): string => stableUuid(network.identifier, part);
  return payload(network, "wifi", "com.apple.wifi.managed", {
    SSID_STR: network.ssid,
    HIDDEN_NETWORK: network.hidden,
    AutoJoin: true,
    // Networks with WPA3 are joined as well.
    EncryptionType: "WPA2",
    EAPClientConfiguration: {
      AcceptEAPTypes: [eapTypes[login.method]],
      TLSTrustedServerNames: network.serverNames,
      PayloadCertificateAnchorUUID: [uuid("authority").toUpperCase()],
      // Otherwise a person could be talked into trusting another server.
      TLSAllowTrustExceptions: false,
      TLSMinimumVersion: "1.2",
      ...eapLogin(login),
    },
    ...(login.method === "eap-tls" ? { PayloadCertificateUUID: uuid("identity").toUpperCase() } : {}),
  });
}

function eapLogin(login: WifiLogin): { readonly [key: string]: Plist } {
  const checked = checkLogin(login);
  if (checked.method === "eap-tls") return { UserName: checked.username };
  return {
    TTLSInnerAuthentication: "PAP",
    OuterIdentity: checked.anonymousIdentity,
    ...(checked.username === undefined ? {} : { UserName: checked.username }),
    ...(checked.password === undefined ? {} : { UserPassword: checked.password }),
  };
}

function identityPayload(network: CheckedNetwork, login: WifiLogin): Plist | undefined {
  if (login.method !== "eap-tls") return undefined;
  return payload(network, "identity", "com.apple.security.pkcs12", {
    PayloadContent: login.pkcs12,
    PayloadCertificateFileName: "identity.p12",
    Password: login.password,
  });
}

function payload(
  { identifier, displayName }: CheckedNetwork,
  part: string,
  type: string,
  content: { readonly [key: string]: Plist },
): { readonly [key: string]: Plist } {
  return {
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.${part}`,
    PayloadUUID: stableUuid(identifier, part).toUpperCase(),
    PayloadDisplayName: displayName,
    ...content,
  };
}

function plist(value: Plist): Markup {
  if (typeof value === "string") return element("string", value);
  if (typeof value === "number") return element("integer", `${value}`);
  if (typeof value === "boolean") return element(`${value}`);
  if (value instanceof Uint8Array) return element("data", Buffer.from(value).toString("base64"));
  if (isList(value)) return element("array", value.map(plist));
  return element(
    "dict",
    Object.entries(value).flatMap(([key, one]) => [element("key", key), plist(one)]),
  );
}

function isList(value: object): value is readonly Plist[] {
  return Array.isArray(value);
}
