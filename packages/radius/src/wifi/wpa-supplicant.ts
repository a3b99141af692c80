import { checkLogin, checkNetwork, type WifiLogin, type WifiNetwork } from "./wifi-profile.ts";

/**
 * A network for wpa_supplicant.conf, with its certificates inside: to be added to that file, or to be one. As secret as what the
 * login holds.
 * @throws DirectoryError `invalid-input` as for {@link WifiNetwork}
 */
export function wpaSupplicantConfiguration(network: WifiNetwork, login: WifiLogin): string {
  const checked = checkNetwork(network);
  const authority = `${checked.identifier}.authority`;
  const identity = `${checked.identifier}.identity`;
  const settings: [name: string, value: string][] = [
    ["ssid", text(checked.ssid)],
    ...(checked.hidden ? [["scan_ssid", "1"] as [string, string]] : []),
    ["key_mgmt", "WPA-EAP WPA-EAP-SHA256"],
    // Management frames are protected where the access point can: WPA3 demands it.
    ["ieee80211w", "1"],
    ...loginSettings(login, identity),
    ["ca_cert", text(`blob://${authority}`)],
    ["domain_match", text(checked.serverNames.join(";"))],
    ["phase1", text("tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1")],
  ];
  return [
    "network={",
    ...settings.map(([name, value]) => `  ${name}=${value}`),
    "}",
    ...blob(authority, checked.authority.raw),
    ...(login.method === "eap-tls" ? blob(identity, login.pkcs12) : []),
    "",
  ].join("\n");
}

function loginSettings(login: WifiLogin, identity: string): [name: string, value: string][] {
  const checked = checkLogin(login);
  if (checked.method === "eap-tls")
    return [
      ["eap", "TLS"],
      ["identity", text(checked.username)],
      ["private_key", text(`blob://${identity}`)],
      ["private_key_passwd", text(checked.password)],
    ];
  const { username, password, anonymousIdentity } = checked;
  return [
    ["eap", "TTLS"],
    ["phase2", text("auth=PAP")],
    ["anonymous_identity", text(anonymousIdentity)],
    ...(username === undefined ? [] : [["identity", text(username)] as [string, string]]),
    ...(password === undefined ? [] : [["password", text(password)] as [string, string]]),
  ];
}

/** In quotation marks, within which nothing can be escaped; or else in hex. */
function text(value: string): string {
  return /^[\x20-\x21\x23-\x7e]*$/.test(value) ? `"${value}"` : Buffer.from(value).toString("hex");
}

function blob(name: string, octets: Uint8Array): readonly string[] {
  const lines =
    Buffer.from(octets)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["", `blob-base64-${name}={`, ...lines, "}"];
}
