import type { Credential } from "../model/credential.ts";
import type { UserId } from "../model/ids.ts";
import type { Factor } from "../model/session.ts";
import type { User } from "../model/user.ts";
import type { Credentials } from "../services/credentials.ts";
import type { ServiceEnvironment } from "../services/service-environment.ts";
import { credentialOf, reserveTotpStep } from "../services/stored-credential.ts";
import { matchRecoveryCode } from "../totp/recovery-codes.ts";
import { matchTotp } from "../totp/totp.ts";
import type { UnitOfWork } from "../write/unit-of-work.ts";

/** Who someone says they are, with what they can prove it by. */
export interface Subject {
  readonly user: User;
  readonly password: Credential | undefined;
  /** Only once enrolment has ended. */
  readonly totp: Credential | undefined;
}

/** A second factor that was shown and fits, and is not used up yet. */
export interface ShownFactor {
  readonly factor: Factor;
  /** Uses it up within the transaction. @returns whether it was still unused */
  claim(unit: UnitOfWork): Promise<boolean>;
}

/** The second factor that a code is, or `undefined` when it fits none. */
export async function matchCode(
  environment: ServiceEnvironment,
  credentials: Credentials,
  { user, totp }: Subject,
  code: string,
): Promise<ShownFactor | undefined> {
  if (totp !== undefined) {
    const step = matchTotp(credentials.openTotp(totp), code, environment.clock());
    if (step !== undefined)
      return { factor: "totp", claim: (unit) => reserveTotpStep(unit.tx, user.id, step, unit.now) };
  }
  const recovery = await credentialOf(environment.reader, user.id, "recovery-codes");
  if (recovery === undefined || matchRecoveryCode(recovery.secret, code) === undefined) return undefined;
  return { factor: "recovery-code", claim: (unit) => claimRecoveryCode(unit, user.id, code) };
}

async function claimRecoveryCode(unit: UnitOfWork, user: UserId, code: string): Promise<boolean> {
  const credential = await credentialOf(unit.tx, user, "recovery-codes");
  const remaining = credential === undefined ? undefined : matchRecoveryCode(credential.secret, code);
  if (credential === undefined || remaining === undefined) return false;
  await unit.update("credential", credential, { secret: remaining });
  return true;
}
