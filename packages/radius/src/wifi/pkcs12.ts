import {
  createCipheriv,
  createHmac,
  createPrivateKey,
  hash,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { DirectoryError } from "@directorykit/core";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { bufferOf } from "./x509.ts";

/** What goes into a PKCS #12 file. */
export interface Pkcs12Options {
  /** The private key, PEM. */
  readonly key: string;
  /** Its certificate, PEM. */
  readonly certificate: string;
  /** The authority's certificate, PEM, where devices are to find it in the same file. Default: it is left out. */
  readonly authority?: string;
  /** What opens it: 12 to 64 characters of plain ASCII. Make it up at random: the form of the file withstands no guessing. */
  readonly password: string;
  /** What devices call it. Default the certificate's common name. */
  readonly name?: string;
}

const oid = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  sha1With3Des: "1.2.840.113549.1.12.1.3",
  sha1: "1.3.14.3.2.26",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
};

/** As OpenSSL has it; some devices refuse more. */
const iterations = 2_048;
const saltOctets = 8;

/**
 * A key and its certificate in one file, for import into a device (RFC 7292). Takes some 15 ms of computing.
 *
 * It is locked with Triple DES and SHA-1: Apple's devices take "wrong password" for an answer to AES and SHA-256 to this day, and
 * everything else still reads it. So the password must be one that nobody can guess, and the file and the password must not
 * travel together.
 * @throws DirectoryError `invalid-input` for a password that is too short or not plain ASCII, or a key of another certificate
 */
export function createPkcs12(options: Pkcs12Options): Uint8Array {
  const { password } = options;
  if (!/^[\x20-\x7e]{12,64}$/.test(password))
    throw new DirectoryError(
      "invalid-input",
      "the password of a PKCS #12 file has 12 to 64 ASCII characters",
    );
  const key = createPrivateKey(options.key);
  const certificate = new X509Certificate(options.certificate);
  if (!certificate.checkPrivateKey(key))
    throw new DirectoryError("invalid-input", "the key and the certificate do not go together");
  const keyId = sha1(certificate.raw);
  const name = options.name ?? commonNameOf(certificate);
  const attributes = [
    attribute(oid.friendlyName, new asn1js.BmpString({ value: name })),
    attribute(oid.localKeyId, new asn1js.OctetString({ valueHex: bufferOf(keyId) })),
  ];
  const certificates = [
    certBag(certificate, attributes),
    ...(options.authority === undefined ? [] : [certBag(new X509Certificate(options.authority))]),
  ];
  const keyBag = shroudedKeyBag(key.export({ type: "pkcs8", format: "der" }), password, attributes);
  const safes = new asn1js.Sequence({
    value: [encryptedSafe(sequence(certificates), password), plainSafe(sequence([keyBag]))],
  });
  return pfx(Buffer.from(safes.toBER()), password);
}

function commonNameOf(certificate: X509Certificate): string {
  const subject = certificate.toLegacyObject().subject as unknown as Readonly<Record<string, unknown>>;
  const name = subject["CN"];
  return typeof name === "string" ? name : "Wi-Fi";
}

function certBag(
  certificate: X509Certificate,
  bagAttributes: readonly pkijs.Attribute[] = [],
): pkijs.SafeBag {
  return new pkijs.SafeBag({
    bagId: oid.certBag,
    bagValue: new pkijs.CertBag({ parsedValue: pkijs.Certificate.fromBER(bufferOf(certificate.raw)) }),
    ...(bagAttributes.length === 0 ? {} : { bagAttributes: [...bagAttributes] }),
  });
}

function shroudedKeyBag(
  pkcs8: Uint8Array,
  password: string,
  bagAttributes: readonly pkijs.Attribute[],
): pkijs.SafeBag {
  const { algorithm, encrypted } = encrypt(pkcs8, password);
  return new pkijs.SafeBag({
    bagId: oid.shroudedKeyBag,
    bagValue: new pkijs.PKCS8ShroudedKeyBag({
      encryptionAlgorithm: algorithm,
      encryptedData: new asn1js.OctetString({ valueHex: bufferOf(encrypted) }),
    }),
    bagAttributes: [...bagAttributes],
  });
}

function sequence(bags: readonly pkijs.SafeBag[]): Buffer {
  return Buffer.from(new pkijs.SafeContents({ safeBags: [...bags] }).toSchema().toBER());
}

function plainSafe(contents: Uint8Array): asn1js.BaseBlock {
  const content = new asn1js.OctetString({ valueHex: bufferOf(contents) });
  return new pkijs.ContentInfo({ contentType: oid.data, content }).toSchema();
}

function encryptedSafe(contents: Uint8Array, password: string): asn1js.BaseBlock {
  const { algorithm, encrypted } = encrypt(contents, password);
  const data = new pkijs.EncryptedData({
    encryptedContentInfo: new pkijs.EncryptedContentInfo({
      contentType: oid.data,
      contentEncryptionAlgorithm: algorithm,
      encryptedContent: new asn1js.OctetString({ valueHex: bufferOf(encrypted) }),
      // Some readers know the content in one piece only.
      disableSplit: true,
    }),
  });
  return new pkijs.ContentInfo({ contentType: oid.encryptedData, content: data.toSchema() }).toSchema();
}

function pfx(safes: Buffer, password: string): Uint8Array {
  const salt = randomBytes(saltOctets);
  const digest = createHmac("sha1", deriveKey(password, salt, "mac", 20))
    .update(safes)
    .digest();
  const file = new pkijs.PFX({
    authSafe: new pkijs.ContentInfo({
      contentType: oid.data,
      content: new asn1js.OctetString({ valueHex: bufferOf(safes) }),
    }),
    macData: new pkijs.MacData({
      mac: new pkijs.DigestInfo({
        digestAlgorithm: new pkijs.AlgorithmIdentifier({
          algorithmId: oid.sha1,
          algorithmParams: new asn1js.Null(),
        }),
        digest: new asn1js.OctetString({ valueHex: bufferOf(digest) }),
      }),
      macSalt: new asn1js.OctetString({ valueHex: bufferOf(salt) }),
      iterations,
    }),
  });
  return Buffer.from(file.toSchema().toBER());
}

interface Encrypted {
  readonly algorithm: pkijs.AlgorithmIdentifier;
  readonly encrypted: Buffer;
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C). */
function encrypt(plain: Uint8Array, password: string): Encrypted {
  const salt = randomBytes(saltOctets);
  const key = deriveKey(password, salt, "key", 24);
  const cipher = createCipheriv("des-ede3-cbc", key, deriveKey(password, salt, "iv", 8));
  return {
    algorithm: new pkijs.AlgorithmIdentifier({
      algorithmId: oid.sha1With3Des,
      algorithmParams: new asn1js.Sequence({
        value: [
          new asn1js.OctetString({ valueHex: bufferOf(salt) }),
          new asn1js.Integer({ value: iterations }),
        ],
      }),
    }),
    encrypted: Buffer.concat([cipher.update(plain), cipher.final()]),
  };
}

const purposes = { key: 1, iv: 2, mac: 3 } as const;
/** Octets that SHA-1 takes at once, and gives. */
const blockOctets = 64;
const digestOctets = 20;

/** What a password becomes (RFC 7292, appendix B.2): OpenSSL and Node have it, and do not show it. */
function deriveKey(
  password: string,
  salt: Uint8Array,
  purpose: keyof typeof purposes,
  octets: number,
): Buffer {
  // The password in UTF-16, highest octet first, with its final zero.
  const spelled = Buffer.from(`${password}\0`, "utf16le").swap16();
  const diversifier = Buffer.alloc(blockOctets, purposes[purpose]);
  let input = Buffer.concat([filled(salt), filled(spelled)]);
  const parts: Buffer[] = [];
  for (let have = 0; have < octets; have += digestOctets) {
    let digest = sha1(Buffer.concat([diversifier, input]));
    for (let i = 1; i < iterations; i += 1) digest = sha1(digest);
    parts.push(digest);
    input = Buffer.concat(
      Array.from({ length: input.length / blockOctets }, (_, block) =>
        plusOnePlus(input.subarray(block * blockOctets, (block + 1) * blockOctets), digest),
      ),
    );
  }
  return Buffer.concat(parts).subarray(0, octets);
}

function sha1(octets: Uint8Array): Buffer {
  return hash("sha1", octets, "buffer");
}

/** Repeated until it fills whole blocks. */
function filled(octets: Uint8Array): Buffer {
  return Buffer.alloc(Math.ceil(octets.length / blockOctets) * blockOctets, octets);
}

/** A block plus the digest, repeated, plus one, as a whole number of as many octets. */
function plusOnePlus(block: Uint8Array, digest: Uint8Array): Buffer {
  const sum = Buffer.alloc(blockOctets);
  let carry = 1;
  for (let i = blockOctets - 1; i >= 0; i -= 1) {
    carry += (block[i] ?? 0) + (digest[i % digestOctets] ?? 0);
    sum[i] = carry & 0xff;
    carry >>= 8;
  }
  return sum;
}

function attribute(type: string, value: asn1js.BaseBlock): pkijs.Attribute {
  return new pkijs.Attribute({ type, values: [value] });
}
