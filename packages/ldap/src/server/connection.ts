import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import {
  BerWriter,
  type BindRequest,
  type CompareRequest,
  decodeMessage,
  ExtendedOid,
  type ExtendedRequest,
  isLdapDecodeError,
  isRequest,
  joinSearchEntry,
  LdapFramer,
  type LdapMessage,
  LdapResultCode,
  OperationTag,
  type PeekedMessage,
  type ProtocolOp,
  peekMessage,
  type RequestOp,
  type ResponseOp,
  type SearchRequest,
  writeEncodedOperation,
  writeMessage,
} from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { bind } from "../handlers/bind.ts";
import { compare } from "../handlers/compare.ts";
import { unavailableControl } from "../handlers/controls.ts";
import { search, timeUp } from "../handlers/search.ts";
import {
  admit,
  admitCached,
  type LdapIdentity,
  type LdapSession,
  type Outcome,
} from "../handlers/session.ts";
import { AnswerRecorder, answerKey } from "./cached-search.ts";
import type { ServerContext } from "./server-context.ts";

/** Answers waiting in memory beyond which a connection is not read from, and a search waits. */
const highWaterBytes = 262_144;

/**
 * One connection: octets in, messages, octets out. Requests run side by side; a bind or StartTLS holds back what
 * comes after it. Everything a peer controls is bounded by the server's limits.
 */
export class Connection {
  readonly session: LdapSession;
  readonly #context: ServerContext;
  readonly #framer: LdapFramer;
  readonly #writer = new BerWriter(4096);
  readonly #pending = new Map<number, { readonly controller: AbortController; readonly deadline: number }>();
  #socket: Socket;
  #held = false;
  #flushing = false;
  #closed = false;
  #drained: PromiseWithResolvers<void> | undefined;
  #lastInput = performance.now();
  #partialSince: number | undefined;
  #blockedSince: number | undefined;
  #handshakeSince: number | undefined;

  constructor(socket: Socket, address: string, id: string, context: ServerContext) {
    this.#socket = socket;
    this.#context = context;
    this.session = { identity: undefined, secure: false, address, id };
    this.#framer = new LdapFramer({ maxFrameBytes: context.options.limits.maxMessageBytesAnonymous });
    this.#attach(socket);
  }

  get identity(): LdapIdentity | undefined {
    return this.session.identity;
  }

  get address(): string {
    return this.session.address;
  }

  /** Operations under way. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Starts TLS at once (LDAPS), before anything is read. */
  secure(): void {
    this.#startTls();
  }

  /** Ends the connection because the person bound on it may no longer be here. */
  revoke(): void {
    this.#context.count("revoked");
    this.disconnect(LdapResultCode.strongerAuthRequired, "access was taken away");
  }

  /** Tells the peer why (RFC 4511 §4.4.1), and closes. */
  disconnect(resultCode: number, diagnosticMessage: string): void {
    if (this.#closed) return;
    if (this.#handshakeSince === undefined) {
      this.#write(0, {
        type: "extendedResp",
        resultCode,
        matchedDN: "",
        diagnosticMessage,
        responseName: ExtendedOid.noticeOfDisconnection,
      });
      this.#flush();
    }
    this.#finish();
    this.#socket.end();
    // A peer that does not close its side must not keep ours open.
    this.#socket.destroySoon();
  }

  /** Closes without a word. */
  destroy(): void {
    this.#finish();
    this.#socket.destroy();
  }

  /** When an operation must have ended, as the sweep below sees it: somewhat after it should have noticed itself. */
  #deadlineOf(op: RequestOp): number {
    const { maxSearchMs } = this.#context.options.limits;
    const wanted = op.type === "searchRequest" && op.timeLimit > 0 ? op.timeLimit * 1000 : maxSearchMs;
    return performance.now() + Math.min(wanted, maxSearchMs);
  }

  /** Closes what has been silent, slow or deaf for too long. Called by the server's one timer. */
  checkTimeouts(now: number): void {
    const { limits } = this.#context.options;
    for (const { controller, deadline } of this.#pending.values())
      if (now > deadline) controller.abort(timeUp);
    if (this.#handshakeSince !== undefined && now - this.#handshakeSince > limits.messageTimeoutMs)
      this.#expire("messageTimeoutMs");
    else if (this.#partialSince !== undefined && now - this.#partialSince > limits.messageTimeoutMs)
      this.#expire("messageTimeoutMs");
    else if (this.#blockedSince !== undefined && now - this.#blockedSince > limits.writeTimeoutMs)
      this.#expire("writeTimeoutMs");
    else if (this.#pending.size === 0 && !this.#held && now - this.#lastInput > limits.idleTimeoutMs) {
      this.#context.count("idleTimeoutMs");
      this.disconnect(LdapResultCode.unavailable, "idle for too long");
    }
  }

  #expire(limit: "messageTimeoutMs" | "writeTimeoutMs"): void {
    this.#context.count(limit);
    this.destroy();
  }

  #attach(socket: Socket): void {
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("drain", () => this.#unblock());
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.destroy());
    socket.on("end", () => this.#finish());
  }

  #received(chunk: Buffer): void {
    if (this.#closed) return;
    this.#lastInput = performance.now();
    this.#framer.push(chunk);
    this.#pump();
  }

  /** Takes messages for as long as nothing holds them back, and sends what they were answered with in one write. */
  #pump(): void {
    try {
      while (!this.#closed && !this.#isFull()) {
        const frame = this.#framer.next();
        if (frame === undefined) break;
        this.#take(frame);
      }
    } catch (error) {
      this.#malformed(error);
    }
    if (this.#closed) return;
    this.#flush();
    if (this.#isFull()) {
      this.#socket.pause();
      this.#partialSince = undefined;
    } else {
      this.#socket.resume();
      if (!this.#framer.hasPartialFrame) this.#partialSince = undefined;
      else this.#partialSince ??= performance.now();
    }
  }

  #isFull(): boolean {
    const { limits } = this.#context.options;
    const most = this.session.identity === undefined ? limits.maxPendingAnonymous : limits.maxPendingBound;
    return this.#held || this.#drained !== undefined || this.#pending.size >= most;
  }

  #take(frame: Buffer): void {
    this.#partialSince = undefined;
    const peeked = peekMessage(frame);
    if (
      peeked.opTag === OperationTag.searchRequest &&
      peeked.opEnd === peeked.end &&
      this.#answerFromCache(frame, peeked)
    )
      return;
    const message = decodeMessage(frame);
    const op = message.protocolOp;
    if (!isRequest(op) || message.messageId === 0) {
      this.disconnect(LdapResultCode.protocolError, "not a request");
      return;
    }
    if (op.type === "unbindRequest") {
      this.#finish();
      this.#socket.end();
      return;
    }
    if (op.type === "abandonRequest") {
      this.#pending.get(op.abandonId)?.controller.abort();
      return;
    }
    if (this.#pending.has(message.messageId)) {
      this.disconnect(LdapResultCode.protocolError, "messageID in use");
      return;
    }
    this.#context.operation(op.type);
    const unavailable = unavailableControl(op, message.controls);
    if (unavailable !== undefined) {
      this.#answer(message.messageId, op, { resultCode: LdapResultCode.unavailableCriticalExtension });
      return;
    }
    this.#dispatch(message, op, frame, peeked);
  }

  #dispatch(message: LdapMessage, op: RequestOp, frame: Buffer, peeked: PeekedMessage): void {
    const { messageId } = message;
    switch (op.type) {
      case "bindRequest":
        this.#bind(messageId, op);
        break;
      case "searchRequest": {
        const cacheable = message.controls === undefined;
        this.#run(messageId, op, (signal) =>
          this.#search(messageId, op, signal, cacheable ? { frame, peeked } : undefined),
        );
        break;
      }
      case "compareRequest":
        this.#run(messageId, op, (signal) => this.#compare(op, signal));
        break;
      case "extendedReq":
        this.#extended(messageId, op);
        break;
      default:
        this.#answer(messageId, op, {
          resultCode: LdapResultCode.unwillingToPerform,
          diagnosticMessage: "the directory is read-only over LDAP",
        });
    }
  }

  /** Answers at once what was asked before. @returns whether it did */
  #answerFromCache(frame: Buffer, peeked: PeekedMessage): boolean {
    const { identity, address } = this.session;
    const { directory } = this.#context.options;
    if (
      identity?.search !== "directory" ||
      !directory.fresh ||
      this.#pending.has(peeked.messageId) ||
      peeked.messageId === 0
    )
      return false;
    const cached = this.#context.answers.get(answerKey(identity, frame, peeked.opStart, peeked.opEnd));
    if (cached === undefined || cached.users.includes(identity.user)) return false;
    const admitted = admitCached(directory, identity, address);
    if (admitted === undefined) return false;
    if (!admitted) {
      this.revoke();
      return true;
    }
    for (const op of cached.ops) writeEncodedOperation(this.#writer, peeked.messageId, op);
    this.#context.operation("searchRequest");
    if (this.#writer.length >= highWaterBytes) this.#flush();
    return true;
  }

  /** Runs an operation beside others and answers it, unless it was abandoned. */
  #run(messageId: number, op: RequestOp, work: (signal: AbortSignal) => Promise<Outcome>): void {
    const controller = new AbortController();
    this.#pending.set(messageId, { controller, deadline: this.#deadlineOf(op) });
    const finished = (outcome: Outcome | undefined): void => {
      this.#pending.delete(messageId);
      if (this.#closed) return;
      if (outcome !== undefined && (!controller.signal.aborted || controller.signal.reason === timeUp))
        this.#answer(messageId, op, outcome);
      if (this.#socket.isPaused()) this.#pump();
      this.#context.drained(this);
    };
    this.#admitted(controller.signal, work).then(finished, (error: unknown) => {
      this.#context.options.directory.logger.error(
        { error: String(error), operation: op.type },
        "an LDAP operation failed",
      );
      finished({ resultCode: LdapResultCode.other });
    });
  }

  /** Makes sure that the person is still let in, then works. */
  async #admitted(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Outcome>,
  ): Promise<Outcome | undefined> {
    const { identity, address } = this.session;
    const { directory } = this.#context.options;
    if (identity !== undefined && admitCached(directory, identity, address) !== true) {
      try {
        if ((await admit(directory, identity, address))?.allowed !== true) {
          if (this.session.identity === identity) this.revoke();
          return undefined;
        }
      } catch (error) {
        return { resultCode: resultCodeOfError(error) };
      }
    }
    return work(signal);
  }

  async #search(
    messageId: number,
    op: SearchRequest,
    signal: AbortSignal,
    origin: { frame: Buffer; peeked: PeekedMessage } | undefined,
  ): Promise<Outcome> {
    const { answers, view, options } = this.#context;
    const { identity } = this.session;
    const recorder =
      origin !== undefined &&
      identity?.search === "directory" &&
      options.limits.maxAnswerCacheBytes > 0 &&
      options.directory.fresh
        ? new AnswerRecorder(options.directory.revision)
        : undefined;
    const sink = {
      entry: (
        objectName: Uint8Array,
        attributes: readonly Uint8Array[],
        about: readonly string[],
      ): void | Promise<void> => {
        if (signal.aborted || this.#closed) throw new DOMException("given up", "AbortError");
        const bytes = joinSearchEntry(objectName, attributes);
        recorder?.entry(bytes, about);
        writeEncodedOperation(this.#writer, messageId, bytes);
        if (this.#writer.length >= highWaterBytes) this.#flush();
        else this.#flushSoon();
        return this.#drained?.promise;
      },
    };
    const outcome = await search(op, this.session, view, sink, signal, this.#offersStartTls());
    if (
      recorder !== undefined &&
      origin !== undefined &&
      identity !== undefined &&
      outcome.resultCode === LdapResultCode.success
    ) {
      const { frame, peeked } = origin;
      await recorder.keep(
        answers,
        answerKey(identity, frame, peeked.opStart, peeked.opEnd),
        op,
        identity,
        view,
      );
    }
    return outcome;
  }

  #compare(op: CompareRequest, signal: AbortSignal): Promise<Outcome> {
    return compare(op, this.session, this.#context.view, signal);
  }

  #bind(messageId: number, op: BindRequest): void {
    this.#abandonAll();
    this.#leave();
    this.#held = true;
    bind(op, this.session, this.#context.view)
      .catch((error: unknown): Outcome => {
        this.session.identity = undefined;
        return { resultCode: resultCodeOfError(error) };
      })
      .then((outcome) => {
        this.#held = false;
        if (this.#closed) return;
        const { identity } = this.session;
        const { limits } = this.#context.options;
        this.#framer.maxFrameBytes =
          identity === undefined ? limits.maxMessageBytesAnonymous : limits.maxMessageBytesBound;
        if (identity !== undefined) this.#context.register.add(identity.user, this);
        this.#answer(messageId, op, outcome);
        this.#pump();
        this.#context.drained(this);
      })
      .catch((error: unknown) => this.#malformed(error));
  }

  #extended(messageId: number, op: ExtendedRequest): void {
    switch (op.requestName) {
      case ExtendedOid.whoAmI:
        this.#run(messageId, op, async () => ({ resultCode: LdapResultCode.success }));
        return;
      case ExtendedOid.startTls:
        this.#startTlsRequested(messageId, op);
        return;
      default:
        // RFC 4511 §4.12: an operation that is not recognised is a protocol error.
        this.#answer(messageId, op, {
          resultCode: LdapResultCode.protocolError,
          diagnosticMessage: "unknown extended operation",
        });
    }
  }

  /** RFC 4511 §4.14, RFC 4513 §3.1.1. */
  #startTlsRequested(messageId: number, op: ExtendedRequest): void {
    if (this.session.secure || this.#pending.size > 0) {
      this.#answer(messageId, op, { resultCode: LdapResultCode.operationsError });
      return;
    }
    if (!this.#offersStartTls()) {
      this.#answer(messageId, op, {
        resultCode: LdapResultCode.protocolError,
        diagnosticMessage: "TLS is not set up",
      });
      return;
    }
    if (this.#framer.takeRest().length > 0) {
      // Octets sent in clear behind the request would count as if they had come over TLS.
      this.disconnect(LdapResultCode.protocolError, "data behind StartTLS");
      return;
    }
    this.#answer(messageId, op, { resultCode: LdapResultCode.success });
    this.#flush();
    this.#leave();
    this.#startTls();
  }

  #startTls(): void {
    const plain = this.#socket;
    for (const event of ["data", "drain", "error", "close", "end"]) plain.removeAllListeners(event);
    plain.on("error", () => this.destroy());
    plain.pause();
    const tls = new TLSSocket(plain, { isServer: true, secureContext: this.#context.secureContext() });
    this.#handshakeSince = performance.now();
    tls.once("secure", () => {
      this.#handshakeSince = undefined;
      this.session.secure = true;
    });
    this.#socket = tls;
    this.#attach(tls);
  }

  #offersStartTls(): boolean {
    return this.#context.options.tls !== undefined && !this.session.secure;
  }

  #answer(messageId: number, op: RequestOp, outcome: Outcome): void {
    const response = responseTo(op, outcome, this.session);
    if (response === undefined) return;
    this.#write(messageId, response);
    this.#flushSoon();
  }

  #write(messageId: number, protocolOp: ProtocolOp): void {
    writeMessage(this.#writer, { messageId, protocolOp });
  }

  /** Sends at the end of this turn, so that answers that are ready together leave together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#writer.length === 0 || this.#socket.destroyed) return;
    const more = this.#socket.write(this.#writer.take());
    if (!more && this.#socket.writableLength >= highWaterBytes) {
      this.#drained ??= Promise.withResolvers();
      this.#blockedSince ??= performance.now();
    }
  }

  #unblock(): void {
    this.#blockedSince = undefined;
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.resolve();
    if (drained !== undefined && !this.#closed) this.#pump();
  }

  #malformed(error: unknown): void {
    if (isLdapDecodeError(error))
      this.#context.count(error.code === "too-large" ? "maxMessageBytes" : "malformed");
    else this.#context.options.directory.logger.error({ error: String(error) }, "an LDAP connection failed");
    this.disconnect(LdapResultCode.protocolError, isLdapDecodeError(error) ? error.message : "");
  }

  #abandonAll(): void {
    for (const { controller } of this.#pending.values()) controller.abort();
    this.#pending.clear();
  }

  /** The connection is nobody's any more. */
  #leave(): void {
    const { identity } = this.session;
    if (identity !== undefined) this.#context.register.remove(identity.user, this);
    this.session.identity = undefined;
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abandonAll();
    this.#leave();
    this.#drained?.resolve();
    this.#drained = undefined;
    this.#context.closed(this);
  }
}

/** The response that belongs to a request, or `undefined` where there is none. */
function responseTo(op: RequestOp, outcome: Outcome, session: LdapSession): ResponseOp | undefined {
  const result = {
    resultCode: outcome.resultCode,
    matchedDN: outcome.matchedDN ?? "",
    diagnosticMessage: outcome.diagnosticMessage ?? "",
  };
  switch (op.type) {
    case "bindRequest":
      return { type: "bindResponse", ...result };
    case "searchRequest":
      return { type: "searchResDone", ...result };
    case "compareRequest":
      return { type: "compareResponse", ...result };
    case "modifyRequest":
      return { type: "modifyResponse", ...result };
    case "addRequest":
      return { type: "addResponse", ...result };
    case "delRequest":
      return { type: "delResponse", ...result };
    case "modDNRequest":
      return { type: "modDNResponse", ...result };
    case "extendedReq": {
      if (op.requestName !== ExtendedOid.whoAmI || outcome.resultCode !== LdapResultCode.success)
        return { type: "extendedResp", ...result };
      const { identity } = session;
      // RFC 4532 §2.2: the authorization identity, empty for an anonymous connection.
      const authzId = identity === undefined ? "" : `dn:${identity.tree.userDn(identity.username)}`;
      return { type: "extendedResp", ...result, responseValue: Buffer.from(authzId) };
    }
    case "unbindRequest":
    case "abandonRequest":
      return undefined;
  }
}
