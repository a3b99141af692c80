import { BlockList, isIP } from "node:net";
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
  /** Its addresses, in CIDR notation. */
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

interface Range {
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
  readonly list: BlockList;
  readonly client: KnownClient;
}

/** Who may ask, by address: the narrowest range that holds it counts. */
export class ClientTable {
  /** Narrow ones first. */
  readonly #ranges: readonly Range[];

  constructor(networks: readonly Network[]) {
    const byRange = new Map<string, { client: NetworkClient; network: Network }[]>();
    for (const network of networks) {
      for (const client of network.clients) {
        const key = client.cidr.toLowerCase();
        byRange.set(key, [...(byRange.get(key) ?? []), { client, network }]);
      }
    }
    this.#ranges = [...byRange.values()].map(rangeOf).sort((a, b) => b.bits - a.bits);
  }

  /** All clients. */
  get clients(): readonly KnownClient[] {
    return this.#ranges.map(({ client }) => client);
  }

  /** The client of an address, as `plainAddress` gives it. */
  find(address: string): KnownClient | undefined {
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    return this.#ranges.find((range) => range.family === family && range.list.check(address, family))?.client;
  }
}

function rangeOf(entries: readonly { readonly client: NetworkClient; readonly network: Network }[]): Range {
  const [first] = entries as [(typeof entries)[number]];
  const { cidr, name } = first.client;
  const [address = "", bits] = cidr.split("/");
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  const width = family === "ipv4" ? 32 : 128;
  const list = new BlockList();
  list.addSubnet(address, bits === undefined ? width : Number(bits), family);
  return {
    bits: bits === undefined ? width : Number(bits),
    family,
    list,
    client: {
      name,
      cidr,
      secrets: secretsOf(entries),
      tls: entries.flatMap(({ client: { tlsNames }, network }) =>
        tlsNames === undefined ? [] : { names: tlsNames, network },
      ),
      requireMessageAuthenticator: entries.some(({ client }) => client.requireMessageAuthenticator),
      dynamicAuthorizationPort: entries.find(({ client }) => client.dynamicAuthorizationPort !== undefined)
        ?.client.dynamicAuthorizationPort,
    },
  };
}

/** Networks that share a secret are told apart by what a request says, not by who sent it. */
function secretsOf(
  entries: readonly { readonly client: NetworkClient; readonly network: Network }[],
): readonly ClientSecret[] {
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
