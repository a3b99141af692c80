import { createHash } from "node:crypto";
import type { Credential } from "../model/credential.ts";
import type { UserId } from "../model/ids.ts";

/** What is kept for a reset token: whose it is, and the password it was made to replace. */
export interface Reset {
  readonly user: UserId;
  readonly replaces: string;
}

/** How long a reset token is good for, in milliseconds. */
export const resetLifetimeMs: number = 15 * 60_000;

/** Tells one stored password from the next, without saying anything about either. */
export function markOf(credential: Credential | undefined): string {
  return createHash("sha256")
    .update(credential?.secret ?? "")
    .digest("base64url");
}

/** Where the store keeps what a token stands for. */
export function resetKey(token: string): string {
  return `reset:${createHash("sha256").update(token).digest("hex")}`;
}
