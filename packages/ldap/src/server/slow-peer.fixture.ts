import { Duplex } from "node:stream";
import {
  type Control,
  decodeMessage,
  encodeMessage,
  LdapFramer,
  type LdapMessage,
  type RequestOp,
} from "../codec/index.ts";

/** A peer that takes what is sent one chunk at a time, and no sooner than it is told to. */
export class SlowPeer extends Duplex {
  /** Most octets that ever waited for it. */
  peak = 0;
  /** Octets that it has taken. */
  octets = 0;
  /** Messages that it has taken. */
  readonly messages: LdapMessage[] = [];
  readonly #framer = new LdapFramer({ maxFrameBytes: 1_000_000 });
  #release: (() => void) | undefined;
  #told: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor() {
    super({ highWaterMark: 16_384 });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, taken: () => void): void {
    this.peak = Math.max(this.peak, this.writableLength);
    this.#release = () => {
      this.octets += chunk.length;
      this.#framer.push(chunk);
      for (let frame = this.#framer.next(); frame !== undefined; frame = this.#framer.next())
        this.messages.push(decodeMessage(frame));
      taken();
    };
    this.#told.resolve();
  }

  /** Sends a request. */
  send(messageId: number, protocolOp: RequestOp, controls: readonly Control[] = []): void {
    this.push(encodeMessage({ messageId, protocolOp, controls }));
  }

  /** Takes the next chunk, once there is one. */
  async takeChunk(): Promise<void> {
    await this.#told.promise;
    this.#told = Promise.withResolvers();
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  /** Takes chunks until a message of this type has come. */
  async takeUntil(type: string): Promise<void> {
    while (this.messages.at(-1)?.protocolOp.type !== type) await this.takeChunk();
  }
}
