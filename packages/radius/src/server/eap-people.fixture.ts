import { X509Certificate } from "node:crypto";
import type { EapVerdict, EapVerifier } from "../handlers/eap/eap-verifier.ts";

/** Ada, and everything she can prove herself by. The NT hash of her password is known where it is asked for. */
export const ada: Readonly<Record<"username" | "password" | "code", string>> & {
  readonly ntHash: Uint8Array;
} = {
  username: "ada",
  password: "correct horse",
  code: "492039",
  // MD4 of the password in UTF-16.
  ntHash: Buffer.from("cfc43211ba8dc470832267827cac1407", "hex"),
};

/** What the verifier was asked, for tests that look at it. */
export interface Asked {
  readonly method: string;
  readonly username: string;
  readonly outerIdentity: string;
}

/** Lets Ada in. @param asked - takes down who was asked about */
export function peopleVerifier(asked: Asked[] = [], needsCode = false): EapVerifier<string> {
  const accepted = { type: "accepted", subject: ada.username } as const;
  const denied = { type: "denied" } as const;
  const codeNeeded: EapVerdict<string> = {
    type: "code-needed",
    prompt: "Code: ",
    answer: async (code) => (code === ada.code ? accepted : denied),
  };
  return {
    password: async ({ password, ...attempt }) => {
      asked.push(attempt);
      if (attempt.username !== ada.username || password !== ada.password) return denied;
      return needsCode ? codeNeeded : accepted;
    },
    certificate: async ({ certificate, outerIdentity, method }) => {
      const { subject } = new X509Certificate(certificate);
      asked.push({ username: subject, outerIdentity, method });
      return subject === `CN=${ada.username}` ? accepted : denied;
    },
    ntHash: async (attempt) => {
      asked.push(attempt);
      const hash = attempt.username === ada.username ? ada.ntHash : undefined;
      return { hash, accept: async () => accepted, reject: async () => {} };
    },
  };
}
