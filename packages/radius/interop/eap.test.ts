import { X509Certificate } from "node:crypto";
import { allowNtHashes } from "@directorykit/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import type { RadiusListener } from "../src/index.ts";
import { EapAuthority, type IssuedCertificate } from "./eap-certificates.ts";
import { type EapolTestLogin, type EapolTestResult, runEapolTest } from "./eapol-test.ts";
import { type Office, office, password, secret, totpCode } from "./office.ts";

const settings = {
  methods: [
    "eap-tls",
    "eap-ttls-pap",
    "eap-ttls-gtc",
    "peap-gtc",
    "peap-mschapv2",
    "eap-ttls-mschapv2",
    "pap",
  ],
};

for (const kind of ["P-256", "RSA-2048"] as const)
  describeWithPeers(
    `a device that logs in by EAP, as eapol_test plays it, with ${kind} keys,`,
    ["eapol_test", "openssl"],
    (paths) => {
      let authority: EapAuthority;
      let device: IssuedCertificate;
      let place: Office;
      let listener: RadiusListener;
      beforeAll(async () => {
        authority = await EapAuthority.create(kind);
        const { key, cert } = await authority.issue("radius.example.com", "serverAuth");
        device = await authority.issue("ada", "clientAuth");
        const tls = { key, cert, clientAuthorities: authority.ca, maxVersion: "TLSv1.3" } as const;
        const limits = { rejectDelayMs: 0, eapFragmentOctets: 300 };
        place = await office({ limits, tls }, settings, { [allowNtHashes]: true });
        const { directory, users } = place;
        await directory.credentials.addCertificate(users.ada.id, new X509Certificate(device.cert).raw);
        listener = await place.server.listen({ port: 0, accountingPort: 0 });
      });
      afterAll(async () => {
        await place[Symbol.asyncDispose]();
        await authority[Symbol.asyncDispose]();
      });

      const login = (more: Partial<EapolTestLogin> & Pick<EapolTestLogin, "eap">): Promise<EapolTestResult> =>
        runEapolTest({
          program: paths.eapol_test,
          port: listener.port,
          secret,
          identity: "ada",
          anonymousIdentity: "anonymous",
          password,
          caFile: authority.caFile,
          ...more,
        });

      describe.each(["1.2", "1.3"] as const)("over TLS %s", (tls) => {
        describe.each([
          { eap: "TTLS", phase2: "auth=PAP" },
          { eap: "TTLS", phase2: "autheap=GTC" },
          { eap: "TTLS", phase2: "auth=MSCHAPV2" },
          { eap: "TTLS", phase2: "autheap=MSCHAPV2" },
          { eap: "PEAP", phase2: "auth=GTC" },
          { eap: "PEAP", phase2: "auth=MSCHAPV2" },
        ] as const)("by $eap with $phase2", (method) => {
          test("is let in, with the keys of its tunnel and the VLAN of its group", async () => {
            const result = await login({ ...method, tls });
            expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
            // Tunnel-Private-Group-Id "20".
            expect(result.output).toMatch(/Attribute 81 .*\n\s+Value: 3230\n/);
          });

          test("is refused with a wrong password", async () => {
            const result = await login({ ...method, tls, password: "no engine at all" });
            expect(result, result.output).toMatchObject({ success: false });
            expect(result.output).toMatch(/CTRL-EVENT-EAP-FAILURE/);
          });

          test("is let in in fragments of a hundred octets", async () => {
            const result = await login({ ...method, tls, fragmentOctets: 100 });
            expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
          });
        });

        test("is let in by EAP-TLS with the certificate that was given to its owner", async () => {
          const clientCertificate = device;
          const result = await login({ eap: "TLS", tls, anonymousIdentity: "device", clientCertificate });
          expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
        });

        test.each<Pick<EapolTestLogin, "eap" | "phase2">>([
          { eap: "TTLS", phase2: "auth=PAP" },
          { eap: "PEAP", phase2: "auth=MSCHAPV2" },
          { eap: "TLS" },
        ])("logs in anew by $eap each time, though it would resume its session", async (method) => {
          const clientCertificate = device;
          const result = await login({ ...method, tls, clientCertificate, resumes: true, again: 2 });
          expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
        });
      });
    },
  );

describeWithPeers(
  "a device that logs in by EAP, as eapol_test plays it,",
  ["eapol_test", "openssl"],
  (paths) => {
    let authority: EapAuthority;
    let stranger: EapAuthority;
    let place: Office;
    let listener: RadiusListener;
    beforeAll(async () => {
      authority = await EapAuthority.create("P-256");
      stranger = await EapAuthority.create("P-256");
      const { key, cert } = await authority.issue("radius.example.com", "serverAuth");
      const tls = { key, cert, clientAuthorities: authority.ca };
      place = await office({ limits: { rejectDelayMs: 0 }, tls });
      listener = await place.server.listen({ port: 0, accountingPort: 0 });
    });
    afterAll(async () => {
      await place[Symbol.asyncDispose]();
      await authority[Symbol.asyncDispose]();
      await stranger[Symbol.asyncDispose]();
    });

    const login = (more: Partial<EapolTestLogin> & Pick<EapolTestLogin, "eap">): Promise<EapolTestResult> =>
      runEapolTest({
        program: paths.eapol_test,
        port: listener.port,
        secret,
        identity: "ada",
        anonymousIdentity: "anonymous",
        password,
        caFile: authority.caFile,
        ...more,
      });

    test("is let in with a code behind the password", async () => {
      const result = await login({
        eap: "TTLS",
        phase2: "auth=PAP",
        identity: "tomas",
        password: `${password},${totpCode()}`,
      });
      expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
    });

    test.each<[string, Partial<EapolTestLogin>]>([
      ["a wrong password", { password: "no engine at all" }],
      ["somebody unknown", { identity: "charles" }],
      ["somebody suspended", { identity: "sam" }],
      ["somebody in no group that may", { identity: "mallory" }],
      ["somebody of another realm than they told in clear", { identity: "ada@elsewhere.example" }],
    ])("is refused for %s", async (_, more) => {
      for (const method of [
        { eap: "TTLS", phase2: "auth=PAP" },
        { eap: "PEAP", phase2: "auth=GTC" },
      ] as const) {
        const result = await login({ ...method, anonymousIdentity: "anonymous@example.com", ...more });
        expect(result, result.output).toMatchObject({ success: false });
        expect(result.output).toMatch(/CTRL-EVENT-EAP-FAILURE/);
      }
    });

    test("does not get in with a certificate that nobody was given, or of another authority", async () => {
      for (const clientCertificate of [
        await authority.issue("grace", "clientAuth"),
        await stranger.issue("ada", "clientAuth"),
        await authority.issue("ada", "serverAuth"),
      ]) {
        const result = await login({ eap: "TLS", clientCertificate });
        expect(result, result.output).toMatchObject({ success: false });
      }
    });

    test("does not get in with its certificate once that was taken away", async () => {
      const { directory, users } = place;
      const lost = await authority.issue("grace's telephone", "clientAuth");
      const certificate = await directory.credentials.addCertificate(
        users.grace.id,
        new X509Certificate(lost.cert).raw,
      );
      expect(await login({ eap: "TLS", clientCertificate: lost })).toMatchObject({ success: true });
      await directory.credentials.removeCertificate(certificate.id);
      expect(await login({ eap: "TLS", clientCertificate: lost })).toMatchObject({ success: false });
    });

    test("tells nothing to a server that its authority does not vouch for", async () => {
      const result = await login({ eap: "TTLS", phase2: "auth=PAP", caFile: stranger.caFile });
      expect(result, result.output).toMatchObject({ success: false });
    });

    test("logs in ten times on one port, each time anew", async () => {
      const result = await login({ eap: "TTLS", phase2: "auth=PAP", again: 9 });
      expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
    });

    test("is let in by none of the methods that its network does not name", async () => {
      for (const phase2 of ["auth=MSCHAPV2", "autheap=MSCHAPV2"])
        expect(await login({ eap: "TTLS", phase2 })).toMatchObject({ success: false });
      expect(await login({ eap: "PEAP", phase2: "auth=MSCHAPV2" })).toMatchObject({ success: false });
    });
  },
);
