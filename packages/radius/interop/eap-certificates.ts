import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A certificate and its key. */
export interface IssuedCertificate {
  /** File of the certificate, PEM. */
  readonly certFile: string;
  /** File of its key, PEM. */
  readonly keyFile: string;
  /** The certificate, PEM. */
  readonly cert: string;
  /** The key, PEM. */
  readonly key: string;
}

/** Kinds of keys. */
export type KeyKind = "P-256" | "RSA-2048";

/** What a certificate may be used for, as OpenSSL names it. */
export type Usage = "serverAuth" | "clientAuth";

/** An authority made with openssl for one test run, in a folder of its own. */
export class EapAuthority implements AsyncDisposable {
  /** File of its certificate, PEM. */
  readonly caFile: string;
  /** The certificate, PEM. */
  readonly ca: string;
  readonly #folder: string;
  readonly #kind: KeyKind;
  #serial = 1;

  private constructor(folder: string, kind: KeyKind, ca: string) {
    this.#folder = folder;
    this.#kind = kind;
    this.ca = ca;
    this.caFile = join(folder, "ca.pem");
  }

  /** Makes an authority. */
  static async create(kind: KeyKind): Promise<EapAuthority> {
    const folder = await mkdtemp(join(tmpdir(), "eap-authority-"));
    const caFile = join(folder, "ca.pem");
    await openssl([
      ...["req", "-x509", ...newKey[kind], "-days", "2", "-subj", "/CN=EAP Test Authority"],
      ...[
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout",
        join(folder, "ca.key"),
        "-out",
        caFile,
      ],
    ]);
    return new EapAuthority(folder, kind, await readFile(caFile, "utf8"));
  }

  /** Issues a certificate for a name. @param usage - what it says it is for; nothing if absent */
  async issue(name: string, usage?: Usage): Promise<IssuedCertificate> {
    this.#serial += 1;
    const file = (suffix: string): string => join(this.#folder, `${this.#serial}.${suffix}`);
    await openssl([
      ...["req", ...newKey[this.#kind], "-subj", `/CN=${name}`, "-keyout", file("key"), "-out", file("csr")],
    ]);
    const lines = ["basicConstraints=critical,CA:FALSE", `subjectAltName=DNS:${name}`];
    if (usage !== undefined) lines.push(`extendedKeyUsage=${usage}`);
    await writeFile(file("ext"), `${lines.join("\n")}\n`);
    await openssl([
      ...["x509", "-req", "-in", file("csr"), "-CA", this.caFile, "-CAkey", join(this.#folder, "ca.key")],
      ...["-set_serial", `${this.#serial}`, "-days", "2", "-extfile", file("ext"), "-out", file("pem")],
    ]);
    const [cert, key] = await Promise.all([readFile(file("pem"), "utf8"), readFile(file("key"), "utf8")]);
    return { certFile: file("pem"), keyFile: file("key"), cert, key };
  }

  /** A list of certificates that are revoked, PEM. */
  async revoke(...certificates: readonly IssuedCertificate[]): Promise<string> {
    const file = (name: string): string => join(this.#folder, name);
    const revoked = certificates.map(({ cert }) => {
      const { serialNumber } = new X509Certificate(cert);
      return `R\t491231235959Z\t200101000000Z\t${serialNumber}\tunknown\t/CN=revoked\n`;
    });
    await writeFile(file("index.txt"), revoked.join(""));
    const settings = [
      "[ca]",
      "default_ca=own",
      "[own]",
      `database=${file("index.txt")}`,
      "default_md=sha256",
    ];
    await writeFile(file("ca.conf"), `${settings.join("\n")}\n`);
    await openssl([
      ...["ca", "-gencrl", "-config", file("ca.conf"), "-cert", this.caFile, "-keyfile", file("ca.key")],
      ...["-crldays", "2", "-out", file("crl.pem")],
    ]);
    return await readFile(file("crl.pem"), "utf8");
  }

  /** Removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const newKey: Readonly<Record<KeyKind, readonly string[]>> = {
  "P-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"],
  "RSA-2048": ["-newkey", "rsa:2048", "-noenc"],
};

async function openssl(args: readonly string[]): Promise<void> {
  await promisify(execFile)("openssl", [...args]);
}
