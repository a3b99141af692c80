import { generateKeyPairSync, sign } from "node:crypto";
import { BerTag, BerWriter } from "../codec/index.ts";
import type { LdapTlsOptions } from "../options.ts";

const ecdsaWithSha256 = Buffer.from("06082a8648ce3d040302", "hex");
const commonName = Buffer.from("0603550403", "hex");
const utcTime = 0x17;
const bitString = 0x03;
const utf8String = 0x0c;

/** A key and a certificate that it signs itself (X.509 version 1), made in the process. */
export function selfSigned(name: string): Required<Pick<LdapTlsOptions, "key" | "cert">> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ format: "der", type: "spki" });
  const signed = sequence((writer) => {
    writer.integer(1);
    writer.raw(sequence((algorithm) => algorithm.raw(ecdsaWithSha256)));
    writer.raw(distinguishedName(name));
    writer.raw(
      sequence((validity) => {
        validity.string("200101000000Z", utcTime);
        validity.string("491231235959Z", utcTime);
      }),
    );
    writer.raw(distinguishedName(name));
    writer.raw(spki);
  });
  const certificate = sequence((writer) => {
    writer.raw(signed);
    writer.raw(sequence((algorithm) => algorithm.raw(ecdsaWithSha256)));
    writer.octets(Buffer.concat([Buffer.from([0]), sign("sha256", signed, privateKey)]), bitString);
  });
  const lines =
    Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }),
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
  };
}

function distinguishedName(name: string): Uint8Array {
  return sequence((rdns) => {
    const rdn = rdns.begin(BerTag.set);
    rdns.raw(
      sequence((ava) => {
        ava.raw(commonName);
        ava.string(name, utf8String);
      }),
    );
    rdns.end(rdn);
  });
}

function sequence(write: (writer: BerWriter) => void): Uint8Array {
  const writer = new BerWriter();
  const mark = writer.begin(BerTag.sequence);
  write(writer);
  writer.end(mark);
  return Uint8Array.from(writer.finish());
}
