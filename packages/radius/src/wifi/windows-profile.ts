import {
  type CheckedNetwork,
  checkLogin,
  checkNetwork,
  type WifiLogin,
  type WifiNetwork,
} from "./wifi-profile.ts";
import { element, type Markup, xmlDocument } from "./xml.ts";

const provisioning = "http://www.microsoft.com/provisioning";
const eapTypes = { "eap-tls": "13", "eap-ttls-pap": "21" } as const;
/** Who wrote the method: nobody for EAP-TLS, Microsoft's number for its EAP-TTLS. */
const authors = { "eap-tls": "0", "eap-ttls-pap": "311" } as const;

/**
 * A profile for Windows 10 and 11: `netsh wlan add profile filename=office.xml`. It can hold neither the authority's certificate
 * nor the device's: put those into the user's stores first (`certutil -user -addstore Root authority.cer`, and
 * `certutil -user -importpfx device.p12`). Windows asks for username and password at the first login.
 * @throws DirectoryError `invalid-input` as for {@link WifiNetwork}
 */
export function windowsProfile(network: WifiNetwork, login: WifiLogin): string {
  const checked = checkNetwork(network);
  const { ssid, displayName, hidden } = checked;
  return xmlDocument(
    element(
      "WLANProfile",
      [
        element("name", displayName),
        element("SSIDConfig", [
          element("SSID", [
            element("hex", Buffer.from(ssid).toString("hex").toUpperCase()),
            element("name", ssid),
          ]),
          element("nonBroadcast", `${hidden}`),
        ]),
        element("connectionType", "ESS"),
        element("connectionMode", "auto"),
        element("MSM", [
          element("security", [
            element("authEncryption", [
              element("authentication", "WPA2"),
              element("encryption", "AES"),
              element("useOneX", "true"),
            ]),
            oneX(checked, login),
          ]),
        ]),
      ],
      { xmlns: "http://www.microsoft.com/networking/WLAN/profile/v1" },
    ),
  );
}

function oneX(network: CheckedNetwork, login: WifiLogin): Markup {
  const common = (name: string, value: string): Markup =>
    element(name, value, { xmlns: `${provisioning}/EapCommon` });
  const config = login.method === "eap-tls" ? tlsConfig(network) : ttlsConfig(network, login);
  return element(
    "OneX",
    [
      element("cacheUserData", "true"),
      element("authMode", "user"),
      element("EAPConfig", [
        element(
          "EapHostConfig",
          [
            element("EapMethod", [
              common("Type", eapTypes[login.method]),
              common("VendorId", "0"),
              common("VendorType", "0"),
              common("AuthorId", authors[login.method]),
            ]),
            element("Config", [config], { xmlns: `${provisioning}/EapHostConfig` }),
          ],
          { xmlns: `${provisioning}/EapHostConfig` },
        ),
      ]),
    ],
    { xmlns: "http://www.microsoft.com/networking/OneX/v1" },
  );
}

function ttlsConfig(network: CheckedNetwork, login: WifiLogin): Markup {
  const { anonymousIdentity } = checkLogin(login);
  return element(
    "EapTtls",
    [
      element("ServerValidation", [
        element("ServerNames", network.serverNames.join(";")),
        // Microsoft's schema says TrustedRootCAHashes; what Windows exports and eduroam's installers bring says this.
        element("TrustedRootCAHash", thumbprint(network)),
        element("DisablePrompt", "true"),
      ]),
      element("Phase2Authentication", [element("PAPAuthentication")]),
      element("Phase1Identity", [
        element("IdentityPrivacy", "true"),
        element("AnonymousIdentity", anonymousIdentity),
      ]),
    ],
    { xmlns: `${provisioning}/EapTtlsConnectionPropertiesV1` },
  );
}

function tlsConfig(network: CheckedNetwork): Markup {
  const properties = element(
    "EapType",
    [
      element("CredentialsSource", [element("CertificateStore", [element("SimpleCertSelection", "true")])]),
      element("ServerValidation", [
        element("DisableUserPromptForServerValidation", "true"),
        element("ServerNames", network.serverNames.join(";")),
        element("TrustedRootCA", thumbprint(network)),
      ]),
      element("DifferentUsername", "false"),
    ],
    { xmlns: `${provisioning}/EapTlsConnectionPropertiesV1` },
  );
  return element("Eap", [element("Type", eapTypes["eap-tls"]), properties], {
    xmlns: `${provisioning}/BaseEapConnectionPropertiesV1`,
  });
}

/** SHA-1 of the authority's certificate, by which Windows finds it in its store. */
function thumbprint({ authority }: CheckedNetwork): string {
  return authority.fingerprint.toLowerCase().replaceAll(":", " ");
}
