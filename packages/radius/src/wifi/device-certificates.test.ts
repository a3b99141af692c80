import { X509Certificate } from "node:crypto";
import { createDirectory, type Directory, memoryStore, newId } from "@directorykit/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CertificateAuthority, createCertificateAuthority } from "./certificate-authority.ts";
import { deviceCertificatesOf, issueDeviceCertificate } from "./device-certificates.ts";

let directory: Directory;
let authority: CertificateAuthority;
beforeEach(async () => {
  directory = await createDirectory({ store: memoryStore() });
  authority = await createCertificateAuthority();
});
afterEach(() => directory.close());

const der = (pem: string): Uint8Array => new X509Certificate(pem).raw;

test("a certificate that is issued to a user opens the directory to them, until it is taken away", async () => {
  const ada = await directory.users.create({ username: "ada", email: "ada@example.com" });
  const issued = await issueDeviceCertificate(directory, authority, ada.id, { device: "phone" });
  expect(new X509Certificate(issued.certificate).subjectAltName).toBe("email:ada@example.com");
  const login = { certificate: der(issued.certificate), protocol: "radius" };
  expect(await directory.authenticate(login)).toMatchObject({ outcome: "accepted", user: { id: ada.id } });
  await directory.credentials.removeCertificate(issued.credential);
  expect(await directory.authenticate(login)).toMatchObject({ outcome: "denied" });
});

test("what an authority issued to a user is found by what the directory keeps, and nothing else is", async () => {
  const ada = await directory.users.create({ username: "ada" });
  const other = await createCertificateAuthority();
  const phone = await issueDeviceCertificate(directory, authority, ada.id, { device: "phone" });
  const nameless = await issueDeviceCertificate(directory, authority, ada.id, { lifetimeDays: 10 });
  await issueDeviceCertificate(directory, other, ada.id);
  const found = await deviceCertificatesOf(directory, authority, ada.id);
  expect(found).toHaveLength(2);
  expect(found).toEqual(
    expect.arrayContaining([
      { credential: phone.credential, serial: phone.serial, device: "phone", notAfter: phone.notAfter },
      { credential: nameless.credential, serial: nameless.serial, notAfter: nameless.notAfter },
    ]),
  );
});

test("who issued a certificate is in the audit trail", async () => {
  const ada = await directory.users.create({ username: "ada" });
  const actor = { kind: "user", id: ada.id } as const;
  await issueDeviceCertificate(directory, authority, ada.id, { actor });
  expect((await directory.audit({ action: "credential.certificate-added" })).at(-1)).toMatchObject({
    actor,
    target: { kind: "user", id: ada.id },
  });
});

test("nobody gets no certificate", async () => {
  await expect(issueDeviceCertificate(directory, authority, newId(0))).rejects.toMatchObject({
    code: "not-found",
  });
});
