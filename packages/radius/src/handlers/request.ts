import type { RadiusPacket, RawAttribute } from "../codec/packet.ts";
import type { SharedSecret } from "../codec/shared-secret.ts";
import type { KnownClient } from "../view/client-table.ts";
import type { Network } from "../view/network.ts";

/** A request that one of its client's secrets was proved to have made. */
export interface RadiusRequest {
  /** The packet. */
  readonly packet: RadiusPacket;
  /** Who sent it. */
  readonly client: KnownClient;
  /** Address of the client, as `plainAddress` gives it. */
  readonly address: string;
  /** The secret it was made with. */
  readonly secret: SharedSecret;
  /** The networks that it may be for: those that share the secret. */
  readonly networks: readonly Network[];
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
  /** Ties audit events and log lines of the request together. */
  readonly correlation: string;
}

/** What a request is answered with. Proxy-State and the Message-Authenticator are added when it is sent. */
export interface RadiusAnswer {
  /** What it is. */
  readonly code: number;
  /** Its attributes. */
  readonly attributes: readonly RawAttribute[];
}
