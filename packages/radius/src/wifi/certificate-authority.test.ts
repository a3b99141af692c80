import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  openCertificateAuthority,
  type StoredCertificateAuthority,
} from "./certificate-authority.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

function clockAt(startMs: number): { clock: () => number; advance: (ms: number) => void } {
  let now = startMs;
  return {
    clock: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

const lifetime = (certificate: string): readonly [from: number, to: number] => {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return [validFromDate.getTime(), validToDate.getTime()];
};

test("an authority vouches for certificates and for no other authority, for ten years", async () => {
  const authority = await createCertificateAuthority({ name: "Office", clock: () => start });
  const x509 = new X509Certificate(authority.certificate);
  expect(x509.subject).toBe("CN=Office");
  expect(x509.ca).toBe(true);
  expect(x509.verify(x509.publicKey)).toBe(true);
  expect(x509.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  expect(lifetime(authority.certificate)).toEqual([start - 3_600_000, start + 3_650 * day]);
  expect(authority.notAfter).toBe(start + 3_650 * day);
});

test("an authority shows its key to nobody who does not ask for it", async () => {
  const authority = await createCertificateAuthority();
  expect(Object.keys(authority)).toEqual(["certificate"]);
  expect(JSON.stringify(authority)).not.toContain("PRIVATE");
  expect(authority.exportKey()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(authority.exportKey("secret")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
});

test("a server's certificate bears all its names, is for servers, and lasts 397 days", async () => {
  const authority = await createCertificateAuthority({ clock: () => start });
  const names = ["radius.example.com", "radius-2.example.com"];
  const { certificate, key, serial, notAfter } = await authority.issueServerCertificate({ names });
  const x509 = new X509Certificate(certificate);
  expect(x509.subject).toBe("CN=radius.example.com");
  expect(x509.subjectAltName).toBe("DNS:radius.example.com, DNS:radius-2.example.com");
  expect(x509.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(x509.ca).toBe(false);
  expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(x509.serialNumber).toBe(serial);
  expect(lifetime(certificate)).toEqual([start - 3_600_000, start + 397 * day]);
  expect(notAfter).toBe(start + 397 * day);
  expect(authority.issued(certificate)).toBe(true);
});

test("a device's certificate bears its owner and their address, and is for clients", async () => {
  const authority = await createCertificateAuthority();
  const { certificate } = await authority.issueClientCertificate({
    username: "zoë",
    email: "zoe@example.com",
    device: "phone",
    lifetimeDays: 30,
  });
  const x509 = new X509Certificate(certificate);
  expect(x509.subject).toBe("OU=phone\nCN=zoë");
  expect(x509.subjectAltName).toBe("email:zoe@example.com");
  expect(x509.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
});

test("an address that is not plain ASCII stays out of a certificate", async () => {
  const authority = await createCertificateAuthority();
  const { certificate } = await authority.issueClientCertificate({
    username: "zoe",
    email: "zoë@example.com",
  });
  expect(new X509Certificate(certificate).subjectAltName).toBeUndefined();
});

test("serial numbers are random, positive and of sixteen octets", async () => {
  const authority = await createCertificateAuthority();
  const serials = new Set<string>();
  for (let i = 0; i < 50; i++)
    serials.add((await authority.issueClientCertificate({ username: "ada" })).serial);
  expect(serials.size).toBe(50);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
});

test("years from 2050 on are written as they must be", async () => {
  const authority = await createCertificateAuthority({
    clock: () => Date.UTC(2049, 11, 1),
    lifetimeDays: 60,
  });
  expect(lifetime(authority.certificate)).toEqual([
    Date.UTC(2049, 11, 1) - 3_600_000,
    Date.UTC(2049, 11, 1) + 60 * day,
  ]);
});

test("nothing outlives its authority, which issues nothing once it has ended, until it is renewed", async () => {
  const { clock, advance } = clockAt(start);
  const authority = await createCertificateAuthority({ lifetimeDays: 100, clock });
  const issue = (by: CertificateAuthority) =>
    by.issueClientCertificate({ username: "ada", lifetimeDays: 90 });
  advance(50 * day);
  const last = await issue(authority);
  expect(lifetime(last.certificate)[1]).toBe(start + 100 * day);
  expect(last.notAfter).toBe(start + 100 * day);
  advance(50 * day);
  await expect(issue(authority)).rejects.toMatchObject({ code: "misconfigured" });
  const renewed = await authority.renew();
  expect(renewed.notAfter).toBe(start + (100 + 3_650) * day);
  expect(renewed.issued(last.certificate)).toBe(true);
  expect(authority.issued((await issue(renewed)).certificate)).toBe(true);
});

test("an authority that was kept is the same again", async () => {
  const authority = await createCertificateAuthority({ name: "Büro" });
  const { certificate } = authority;
  for (const stored of [
    { key: authority.exportKey(), certificate },
    { key: authority.exportKey("secret"), passphrase: "secret", certificate },
  ]) {
    const again = openCertificateAuthority(stored);
    expect(again.certificate).toBe(certificate);
    expect(authority.issued((await again.issueClientCertificate({ username: "ada" })).certificate)).toBe(
      true,
    );
  }
});

test("of two authorities with one name each knows its own", async () => {
  const [mine, other] = [await createCertificateAuthority(), await createCertificateAuthority()];
  expect(mine.issued((await other.issueClientCertificate({ username: "ada" })).certificate)).toBe(false);
});

test("what is no authority is not opened", async () => {
  const authority = await createCertificateAuthority();
  const other = await createCertificateAuthority();
  const leaf = await authority.issueClientCertificate({ username: "ada" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const stored: readonly StoredCertificateAuthority[] = [
    { key: other.exportKey(), certificate: authority.certificate },
    { key: authority.exportKey("secret"), certificate: authority.certificate },
    { key: authority.exportKey("secret"), passphrase: "wrong", certificate: authority.certificate },
    { key: leaf.key, certificate: leaf.certificate },
    { key: String(rsa.export({ type: "pkcs8", format: "pem" })), certificate: authority.certificate },
    { key: authority.exportKey(), certificate: "nothing" },
  ];
  for (const one of stored)
    expect(() => openCertificateAuthority(one)).toThrow(expect.objectContaining({ code: "misconfigured" }));
});

test.each<[what: string, names: readonly string[]]>([
  ["no name", []],
  ["a wildcard", ["*.example.com"]],
  ["an empty label", ["radius..example.com"]],
  ["a space", ["radius example"]],
  ["other letters than ASCII's", ["büro.example.com"]],
  ["two names in one", ["a.example.com;b.example.com"]],
  ["twenty-one names", Array.from({ length: 21 }, (_, i) => `radius-${i}.example.com`)],
])("a server with %s gets no certificate", async (_, names) => {
  const authority = await createCertificateAuthority();
  await expect(authority.issueServerCertificate({ names })).rejects.toMatchObject({ code: "invalid-input" });
});

test("what does not fit into a certificate is refused", async () => {
  const authority = await createCertificateAuthority();
  const refused = { code: "invalid-input" };
  for (const username of ["", "a".repeat(65), "a\nb", "\ud800"])
    await expect(authority.issueClientCertificate({ username })).rejects.toMatchObject(refused);
  for (const lifetimeDays of [0, 1.5, -1, 1_826, Number.NaN])
    await expect(authority.issueClientCertificate({ username: "ada", lifetimeDays })).rejects.toMatchObject(
      refused,
    );
  await expect(
    authority.issueServerCertificate({ names: ["a.example.com"], lifetimeDays: 826 }),
  ).rejects.toMatchObject(refused);
  await expect(createCertificateAuthority({ lifetimeDays: 7_301 })).rejects.toMatchObject(refused);
  await expect(createCertificateAuthority({ name: "" })).rejects.toMatchObject(refused);
  for (const serial of ["", "xyz", "1", "00".repeat(21)])
    await expect(authority.revocationList({ revoked: [{ serial }] })).rejects.toMatchObject(refused);
});
