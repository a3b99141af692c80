/** How a person is verified who logs in by EAP. `S` is whatever the verifier knows of somebody it lets in. */
export interface EapVerifier<S> {
  /**
   * A password, from PAP inside a tunnel or from EAP-GTC.
   * @param attempt - `password` as the person typed it; it may have a code appended
   */
  password(attempt: PasswordAttempt): Promise<EapVerdict<S>>;
  /** A certificate that the TLS engine found valid for a client. */
  certificate(attempt: CertificateAttempt): Promise<EapVerdict<S>>;
  /** The NT hash of somebody's password, for MS-CHAPv2. Absent where that is not allowed. */
  ntHash?(attempt: EapAttempt): Promise<NtHashCheck<S>>;
}

/** Who wants to be let in, and by which method. */
export interface EapAttempt {
  /** The name told inside the tunnel: the one that counts. */
  readonly username: string;
  /** The name told in clear, often `anonymous` with a realm. Proves nothing. */
  readonly outerIdentity: string;
  /** The method, as the settings name it. */
  readonly method: string;
}

/** An {@link EapAttempt} with a password. */
export interface PasswordAttempt extends EapAttempt {
  /** As typed. */
  readonly password: string;
}

/** A login by certificate. */
export interface CertificateAttempt {
  /** The certificate, DER. */
  readonly certificate: Uint8Array;
  /** The name told in clear. Proves nothing. */
  readonly outerIdentity: string;
  /** The method, as the settings name it. */
  readonly method: string;
}

/** An NT hash that an answer is checked against. Exactly one of `accept` and `reject` is called, or neither when the peer goes away. */
export interface NtHashCheck<S> {
  /** 16 octets; `undefined` for somebody who has none or is nobody, which must look like a wrong password. */
  readonly hash: Uint8Array | undefined;
  /** The answer was right: decides whether they are let in. */
  accept(): Promise<EapVerdict<S>>;
  /** The answer was wrong. */
  reject(): Promise<void>;
}

/** Whether somebody is let in. */
export type EapVerdict<S> =
  | { readonly type: "accepted"; readonly subject: S }
  | { readonly type: "denied" }
  | {
      readonly type: "code-needed";
      /** What to ask the person, as text. */
      readonly prompt: string;
      /** Takes what they answer. */
      answer(code: string): Promise<EapVerdict<S>>;
    };
