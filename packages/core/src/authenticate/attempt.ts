import type { ResourceRef } from "../access/authorizer.ts";
import type { UserId } from "../model/ids.ts";
import type { Factor } from "../model/session.ts";
import type { User } from "../model/user.ts";

/** Someone tries to log in. Give a login name or id and a password; or the state of a challenge and a code. */
export interface AuthenticationAttempt {
  /** The login name, or the primary e-mail address where the host allows it. */
  readonly username?: string;
  /** The user's id, where the protocol names users by id. */
  readonly userId?: UserId;
  /** The password; `password,123456` carries a one-time code with it for users who have a second factor. */
  readonly password?: string;
  /**
   * In place of a password: the certificate, DER, whose key the peer has shown to hold, and which the protocol has
   * found valid and issued by someone it trusts. A name given with it must be the same person's.
   */
  readonly certificate?: Uint8Array;
  /**
   * In place of a password: the login name that the peer's certificate gives, where the protocol has found the certificate
   * valid and issued by an authority that the host trusts to say who somebody is.
   */
  readonly certifiedName?: string;
  /**
   * In place of a password: its NT hash, 16 octets, where the peer has proved to know that, as MS-CHAPv2 has it. Only a
   * directory that keeps such hashes (`allowNtHashes`) can tell; any other hash is a wrong password.
   */
  readonly ntHash?: Uint8Array;
  /** A one-time code or recovery code in a field of its own. */
  readonly code?: string;
  /** The state of the challenge that `code` answers. */
  readonly state?: string;
  /** The protocol, as a short word: `ldap`, `radius`. */
  readonly protocol: string;
  /**
   * Where failures count: the address of the peer, or what else tells one peer from another, such as the name of a device
   * behind an access server that all share.
   */
  readonly source?: string;
  /** Address that grants bound to networks look at. Default: the source. */
  readonly address?: string;
  /**
   * What they want to use, any one of these. Whoever no grant lets in is denied here, with the same answer; a second
   * factor is demanded when the grants demand one. Default: not looked at.
   */
  readonly resource?: ResourceRef | readonly ResourceRef[];
  /** `required`: a second factor whatever the grants say. Default `by-grant`. */
  readonly secondFactor?: "required" | "by-grant";
  /** Whether the protocol can ask back for a code. Without it a missing factor is a denial. Default false. */
  readonly canChallenge?: boolean;
  /** Ties the audit events of one request together. */
  readonly correlation?: string;
}

/** Why an attempt was denied: for audit and logs. Strangers get one uniform answer. */
export type DenialReason =
  | "unknown-user"
  | "wrong-password"
  | "wrong-code"
  | "no-password"
  | "wrong-certificate"
  | "not-active"
  | "locked"
  | "source-throttled"
  | "mfa-required"
  | "no-access"
  | "invalid-state";

/** The answer to an attempt. */
export type AuthenticationResult =
  | {
      readonly outcome: "accepted";
      /** Who it is. */
      readonly user: User;
      /** What they have shown. */
      readonly factors: readonly Factor[];
      /** The password must be changed before anything else, where the protocol can do that. */
      readonly mustChangePassword: boolean;
    }
  | {
      readonly outcome: "challenge";
      /** What is asked for, and the state to send back with it: one use, five minutes. */
      readonly challenge: { readonly kind: "totp"; readonly state: string };
    }
  | { readonly outcome: "denied"; readonly reason: DenialReason };
