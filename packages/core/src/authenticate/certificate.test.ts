import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { includeSecrets } from "../document/export-document.ts";
import { failure, openDirectory, password } from "../testing/test-directory.ts";

const adasPem = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUK3WlZv/aTDvwH6jAADb/AdNfzWYwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDYWRhMCAXDTI2MTEyMzIzMTYxNVoYDzIxMjYxMDMwMjMxNjE1
WjAOMQwwCgYDVQQDDANhZGEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQczYWs
I1dCrtP2jVsWiNvOllBt8zou+s7EaGiJrmiVfggE5/t03CqAitzixTxNfJ0wr1RE
QLbOAwvISIe0MXQmo1MwUTAdBgNVHQ4EFgQUnntkehVWzcUgLusmrYVlhROYZ/cw
HwYDVR0jBBgwFoAUnntkehVWzcUgLusmrYVlhROYZ/cwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEArz0rLhP2pJDg6EZY84bhC96UYysgBILab+J6
UZUGxP0CIEnRvMiAfmOsxxf9oaBz0CU2UX+yHcaLBTCLWYdfhFJi
-----END CERTIFICATE-----
`;
const bobsPem = `-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUHsjIi916KR5D5ARV5jzjfLaJNbMwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDYm9iMCAXDTI2MTEyMzIzMTYxNVoYDzIxMjYxMDMwMjMxNjE1
WjAOMQwwCgYDVQQDDANib2IwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASoGeVj
/Y5dvXX8JiJqO5vPFO7Tjl3+hYomStHVQST8rHSDFiungoH4xXzz8/YFp/mkPYXJ
X2IYMYcKNTZbJT7+o1MwUTAdBgNVHQ4EFgQUsT9ejEwzUxe2mdRpLtUIb9uBe8sw
HwYDVR0jBBgwFoAUsT9ejEwzUxe2mdRpLtUIb9uBe8swDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEAqpYEUNuHid6MjinqHHaOlZ83REmdrpxc3R9i
UznBfwQCICVfqhHG8z5PBdmk6gJnwpbUNOVBKOssKWmfQbJ/vFcB
-----END CERTIFICATE-----
`;
const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;
const attempt = { certificate: derOf(adasPem), protocol: "ldap" };

async function scene() {
  const opened = await openDirectory();
  const { directory } = opened;
  const ada = await directory.users.create({ username: "ada", email: "ada@example.com", password });
  const bob = await directory.users.create({ username: "bob" });
  const { id } = await directory.credentials.addCertificate(ada.id, adasPem);
  return { ...opened, ada, bob, id };
}

test("whoever shows a user's certificate is that user", async () => {
  const { directory, ada } = await scene();
  expect(await directory.authenticate(attempt)).toEqual({
    outcome: "accepted",
    user: ada,
    factors: ["certificate"],
    mustChangePassword: false,
  });
  expect((await directory.audit({ action: "authentication." })).at(-1)).toMatchObject({
    action: "authentication.succeeded",
    details: { factors: "certificate" },
  });
});

test("whose a certificate is can be asked, until it is taken away", async () => {
  const { directory, ada, id } = await scene();
  const holder = (pem: string) => directory.credentials.holderOfCertificate(derOf(pem));
  expect(await holder(adasPem)).toBe(ada.id);
  expect(await holder(bobsPem)).toBeUndefined();
  await directory.credentials.removeCertificate(id);
  expect(await holder(adasPem)).toBeUndefined();
});

test("a certificate of nobody's, and octets that are none, are denied", async () => {
  const { directory } = await scene();
  for (const certificate of [derOf(bobsPem), Buffer.from("nonsense"), Buffer.alloc(0)])
    expect(await directory.authenticate({ ...attempt, certificate })).toEqual({
      outcome: "denied",
      reason: "wrong-certificate",
    });
});

test("a name given with it must be the same person's", async () => {
  const { directory, bob } = await scene();
  expect(await directory.authenticate({ ...attempt, username: "ADA" })).toMatchObject({
    outcome: "accepted",
  });
  for (const name of [{ username: "bob" }, { userId: bob.id }, { username: "nobody" }])
    expect(await directory.authenticate({ ...attempt, ...name })).toMatchObject({
      reason: "wrong-certificate",
    });
});

test("a suspended user is denied, and so is one whose certificate was taken away", async () => {
  const { directory, ada, id } = await scene();
  await directory.users.suspend(ada.id);
  expect(await directory.authenticate(attempt)).toMatchObject({ reason: "not-active" });
  await directory.users.activate(ada.id);
  await directory.credentials.removeCertificate(id);
  expect(await directory.authenticate(attempt)).toMatchObject({ reason: "wrong-certificate" });
  expect(await directory.credentials.certificates(ada.id)).toEqual([]);
});

test("a certificate counts as a second factor, and failures of passwords do not stand in its way", async () => {
  const { directory, ada } = await scene();
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  await directory.grants.add({
    user: ada.id,
    resource: wiki.id,
    conditions: { mfa: true },
  });
  expect(
    await directory.authenticate({ username: "ada", password, protocol: "ldap", resource: wiki.id }),
  ).toMatchObject({ reason: "mfa-required" });
  for (let i = 0; i < 12; i++)
    await directory.authenticate({ username: "ada", password: `wrong ${i}`, protocol: "ldap" });
  expect(await directory.authenticate({ ...attempt, resource: wiki.id })).toMatchObject({
    outcome: "accepted",
  });
  expect(await directory.authenticate({ ...attempt, secondFactor: "required" })).toMatchObject({
    outcome: "accepted",
  });
});

test("whom no grant lets in is denied", async () => {
  const { directory } = await scene();
  const wiki = await directory.resources.create({ kind: "ldap", name: "wiki" });
  expect(await directory.authenticate({ ...attempt, resource: wiki.id })).toMatchObject({
    reason: "no-access",
  });
});

test("one certificate is one person's, in whatever form it is given", async () => {
  const { directory, ada, bob } = await scene();
  for (const form of [adasPem, derOf(adasPem)])
    await expect(directory.credentials.addCertificate(bob.id, form)).rejects.toMatchObject(
      failure("conflict"),
    );
  await directory.credentials.addCertificate(ada.id, bobsPem);
  const kept = await directory.credentials.certificates(ada.id);
  expect(kept.map(({ certificate }) => Buffer.from(certificate))).toEqual([derOf(adasPem), derOf(bobsPem)]);
});

test.each([
  ["text that is no certificate", "hello"],
  ["nothing", ""],
  ["too much", Buffer.alloc(40_000)],
])("%s is refused", async (_, certificate) => {
  const { directory, bob } = await scene();
  await expect(directory.credentials.addCertificate(bob.id, certificate)).rejects.toMatchObject(
    failure("invalid-input"),
  );
});

test("certificates go with the secrets of an export, and come back", async () => {
  const { directory } = await scene();
  const document = await directory.export({ [includeSecrets]: true });
  expect((await directory.export()).users?.[0]).not.toHaveProperty("certificates");
  const { directory: other } = await openDirectory();
  await other.import(document);
  expect(await other.authenticate({ ...attempt })).toMatchObject({ user: { username: "ada" } });
});
