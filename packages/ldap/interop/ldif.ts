/** An entry as a client printed it: attribute names as printed, values in order. */
export interface LdifEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** Reads what `ldapsearch -LLL -o ldif-wrap=no` prints (RFC 2849 without folded lines). */
export function parseLdif(text: string): readonly LdifEntry[] {
  const entries: { dn: string; attributes: Record<string, string[]> }[] = [];
  for (const line of text.split("\n")) {
    const parts = /^([^:#]+):(:?) ?(.*)$/.exec(line);
    if (parts === null) continue;
    const [, name = "", encoded, raw = ""] = parts;
    const value = encoded === ":" ? Buffer.from(raw, "base64").toString("utf8") : raw;
    if (name === "dn") {
      entries.push({ dn: value, attributes: {} });
      continue;
    }
    const attributes = entries.at(-1)?.attributes ?? {};
    attributes[name] ??= [];
    // With -A the tool prints `name:` and no value.
    if (raw !== "" || encoded === ":") attributes[name].push(value);
  }
  return entries;
}
