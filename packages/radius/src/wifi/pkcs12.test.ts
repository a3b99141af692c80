import { createSecureContext } from "node:tls";
import { beforeAll, expect, test } from "vitest";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssuedCertificate,
} from "./certificate-authority.ts";
import { createPkcs12 } from "./pkcs12.ts";

let authority: CertificateAuthority;
let issued: IssuedCertificate;
beforeAll(async () => {
  authority = await createCertificateAuthority();
  issued = await authority.issueClientCertificate({ username: "zoë" });
});

const read = (pfx: Uint8Array, passphrase: string): unknown =>
  createSecureContext({ pfx: Buffer.from(pfx), passphrase });

test.each(["twelve chars", "x".repeat(64), " ~!\"#$%&'()*+"])(
  "a file is opened by its password %j alone",
  (password) => {
    for (const more of [{}, { authority: authority.certificate, name: "Zoës Telefon" }]) {
      const file = createPkcs12({ ...issued, password, ...more });
      expect(() => read(file, password)).not.toThrow();
      expect(() => read(file, `${password}x`)).toThrow(/mac verify failure/);
    }
  },
);

test("a file that was changed is not opened", () => {
  const password = "a good password";
  const file = Buffer.from(createPkcs12({ ...issued, password }));
  const middle = Math.floor(file.length / 2);
  file[middle] = (file[middle] ?? 0) ^ 1;
  expect(() => read(file, password)).toThrow();
});

test("the key is not in the file in clear", () => {
  const file = Buffer.from(createPkcs12({ ...issued, password: "a good password" }));
  const key = Buffer.from(issued.key.replace(/-----.*-----|\n/g, ""), "base64");
  expect(file.includes(key.subarray(36, 68))).toBe(false);
});

test.each(["", "too short", "ümlaut password", "x".repeat(65)])("the password %j is refused", (password) => {
  expect(() => createPkcs12({ ...issued, password })).toThrow(
    expect.objectContaining({ code: "invalid-input" }),
  );
});

test("a key of another certificate is refused", async () => {
  const { key } = await authority.issueClientCertificate({ username: "ada" });
  expect(() => createPkcs12({ ...issued, key, password: "a good password" })).toThrow(
    expect.objectContaining({ code: "invalid-input" }),
  );
});
