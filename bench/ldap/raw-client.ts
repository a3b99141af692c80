import { connect, type Socket } from "node:net";

/** What came of one search. */
export interface Listed {
  readonly entries: number;
  readonly octets: number;
  readonly resultCode: number;
  /** Of the paged results control; empty when there is no further page. */
  readonly cookie: Buffer;
}

/** What is asked. */
export interface Listing {
  readonly base: string;
  readonly attributes: readonly string[];
  /** Entries on a page. Default: no pages. */
  readonly page?: { readonly size: number; readonly cookie: Buffer };
}

/** An LDAP client that counts entries without looking into them, so that it costs next to nothing beside the server. */
export class RawClient {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #entries = 0;
  #octets = 0;
  #nextId = 1;
  #answered: PromiseWithResolvers<Listed> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("close", () => this.#answered?.reject(new Error("the server hung up")));
    socket.on("error", () => {});
  }

  static async connect(port: number, dn: string, password: string): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const client = new RawClient(socket);
    const { resultCode } = await client.#send(
      element(0x60, integer(3), text(dn), element(0x80, Buffer.from(password))),
    );
    if (resultCode !== 0) throw new Error(`the bind was refused: ${resultCode}`);
    return client;
  }

  /** Searches everything below a base. */
  search({ base, attributes, page }: Listing): Promise<Listed> {
    const request = element(
      0x63,
      text(base),
      element(0x0a, Buffer.of(2)),
      element(0x0a, Buffer.of(0)),
      integer(0),
      integer(0),
      element(0x01, Buffer.of(0)),
      element(0x87, Buffer.from("objectClass")),
      element(0x30, ...attributes.map(text)),
    );
    if (page === undefined) return this.#send(request);
    const value = element(0x30, integer(page.size), element(0x04, page.cookie));
    const control = element(0x30, text("1.2.840.113556.1.4.319"), element(0x04, value));
    return this.#send(request, element(0xa0, control));
  }

  /** Searches in pages. @returns all of them as one */
  async searchPages(listing: Listing, size: number): Promise<Listed> {
    let entries = 0;
    let octets = 0;
    for (let cookie: Buffer = Buffer.alloc(0); ; ) {
      const page = await this.search({ ...listing, page: { size, cookie } });
      entries += page.entries;
      octets += page.octets;
      cookie = page.cookie;
      if (cookie.length === 0) return { ...page, entries, octets };
    }
  }

  /** Reads one chunk, some 64 KiB, and no more before it is called again or {@link RawClient.search} is. */
  async readOneChunk(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once("data", () => {
      this.#socket.pause();
      resolve();
    });
    this.#socket.resume();
    await promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(op: Buffer, controls: Buffer = Buffer.alloc(0)): Promise<Listed> {
    this.#entries = 0;
    this.#octets = 0;
    this.#answered = Promise.withResolvers();
    this.#socket.resume();
    this.#socket.write(element(0x30, integer(this.#nextId++), op, controls));
    return this.#answered.promise;
  }

  #received(chunk: Buffer): void {
    this.#octets += chunk.length;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = endOf(bytes, at);
      if (end === undefined || end > bytes.length) break;
      this.#message(bytes, at, end);
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  #message(bytes: Buffer, at: number, end: number): void {
    const id = contentOf(bytes, at);
    const op = endOf(bytes, id) as number;
    if (bytes[op] === 0x64) {
      this.#entries += 1;
      return;
    }
    const code = contentOf(bytes, op);
    const controls = endOf(bytes, op) as number;
    this.#answered?.resolve({
      entries: this.#entries,
      octets: this.#octets,
      resultCode: bytes[code + 2] ?? -1,
      cookie: controls < end ? cookieOf(bytes.subarray(controls, end)) : Buffer.alloc(0),
    });
  }
}

/** The cookie of a paged results control, the only one that is asked for here. */
function cookieOf(controls: Buffer): Buffer {
  const control = contentOf(controls, 0);
  const oid = contentOf(controls, control);
  let value = endOf(controls, oid) as number;
  if (controls[value] === 0x01) value = endOf(controls, value) as number;
  const sequence = contentOf(controls, value);
  const size = contentOf(controls, sequence);
  const cookie = endOf(controls, size) as number;
  return Buffer.from(controls.subarray(contentOf(controls, cookie), endOf(controls, cookie)));
}

/** Where the content of the element at a place begins. */
function contentOf(bytes: Buffer, at: number): number {
  const length = bytes[at + 1] as number;
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
}

/** Where the element at a place ends; `undefined` when its header is not whole. */
function endOf(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + 2) return undefined;
  const length = bytes[at + 1] as number;
  if (length < 0x80) return at + 2 + length;
  const count = length & 0x7f;
  return bytes.length < at + 2 + count ? undefined : at + 2 + count + bytes.readUIntBE(at + 2, count);
}

function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const header = Buffer.of(tag, 0x84, 0, 0, 0, 0);
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function text(value: string): Buffer {
  return element(0x04, Buffer.from(value));
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return element(0x02, bytes);
}
