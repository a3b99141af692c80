import type { Duplex } from "node:stream";
import {
  type Control,
  decodeMessage,
  ExtendedOid,
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
import { saslMechanisms } from "../handlers/bind.ts";
import { readControls, supportedControls } from "../handlers/controls.ts";
import type { EndReason } from "../handlers/open-commits.ts";
import { timeUp } from "../handlers/search.ts";
import {
  type LdapIdentity,
  type LdapSession,
  type Outcome,
  stillAdmittedCached,
} from "../handlers/session.ts";
import type { DirectoryView } from "../view/directory-view.ts";
import type { ServerFacts } from "../view/fixed-entries.ts";
import { BindExchange } from "./bind-exchange.ts";
import { answerAtOnce } from "./cached-search.ts";
import { Channel, highWaterBytes } from "./channel.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Operations } from "./operations.ts";
import type { Realm } from "./realm.ts";
import { RequestRunner, supportedExtensions } from "./request-runner.ts";
import { refusalOf, responseTo } from "./response.ts";
import type { ServerContext } from "./server-context.ts";
import type { Revocable } from "./session-register.ts";

/** Who is at the other end. */
export interface Peer {
  /** Its address. */
  readonly address: string;
  /** Whether what it says can be read by nobody else, though it is not TLS. */
  readonly secure: boolean;
  /** The certificate, DER, that it counts as having shown. */
  readonly certificate?: Uint8Array | undefined;
}

/**
 * One connection: octets in, messages, octets out. Requests run side by side; a bind holds back what comes after it.
 * Everything a peer controls is bounded by the server's limits.
 */
export class Connection implements ConnectionHost {
  readonly session: LdapSession;
  readonly context: ServerContext;
  readonly operations: Operations = new Operations();
  realm: Realm;
  readonly #framer: LdapFramer;
  readonly #channel: Channel;
  readonly #bind = new BindExchange(this, () => this.#allowMessages());
  readonly #runner = new RequestRunner(this);
  readonly #closed: (connection: Connection) => void;
  /** No more requests are taken: the server shuts down. */
  #draining: (() => void) | undefined;
  #over = false;
  #isPumping = false;
  #isFull = false;
  #lastInput = performance.now();
  #partialSince: number | undefined;
  /** Who was let in when the directory stood at which revision. */
  #admitted: { readonly identity: LdapIdentity; readonly revision: number } | undefined;

  /** @param closed - called once, when it has ended */
  constructor(
    stream: Duplex,
    peer: Peer,
    id: string,
    context: ServerContext,
    closed: (connection: Connection) => void,
  ) {
    const { address, secure } = peer;
    this.context = context;
    this.realm = context.realms[0];
    this.#closed = closed;
    this.session = { identity: undefined, secure, address, id };
    this.#framer = new LdapFramer({ maxFrameBytes: context.options.limits.maxMessageBytesAnonymous });
    this.#channel = new Channel(stream, peer, {
      received: (chunk) => this.#received(chunk),
      unblocked: () => this.#pump(),
      ended: () => this.#finish(),
      closed: () => {
        this.#finish();
        this.#closed(this);
      },
    });
  }

  get identity(): LdapIdentity | undefined {
    return this.session.identity;
  }

  get view(): DirectoryView {
    return this.realm.view;
  }

  get address(): string {
    return this.session.address;
  }

  get isOver(): boolean {
    return this.#over;
  }

  get blocked(): Promise<void> | undefined {
    return this.#channel.blocked;
  }

  /** Starts TLS at once (LDAPS), before anything is read. */
  secure(): void {
    this.#startTls();
  }

  /** Ends the connection because the person bound on it may no longer be here. */
  revoke(reason: EndReason): void {
    if (this.#over || this.session.identity?.commits.putOff(reason) === true) return;
    this.context.count("revoked");
    this.disconnect(LdapResultCode.strongerAuthRequired, "access was taken away");
  }

  /** Tells the peer why (RFC 4511 §4.4.1), and closes. */
  disconnect(resultCode: number, diagnosticMessage: string): void {
    if (this.#over) return;
    this.write(0, {
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
    this.operations.endLasting();
    this.#checkDrained();
  }

  /** Closes without a word. */
  destroy(): void {
    this.#channel.destroy();
  }

  /** Ends what has been silent, slow or deaf for too long. Called by the server's one timer. */
  checkTimeouts(now: number): void {
    const { limits } = this.context.options;
    const overdue = this.#channel.overdue(now, limits);
    if (overdue !== undefined) {
      if (overdue !== "linger") this.context.count(overdue);
      this.destroy();
    } else if (this.#over) {
      return;
    } else if (this.#partialSince !== undefined && now - this.#partialSince > limits.messageTimeoutMs) {
      this.context.count("messageTimeoutMs");
      this.destroy();
    } else if (!this.#isBusy() && now - this.#lastInput > limits.idleTimeoutMs) {
      this.context.count("idleTimeoutMs");
      this.disconnect(LdapResultCode.unavailable, "idle for too long");
    } else {
      this.operations.expire(now, timeUp);
      if (!this.#over && this.#channel.isPaused) this.#pump();
      for (const one of [this, ...this.#runner.acting]) checkValidity(one);
    }
  }

  #received(chunk: Buffer): void {
    if (this.#over) return;
    this.#lastInput = performance.now();
    // Only now: what came before the handshake was over was not said over TLS.
    this.session.secure = this.#channel.secure;
    this.session.certificate = this.#channel.certificate;
    this.#framer.push(chunk);
    this.#pump();
  }

  /** Takes messages for as long as nothing holds them back, and sends what they were answered with in one write. */
  #pump(): void {
    this.#isPumping = true;
    try {
      while (!this.#over && !this.#mustWait()) {
        const frame = this.#framer.next();
        if (frame === undefined) break;
        this.#take(frame);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isPumping = false;
    }
    if (this.#over) return;
    this.#channel.flushInTurn();
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
    return this.operations.outstanding > 0;
  }

  #mustWait(): boolean {
    const { limits } = this.context.options;
    const limit = this.session.identity === undefined ? "maxPendingAnonymous" : "maxPendingBound";
    const isFull = this.operations.running >= limits[limit];
    if (isFull && !this.#isFull) this.context.count(limit);
    this.#isFull = isFull;
    return (
      isFull || this.#bind.isUnderWay || this.#draining !== undefined || this.#channel.blocked !== undefined
    );
  }

  #take(frame: Buffer): void {
    this.#partialSince = undefined;
    const peeked = peekMessage(frame);
    if (
      peeked.opTag === OperationTag.searchRequest &&
      peeked.opEnd === peeked.end &&
      this.#answerAtOnce(frame, peeked)
    )
      return;
    const message = this.#decode(frame, peeked);
    if (message === undefined) return;
    const op = message.protocolOp;
    if (!isRequest(op) || message.messageId === 0) {
      this.context.count("malformed");
      this.disconnect(LdapResultCode.protocolError, "not a request");
      return;
    }
    if (op.type === "unbindRequest") {
      this.#finish();
      this.#channel.end();
      return;
    }
    if (op.type === "abandonRequest") {
      // One that is not to be done without a control is not done, and has no answer to say so in (RFC 4511 §4.1.11).
      if (!("refusal" in readControls(op, message.controls))) this.operations.abandon(op.abandonId);
      return;
    }
    if (this.operations.has(message.messageId)) {
      this.context.count("malformed");
      this.disconnect(LdapResultCode.protocolError, "messageID in use");
      return;
    }
    this.context.operation(op.type);
    this.#dispatch(message.messageId, op, message.controls, { frame, peeked });
  }

  #dispatch(
    messageId: number,
    op: RequestOp,
    given: readonly Control[] | undefined,
    origin: { readonly frame: Buffer; readonly peeked: PeekedMessage },
  ): void {
    const read = readControls(op, given);
    if ("refusal" in read) {
      if (op.type === "bindRequest") this.#bind.refuse(messageId, op, read.refusal);
      else this.answer(messageId, op, read.refusal);
    } else if (op.type === "bindRequest") this.#bind.begin(messageId, op, read.controls);
    else if (op.type === "extendedReq" && op.requestName === ExtendedOid.startTls)
      this.#startTlsRequested(messageId, op);
    else this.#runner.run(messageId, op, read.controls, origin);
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
      if (refusal === undefined || messageId === 0 || this.operations.has(messageId)) throw error;
      this.context.count("malformed");
      this.write(messageId, refusal);
      return undefined;
    }
  }

  /** Answers at once what was asked before, or what can be looked up without waiting. @returns whether it did */
  #answerAtOnce(frame: Buffer, peeked: PeekedMessage): boolean {
    const { identity } = this.session;
    const { messageId } = peeked;
    if (identity?.search !== "directory" || identity.mustChangePassword || messageId === 0) return false;
    if (this.operations.has(messageId)) return false;
    const admitted = this.#isAdmitted(identity);
    if (admitted === undefined || identity.search !== "directory") return false;
    if (!admitted) {
      this.revoke("access");
      return true;
    }
    const { writer } = this.#channel;
    if (!answerAtOnce(frame, peeked, identity, this.realm, writer)) return false;
    this.context.operation("searchRequest");
    if (writer.length >= highWaterBytes) this.#channel.flush();
    return true;
  }

  /** {@link stillAdmittedCached}, asked once for as long as nothing changes. `undefined` also when that is not known. */
  #isAdmitted(identity: LdapIdentity): boolean | undefined {
    const { view } = this.realm;
    const { directory } = view.options;
    if (!directory.fresh) return undefined;
    const { revision } = directory;
    if (this.#admitted?.identity === identity && this.#admitted.revision === revision) return true;
    const admitted = stillAdmittedCached(identity, view, this.session.address);
    const mayKeep = admitted === true && view.isTimedCached(identity.tree) === false;
    this.#admitted = mayKeep ? { identity, revision } : undefined;
    return admitted;
  }

  /** RFC 4511 §4.14, RFC 4513 §3.1.1. */
  #startTlsRequested(messageId: number, op: RequestOp): void {
    if (this.session.secure || this.operations.outstanding > 0) {
      this.answer(messageId, op, { resultCode: LdapResultCode.operationsError });
      return;
    }
    if (!this.#offersStartTls()) {
      this.answer(messageId, op, {
        resultCode: LdapResultCode.protocolError,
        diagnosticMessage: "TLS is not set up",
      });
      return;
    }
    if (this.#framer.takeRest().length > 0) {
      // Octets sent in clear behind the request would count as if they had come over TLS.
      this.context.count("malformed");
      this.disconnect(LdapResultCode.protocolError, "data behind StartTLS");
      return;
    }
    this.answer(messageId, op, { resultCode: LdapResultCode.success });
    this.#channel.flush();
    this.#bind.leave();
    this.#startTls();
  }

  #startTls(): void {
    const setup = this.context.tls();
    if (setup === undefined) this.destroy();
    else this.#channel.startTls(setup);
  }

  #offersStartTls(): boolean {
    return !this.session.secure && this.context.tls() !== undefined;
  }

  facts(): ServerFacts {
    const { organizations, options } = this.context;
    return {
      offersStartTls: this.#offersStartTls(),
      saslMechanisms: saslMechanisms(this.session, options),
      supportedControls,
      supportedExtensions,
      namingContexts: () => organizations.suffixes(),
    };
  }

  answer(messageId: number, op: RequestOp, outcome: Outcome): void {
    if (outcome.limit !== undefined) this.context.count(outcome.limit);
    const response = responseTo(op, outcome);
    if (response !== undefined) this.write(messageId, response, outcome.controls);
  }

  write(messageId: number, protocolOp: ProtocolOp, controls?: readonly Control[]): void {
    const message: LdapMessage =
      controls === undefined ? { messageId, protocolOp } : { messageId, protocolOp, controls };
    writeMessage(this.#channel.writer, message);
    this.#channel.flushSoon();
  }

  writeEntry(messageId: number, entry: Uint8Array, controls?: Uint8Array): void {
    writeEncodedOperation(this.#channel.writer, messageId, entry, controls);
    this.#channel.flushSoon();
  }

  goOn(): void {
    if (this.#over) return;
    // What is answered as soon as it is taken must not take the next: the one would lie upon the other on the stack.
    if (this.#channel.isPaused && !this.#isPumping) this.#pump();
    this.#checkDrained();
  }

  fail(error: unknown): void {
    if (!isLdapDecodeError(error)) {
      this.context.logger.error({ error: String(error) }, "an LDAP connection failed");
      this.disconnect(LdapResultCode.unavailable, "");
      return;
    }
    const limit = this.session.identity === undefined ? "maxMessageBytesAnonymous" : "maxMessageBytesBound";
    this.context.count(error.code === "too-large" ? limit : "malformed");
    this.disconnect(LdapResultCode.protocolError, error.message);
  }

  #checkDrained(): void {
    if (this.#draining !== undefined && !this.#isBusy()) this.#draining();
  }

  /** Whoever is bound may send larger messages. */
  #allowMessages(): void {
    const { maxMessageBytesAnonymous, maxMessageBytesBound } = this.context.options.limits;
    this.#framer.maxFrameBytes =
      this.session.identity === undefined ? maxMessageBytesAnonymous : maxMessageBytesBound;
  }

  /** No more requests, no more answers. */
  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.operations.abandonAll();
    this.#bind.leave();
    this.#draining?.();
  }
}

/** A grant that ends by the clock ends without a change that anyone is told of. */
function checkValidity(one: Revocable): void {
  const { identity, view, address } = one;
  if (identity === undefined || view.isTimedCached(identity.tree) === false) return;
  if (stillAdmittedCached(identity, view, address) === false) one.revoke("access");
}
