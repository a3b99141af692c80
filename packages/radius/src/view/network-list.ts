import {
  type Change,
  type Directory,
  DirectoryError,
  type Resource,
  type ResourceId,
} from "@directorykit/core";
import { ClientTable } from "./client-table.ts";
import { checkOffers, type Network, readNetwork, type ServerAbilities } from "./network.ts";

/** Octets of a shared secret that cannot be found by trying (RFC 2865 §3). */
const goodSecretOctets = 16;

/** The networks as they stand, and who may ask for them. */
export interface Networks {
  readonly networks: readonly Network[];
  readonly clients: ClientTable;
}

/**
 * The RADIUS resources of a directory, read when they are first asked for and after each change to one. A resource whose
 * settings cannot be read is not served, and takes no other down with it.
 */
export class NetworkList {
  readonly #directory: Directory;
  readonly #only: string | undefined;
  readonly #abilities: ServerAbilities;
  #reading: Promise<Networks> | undefined;
  #known: Networks | undefined;
  #generation = 0;
  /** The networks as they could last be read. */
  #last = new Map<ResourceId, Network>();
  /** Addresses of the clients that need not send a Message-Authenticator, of which has been told. */
  #weak: ReadonlySet<string> = new Set();

  /** Those whose secret is short, of which has been told. */
  readonly #short = new Set<string>();

  /** @param only - name of the one resource that is served. Default: all */
  constructor(directory: Directory, only: string | undefined, tls: ServerAbilities["tls"]) {
    this.#directory = directory;
    this.#only = only?.toLowerCase();
    this.#abilities = { tls, ntHashes: directory.credentials.keepsNtHashes };
  }

  /** The networks, if they are known at once. */
  get now(): Networks | undefined {
    return this.#known;
  }

  /** The networks. @throws DirectoryError when they cannot be read */
  async get(): Promise<Networks> {
    if (this.#known !== undefined) return this.#known;
    const generation = this.#generation;
    this.#reading ??= this.#read();
    const reading = this.#reading;
    try {
      const networks = await reading;
      if (generation === this.#generation) this.#known = networks;
      return networks;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  /** Forgets what a change touches. */
  forget(change: Change): void {
    if (change.kind === "resource") this.forgetAll();
  }

  /** Forgets everything. */
  forgetAll(): void {
    this.#generation += 1;
    this.#known = undefined;
    this.#reading = undefined;
  }

  /** Reads all networks once. @throws DirectoryError `misconfigured` when one is not as it should be, or there is none */
  async assertAll(): Promise<void> {
    const resources = await this.#resources();
    if (resources.length === 0)
      throw new DirectoryError("misconfigured", "there is no resource of kind radius to serve");
    this.#tellOfWeak(new ClientTable(resources.map((resource) => this.#network(resource))));
  }

  async #read(): Promise<Networks> {
    const networks: Network[] = [];
    for (const resource of await this.#resources()) {
      try {
        networks.push(this.#network(resource));
      } catch (error) {
        this.#directory.logger.error({ error: String(error) }, "a RADIUS resource cannot be served");
        // What is for it must not go to another network of its clients, which may let others in.
        const before = this.#last.get(resource.id);
        if (before !== undefined) networks.push({ ...before, isServed: false });
      }
    }
    this.#last = new Map(networks.map((network) => [network.resource.id, network]));
    const clients = new ClientTable(networks);
    this.#tellOfWeak(clients);
    return { networks, clients };
  }

  /** Whoever is on the way to such a client can turn a refusal into an acceptance (CVE-2024-3596): it is told of once. */
  #tellOfWeak({ clients }: ClientTable): void {
    const weak = clients.filter(({ requireMessageAuthenticator }) => !requireMessageAuthenticator);
    for (const { name, cidr, secrets } of weak) {
      if (this.#weak.has(cidr)) continue;
      const networks = secrets.flatMap((one) => one.networks.map(({ resource }) => resource.name));
      this.#directory.logger.warn(
        { client: name, networks },
        "a RADIUS client need not send a Message-Authenticator",
      );
    }
    this.#weak = new Set(weak.map(({ cidr }) => cidr));
    for (const { name, cidr, secrets } of clients) {
      if (this.#short.has(cidr) || secrets.every(({ secret }) => secret.length >= goodSecretOctets)) continue;
      this.#short.add(cidr);
      this.#directory.logger.warn(
        { client: name },
        "the shared secret of a RADIUS client is shorter than 16 octets",
      );
    }
  }

  #network(resource: Resource): Network {
    const settings = this.#directory.resources.openSettings(resource);
    const network = readNetwork({ ...resource, settings });
    // It stands in its place even when the server cannot do what it asks for.
    this.#last.set(resource.id, network);
    checkOffers(network, this.#abilities);
    return network;
  }

  async #resources(): Promise<readonly Resource[]> {
    const found: Resource[] = [];
    for await (const resource of this.#directory.resources.list({ kind: "radius" }))
      if (this.#only === undefined || resource.name.toLowerCase() === this.#only) found.push(resource);
    return found;
  }
}
