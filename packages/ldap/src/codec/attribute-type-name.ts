/** OID, short name and long names of the types that RFC 4514 §3 and RFC 4519 use in names. */
const rows: readonly (readonly [oid: string, name: string, ...aliases: string[]])[] = [
  ["2.5.4.3", "cn", "commonname"],
  ["2.5.4.4", "sn", "surname"],
  ["2.5.4.5", "serialnumber"],
  ["2.5.4.6", "c", "countryname"],
  ["2.5.4.7", "l", "localityname"],
  ["2.5.4.8", "st", "stateorprovincename"],
  ["2.5.4.9", "street", "streetaddress"],
  ["2.5.4.10", "o", "organizationname"],
  ["2.5.4.11", "ou", "organizationalunitname"],
  ["2.5.4.12", "title"],
  ["2.5.4.42", "givenname", "gn"],
  ["0.9.2342.19200300.100.1.1", "uid", "userid"],
  ["0.9.2342.19200300.100.1.3", "mail", "rfc822mailbox"],
  ["0.9.2342.19200300.100.1.25", "dc", "domaincomponent"],
];

const canonical: ReadonlyMap<string, string> = new Map(
  rows.flatMap(([oid, name, ...aliases]) => [oid, ...aliases].map((other) => [other, name] as const)),
);

/**
 * One spelling for an attribute type: its short name in lower case for the types that occur in names,
 * otherwise what was given in lower case. `2.5.4.3`, `CN` and `commonName` all give `cn`.
 */
export function attributeTypeKey(type: string): string {
  const lower = type.toLowerCase();
  return canonical.get(lower) ?? lower;
}
