import type { User } from "@directorykit/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import type { RadiusListener } from "../src/index.ts";
import {
  type CertificateAuthority,
  type CertificateLogin,
  createCertificateAuthority,
  createPkcs12,
  type IssuedCertificate,
  issueDeviceCertificate,
  openCertificateAuthority,
  type PasswordLogin,
  type WifiNetwork,
  wpaSupplicantConfiguration,
} from "../src/wifi.ts";
import { type EapolTestResult, runEapolTestWith } from "./eapol-test.ts";
import { type Office, office, password, secret } from "./office.ts";

const serverNames = ["radius.example.com", "radius-2.example.com"];
const pkcs12Password = "a password for once";

describeWithPeers(
  "a device with a profile that was made for it, as eapol_test plays it,",
  ["eapol_test"],
  (paths) => {
    let authority: CertificateAuthority;
    let place: Office;
    let listener: RadiusListener;
    let network: WifiNetwork;
    beforeAll(async () => {
      authority = await createCertificateAuthority();
      network = { ssid: "office", serverNames, authority: authority.certificate };
      ({ place, listener } = await open(authority));
    });
    afterAll(() => place[Symbol.asyncDispose]());

    const join = (configuration: string, port = listener.port): Promise<EapolTestResult> =>
      runEapolTestWith(configuration, { program: paths.eapol_test, port, secret });
    const passwordLogin: PasswordLogin = { method: "eap-ttls-pap", username: "ada", password };
    const issueTo = (user: User): Promise<IssuedCertificate> =>
      issueDeviceCertificate(place.directory, authority, user.id);

    test("is let in with a password", async () => {
      const result = await join(wpaSupplicantConfiguration(network, passwordLogin));
      expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
    });

    test("is let in whatever characters name and password are of", async () => {
      const login = { username: "zoë", password: `"quotes" # and \\ 'umläuts' too` };
      const user = await place.directory.users.create(login);
      await place.directory.groups.addMembers(place.groups.staff.id, [user.id]);
      const result = await join(
        wpaSupplicantConfiguration({ ...network, ssid: 'Café "&" Co' }, { ...passwordLogin, ...login }),
      );
      expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
    });

    test.each([
      ["a server of another name", async () => ({ serverNames: ["radius.example.org"] })],
      [
        "a server that another authority vouches for",
        async () => ({
          authority: (await createCertificateAuthority()).certificate,
        }),
      ],
    ])("tells %s no password", async (_, other) => {
      const configuration = wpaSupplicantConfiguration({ ...network, ...(await other()) }, passwordLogin);
      const result = await join(configuration);
      expect(result.success).toBe(false);
      expect(result.output).toMatch(/CTRL-EVENT-EAP-TLS-CERT-ERROR/);
    });

    test("is let in with a certificate of its own, until that is taken away", async () => {
      const { ada } = place.users;
      const device = await issueDeviceCertificate(place.directory, authority, ada.id, { device: "laptop" });
      const configuration = wpaSupplicantConfiguration(network, certificateLogin(device));
      const result = await join(configuration);
      expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
      await place.directory.credentials.removeCertificate(device.credential);
      expect(await join(configuration)).toMatchObject({ success: false });
    });

    test("is not let in with a certificate that is nobody's, or somebody's whom no group lets in", async () => {
      const nobodys = await authority.issueClientCertificate({ username: "ada" });
      const mallorys = await issueTo(place.users.mallory);
      for (const device of [nobodys, mallorys])
        expect(await join(wpaSupplicantConfiguration(network, certificateLogin(device)))).toMatchObject({
          success: false,
        });
    });

    test("is not let in with a certificate that is on the list of those revoked; others are", async () => {
      const [lost, kept] = [await issueTo(place.users.ada), await issueTo(place.users.ada)];
      const revoked = await authority.revocationList({ revoked: [{ serial: lost.serial }] });
      const other = await open(authority, revoked);
      await using _ = other.place;
      for (const { certificate } of [lost, kept])
        await other.place.directory.credentials.addCertificate(other.place.users.ada.id, certificate);
      const configuration = (device: IssuedCertificate): string =>
        wpaSupplicantConfiguration(network, certificateLogin(device));
      expect(await join(configuration(lost), other.listener.port)).toMatchObject({ success: false });
      const result = await join(configuration(kept), other.listener.port);
      expect(result, result.output).toMatchObject({ success: true });
    });

    test("is let in after the authority was kept, opened again and renewed, with the old certificate and the new", async () => {
      const stored = { key: authority.exportKey("a passphrase"), certificate: authority.certificate };
      const renewed = await openCertificateAuthority({ ...stored, passphrase: "a passphrase" }).renew();
      const next = await open(renewed);
      await using _ = next.place;
      const device = await issueTo(place.users.ada);
      await next.place.directory.credentials.addCertificate(next.place.users.ada.id, device.certificate);
      for (const { certificate } of [authority, renewed])
        for (const login of [passwordLogin, certificateLogin(device)]) {
          const configuration = wpaSupplicantConfiguration({ ...network, authority: certificate }, login);
          const result = await join(configuration, next.listener.port);
          expect(result, result.output).toMatchObject({ success: true, keysMatch: true });
        }
    });
  },
);

function certificateLogin(device: IssuedCertificate): CertificateLogin {
  const pkcs12 = createPkcs12({ ...device, password: pkcs12Password });
  return { method: "eap-tls", username: "device", pkcs12, password: pkcs12Password };
}

/** An office whose server has a certificate of an authority. */
async function open(
  authority: CertificateAuthority,
  revocationLists?: string,
): Promise<{ readonly place: Office; readonly listener: RadiusListener }> {
  const { key, certificate } = await authority.issueServerCertificate({ names: serverNames });
  const tls = { key, cert: certificate, clientAuthorities: authority.certificate };
  const place = await office({
    limits: { rejectDelayMs: 0 },
    tls: { ...tls, ...(revocationLists === undefined ? {} : { revocationLists }) },
  });
  return { place, listener: await place.server.listen({ port: 0, accountingPort: 0 }) };
}
