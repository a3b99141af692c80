import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { DirectoryError, type KeyRing, keyRing, loadKeyRing, secretFromFile } from "@directorykit/core";
import { generate } from "selfsigned";

const keyFile = "directory.key";
const radiusSecretFile = "radius.secret";

/** The folder in which this server keeps what it generated for itself, readable by its owner only. */
export class DataFolder {
  readonly #path: string;

  constructor(path: string) {
    // Commands that name a file in it are to work from anywhere.
    this.#path = resolve(path);
  }

  /**
   * The keys that seal secrets in the store; made at the first start.
   * @param storeExists - whether there is a store already: then missing keys are a loss to be noticed, not replaced
   * @throws DirectoryError `misconfigured`
   */
  async keys(storeExists: boolean): Promise<KeyRing> {
    const path = join(this.#path, keyFile);
    if (existsSync(path)) return loadKeyRing({ current: { id: "1", key: secretFromFile(path) } });
    if (storeExists) {
      throw new DirectoryError(
        "misconfigured",
        `the store exists but its key ${path} is missing: put the key back, or remove the store to start afresh`,
      );
    }
    const key = randomBytes(32);
    await this.#write(keyFile, key.toString("base64"));
    return keyRing({ current: { id: "1", key } });
  }

  /** The secret that RADIUS clients of the demo share with the server; made when it is first asked for. */
  async radiusSecret(): Promise<string> {
    const kept = await this.#readRadiusSecret();
    if (kept !== "") return kept;
    const made = randomBytes(16).toString("hex");
    await this.#write(radiusSecretFile, made);
    return made;
  }

  /** Sees to it that the file of the secret says what the store does. */
  async keepRadiusSecret(secret: string): Promise<void> {
    if ((await this.#readRadiusSecret()) !== secret) await this.#write(radiusSecretFile, secret);
  }

  /** Path of that secret, for clients that take it from a file. */
  get radiusSecretPath(): string {
    return join(this.#path, radiusSecretFile);
  }

  /** The certificate for TLS and EAP; a self-signed one, made at the first start, until the operator puts in another. */
  async certificate(host: string): Promise<{ readonly key: string; readonly cert: string }> {
    const keyPath = join(this.#path, "tls.key");
    const certPath = join(this.#path, "tls.crt");
    if (!existsSync(keyPath) || !existsSync(certPath)) {
      const made = await generate([{ name: "commonName", value: "localhost" }], {
        keyType: "ec",
        curve: "P-256",
        algorithm: "sha256",
        notAfterDate: new Date(Date.now() + 825 * 86_400_000),
        extensions: [
          { name: "basicConstraints", cA: false, critical: true },
          // Windows tells a password by EAP only to a server whose certificate says so.
          { name: "extKeyUsage", serverAuth: true },
          { name: "subjectAltName", altNames: alternativeNames(host) },
        ],
      });
      await this.#write("tls.key", made.private);
      await this.#write("tls.crt", made.cert);
    }
    return { key: await readFile(keyPath, "utf8"), cert: await readFile(certPath, "utf8") };
  }

  /** Path of the certificate, for clients that check it. */
  get certificatePath(): string {
    return join(this.#path, "tls.crt");
  }

  async #readRadiusSecret(): Promise<string> {
    return existsSync(this.radiusSecretPath) ? (await readFile(this.radiusSecretPath, "utf8")).trim() : "";
  }

  /** Writes a file whole or not at all, with mode 0600. */
  async #write(name: string, content: string): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const path = join(this.#path, name);
    const file = await open(`${path}.new`, "w", 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(`${path}.new`, 0o600);
    await rename(`${path}.new`, path);
  }
}

type AlternativeName = { type: 2; value: string } | { type: 7; ip: string };

function alternativeNames(host: string): AlternativeName[] {
  const addresses = new Set(["127.0.0.1", "::1", ...(isIP(host) === 0 ? [] : [host])]);
  // OpenLDAP's tools check a certificate for "localhost" against the name of the machine.
  const names = new Set(["localhost", hostname(), ...(isIP(host) === 0 ? [host] : [])]);
  return [
    ...[...names].map((value) => ({ type: 2 as const, value })),
    ...[...addresses].map((ip) => ({ type: 7 as const, ip })),
  ];
}
