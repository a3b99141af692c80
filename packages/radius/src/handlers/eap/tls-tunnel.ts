/** Makes the server's ends of TLS connections. */
export interface TlsTunnels {
  /**
   * Begins a connection.
   * @param clientCertificate - whether the peer is asked for a certificate
   */
  open(clientCertificate: boolean): TlsTunnel;
}

/**
 * The server's end of one TLS connection, whose octets someone else carries. Never resumes a session: a resumed one would
 * let somebody in by what they proved long ago.
 */
export interface TlsTunnel {
  /** The version of TLS, once it is open. */
  readonly version: "TLSv1.2" | "TLSv1.3" | undefined;
  /** The peer's certificate, DER, if one was asked for and an authority that is trusted for clients vouches for it. */
  readonly peerCertificate: Uint8Array | undefined;
  /** Takes octets from the peer. Whatever is wrong with them, this answers `failed` and does not reject. */
  receive(octets: Uint8Array): Promise<TunnelProgress>;
  /** Encrypts octets for the peer. @returns what is to be carried to it */
  send(plaintext: Uint8Array): Promise<Uint8Array>;
  /**
   * Key material that both ends can compute and nobody else (RFC 5705, RFC 8446 §7.5).
   * @param context - absent is not the same as empty in TLS 1.2
   */
  exportKeyingMaterial(octets: number, label: string, context?: Uint8Array): Uint8Array;
  /** Ends it and frees what it holds. Everything answers `failed` from now on. */
  close(): void;
}

/** What a connection came to. */
export interface TunnelProgress {
  /** `open` once both ends have proved that they know the keys. */
  readonly state: "handshake" | "open" | "failed";
  /** What is to be carried to the peer: also of a connection that failed, to tell it why. */
  readonly octets: Uint8Array;
  /** What the peer said inside. Whoever reads it overwrites it. */
  readonly plaintext: Uint8Array;
  /** Why it failed, as a word for logs. */
  readonly reason?: string;
}
