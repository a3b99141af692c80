import { isIP } from "node:net";
import {
  DirectoryError,
  isNetwork,
  type JsonValue,
  type Resource,
  type ResourceSettings,
} from "@directorykit/core";
import { SharedSecret } from "../codec/shared-secret.ts";

/**
 * Ways of logging in that a network may offer. All take the password itself, or a certificate, and so go with passwords that
 * are kept as hashes only; but for the last three, which need an NT hash of it and must be asked for by name.
 */
export const networkMethods = [
  "eap-tls",
  "eap-ttls-pap",
  "eap-ttls-gtc",
  "peap-gtc",
  "pap",
  "peap-mschapv2",
  "eap-ttls-mschapv2",
  "mschapv2",
] as const;

/** One of {@link networkMethods}. */
export type NetworkMethod = (typeof networkMethods)[number];

const needNtHashes: ReadonlySet<string> = new Set<NetworkMethod>([
  "peap-mschapv2",
  "eap-ttls-mschapv2",
  "mschapv2",
]);

/** What a server can do for its networks. */
export interface ServerAbilities {
  /** Whether it has a certificate for EAP, and takes those of devices. */
  readonly tls: { readonly clientAuthorities?: unknown } | undefined;
  /** Whether its directory keeps NT hashes. */
  readonly ntHashes: boolean;
}

/** Whether people may log in to a network in this way. */
export function offers({ methods }: Network, method: NetworkMethod): boolean {
  return methods === undefined ? !needNtHashes.has(method) : methods.has(method);
}

/** Checks that a server can do what a network asks for by name. @throws DirectoryError `misconfigured` when it cannot */
export function checkOffers({ methods, resource }: Network, { tls, ntHashes }: ServerAbilities): void {
  for (const method of methods ?? []) {
    const lack =
      method !== "pap" && method !== "mschapv2" && tls === undefined
        ? "a certificate: give radiusServer the option tls"
        : method === "eap-tls" && tls?.clientAuthorities === undefined
          ? "authorities of client certificates: give radiusServer the option tls.clientAuthorities"
          : needNtHashes.has(method) && !ntHashes
            ? "NT hashes of passwords, which the directory keeps only with [allowNtHashes]"
            : undefined;
    if (lack !== undefined) throw misconfigured(`resource ${resource.name}: ${method} needs ${lack}`);
  }
}

/** A device that may ask: an access point, a switch, a VPN gateway, a proxy; or all of a range of addresses. */
export interface NetworkClient {
  /** What it is called in logs. Default: its addresses. */
  readonly name: string;
  /** Its addresses, in CIDR notation. */
  readonly cidr: string;
  /** What it knows; two while one takes the other's place. None for one that comes by TLS only. */
  readonly secrets: readonly SharedSecret[];
  /**
   * DNS names of which its certificate must have one, when it comes by TLS (RFC 6614); empty when any certificate will do
   * that the authorities vouch for, `undefined` when it does not come by TLS.
   */
  readonly tlsNames: readonly string[] | undefined;
  /** Whether an Access-Request without a Message-Authenticator is dropped. */
  readonly requireMessageAuthenticator: boolean;
  /** Where it takes Disconnect-Requests (RFC 5176); `undefined` when it takes none. */
  readonly dynamicAuthorizationPort: number | undefined;
}

/** A RADIUS resource as this protocol reads it: a Wi-Fi network, a VPN, the logins of switches. */
export interface Network {
  /** The resource that grants give access to. */
  readonly resource: Resource;
  /** Who may ask for it. */
  readonly clients: readonly NetworkClient[];
  /** How people log in; `undefined` for all that the server can. */
  readonly methods: ReadonlySet<NetworkMethod> | undefined;
  /** Names of the wireless network of which one must be asked for; empty when any will do. */
  readonly ssids: readonly string[];
  /** NAS-Identifiers of which the client must have one; empty when any will do. */
  readonly nasIdentifiers: readonly string[];
  /** Sessions one person may have at a time; `undefined` for any number. */
  readonly maxSessions: number | undefined;
  /** False while its settings cannot be used: requests for it are refused, and go to no other network. */
  readonly isServed: boolean;
}

const settingNames = ["clients", "methods", "ssids", "nasIdentifiers", "maxSessions"];
const clientNames = [
  "name",
  "cidr",
  "secret",
  "previousSecret",
  "requireMessageAuthenticator",
  "dynamicAuthorizationPort",
  "tls",
];
const defaultDynamicAuthorizationPort = 3799;
/** Secrets that are in every manual. */
const knownSecrets: ReadonlySet<string> = new Set([
  "secret",
  "password",
  "radius",
  "changeme",
  "cisco",
  "admin",
  "radsec",
  "testing123",
]);

/**
 * Reads the settings of a RADIUS resource.
 *
 * @throws DirectoryError `misconfigured` that names the setting: a client without a secret or with one that everybody
 * knows, addresses that are none, an unknown method
 */
export function readNetwork(resource: Resource): Network {
  return { resource, ...readSettings(resource.name, resource.settings) };
}

/**
 * Checks the settings of a RADIUS resource before they are kept: a server does not start with those that it cannot read.
 *
 * @param name - of the resource, for the error
 * @throws DirectoryError `misconfigured` that names the setting
 */
export function checkNetworkSettings(name: string, settings: ResourceSettings): void {
  readSettings(name, settings);
}

function readSettings(name: string, settings: ResourceSettings): Omit<Network, "resource"> {
  const at = (what: string): string => `resource ${name}: ${what}`;
  known(at("settings"), settings, settingNames);
  const clients = settings["clients"] ?? [];
  if (!Array.isArray(clients)) throw misconfigured(at("clients must be a list"));
  const maxSessions = settings["maxSessions"];
  if (maxSessions !== undefined && !(Number.isSafeInteger(maxSessions) && (maxSessions as number) > 0))
    throw misconfigured(at("maxSessions must be a whole number above 0"));
  return {
    clients: clients.map((one, i) => readClient(at(`clients[${i}]`), one as JsonValue)),
    methods: readMethods(at("methods"), settings["methods"]),
    ssids: readTexts(at("ssids"), settings["ssids"]),
    nasIdentifiers: readTexts(at("nasIdentifiers"), settings["nasIdentifiers"]),
    maxSessions: maxSessions as number | undefined,
    isServed: true,
  };
}

function readClient(where: string, value: JsonValue): NetworkClient {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw misconfigured(`${where} must be an object`);
  const given = value as Readonly<Record<string, JsonValue>>;
  known(where, given, clientNames);
  const { cidr } = given as { cidr?: JsonValue };
  if (typeof cidr !== "string" || !isNetwork(cidr))
    throw misconfigured(`${where}.cidr must be a network such as 192.0.2.0/24`);
  const { name = cidr, requireMessageAuthenticator = true } = given as Record<string, JsonValue | undefined>;
  if (typeof name !== "string") throw misconfigured(`${where}.name must be text`);
  if (typeof requireMessageAuthenticator !== "boolean")
    throw misconfigured(`${where}.requireMessageAuthenticator must be true or false`);
  const tlsNames = readTlsNames(`${where}.tls`, given["tls"]);
  const isSecretless = tlsNames !== undefined && given["secret"] === undefined;
  const secrets = isSecretless ? [] : [readSecret(`${where}.secret`, given["secret"])];
  if (given["previousSecret"] !== undefined)
    secrets.push(readSecret(`${where}.previousSecret`, given["previousSecret"]));
  const port = given["dynamicAuthorizationPort"] ?? defaultDynamicAuthorizationPort;
  if (!Number.isSafeInteger(port) || (port as number) < 0 || (port as number) > 65_535)
    throw misconfigured(
      `${where}.dynamicAuthorizationPort must be a port, or 0 for a client that takes no requests`,
    );
  return {
    name,
    cidr,
    secrets,
    tlsNames,
    requireMessageAuthenticator,
    dynamicAuthorizationPort: port === 0 ? undefined : (port as number),
  };
}

function readTlsNames(where: string, value: JsonValue | undefined): readonly string[] | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw misconfigured(`${where} must be true, false or an object with names`);
  known(where, value, ["names"]);
  return readTexts(`${where}.names`, (value as Readonly<Record<string, JsonValue>>)["names"]);
}

function readSecret(where: string, value: JsonValue | undefined): SharedSecret {
  if (typeof value !== "string" || value === "") throw misconfigured(`${where} must be text`);
  if (knownSecrets.has(value.toLowerCase()))
    throw misconfigured(`${where} is one that everybody tries first`);
  return new SharedSecret(value);
}

function readMethods(where: string, value: JsonValue | undefined): ReadonlySet<NetworkMethod> | undefined {
  if (value === undefined) return undefined;
  const names = readTexts(where, value);
  const unknown = names.find((name) => !networkMethods.includes(name as NetworkMethod));
  if (unknown !== undefined) throw misconfigured(`${where}: there is no method ${unknown.slice(0, 64)}`);
  return new Set(names as readonly NetworkMethod[]);
}

function readTexts(where: string, value: JsonValue | undefined): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((one) => typeof one !== "string"))
    throw misconfigured(`${where} must be a list of text`);
  return value as readonly string[];
}

function known(where: string, given: object, names: readonly string[]): void {
  for (const name of Object.keys(given))
    if (!names.includes(name)) throw misconfigured(`${where} has no setting ${name.slice(0, 64)}`);
}

function misconfigured(message: string): DirectoryError {
  return new DirectoryError("misconfigured", message);
}

/** An address as clients are looked up by: IPv4 in IPv6 is IPv4, and no zone. `undefined` for what is no address. */
export function plainAddress(address: string): string | undefined {
  const [bare = ""] = address.split("%");
  const plain = bare.startsWith("::ffff:") && isIP(bare.slice(7)) === 4 ? bare.slice(7) : bare;
  return isIP(plain) === 0 ? undefined : plain;
}
