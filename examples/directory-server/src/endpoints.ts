/** A place to send requests to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where the server can be reached. */
export interface Endpoints {
  readonly ldap: Endpoint;
  readonly ldaps: Endpoint;
  /** Absent where the directory has no RADIUS resource; the same for accounting. */
  readonly radius?: Endpoint;
  readonly radiusAccounting?: Endpoint;
  readonly http: { readonly url: string };
}

/** What is told of a server that is up. */
export interface ReadyServer {
  readonly endpoints: Endpoints;
  readonly baseDn: string;
  /** File of the certificate. */
  readonly certificatePath: string;
  /** Whether the demo people are in it. */
  readonly isDemo: boolean;
  /** File of the secret of the demo's RADIUS clients; `undefined` where there is no such network. */
  readonly radiusSecretPath: string | undefined;
}

/** Host and port as they stand in a URL. */
export function addressOf({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
