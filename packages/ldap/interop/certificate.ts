import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runToSuccess } from "../../../scripts/interop/run-program.ts";

/** An authority made for one test run, and a certificate of it for localhost. */
export interface TestCertificate {
  /** File of the authority's certificate, which clients are told to trust. */
  readonly caFile: string;
  /** The same as PEM. */
  readonly ca: string;
  /** Certificate for `localhost` and `127.0.0.1`, PEM. */
  readonly cert: string;
  /** Its key, PEM. */
  readonly key: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];

/** Makes an authority and a server certificate with openssl, in `folder`. */
export async function makeCertificate(openssl: string, folder: string): Promise<TestCertificate> {
  const file = (name: string): string => join(folder, name);
  const caFile = file("ca.pem");
  await runToSuccess(openssl, [
    ...["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Interop Test CA"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", file("ca.key"), "-out", caFile],
  ]);
  await runToSuccess(openssl, [
    ...[
      "req",
      ...newKey,
      "-subj",
      "/CN=localhost",
      "-keyout",
      file("server.key"),
      "-out",
      file("server.csr"),
    ],
  ]);
  await writeFile(
    file("server.ext"),
    "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n",
  );
  await runToSuccess(openssl, [
    ...[
      "x509",
      "-req",
      "-in",
      file("server.csr"),
      "-CA",
      caFile,
      "-CAkey",
      file("ca.key"),
      "-set_serial",
      "2",
    ],
    ...["-days", "2", "-extfile", file("server.ext"), "-out", file("server.pem")],
  ]);
  return {
    caFile,
    ca: await readFile(caFile, "utf8"),
    cert: await readFile(file("server.pem"), "utf8"),
    key: await readFile(file("server.key"), "utf8"),
  };
}

/** A certificate for a client, of the same authority. */
export interface ClientCertificate {
  /** File of the certificate. */
  readonly certFile: string;
  /** File of its key. */
  readonly keyFile: string;
  /** The certificate, PEM. */
  readonly cert: string;
}

/** Makes a client's certificate with openssl, in the folder of {@link makeCertificate}. */
export async function makeClientCertificate(
  openssl: string,
  folder: string,
  name: string,
): Promise<ClientCertificate> {
  const file = (suffix: string): string => join(folder, `client-${name}.${suffix}`);
  const subject = ["-subj", `/CN=${name}`];
  await runToSuccess(openssl, [
    ...["req", ...newKey, ...subject, "-keyout", file("key"), "-out", file("csr")],
  ]);
  await writeFile(file("ext"), "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n");
  await runToSuccess(openssl, [
    ...["x509", "-req", "-in", file("csr"), "-CA", join(folder, "ca.pem"), "-CAkey", join(folder, "ca.key")],
    ...["-days", "2", "-extfile", file("ext"), "-out", file("pem")],
  ]);
  return { certFile: file("pem"), keyFile: file("key"), cert: await readFile(file("pem"), "utf8") };
}
