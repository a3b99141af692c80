import type { Credential } from "../model/credential.ts";

/** When what a credential proves became what it is, in milliseconds since the epoch. */
export function setAtOf({ setAt, updatedAt }: Pick<Credential, "setAt" | "updatedAt">): number {
  return setAt ?? updatedAt;
}
