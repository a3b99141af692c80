import type { Duplex } from "node:stream";
import {
  type BindRequest,
  decodeMessage,
  ExtendedOid,
  type ExtendedRequest,
  isLdapDecodeError,
  isRequest,
  LdapFramer,
  type LdapMessage,
  LdapResultCode,
  OperationTag,
  type PeekedMessage,
  type ProtocolOp,
  peekMessage,
  type RequestOp,
  writeEncodedOperation,
  writeMessage,
} from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { type BindOutcome, type BindWatch, bind } from "../handlers/bind.ts";
import { compare } from "../handlers/compare.ts";
import { unavailableControl } from "../handlers/controls.ts";
import { outOfTime, searchTime, timeUp } from "../handlers/search.ts";
import {
  type LdapIdentity,
  type LdapSession,
  type Outcome,
  stillAdmitted,
  stillAdmittedCached,
} from "../handlers/session.ts";
import { whoAmI } from "../handlers/who-am-i.ts";
import { answerKey, cachedSearch } from "./cached-search.ts";
import { Channel, highWaterBytes } from "./channel.ts";
import { Operations } from "./operations.ts";
import { refusalOf, responseTo } from "./response.ts";
import type { ServerContext } from "./server-context.ts";

/** Who is at the other end. */
export interface Peer {
  /** Its address. */
  readonly address: string;
  /** Whether what it says can be read by nobody else, though it is not TLS. */
  readonly secure: boolean;
}

/**
 * One connection: octets in, messages, octets out. Requests run side by side; a bind holds back what comes after it.
 * Everything a peer controls is bounded by the server's limits.
 */
export class Connection {
  readonly session: LdapSession;
  readonly #context: ServerContext;
  readonly #framer: LdapFramer;
  readonly #channel: Channel;
  readonly #operations = new Operations();
  /** A bind is under way. */
  #binding = false;
  /** No more requests are taken: the server shuts down. */
  #draining: (() => void) | undefined;
  #over = false;
  #isFull = false;
  #lastInput = performance.now();
  #partialSince: number | undefined;

  constructor(stream: Duplex, peer: Peer, id: string, context: ServerContext) {
    const { address, secure } = peer;
    this.#context = context;
    this.session = { identity: undefined, secure, address, id };
    this.#framer = new LdapFramer({ maxFrameBytes: context.options.limits.maxMessageBytesAnonymous });
    this.#channel = new Channel(stream, secure, {
      received: (chunk) => this.#received(chunk),
      unblocked: () => this.#pump(),
      ended: () => this.#finish(),
      closed: () => {
        this.#finish();
        context.closed(this);
      },
    });
  }

  get identity(): LdapIdentity | undefined {
    return this.session.identity;
  }

  get address(): string {
    return this.session.address;
  }

  /** Starts TLS at once (LDAPS), before anything is read. */
  secure(): void {
    this.#startTls();
  }

  /** Ends the connection because the person bound on it may no longer be here. */
  revoke(): void {
    if (this.#over) return;
    this.#context.count("revoked");
    this.disconnect(LdapResultCode.strongerAuthRequired, "access was taken away");
  }

  /** Tells the peer why (RFC 4511 §4.4.1), and closes. */
  disconnect(resultCode: number, diagnosticMessage: string): void {
    if (this.#over) return;
    this.#write(0, {
      type: "extendedResp",
      resultCode,
      matchedDN: "",
      diagnosticMessage,
      responseName: ExtendedOid.noticeOfDisconnection,
    });
    this.#finish();
    this.#channel.end();
  }

  /** Takes no more requests, and calls back when those under way are answered; at once if there are none. */
  drain(drained: () => void): void {
    this.#draining = drained;
    this.#checkDrained();
  }

  /** Closes without a word. */
  destroy(): void {
    this.#channel.destroy();
  }

  /** Ends what has been silent, slow or deaf for too long. Called by the server's one timer. */
  checkTimeouts(now: number): void {
    const { limits } = this.#context.options;
    const overdue = this.#channel.overdue(now, limits);
    if (overdue !== undefined) {
      if (overdue !== "linger") this.#context.count(overdue);
      this.destroy();
    } else if (this.#over) {
      return;
    } else if (this.#partialSince !== undefined && now - this.#partialSince > limits.messageTimeoutMs) {
      this.#context.count("messageTimeoutMs");
      this.destroy();
    } else if (!this.#isBusy() && now - this.#lastInput > limits.idleTimeoutMs) {
      this.#context.count("idleTimeoutMs");
      this.disconnect(LdapResultCode.unavailable, "idle for too long");
    } else {
      this.#operations.expire(now, timeUp);
      if (!this.#over && this.#channel.isPaused) this.#pump();
      this.#checkValidity();
    }
  }

  /** A grant that ends by the clock ends without a change that anyone is told of. */
  #checkValidity(): void {
    const { identity, address } = this.session;
    const { view } = this.#context;
    if (identity === undefined || view.isTimedCached(identity.tree) === false) return;
    if (stillAdmittedCached(identity, view, address) === false) this.revoke();
  }

  #received(chunk: Buffer): void {
    if (this.#over) return;
    this.#lastInput = performance.now();
    // Only now: what came before the handshake was over was not said over TLS.
    this.session.secure = this.#channel.secure;
    this.#framer.push(chunk);
    this.#pump();
  }

  /** Takes messages for as long as nothing holds them back, and sends what they were answered with in one write. */
  #pump(): void {
    try {
      while (!this.#over && !this.#mustWait()) {
        const frame = this.#framer.next();
        if (frame === undefined) break;
        this.#take(frame);
      }
    } catch (error) {
      this.#malformed(error);
    }
    if (this.#over) return;
    this.#channel.flush();
    if (this.#mustWait()) {
      this.#channel.pause();
      this.#partialSince = undefined;
      return;
    }
    this.#channel.resume();
    if (!this.#framer.hasPartialFrame) this.#partialSince = undefined;
    else this.#partialSince ??= performance.now();
  }

  #isBusy(): boolean {
    return this.#operations.outstanding > 0;
  }

  #mustWait(): boolean {
    const { limits } = this.#context.options;
    const limit = this.session.identity === undefined ? "maxPendingAnonymous" : "maxPendingBound";
    const isFull = this.#operations.running >= limits[limit];
    if (isFull && !this.#isFull) this.#context.count(limit);
    this.#isFull = isFull;
    return isFull || this.#binding || this.#draining !== undefined || this.#channel.blocked !== undefined;
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
    const message = this.#decode(frame, peeked);
    if (message === undefined) return;
    const op = message.protocolOp;
    if (!isRequest(op) || message.messageId === 0) {
      this.#context.count("malformed");
      this.disconnect(LdapResultCode.protocolError, "not a request");
      return;
    }
    if (op.type === "unbindRequest") {
      this.#finish();
      this.#channel.end();
      return;
    }
    if (op.type === "abandonRequest") {
      this.#operations.abandon(op.abandonId);
      return;
    }
    if (this.#operations.has(message.messageId)) {
      this.#context.count("malformed");
      this.disconnect(LdapResultCode.protocolError, "messageID in use");
      return;
    }
    this.#context.operation(op.type);
    if (unavailableControl(op, message.controls) === undefined) this.#dispatch(message, op, frame, peeked);
    else this.#answer(message.messageId, op, { resultCode: LdapResultCode.unavailableCriticalExtension });
  }

  /**
   * The message, or `undefined` once it has been answered: a request that is whole but says what cannot be, such as an
   * unknown scope, gets protocolError as its result; anything worse ends the connection (RFC 4511 §4.1.1).
   */
  #decode(frame: Buffer, { messageId, opTag }: PeekedMessage): LdapMessage | undefined {
    try {
      return decodeMessage(frame);
    } catch (error) {
      const refusal =
        isLdapDecodeError(error) && error.code === "invalid-value"
          ? refusalOf(opTag, error.message)
          : undefined;
      if (refusal === undefined || messageId === 0 || this.#operations.has(messageId)) throw error;
      this.#context.count("malformed");
      this.#write(messageId, refusal);
      return undefined;
    }
  }

  #dispatch(message: LdapMessage, op: RequestOp, frame: Buffer, peeked: PeekedMessage): void {
    const { messageId } = message;
    const { view } = this.#context;
    switch (op.type) {
      case "bindRequest":
        this.#bind(messageId, op);
        break;
      case "searchRequest": {
        const origin = message.controls === undefined ? { frame, peeked } : undefined;
        this.#run(messageId, op, (signal) =>
          cachedSearch(op, this.session, this.#context, origin, signal, this.#offersStartTls(), (entry) => {
            writeEncodedOperation(this.#channel.writer, messageId, entry);
            this.#channel.flushSoon();
            return this.#channel.blocked;
          }),
        );
        break;
      }
      case "compareRequest":
        this.#run(messageId, op, (signal) => compare(op, this.session, view, signal, this.#offersStartTls()));
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
    const { options, answers, view } = this.#context;
    const { messageId } = peeked;
    if (identity?.search !== "directory" || messageId === 0 || !options.directory.fresh) return false;
    if (this.#operations.has(messageId)) return false;
    const key = answerKey(identity, frame, peeked.opStart, peeked.opEnd);
    const cached = answers.get(key, view.schema);
    if (cached === undefined || cached.users.includes(identity.user)) return false;
    const admitted = stillAdmittedCached(identity, view, address);
    if (admitted === undefined || identity.search !== "directory") return false;
    if (!admitted) {
      this.revoke();
      return true;
    }
    for (const op of cached.ops) writeEncodedOperation(this.#channel.writer, messageId, op);
    this.#context.operation("searchRequest");
    if (this.#channel.writer.length >= highWaterBytes) this.#channel.flush();
    return true;
  }

  /** Runs an operation beside others and answers it, unless it was given up. */
  #run(messageId: number, op: RequestOp, work: (signal: AbortSignal) => Promise<Outcome>): void {
    const { options } = this.#context;
    const { maxSearchMs } = options.limits;
    const asked = { timeLimit: op.type === "searchRequest" ? op.timeLimit : 0 };
    const deadline = performance.now() + searchTime(asked, maxSearchMs);
    const operation = this.#operations.begin(messageId, deadline, () => {
      // Whatever it hangs on, the peer waits no longer than it was told.
      this.#answer(messageId, op, outOfTime(asked, maxSearchMs));
      this.#checkDrained();
    });
    const finished = (outcome: Outcome | undefined): void => {
      const isAwaited = this.#operations.end(operation);
      if (this.#over) return;
      if (isAwaited && outcome !== undefined) this.#answer(messageId, op, outcome);
      if (this.#channel.isPaused) this.#pump();
      this.#checkDrained();
    };
    this.#admitted(operation.signal, work).then(finished, (error: unknown) => {
      options.directory.logger.error(
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
    const { view } = this.#context;
    if (identity !== undefined && stillAdmittedCached(identity, view, address) !== true) {
      try {
        if (!(await stillAdmitted(identity, view, address))) {
          if (this.session.identity === identity) this.revoke();
          return undefined;
        }
      } catch (error) {
        return { resultCode: resultCodeOfError(error) };
      }
    }
    // What was given up meanwhile may be somebody else's by now.
    return signal.aborted ? undefined : work(signal);
  }

  #bind(messageId: number, op: BindRequest): void {
    const { register, view, options } = this.#context;
    const { maxSearchMs } = options.limits;
    this.#operations.abandonAll();
    this.#leave();
    this.#binding = true;
    const watch = register.watch();
    const deadline = performance.now() + maxSearchMs;
    const operation = this.#operations.begin(messageId, deadline, () =>
      this.#bound(messageId, op, { resultCode: LdapResultCode.unavailable, limit: "maxSearchMs" }, watch),
    );
    bind(op, this.session, view, watch, operation.signal)
      .catch((error: unknown): BindOutcome => ({ resultCode: resultCodeOfError(error) }))
      .then((outcome) => {
        if (this.#operations.end(operation)) this.#bound(messageId, op, outcome, watch);
        else register.unwatch(watch);
      })
      .catch((error: unknown) => this.#malformed(error));
  }

  #bound(messageId: number, op: BindRequest, outcome: BindOutcome, watch: BindWatch): void {
    const { register, options } = this.#context;
    const { limits } = options;
    register.unwatch(watch);
    this.#binding = false;
    const { identity } = outcome;
    // A new password overtook the one that was given.
    const wasEnded = identity !== undefined && watch.ended.has(identity.user);
    this.session.identity = wasEnded ? undefined : identity;
    this.#framer.maxFrameBytes =
      this.session.identity === undefined ? limits.maxMessageBytesAnonymous : limits.maxMessageBytesBound;
    if (identity !== undefined && !wasEnded) {
      register.add(identity.user, this);
      if (watch.changed) void register.check(this);
    }
    this.#answer(messageId, op, wasEnded ? { resultCode: LdapResultCode.invalidCredentials } : outcome);
    this.#pump();
    this.#checkDrained();
  }

  #extended(messageId: number, op: ExtendedRequest): void {
    if (op.requestName === ExtendedOid.whoAmI) {
      this.#run(messageId, op, (signal) => whoAmI(this.session, this.#context.view, signal));
    } else if (op.requestName === ExtendedOid.startTls) {
      this.#startTlsRequested(messageId, op);
    } else {
      // RFC 4511 §4.12: an operation that is not recognised is a protocol error.
      this.#answer(messageId, op, {
        resultCode: LdapResultCode.protocolError,
        diagnosticMessage: "unknown extended operation",
      });
    }
  }

  /** RFC 4511 §4.14, RFC 4513 §3.1.1. */
  #startTlsRequested(messageId: number, op: ExtendedRequest): void {
    if (this.session.secure || this.#operations.outstanding > 0) {
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
      this.#context.count("malformed");
      this.disconnect(LdapResultCode.protocolError, "data behind StartTLS");
      return;
    }
    this.#answer(messageId, op, { resultCode: LdapResultCode.success });
    this.#channel.flush();
    this.#leave();
    this.#startTls();
  }

  #startTls(): void {
    const context = this.#context.secureContext();
    if (context === undefined) this.destroy();
    else this.#channel.startTls(context);
  }

  #offersStartTls(): boolean {
    return !this.session.secure && this.#context.secureContext() !== undefined;
  }

  #answer(messageId: number, op: RequestOp, outcome: Outcome): void {
    if (outcome.limit !== undefined) this.#context.count(outcome.limit);
    const response = responseTo(op, outcome);
    if (response === undefined) return;
    this.#write(messageId, response);
    this.#channel.flushSoon();
  }

  #write(messageId: number, protocolOp: ProtocolOp): void {
    writeMessage(this.#channel.writer, { messageId, protocolOp });
  }

  #malformed(error: unknown): void {
    if (!isLdapDecodeError(error)) {
      this.#context.options.directory.logger.error({ error: String(error) }, "an LDAP connection failed");
      this.disconnect(LdapResultCode.unavailable, "");
      return;
    }
    const limit = this.session.identity === undefined ? "maxMessageBytesAnonymous" : "maxMessageBytesBound";
    this.#context.count(error.code === "too-large" ? limit : "malformed");
    this.disconnect(LdapResultCode.protocolError, error.message);
  }

  #checkDrained(): void {
    if (this.#draining !== undefined && !this.#isBusy()) this.#draining();
  }

  /** The connection is nobody's any more. */
  #leave(): void {
    const { identity } = this.session;
    if (identity !== undefined) this.#context.register.remove(identity.user, this);
    this.session.identity = undefined;
  }

  /** No more requests, no more answers. */
  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#operations.abandonAll();
    this.#leave();
    this.#draining?.();
  }
}
