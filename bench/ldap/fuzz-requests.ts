import { baseDn } from "../people.ts";

// Written octet by octet, not with the package's encoder: what both sides get wrong together would never show.

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(header), content]);
};
const text = (value: string, tag = 0x04): Buffer => tlv(tag, Buffer.from(value));
const integer = (value: number, tag = 0x02): Buffer =>
  tlv(
    tag,
    Buffer.from(value < 128 ? [value] : [value >> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]),
  );
const enumerated = (value: number): Buffer => integer(value, 0x0a);
const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 255 : 0]));
const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]): Buffer => tlv(0x31, ...parts);
const attribute = (name: string, ...values: readonly string[]): Buffer =>
  sequence(text(name), set(...values.map((value) => text(value))));
const none = Buffer.alloc(0);

const usersDn = `ou=Users,${baseDn}`;
const someone = `uid=user000007,${usersDn}`;
const group = `cn=everyone,ou=Groups,${baseDn}`;

const equality = (name: string, value: string): Buffer => tlv(0xa3, text(name), text(value));
const present = (name: string): Buffer => text(name, 0x87);
const filters: readonly Buffer[] = [
  present("objectClass"),
  equality("uid", "user000042"),
  tlv(
    0xa0,
    equality("objectClass", "inetOrgPerson"),
    tlv(0xa1, equality("mail", "x@y"), equality("uid", "a")),
  ),
  tlv(0xa2, equality("member", someone)),
  tlv(0xa4, text("cn"), sequence(text("Gi", 0x80), text("en", 0x81), text("1", 0x82))),
  tlv(0xa5, text("uidNumber"), text("10005")),
  tlv(0xa6, text("modifyTimestamp"), text("20300101000000Z")),
  tlv(0xa8, text("sn"), text("family1")),
  tlv(
    0xa9,
    text("1.2.840.113556.1.4.1941", 0x81),
    text("memberOf", 0x82),
    text(group, 0x83),
    tlv(0x84, Buffer.from([255])),
  ),
];
const search = (base: string, scope: number, filter: Buffer, ...attributes: readonly string[]): Buffer =>
  tlv(
    0x63,
    ...[text(base), enumerated(scope), enumerated(0), integer(20), integer(5), boolean(false), filter],
    sequence(...attributes.map((name) => text(name))),
  );

const control = (oid: string, value?: Uint8Array, critical = false): Buffer =>
  sequence(
    text(oid),
    ...(critical ? [boolean(true)] : []),
    ...(value === undefined ? [] : [tlv(0x04, value)]),
  );
const controls: readonly Buffer[] = [
  control("2.16.840.1.113730.3.4.2"),
  control("1.2.840.113556.1.4.319", sequence(integer(5), text("")), true),
  control("1.2.840.113556.1.4.473", sequence(sequence(text("sn"), text("2.5.13.3", 0x80)))),
  control("2.16.840.1.113730.3.4.9", sequence(integer(1), integer(2), tlv(0xa0, integer(3), integer(0)))),
  control("2.16.840.1.113730.3.4.18", Buffer.from(`dn:${someone}`), true),
  control("1.3.6.1.1.12", equality("uid", "user000007"), true),
  control("1.3.6.1.1.13.1", sequence(text("cn"), text("*"))),
  control("1.3.6.1.1.13.2", sequence(text("+"))),
  control("1.3.6.1.4.1.42.2.27.8.5.1"),
  control("1.3.6.1.4.1.4203.1.9.1.1", sequence(enumerated(1), text("rid=001"), boolean(true))),
  control("1.3.6.1.4.1.4203.1.10.1", boolean(true)),
  control("1.3.6.1.4.1.4203.666.5.16", sequence(sequence(text("member"), sequence(text("uid"))))),
  control("1.2.3.4", none, true),
];

const extended = (oid: string, value?: Uint8Array): Buffer =>
  tlv(0x77, text(oid, 0x80), ...(value === undefined ? [] : [tlv(0x81, value)]));
const change = (operation: number, name: string, ...values: readonly string[]): Buffer =>
  sequence(enumerated(operation), attribute(name, ...values));

const operations: readonly Buffer[] = [
  ...filters.map((filter) => search(baseDn, 2, filter, "cn", "mail", "memberOf")),
  search(usersDn, 1, present("uid"), "*", "+"),
  search(someone, 0, present("objectClass"), "1.1"),
  search("", 0, present("objectClass"), "+"),
  search("cn=Subschema", 0, present("objectClass"), "attributeTypes"),
  tlv(0x60, integer(3), text(someone), text("a password of someone", 0x80)),
  tlv(0x60, integer(3), text(""), tlv(0xa3, text("PLAIN"), text(`\0user000007\0a password`))),
  tlv(0x60, integer(3), text(""), tlv(0xa3, text("EXTERNAL"), text(""))),
  tlv(0x6e, text(someone), sequence(text("cn"), text("Given7 Family7"))),
  tlv(0x6e, text(group), sequence(text("member"), text(someone))),
  tlv(
    0x66,
    text(someone),
    sequence(change(2, "telephoneNumber", "+1 555 0100"), change(0, "mail", "n@bench.example")),
  ),
  tlv(
    0x66,
    text(someone),
    sequence(change(1, "title"), change(3, "uidNumber", "1"), change(2, "sn", "Other")),
  ),
  tlv(
    0x66,
    text(group),
    sequence(change(0, "member", `uid=reader,${usersDn}`), change(1, "member", someone)),
  ),
  tlv(0x66, text(someone), sequence(change(2, "userPassword", "another long password of someone"))),
  tlv(
    ...([0x68, text(`uid=new,${usersDn}`)] as const),
    sequence(
      attribute("objectClass", "inetOrgPerson"),
      attribute("cn", "New"),
      attribute("sn", "One"),
      attribute("uid", "new"),
    ),
  ),
  tlv(
    0x68,
    text(`cn=newgroup,ou=Groups,${baseDn}`),
    sequence(attribute("objectClass", "groupOfNames"), attribute("member", someone)),
  ),
  text(`uid=new,${usersDn}`, 0x4a),
  tlv(0x6c, text(`uid=new,${usersDn}`), text("uid=newer"), boolean(true)),
  tlv(0x6c, text(someone), text("uid=user000007"), boolean(false), text(usersDn, 0x80)),
  integer(3, 0x50),
  extended("1.3.6.1.4.1.4203.1.11.3"),
  extended(
    "1.3.6.1.4.1.4203.1.11.1",
    sequence(text(someone, 0x80), text("a new and rather long password", 0x82)),
  ),
  extended("1.3.6.1.1.8", sequence(integer(4))),
  extended("1.3.6.1.4.1.1466.20037"),
  extended("1.2.3.4", Buffer.from([1, 2, 3])),
];

/** Every operation as a whole message, with each control it may be sent with. */
export const requests: readonly Buffer[] = operations.flatMap((operation) => [
  sequence(integer(7), operation),
  ...controls.map((one) => sequence(integer(7), operation, tlv(0xa0, one))),
  sequence(integer(1_000_000), operation, tlv(0xa0, ...controls.slice(0, 3))),
]);

/** A simple bind. */
export function bindRequest(name: string, password: string): Buffer {
  return sequence(integer(1), tlv(0x60, integer(3), text(name), text(password, 0x80)));
}

/** Who am I? (RFC 4532). */
export function whoAmI(messageId: number): Buffer {
  return sequence(integer(messageId), extended("1.3.6.1.4.1.4203.1.11.3"));
}
