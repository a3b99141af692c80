import { X509Certificate } from "node:crypto";
import type { CertificateName } from "../options.ts";

const maxNameLength = 320;

/**
 * The login name that a certificate gives.
 *
 * @param certificate - DER, found valid
 * @param places - where to look, the first that is there counts
 * @returns `undefined` when there is none at the first place that is there, or more than one: then it says not who, but whom
 * one may take for somebody
 */
export function certificateName(
  certificate: Uint8Array,
  places: readonly CertificateName[],
): string | undefined {
  const { subjectaltname, subject } = new X509Certificate(certificate).toLegacyObject();
  for (const place of places) {
    const found =
      place === "cn"
        ? [subject?.CN ?? []].flat()
        : alternativeNames(subjectaltname ?? "", place === "email" ? "email" : "DNS");
    if (found.length === 0) continue;
    const [name = ""] = found;
    return found.length === 1 && name.length <= maxNameLength ? name : undefined;
  }
  return undefined;
}

/**
 * Alternative names of one type, of Node's text for all of them: `type:value, type:value`. Values with odd characters are
 * written as JSON there, so that none can pass itself off as two; those are nobody's login name and are left as they are.
 */
function alternativeNames(text: string, type: string): readonly string[] {
  const names: string[] = [];
  const one = /\s*([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)/gy;
  for (let match = one.exec(text); match !== null && match[0] !== ""; match = one.exec(text))
    if (match[1] === type) names.push(match[2] ?? "");
  return names;
}
