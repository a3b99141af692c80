/** What happens inside a tunnel once it stands. Each call is answered before the next one comes. */
export interface TunnelledMethod<S> {
  /**
   * The tunnel stands.
   * @param hasMore - whether TLS has octets for the peer, who will acknowledge them
   */
  opened(hasMore: boolean): Promise<TunnelledStep<S>>;
  /** The peer said something inside. */
  received(plaintext: Uint8Array): Promise<TunnelledStep<S>>;
  /** The peer acknowledged what it was sent, and has nothing to say. */
  acknowledged(): Promise<TunnelledStep<S>>;
}

/** What is to be done inside a tunnel. */
export type TunnelledStep<S> =
  | {
      readonly type: "send";
      /** Goes to the peer encrypted, and is overwritten then. */
      readonly plaintext: Uint8Array;
    }
  /** The peer is to speak. */
  | { readonly type: "wait" }
  | Accepted<S>
  | Denied;

/** Somebody is let in. */
export interface Accepted<S> {
  readonly type: "accepted";
  /** What the verifier knows of them. */
  readonly subject: S;
  /** The name they are let in by. */
  readonly identity: string;
}

/** Somebody is not let in. */
export interface Denied {
  readonly type: "denied";
  /** Why, as a word for logs. */
  readonly reason: string;
}

/** Makes a {@link Denied}. */
export function denied(reason: string): Denied {
  return { type: "denied", reason };
}
