import { type Duplex, duplexPair } from "node:stream";
import { DirectoryError } from "@directorykit/core";
import {
  type Control,
  decodeMessage,
  decodePasswordModifyResponse,
  ExtendedOid,
  encodeMessage,
  encodePasswordModifyRequest,
  type Filter,
  LdapFramer,
  type LdapMessage,
  parseFilter,
  type RequestOp,
  type ResponseOp,
  type SearchResultEntry,
} from "./codec/index.ts";
import { errorCodeFor } from "./errors.ts";
import type { LdapServer } from "./server/ldap-server.ts";

/** Options of {@link ldapTestClient}. */
export interface LdapTestClientOptions {
  /** Address that the server takes for the client's. Default `127.0.0.1`. */
  readonly address?: string;
  /** Whether the connection counts as one over TLS. Default true: within a process nobody listens. */
  readonly secure?: boolean;
  /** A client certificate, DER, that counts as shown and trusted. Default none. */
  readonly certificate?: Uint8Array;
}

/** The result of an operation (RFC 4511 §4.1.9). */
export interface LdapTestResult {
  /** One of `LdapResultCode`. */
  readonly resultCode: number;
  /** The part of a DN that was found. */
  readonly matchedDN: string;
  /** What the server says about it. */
  readonly diagnosticMessage: string;
}

/** What to search for. */
export interface LdapTestSearch {
  /** DN to search at. Default the root DSE. */
  readonly base?: string;
  /** How far below. Default `sub`; `base` at the root DSE. */
  readonly scope?: "base" | "one" | "sub";
  /** Filter, as text (RFC 4515) or made with `filter`. Default `(objectClass=*)`. */
  readonly filter?: string | Filter;
  /** Attributes to return. Default none named, which are all user attributes. */
  readonly attributes?: readonly string[];
  /** Names of attributes without values. Default false. */
  readonly typesOnly?: boolean;
  /** Most entries to return; 0 leaves it to the server. Default 0. */
  readonly sizeLimit?: number;
  /** Most seconds to take; 0 leaves it to the server. Default 0. */
  readonly timeLimit?: number;
}

/** A value to write: text, or octets. */
export type LdapTestValue = string | Uint8Array;

/** One change to an attribute (RFC 4511 §4.6, RFC 4525). */
export interface LdapTestModification {
  /** What to do with the values. */
  readonly operation: "add" | "delete" | "replace" | "increment";
  /** The attribute. */
  readonly attribute: string;
  /** The values; none deletes or replaces all. Default none. */
  readonly values?: readonly LdapTestValue[];
}

/** What to rename an entry to. */
export interface LdapTestRename {
  /** Whether the old name goes from among the values. Default true. */
  readonly deleteOldRdn?: boolean;
  /** DN of the container to move to. Default: it stays. */
  readonly newSuperior?: string;
}

/** Whose password to change (RFC 3062). */
export interface LdapTestPassword {
  /** DN, or `u:` and a username. Default: whoever is bound. */
  readonly user?: string;
  /** The present one. */
  readonly oldPassword?: string;
  /** The new one. Default: the server makes one up. */
  readonly newPassword?: string;
}

/** An entry that a search found. */
export interface LdapTestEntry {
  /** Its distinguished name. */
  readonly dn: string;
  /** Values by attribute name, as text. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** The same as octets. */
  readonly octets: Readonly<Record<string, readonly Uint8Array[]>>;
}

/** The result of a search with what it found. */
export interface LdapTestSearchResult extends LdapTestResult {
  /** Entries in the order they came. */
  readonly entries: readonly LdapTestEntry[];
}

/** Why a connection ended. */
export interface LdapTestClosing {
  /** Result code of the Notice of Disconnection; absent when the server said nothing. */
  readonly resultCode?: number;
  /** What the notice says. */
  readonly diagnosticMessage?: string;
}

interface Waiting {
  readonly messages: LdapMessage[];
  readonly done: PromiseWithResolvers<LdapMessage[]>;
}

interface SendOptions {
  readonly messageId?: number;
  readonly controls?: readonly Control[];
}

const largestAnswer = 64 * 1024 * 1024;

/**
 * Connects to a server within the process: the same octets and the same code as over a network, without a socket or a
 * port. The server need not listen.
 *
 * @example
 * const client = ldapTestClient(ldapServer({ directory, baseDn: "dc=example,dc=com" }));
 * const { resultCode } = await client.bind("uid=ada,ou=Users,dc=example,dc=com", "analytical engine 1843");
 */
export function ldapTestClient(server: LdapServer, options: LdapTestClientOptions = {}): LdapTestClient {
  const [near, far] = duplexPair();
  const client = new LdapTestClient(near);
  // The two sides of a pair do not learn of each other's sudden end.
  far.once("close", () => near.destroy());
  near.once("close", () => far.destroy());
  const { address = "127.0.0.1", secure = true, certificate } = options;
  server.serve(far, { address, secure, certificate });
  return client;
}

/** A connection to a server in the same process. Operations may overlap. */
export class LdapTestClient {
  /** Resolves when the server has ended the connection, or {@link LdapTestClient.close} was called. */
  readonly closed: Promise<LdapTestClosing>;
  readonly #stream: Duplex;
  readonly #framer = new LdapFramer({ maxFrameBytes: largestAnswer });
  readonly #waiting = new Map<number, Waiting>();
  readonly #chunks: Buffer[] = [];
  #notice: LdapTestClosing = {};
  #isClosed = false;
  #lastId = 0;

  /** @internal */
  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#received(chunk));
    stream.on("end", () => stream.end());
    stream.on("error", () => stream.destroy());
    this.closed = new Promise((resolve) => {
      stream.on("close", () => {
        this.#end();
        resolve(this.#notice);
      });
    });
  }

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Every octet that came so far. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Simple bind (RFC 4513 §5.1); with two empty strings an anonymous one. */
  async bind(dn: string, password: string): Promise<LdapTestResult> {
    return this.#result({
      type: "bindRequest",
      version: 3,
      name: dn,
      authentication: { type: "simple", password: Buffer.from(password) },
    });
  }

  /** Bind by a SASL mechanism (RFC 4513 §5.2) that takes one step: `PLAIN`, `EXTERNAL`. */
  async saslBind(mechanism: string, credentials: string = ""): Promise<LdapTestResult> {
    return this.#result({
      type: "bindRequest",
      version: 3,
      name: "",
      authentication: { type: "sasl", mechanism, credentials: Buffer.from(credentials) },
    });
  }

  /** Searches, and waits for all entries. */
  async search(search: LdapTestSearch = {}): Promise<LdapTestSearchResult> {
    const responses = await this.send(searchRequest(search));
    const entries = responses.flatMap((response) =>
      response.type === "searchResEntry" ? [entryOf(response)] : [],
    );
    return { entries, ...resultOf(responses) };
  }

  /** Asks whether an entry has a value: result code 6 is yes, 5 is no. */
  async compare(dn: string, attribute: string, value: string): Promise<LdapTestResult> {
    return this.#result({ type: "compareRequest", entry: dn, attribute, value: Buffer.from(value) });
  }

  /** Adds an entry. */
  async add(
    dn: string,
    attributes: Readonly<Record<string, LdapTestValue | readonly LdapTestValue[]>>,
  ): Promise<LdapTestResult> {
    const given = Object.entries(attributes).map(([type, values]) => ({
      type,
      vals: (isList(values) ? values : [values]).map(octetsOf),
    }));
    return this.#result({ type: "addRequest", entry: dn, attributes: given });
  }

  /** Changes an entry: all of the changes in their order, or none. */
  async modify(dn: string, ...changes: readonly LdapTestModification[]): Promise<LdapTestResult> {
    const given = changes.map(({ operation, attribute, values = [] }) => ({
      operation,
      modification: { type: attribute, vals: values.map(octetsOf) },
    }));
    return this.#result({ type: "modifyRequest", object: dn, changes: given });
  }

  /** Deletes an entry. */
  async delete(dn: string): Promise<LdapTestResult> {
    return this.#result({ type: "delRequest", entry: dn });
  }

  /** Renames an entry. @param newRdn - such as `uid=grace` */
  async rename(dn: string, newRdn: string, options: LdapTestRename = {}): Promise<LdapTestResult> {
    const { deleteOldRdn: deleteoldrdn = true, newSuperior } = options;
    const request = { type: "modDNRequest", entry: dn, newrdn: newRdn, deleteoldrdn } as const;
    return this.#result(newSuperior === undefined ? request : { ...request, newSuperior });
  }

  /** Changes a password (RFC 3062). @returns the result, with the password that the server made up if it did */
  async changePassword(
    change: LdapTestPassword = {},
  ): Promise<LdapTestResult & { readonly generated?: string }> {
    const { user, oldPassword, newPassword } = change;
    const requestValue = encodePasswordModifyRequest({
      ...(user === undefined ? {} : { userIdentity: octetsOf(user) }),
      ...(oldPassword === undefined ? {} : { oldPasswd: octetsOf(oldPassword) }),
      ...(newPassword === undefined ? {} : { newPasswd: octetsOf(newPassword) }),
    });
    const requestName = ExtendedOid.passwordModify;
    const responses = await this.send({ type: "extendedReq", requestName, requestValue });
    const last = responses.at(-1);
    const value = last?.type === "extendedResp" ? last.responseValue : undefined;
    const generated = value === undefined ? undefined : decodePasswordModifyResponse(value).genPasswd;
    return {
      ...resultOf(responses),
      ...(generated === undefined ? {} : { generated: Buffer.from(generated).toString("utf8") }),
    };
  }

  /** Who the server takes the connection for (RFC 4532): `dn:…`, or empty when anonymous. */
  async whoAmI(): Promise<string> {
    const responses = await this.send({ type: "extendedReq", requestName: ExtendedOid.whoAmI });
    const last = responses.at(-1);
    const value = last?.type === "extendedResp" ? last.responseValue : undefined;
    return Buffer.from(value ?? []).toString("utf8");
  }

  /** Says goodbye and closes. */
  async close(): Promise<void> {
    if (!this.#isClosed) this.send({ type: "unbindRequest" }).catch(() => {});
    await this.closed;
  }

  /** The same as {@link LdapTestClient.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends octets as they are. */
  write(octets: Uint8Array): void {
    this.#stream.write(octets);
  }

  /** Closes our side without a word. */
  end(): void {
    this.#stream.end();
  }

  /** Stops reading, as a peer would that has hung. */
  pause(): void {
    this.#stream.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#stream.resume();
  }

  /**
   * Sends one request; resolves with its responses when the last of them came.
   * @throws DirectoryError when the connection ends before that, by the code that fits the notice
   * @internal
   */
  async send(protocolOp: RequestOp, options: SendOptions = {}): Promise<ResponseOp[]> {
    return (await this.exchange(protocolOp, options)).map((message) => message.protocolOp as ResponseOp);
  }

  /**
   * {@link LdapTestClient.send} with the controls of the responses.
   * @throws DirectoryError as there
   * @internal
   */
  exchange(protocolOp: RequestOp, options: SendOptions = {}): Promise<LdapMessage[]> {
    return this.begin(protocolOp, options).done;
  }

  /**
   * Sends one request whose answer may take its time: `messages` grows as they come.
   * @throws DirectoryError from `done`, as {@link LdapTestClient.send}
   * @internal
   */
  begin(
    protocolOp: RequestOp,
    options: SendOptions = {},
  ): {
    readonly messageId: number;
    readonly messages: readonly LdapMessage[];
    readonly done: Promise<LdapMessage[]>;
  } {
    const { messageId = ++this.#lastId, controls } = options;
    const waiting: Waiting = { messages: [], done: Promise.withResolvers() };
    // Nobody need wait for it.
    waiting.done.promise.catch(() => {});
    if (this.#isClosed) waiting.done.reject(this.#lost());
    else {
      this.#waiting.set(messageId, waiting);
      this.write(encodeMessage({ messageId, protocolOp, ...(controls === undefined ? {} : { controls }) }));
    }
    return { messageId, messages: waiting.messages, done: waiting.done.promise };
  }

  async #result(op: RequestOp): Promise<LdapTestResult> {
    return resultOf(await this.send(op));
  }

  #received(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#framer.push(chunk);
    for (let frame = this.#framer.next(); frame !== undefined; frame = this.#framer.next()) {
      const message = decodeMessage(frame, { maxValues: 10_000_000 });
      const { messageId, protocolOp } = message;
      const response = protocolOp as ResponseOp;
      if (messageId === 0 && response.type === "extendedResp") {
        const { resultCode, diagnosticMessage } = response;
        this.#notice = { resultCode, diagnosticMessage };
      }
      const waiting = this.#waiting.get(messageId);
      waiting?.messages.push(message);
      if (["searchResEntry", "searchResRef", "intermediateResponse"].includes(response.type)) continue;
      this.#waiting.delete(messageId);
      waiting?.done.resolve(waiting.messages);
    }
  }

  #end(): void {
    this.#isClosed = true;
    for (const { done } of this.#waiting.values()) done.reject(this.#lost());
    this.#waiting.clear();
  }

  #lost(): DirectoryError {
    const code = errorCodeFor(this.#notice.resultCode ?? 0) ?? "protocol-violation";
    return new DirectoryError(
      code,
      `the connection has ended: ${this.#notice.diagnosticMessage ?? "no notice"}`,
    );
  }
}

function isList(values: LdapTestValue | readonly LdapTestValue[]): values is readonly LdapTestValue[] {
  return Array.isArray(values);
}

function octetsOf(value: LdapTestValue): Uint8Array {
  return typeof value === "string" ? Buffer.from(value) : value;
}

function searchRequest(search: LdapTestSearch): RequestOp {
  const { base = "", filter = "(objectClass=*)" } = search;
  const scopes = { base: "baseObject", one: "singleLevel", sub: "wholeSubtree" } as const;
  return {
    type: "searchRequest",
    baseObject: base,
    scope: scopes[search.scope ?? (base === "" ? "base" : "sub")],
    derefAliases: "neverDerefAliases",
    sizeLimit: search.sizeLimit ?? 0,
    timeLimit: search.timeLimit ?? 0,
    typesOnly: search.typesOnly ?? false,
    filter: typeof filter === "string" ? parseFilter(filter) : filter,
    attributes: search.attributes ?? [],
  };
}

function entryOf(entry: SearchResultEntry): LdapTestEntry {
  const attributes: Record<string, string[]> = {};
  const octets: Record<string, Uint8Array[]> = {};
  for (const { type, vals } of entry.attributes) {
    octets[type] = vals.map((value) => Uint8Array.from(value));
    attributes[type] = vals.map((value) => Buffer.from(value).toString("utf8"));
  }
  return { dn: entry.objectName, attributes, octets };
}

function resultOf(responses: readonly ResponseOp[]): LdapTestResult {
  const last = responses.at(-1);
  if (last === undefined || !("resultCode" in last))
    throw new DirectoryError("protocol-violation", "the server gave no result");
  const { resultCode, matchedDN, diagnosticMessage } = last;
  return { resultCode, matchedDN, diagnosticMessage };
}
