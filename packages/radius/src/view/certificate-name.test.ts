import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { certificateName } from "./certificate-name.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "certificate-name-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function certificate(subject: string, names: string | undefined): Uint8Array {
  const out = join(folder, "one.pem");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-utf8"],
      ...["-subj", subject, "-keyout", join(folder, "key.pem"), "-out", out],
      ...(names === undefined ? [] : ["-addext", `subjectAltName=${names}`]),
    ],
    { stdio: "ignore" },
  );
  return new X509Certificate(readFileSync(out)).raw;
}

test.each<[string, string | undefined, Parameters<typeof certificateName>[1], string | undefined]>([
  ["/CN=ada", undefined, ["cn"], "ada"],
  ["/CN=ada", undefined, ["email", "cn"], "ada"],
  ["/CN=ada", undefined, ["email"], undefined],
  ["/CN=ada", "email:grace@example.com,DNS:laptop", ["email", "cn"], "grace@example.com"],
  ["/CN=ada", "email:grace@example.com,DNS:laptop", ["dns"], "laptop"],
  ["/CN=ada", "DNS:one,DNS:two", ["dns", "cn"], undefined],
  ["/CN=ada/CN=grace", undefined, ["cn"], undefined],
  ["/O=nobody", undefined, ["cn"], undefined],
  ["/CN=x", undefined, [], undefined],
])("of %s with %s, looked for in %j, is %s", (subject, names, places, expected) => {
  expect(certificateName(certificate(subject, names), places)).toBe(expected);
});

test("a name within another kind of name is not taken for it", () => {
  const config = join(folder, "odd.cnf");
  const lines = [
    "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=x\n[ext]\nsubjectAltName=@alt",
    '[alt]\nURI.1=http://example.com/, DNS:ada\nemail.1="a, email:ada@example.com"@example.com',
  ];
  execFileSync("sh", ["-c", `cat > ${config}`], { input: lines.join("\n") });
  const out = join(folder, "odd.pem");
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-noenc",
      "-config",
      config,
      "-keyout",
      join(folder, "k.pem"),
      "-out",
      out,
    ],
    { stdio: "ignore" },
  );
  const { raw } = new X509Certificate(readFileSync(out));
  expect(certificateName(raw, ["dns"])).toBeUndefined();
  expect(certificateName(raw, ["email"])).not.toBe("ada@example.com");
});
