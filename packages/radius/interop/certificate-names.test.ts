import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import type { CertificateName } from "../src/index.ts";
import { EapAuthority, type IssuedCertificate } from "./eap-certificates.ts";
import { runEapolTest } from "./eapol-test.ts";
import { office, secret } from "./office.ts";

describeWithPeers("a certificate that names somebody", ["eapol_test", "openssl"], (paths) => {
  let authority: EapAuthority;
  let server: IssuedCertificate;
  beforeAll(async () => {
    authority = await EapAuthority.create("P-256");
    server = await authority.issue("radius.example.com", "serverAuth");
  });
  afterAll(() => authority[Symbol.asyncDispose]());

  /** Logs in by EAP-TLS to a server that trusts its authority with names. */
  async function login(certificateNames: readonly CertificateName[], name: string): Promise<boolean> {
    const { key, cert } = server;
    const tls = { key, cert, clientAuthorities: authority.ca, certificateNames };
    await using place = await office({ limits: { rejectDelayMs: 0 }, tls });
    const { port } = await place.server.listen({ port: 0, accountingPort: 0 });
    const clientCertificate = await authority.issue(name, "clientAuth");
    const { success } = await runEapolTest({
      program: paths.eapol_test,
      port,
      secret,
      eap: "TLS",
      identity: "device",
      clientCertificate,
      caFile: authority.caFile,
    });
    return success;
  }

  test.each<[readonly CertificateName[], string, boolean]>([
    [["cn"], "ada", true],
    [["cn"], "ada@example.com", true],
    [["email", "dns"], "ada", true],
    [["cn"], "charles", false],
    [["cn"], "sam", false],
    [["cn"], "mallory", false],
    [["email"], "ada", false],
    [[], "ada", false],
  ])("looked for in %j, of %s: let in %s", async (places, name, isIn) => {
    expect(await login(places, name)).toBe(isIn);
  });
});
