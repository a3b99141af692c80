import { checkLogin, checkNetwork, stableUuid, type WifiLogin, type WifiNetwork } from "./wifi-profile.ts";

/**
 * A connection for NetworkManager, with its certificates inside: a file in `/etc/NetworkManager/system-connections`, which must
 * belong to root with mode 0600, or what `nmcli connection load` reads. As secret as what the login holds.
 * @throws DirectoryError `invalid-input` as for {@link WifiNetwork}
 */
export function networkManagerConnection(network: WifiNetwork, login: WifiLogin): string {
  const checked = checkNetwork(network);
  return [
    ...section("connection", {
      id: checked.displayName,
      uuid: stableUuid(checked.identifier, "connection"),
      type: "wifi",
    }),
    ...section("wifi", {
      mode: "infrastructure",
      // A name that looks like a list of octets would be taken for one, so all but the plainest are written as that.
      ssid: /^[A-Za-z0-9 _-]+$/.test(checked.ssid) ? checked.ssid : octetList(checked.ssid),
      ...(checked.hidden ? { hidden: "true" } : {}),
    }),
    ...section("wifi-security", { "key-mgmt": "wpa-eap" }),
    ...section("802-1x", {
      ...loginSettings(login),
      "ca-cert": data(checked.authority.raw),
      "domain-match": checked.serverNames.join(";"),
    }),
    ...section("ipv4", { method: "auto" }),
    ...section("ipv6", { method: "auto" }),
  ].join("\n");
}

function loginSettings(login: WifiLogin): Readonly<Record<string, string>> {
  const checked = checkLogin(login);
  if (checked.method === "eap-tls") {
    const identity = data(checked.pkcs12);
    return {
      eap: "tls;",
      identity: checked.username,
      "client-cert": identity,
      "private-key": identity,
      "private-key-password": checked.password,
    };
  }
  const { username, password, anonymousIdentity } = checked;
  return {
    eap: "ttls;",
    "phase2-auth": "pap",
    "anonymous-identity": anonymousIdentity,
    ...(username === undefined ? {} : { identity: username }),
    // 1: kept by the user's session, which asks.
    ...(password === undefined ? { "password-flags": "1" } : { password }),
  };
}

function section(name: string, settings: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${escaped(value)}`);
  return [`[${name}]`, ...lines, ""];
}

/** As GLib's key files have it: backslashes doubled, and a space that comes first written as an escape. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replace(/^ +/, (spaces) => "\\s".repeat(spaces.length));
}

function octetList(value: string): string {
  return [...Buffer.from(value)].map((octet) => `${octet};`).join("");
}

function data(octets: Uint8Array): string {
  return `data:;base64,${Buffer.from(octets).toString("base64")}`;
}
