import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../codec/ip-address.ts";
import type { SharedSecret } from "../codec/shared-secret.ts";
import type { Network, NetworkClient } from "./network.ts";

/** A secret of a client, and the networks that it may ask for with it. */
export interface ClientSecret {
  readonly secret: SharedSecret;
  readonly networks: readonly Network[];
}

/** What is known of a device by its address: networks may share one, each with a secret of its own. */
export interface KnownClient {
  /** What it is called in logs. */
  readonly name: string;
  /** Its addresses, in CIDR notation, in the one way in which a range is written. */
  readonly cidr: string;
  /** What it may know. */
  readonly secrets: readonly ClientSecret[];
  /** The networks that it may ask for by TLS, each for certificates of certain names, or of any when there are none. */
  readonly tls: readonly { readonly names: readonly string[]; readonly network: Network }[];
  /** Whether an Access-Request without a Message-Authenticator is dropped: where one network says so, for all. */
  readonly requireMessageAuthenticator: boolean;
  /** Where it takes Disconnect-Requests. */
  readonly dynamicAuthorizationPort: number | undefined;
}

interface Entry {
  readonly client: NetworkClient;
  readonly network: Network;
}

/** A range of addresses, whatever way it was written. */
interface Range {
  /** The first of its addresses: 4 octets or 16. */
  readonly first: Uint8Array;
  readonly bits: number;
}

/** Ranges of one length, by their first address. */
interface Level {
  readonly family: number;
  readonly bits: number;
  readonly clients: Map<string, KnownClient>;
}

/** Octets before an IPv4 address in IPv6 (RFC 4291 §2.5.5.2). */
const mappedPrefix = Buffer.from("00000000000000000000ffff", "hex");

/**
 * Who may ask, by address: the narrowest range that holds it counts. Anybody can send a packet from any address, so that looking
 * one up must not cost more the more clients there are: each length of prefix that is in use costs one look.
 */
export class ClientTable {
  /** Narrow ones first. */
  readonly #levels: readonly Level[];

  constructor(networks: readonly Network[]) {
    const byRange = new Map<string, { readonly range: Range; readonly entries: Entry[] }>();
    for (const network of networks) {
      for (const client of network.clients) {
        const range = rangeOf(client.cidr);
        const key = textOf(range);
        const known = byRange.get(key) ?? { range, entries: [] };
        known.entries.push({ client, network });
        byRange.set(key, known);
      }
    }
    const levels = new Map<string, Level>();
    for (const [cidr, { range, entries }] of byRange) {
      const { first, bits } = range;
      const name = `${first.length} ${bits}`;
      const level = levels.get(name) ?? { family: first.length, bits, clients: new Map() };
      level.clients.set(keyOf(first), clientOf(cidr, entries));
      levels.set(name, level);
    }
    this.#levels = [...levels.values()].sort((a, b) => b.bits - a.bits);
  }

  /** All clients. */
  get clients(): readonly KnownClient[] {
    return this.#levels.flatMap(({ clients }) => [...clients.values()]);
  }

  /** The client of an address, as `plainAddress` gives it. */
  find(address: string): KnownClient | undefined {
    const octets = octetsOf(address);
    if (octets === undefined) return undefined;
    for (const { family, bits, clients } of this.#levels) {
      if (family !== octets.length) continue;
      const found = clients.get(keyOf(masked(octets, bits)));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The octets of an address. IPv4 in IPv6 is IPv4: it is what a socket for both says of who came by IPv4. */
function octetsOf(address: string): Uint8Array | undefined {
  const octets = parseIpv4(address) ?? parseIpv6(address.split("%")[0] ?? "");
  const isMapped = octets?.length === 16 && mappedPrefix.equals(octets.subarray(0, mappedPrefix.length));
  return isMapped ? octets.subarray(mappedPrefix.length) : octets;
}

/** @param cidr - one that was checked when its network was read */
function rangeOf(cidr: string): Range {
  const [address = "", length] = cidr.split("/");
  const octets = octetsOf(address);
  if (octets === undefined) throw new TypeError(`${cidr} is no network`);
  const width = octets.length * 8;
  if (length === undefined) return { first: octets, bits: width };
  const isMapped = width === 32 && address.includes(":");
  const bits = isMapped ? Number(length) - mappedPrefix.length * 8 : Number(length);
  // What holds more than all of IPv4 is a range of IPv6 again.
  if (bits < 0) return { first: masked(parseIpv6(address) ?? octets, Number(length)), bits: Number(length) };
  return { first: masked(octets, bits), bits };
}

/** An address without all but its first bits. */
function masked(octets: Uint8Array, bits: number): Uint8Array {
  const kept = Uint8Array.from(octets);
  const whole = bits >> 3;
  kept.fill(0, whole + 1);
  if (whole < kept.length) kept[whole] = (kept[whole] as number) & (0xff00 >> (bits & 7));
  return kept;
}

function keyOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
}

function textOf({ first, bits }: Range): string {
  return `${first.length === 4 ? formatIpv4(first) : formatIpv6(first)}/${bits}`;
}

function clientOf(cidr: string, entries: readonly Entry[]): KnownClient {
  const [first] = entries as [Entry];
  return {
    name: first.client.name,
    cidr,
    secrets: secretsOf(entries),
    tls: entries.flatMap(({ client: { tlsNames }, network }) =>
      tlsNames === undefined ? [] : { names: tlsNames, network },
    ),
    requireMessageAuthenticator: entries.some(({ client }) => client.requireMessageAuthenticator),
    dynamicAuthorizationPort: entries.find(({ client }) => client.dynamicAuthorizationPort !== undefined)
      ?.client.dynamicAuthorizationPort,
  };
}

/** Networks that share a secret are told apart by what a request says, not by who sent it. */
function secretsOf(entries: readonly Entry[]): readonly ClientSecret[] {
  const found: { secret: SharedSecret; networks: Network[] }[] = [];
  for (const { client, network } of entries) {
    for (const secret of client.secrets) {
      const known = found.find((one) => one.secret.equals(secret));
      if (known === undefined) found.push({ secret, networks: [network] });
      else known.networks.push(network);
    }
  }
  return found;
}
