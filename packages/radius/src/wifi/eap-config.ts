import {
  type CheckedNetwork,
  checkLogin,
  checkNetwork,
  type WifiLogin,
  type WifiNetwork,
} from "./wifi-profile.ts";
import { element, type Markup, xmlDocument } from "./xml.ts";

const eapTypes = { "eap-tls": "13", "eap-ttls-pap": "21" } as const;

/**
 * An `.eap-config` file (draft-winter-opsawg-eap-metadata; media type `application/eap-config`). Android has no form of profile of
 * its own that a person could open: this one is read by the app geteduroam, on Android, Windows and others, and by what eduroam's
 * CAT gives out. Without it the settings are typed in by hand.
 * @throws DirectoryError `invalid-input` as for {@link WifiNetwork}
 */
export function eapConfig(network: WifiNetwork, login: WifiLogin): string {
  const checked = checkNetwork(network);
  const provider = element(
    "EAPIdentityProvider",
    [
      element("AuthenticationMethods", [authenticationMethod(checked, login)]),
      element("CredentialApplicability", [
        element("IEEE80211", [element("SSID", checked.ssid), element("MinRSNProto", "CCMP")]),
      ]),
      element("ProviderInfo", [element("DisplayName", checked.displayName)]),
    ],
    // Names are no realms here.
    { ID: checked.identifier, namespace: "urn:undefined", version: "1", lang: "en" },
  );
  return xmlDocument(
    element("EAPIdentityProviderList", [provider], {
      "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
      "xsi:noNamespaceSchemaLocation": "eap-metadata.xsd",
    }),
  );
}

function authenticationMethod(network: CheckedNetwork, login: WifiLogin): Markup {
  const base64 = { format: "X.509", encoding: "base64" };
  return element("AuthenticationMethod", [
    element("EAPMethod", [element("Type", eapTypes[login.method])]),
    element("ServerSideCredential", [
      element("CA", network.authority.raw.toString("base64"), base64),
      ...network.serverNames.map((name) => element("ServerID", name)),
    ]),
    element("ClientSideCredential", clientCredential(login)),
    ...(login.method === "eap-tls"
      ? []
      : // PAP among the methods inside TTLS that are no EAP.
        [element("InnerAuthenticationMethod", [element("NonEAPAuthMethod", [element("Type", "1")])])]),
  ]);
}

function clientCredential(login: WifiLogin): readonly Markup[] {
  const checked = checkLogin(login);
  if (checked.method === "eap-tls")
    return [
      element("UserName", checked.username),
      element("ClientCertificate", Buffer.from(checked.pkcs12).toString("base64"), {
        format: "PKCS12",
        encoding: "base64",
      }),
      element("Passphrase", checked.password),
    ];
  const { username, password, anonymousIdentity } = checked;
  return [
    element("OuterIdentity", anonymousIdentity),
    ...(username === undefined ? [] : [element("UserName", username)]),
    ...(password === undefined ? [] : [element("Password", password)]),
  ];
}
