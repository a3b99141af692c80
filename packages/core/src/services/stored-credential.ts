import type { Credential, CredentialKind } from "../model/credential.ts";
import type { UserId } from "../model/ids.ts";
import type { CallOptions, Reader } from "../store/store.ts";
import type { UnitOfWork } from "../write/unit-of-work.ts";

/** The user's credential of a kind that exists once per user, or `undefined`. */
export function credentialOf(
  reader: Reader,
  user: UserId,
  kind: CredentialKind,
  options?: CallOptions,
): Promise<Credential | undefined> {
  return reader.getByKey("credential", "kind", `${user}/${kind}`, options);
}

/** Stores a credential of a kind that exists once per user, in place of the one before. */
export async function putCredential(
  unit: UnitOfWork,
  user: UserId,
  kind: CredentialKind,
  fields: Pick<Credential, "secret" | "status"> & { readonly mustChange?: boolean },
): Promise<void> {
  const before = await unit.tx.getByKey("credential", "kind", `${user}/${kind}`);
  if (before === undefined) await unit.create("credential", { user, kind, ...fields });
  else await unit.update("credential", before, { mustChange: undefined, setAt: undefined, ...fields });
}

/** When what a credential proves became what it is, in milliseconds since the epoch. */
export function setAtOf({ setAt, updatedAt }: Pick<Credential, "setAt" | "updatedAt">): number {
  return setAt ?? updatedAt;
}

/** Claims a TOTP time step for its one use (RFC 6238 §5.2). @returns whether it was free */
export function reserveTotpStep(
  tx: { reserve(key: string, expiresAt: number, now: number): Promise<boolean> },
  user: UserId,
  step: number,
  now: number,
): Promise<boolean> {
  // The step can match for a minute and a half at most; the claim outlives it.
  return tx.reserve(`totp:${user}:${step}`, now + 10 * 60_000, now);
}
