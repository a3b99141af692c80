/** UUIDs in one sync info message. */
const idsPerMessage = 1000;

/** Gathers UUIDs and sends them in messages of some size. */
export class UuidBatch {
  readonly #send: (uuids: readonly Uint8Array[]) => void | Promise<void>;
  #uuids: Uint8Array[] = [];

  constructor(send: (uuids: readonly Uint8Array[]) => void | Promise<void>) {
    this.#send = send;
  }

  async add(uuid: string): Promise<void> {
    this.#uuids.push(uuidOctets(uuid));
    if (this.#uuids.length === idsPerMessage) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#uuids.length === 0) return;
    const uuids = this.#uuids;
    this.#uuids = [];
    await this.#send(uuids);
  }
}

/** The octets of a UUID (RFC 4533 §2.1.1). */
export function uuidOctets(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}
