import { Buffer } from "node:buffer";
import { isOid } from "./attribute-description.ts";
import { BerReader } from "./ber-reader.ts";
import { LdapDecodeError } from "./ldap-error.ts";
import { decodeUtf8 } from "./utf8.ts";

interface Ava {
  readonly type: string;
  readonly value: string;
}

const hexPair = /^[0-9A-Fa-f]{2}/;
const hexString = /^#(?:[0-9A-Fa-f]{2})+ *$/;
const oidPrefix = /^oid\./i;
/** Characters that only an escape or quotation marks bring into a value. */
const forbidden = '"<>\0';
const escapable = ' "#+,;<=>\\';
/** OCTET STRING, UTF8String, PrintableString, IA5String. */
const stringTags: readonly number[] = [0x04, 0x0c, 0x13, 0x16];

/** Reads the text of a distinguished name; `parseDn` says what is accepted and thrown. */
export function parseDnText(text: string, maxLength: number, maxRdns: number): Ava[][] {
  if (text.length > maxLength) throw new LdapDecodeError("too-large", "distinguished name over the limit");
  return new DnParser(text, maxRdns).parse();
}

class DnParser {
  readonly #text: string;
  readonly #maxRdns: number;
  #at = 0;

  constructor(text: string, maxRdns: number) {
    this.#text = text;
    this.#maxRdns = maxRdns;
  }

  parse(): Ava[][] {
    const rdns: Ava[][] = [];
    this.#skipSpaces();
    if (this.#at === this.#text.length) return rdns;
    for (;;) {
      if (rdns.length === this.#maxRdns) {
        throw new LdapDecodeError("too-many", "distinguished name of too many parts", { offset: this.#at });
      }
      const rdn = [this.#ava()];
      while (this.#text[this.#at] === "+") {
        this.#at += 1;
        rdn.push(this.#ava());
      }
      rdns.push(rdn);
      if (this.#at === this.#text.length) return rdns;
      this.#at += 1;
    }
  }

  /** Reads `type=value` and stops at the separator behind it, or the end. */
  #ava(): Ava {
    const equals = this.#text.indexOf("=", this.#at);
    if (equals < 0) throw this.#fault("attribute type and = expected");
    const type = this.#text.slice(this.#at, equals).trim().replace(oidPrefix, "");
    if (!isOid(type)) throw this.#fault("attribute type expected");
    this.#at = equals + 1;
    this.#skipSpaces();
    const first = this.#text[this.#at];
    const value = first === '"' ? this.#quoted() : first === "#" ? this.#hexadecimal() : this.#plain();
    return { type, value };
  }

  #plain(): string {
    const text = this.#text;
    let value = "";
    let start = this.#at;
    // Spaces at the end are dropped unless escaped: this is how much of `value` an escape made certain.
    let certain = 0;
    for (; this.#at < text.length; this.#at += 1) {
      const character = text[this.#at] as string;
      if (character === "," || character === ";" || character === "+") break;
      if (forbidden.includes(character)) throw this.#fault("character must be escaped");
      if (character === "\\") {
        value += text.slice(start, this.#at) + this.#escape();
        certain = value.length;
        start = this.#at;
        this.#at -= 1;
      }
    }
    value += text.slice(start, this.#at);
    let end = value.length;
    while (end > certain && value[end - 1] === " ") end -= 1;
    return value.slice(0, end);
  }

  #quoted(): string {
    this.#at += 1;
    let value = "";
    let start = this.#at;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#fault("quotation not closed");
      if (character === "\0") throw this.#fault("character must be escaped");
      if (character === '"') break;
      if (character === "\\") {
        value += this.#text.slice(start, this.#at) + this.#escape();
        start = this.#at;
      } else {
        this.#at += 1;
      }
    }
    value += this.#text.slice(start, this.#at);
    this.#at += 1;
    this.#skipSpaces();
    if (this.#at < this.#text.length && !",;+".includes(this.#text[this.#at] as string)) {
      throw this.#fault("separator expected");
    }
    return value;
  }

  /** Reads the escapes at the present place: one special character, or all octets that are given in a row. */
  #escape(): string {
    const next = this.#text[this.#at + 1];
    if (next !== undefined && escapable.includes(next)) {
      this.#at += 2;
      return next;
    }
    const octets: number[] = [];
    const from = this.#at;
    while (this.#text[this.#at] === "\\" && hexPair.test(this.#text.slice(this.#at + 1, this.#at + 3))) {
      octets.push(Number.parseInt(this.#text.slice(this.#at + 1, this.#at + 3), 16));
      this.#at += 3;
    }
    if (octets.length === 0) throw this.#fault("unknown escape");
    const value = decodeUtf8(Buffer.from(octets), 0, octets.length);
    if (value === undefined) throw this.#fault("escaped octets are not UTF-8", from);
    return value;
  }

  #hexadecimal(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !",;+".includes(this.#text[this.#at] as string)) this.#at += 1;
    const text = this.#text.slice(from, this.#at);
    if (!hexString.test(text)) throw this.#fault("hexadecimal digits expected", from);
    const value = berString(Buffer.from(text.slice(1).trimEnd(), "hex"));
    if (value === undefined) throw this.#fault("not the BER of a string", from);
    return value;
  }

  #skipSpaces(): void {
    while (this.#text[this.#at] === " ") this.#at += 1;
  }

  #fault(message: string, offset: number = this.#at): LdapDecodeError {
    return new LdapDecodeError("invalid-dn", message, { offset });
  }
}

/** The text of an element of a string type, or `undefined` when the octets are anything else. */
function berString(bytes: Buffer): string | undefined {
  const reader = new BerReader(bytes);
  const tag = reader.peekTag();
  if (!stringTags.includes(tag)) return undefined;
  try {
    const value = reader.string(tag);
    return reader.hasMore ? undefined : value;
  } catch {
    return undefined;
  }
}
