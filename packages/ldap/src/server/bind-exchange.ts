import type { BindRequest } from "../codec/index.ts";
import { LdapResultCode } from "../codec/index.ts";
import { resultCodeOfError } from "../errors.ts";
import { bind, wipePassword } from "../handlers/bind.ts";
import type { RequestControls } from "../handlers/controls.ts";
import type { BindOutcome, BindWatch } from "../handlers/login.ts";
import { type Outcome, peopleOf } from "../handlers/session.ts";
import type { ConnectionHost } from "./connection-host.ts";

/** Binds one connection: whoever was bound before is gone from it while this goes on, and nothing else does. */
export class BindExchange {
  readonly #host: ConnectionHost;
  /** Called when someone is bound, or nobody any more. */
  readonly #bound: () => void;
  #isUnderWay = false;

  constructor(host: ConnectionHost, bound: () => void) {
    this.#host = host;
    this.#bound = bound;
  }

  /** Whether a bind is under way, which holds back what comes after it. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Answers a BindRequest in its own time. */
  begin(messageId: number, op: BindRequest, controls: RequestControls): void {
    const { context, operations, session } = this.#host;
    const { register, organizations, options } = context;
    this.#beginAnew();
    this.#isUnderWay = true;
    const watch = register.watch();
    const deadline = performance.now() + options.limits.maxSearchMs;
    const operation = operations.begin(messageId, deadline, {
      expire: () =>
        this.#end(messageId, op, { resultCode: LdapResultCode.unavailable, limit: "maxSearchMs" }, watch),
    });
    bind(op, { session, organizations, watch, signal: operation.signal, controls })
      .catch((error: unknown): BindOutcome => ({ resultCode: resultCodeOfError(error) }))
      .then((outcome) => {
        if (operations.end(operation)) this.#end(messageId, op, outcome, watch);
        else register.unwatch(watch);
      })
      .catch((error: unknown) => this.#host.fail(error));
  }

  /** Answers a BindRequest that cannot be done: like any that fails, it leaves the connection nobody's (RFC 4511 §4.2.1). */
  refuse(messageId: number, op: BindRequest, refusal: Outcome): void {
    wipePassword(op);
    this.#beginAnew();
    this.#bound();
    this.#host.answer(messageId, op, refusal);
  }

  #beginAnew(): void {
    this.#host.operations.abandonAll();
    this.leave();
  }

  /** The connection is nobody's any more. */
  leave(): void {
    const { context, session } = this.#host;
    context.register.remove(this.#host);
    session.identity = undefined;
    this.#host.realm = context.realms[0];
  }

  #end(messageId: number, op: BindRequest, outcome: BindOutcome, watch: BindWatch): void {
    const { context, session } = this.#host;
    const { register, realms } = context;
    register.unwatch(watch);
    this.#isUnderWay = false;
    const { bound } = outcome;
    // A new password overtook the one that was given.
    const wasEnded = bound !== undefined && peopleOf(bound.identity).some((user) => watch.ended.has(user));
    const realm = wasEnded ? undefined : realms.find(({ view }) => view === bound?.view);
    if (bound !== undefined && realm !== undefined) {
      session.identity = bound.identity;
      this.#host.realm = realm;
      register.add(this.#host);
    }
    this.#bound();
    if (realm !== undefined && watch.changed) void register.check(this.#host);
    this.#host.answer(messageId, op, wasEnded ? { resultCode: LdapResultCode.invalidCredentials } : outcome);
    this.#host.goOn();
  }
}
