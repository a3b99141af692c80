import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithPeers, unpackedLibraries } from "../../../scripts/peers.ts";
import {
  appleProfile,
  type CertificateAuthority,
  type CertificateLogin,
  createCertificateAuthority,
  createPkcs12,
  eapConfig,
  type IssuedCertificate,
  networkManagerConnection,
  openCertificateAuthority,
  type PasswordLogin,
  type WifiNetwork,
  windowsProfile,
} from "../src/wifi.ts";

const pkcs12Password = "a password for once";
const hostile = `<b> & "c" 'd' \\e ]]> é`;
const passwordLogin: PasswordLogin = { method: "eap-ttls-pap", username: "ada", password: hostile };

let folder: string;
let authority: CertificateAuthority;
let device: IssuedCertificate;
let network: WifiNetwork;
let certificateLogin: CertificateLogin;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wifi-profiles-"));
  authority = await createCertificateAuthority({ name: "Büro <CA>" });
  device = await authority.issueClientCertificate({
    username: "ada",
    email: "ada@example.com",
    device: "phone",
  });
  network = {
    ssid: 'Café <"&">',
    serverNames: ["radius.example.com", "radius-2.example.com"],
    authority: authority.certificate,
    displayName: hostile,
    identifier: "com.example.wifi",
  };
  const pkcs12 = createPkcs12({ ...device, authority: authority.certificate, password: pkcs12Password });
  certificateLogin = { method: "eap-tls", username: "ada", pkcs12, password: pkcs12Password };
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, [...args])).stdout;
}

describeWithPeers("Python", ["python3"], (paths) => {
  const readPlist = async (profile: string): Promise<unknown> => {
    const program =
      "import base64, json, plistlib, sys\n" +
      "print(json.dumps(plistlib.load(open(sys.argv[1], 'rb')), default=lambda octets: base64.b64encode(octets).decode()))";
    return JSON.parse(await run(paths.python3, ["-c", program, await file("a.mobileconfig", profile)]));
  };
  /** Every element with text, as `path of names: text`; name spaces are told by their last word. */
  const readXml = async (profile: string): Promise<readonly string[]> => {
    const program = [
      "import json, sys, xml.etree.ElementTree as tree",
      "found = []",
      "def walk(element, path):",
      "    name = element.tag.split('}')[-1]",
      "    space = element.tag.split('}')[0].split('/')[-1] if '}' in element.tag else ''",
      "    here = path + '/' + name",
      "    text = (element.text or '').strip()",
      "    if text or len(element) == 0: found.append(here + ': ' + text)",
      "    if space and (path == '' or space != spaces[-1]): found.append(here + ' is of ' + space)",
      "    spaces.append(space)",
      "    for child in element: walk(child, here)",
      "    spaces.pop()",
      "spaces = []",
      "walk(tree.parse(sys.argv[1]).getroot(), '')",
      "print(json.dumps(found))",
    ].join("\n");
    return JSON.parse(await run(paths.python3, ["-c", program, await file("a.xml", profile)]));
  };

  test("reads Apple's profile for a password as it was meant", async () => {
    expect(await readPlist(appleProfile(network, passwordLogin))).toMatchObject({
      PayloadType: "Configuration",
      PayloadVersion: 1,
      PayloadIdentifier: "com.example.wifi",
      PayloadDisplayName: hostile,
      PayloadContent: [
        {
          PayloadType: "com.apple.security.root",
          PayloadUUID: "0E716AA2-4551-5C1A-A32A-846853434CEC",
          PayloadContent: new X509Certificate(authority.certificate).raw.toString("base64"),
        },
        {
          PayloadType: "com.apple.wifi.managed",
          SSID_STR: network.ssid,
          HIDDEN_NETWORK: false,
          AutoJoin: true,
          EncryptionType: "WPA2",
          EAPClientConfiguration: {
            AcceptEAPTypes: [21],
            TTLSInnerAuthentication: "PAP",
            TLSTrustedServerNames: network.serverNames,
            PayloadCertificateAnchorUUID: ["0E716AA2-4551-5C1A-A32A-846853434CEC"],
            TLSAllowTrustExceptions: false,
            UserName: "ada",
            UserPassword: hostile,
            OuterIdentity: "anonymous",
          },
        },
      ],
    });
  });

  test("reads Apple's profile for a certificate, whose parts point to each other", async () => {
    const profile = appleProfile({ ...network, hidden: true }, certificateLogin);
    const { PayloadContent: parts } = (await readPlist(profile)) as {
      PayloadContent: Readonly<Record<string, unknown>>[];
    };
    const [anchor, identity, wifi] = parts;
    expect(identity).toMatchObject({
      PayloadType: "com.apple.security.pkcs12",
      PayloadContent: Buffer.from(certificateLogin.pkcs12).toString("base64"),
      Password: pkcs12Password,
    });
    expect(wifi).toMatchObject({
      HIDDEN_NETWORK: true,
      PayloadCertificateUUID: identity?.["PayloadUUID"],
      EAPClientConfiguration: {
        AcceptEAPTypes: [13],
        UserName: "ada",
        PayloadCertificateAnchorUUID: [anchor?.["PayloadUUID"]],
      },
    });
    expect(new Set(parts.map((part) => part["PayloadUUID"])).size).toBe(3);
  });

  const thumbprint = (): string =>
    new X509Certificate(authority.certificate).fingerprint.toLowerCase().replaceAll(":", " ");

  test("reads Windows' profile for a password as it was meant", async () => {
    const config = "/WLANProfile/MSM/security/OneX/EAPConfig/EapHostConfig";
    expect(await readXml(windowsProfile(network, passwordLogin))).toEqual(
      expect.arrayContaining([
        "/WLANProfile is of v1",
        `/WLANProfile/name: ${hostile}`,
        `/WLANProfile/SSIDConfig/SSID/hex: ${Buffer.from(network.ssid).toString("hex").toUpperCase()}`,
        `/WLANProfile/SSIDConfig/SSID/name: ${network.ssid}`,
        `${config} is of EapHostConfig`,
        `${config}/EapMethod/Type: 21`,
        `${config}/EapMethod/Type is of EapCommon`,
        `${config}/EapMethod/AuthorId: 311`,
        `${config}/Config/EapTtls is of EapTtlsConnectionPropertiesV1`,
        `${config}/Config/EapTtls/ServerValidation/ServerNames: radius.example.com;radius-2.example.com`,
        `${config}/Config/EapTtls/ServerValidation/TrustedRootCAHash: ${thumbprint()}`,
        `${config}/Config/EapTtls/ServerValidation/DisablePrompt: true`,
        `${config}/Config/EapTtls/Phase2Authentication/PAPAuthentication: `,
        `${config}/Config/EapTtls/Phase1Identity/AnonymousIdentity: anonymous`,
      ]),
    );
  });

  test("reads Windows' profile for a certificate as it was meant", async () => {
    const config = "/WLANProfile/MSM/security/OneX/EAPConfig/EapHostConfig";
    const read = await readXml(windowsProfile(network, certificateLogin));
    expect(read).toEqual(
      expect.arrayContaining([
        `${config}/EapMethod/Type: 13`,
        `${config}/EapMethod/AuthorId: 0`,
        `${config}/Config/Eap is of BaseEapConnectionPropertiesV1`,
        `${config}/Config/Eap/Type: 13`,
        `${config}/Config/Eap/EapType is of EapTlsConnectionPropertiesV1`,
        `${config}/Config/Eap/EapType/CredentialsSource/CertificateStore/SimpleCertSelection: true`,
        `${config}/Config/Eap/EapType/ServerValidation/DisableUserPromptForServerValidation: true`,
        `${config}/Config/Eap/EapType/ServerValidation/ServerNames: radius.example.com;radius-2.example.com`,
        `${config}/Config/Eap/EapType/ServerValidation/TrustedRootCA: ${thumbprint()}`,
      ]),
    );
    expect(read.join("\n")).not.toContain(pkcs12Password);
  });

  test("reads eap-config for a password and for a certificate as it was meant", async () => {
    const method = "/EAPIdentityProviderList/EAPIdentityProvider/AuthenticationMethods/AuthenticationMethod";
    const server = [
      `${method}/ServerSideCredential/CA: ${new X509Certificate(authority.certificate).raw.toString("base64")}`,
      `${method}/ServerSideCredential/ServerID: radius.example.com`,
      `${method}/ServerSideCredential/ServerID: radius-2.example.com`,
    ];
    const where = [
      `/EAPIdentityProviderList/EAPIdentityProvider/CredentialApplicability/IEEE80211/SSID: ${network.ssid}`,
      "/EAPIdentityProviderList/EAPIdentityProvider/CredentialApplicability/IEEE80211/MinRSNProto: CCMP",
      `/EAPIdentityProviderList/EAPIdentityProvider/ProviderInfo/DisplayName: ${hostile}`,
    ];
    expect(await readXml(eapConfig(network, passwordLogin))).toEqual([
      `${method}/EAPMethod/Type: 21`,
      ...server,
      `${method}/ClientSideCredential/OuterIdentity: anonymous`,
      `${method}/ClientSideCredential/UserName: ada`,
      `${method}/ClientSideCredential/Password: ${hostile}`,
      `${method}/InnerAuthenticationMethod/NonEAPAuthMethod/Type: 1`,
      ...where,
    ]);
    expect(await readXml(eapConfig(network, certificateLogin))).toEqual([
      `${method}/EAPMethod/Type: 13`,
      ...server,
      `${method}/ClientSideCredential/UserName: ada`,
      `${method}/ClientSideCredential/ClientCertificate: ${Buffer.from(certificateLogin.pkcs12).toString("base64")}`,
      `${method}/ClientSideCredential/Passphrase: ${pkcs12Password}`,
      ...where,
    ]);
  });
});

describeWithPeers("OpenSSL", ["openssl"], (paths) => {
  test("finds certificates of a server and of a device good, strictly read, and only for what they are for", async () => {
    const server = await authority.issueServerCertificate({ names: network.serverNames });
    const ca = await file("ca.pem", authority.certificate);
    const verify = (certificate: string, ...args: readonly string[]): Promise<string> =>
      run(paths.openssl, ["verify", "-x509_strict", "-CAfile", ca, ...args, certificate]);
    const serverFile = await file("server.pem", server.certificate);
    const deviceFile = await file("device.pem", device.certificate);
    for (const name of network.serverNames)
      expect(await verify(serverFile, "-purpose", "sslserver", "-verify_hostname", name)).toMatch(/OK\n$/);
    expect(await verify(deviceFile, "-purpose", "sslclient", "-verify_email", "ada@example.com")).toMatch(
      /OK\n$/,
    );
    await expect(verify(serverFile, "-purpose", "sslclient")).rejects.toThrow();
    await expect(verify(deviceFile, "-purpose", "sslserver")).rejects.toThrow();
  });

  test("believes what is issued by an authority that it made itself, and that was opened here", async () => {
    const [key, ca] = [join(folder, "own.key"), join(folder, "own.pem")];
    // Settings of its own: the system's would add what contradicts the identifier of the key.
    const settings = [
      ...["[req]", "distinguished_name=name", "x509_extensions=extensions", "prompt=no"],
      ...["[name]", "C=DE", "O=Example", "OU=Netz", "CN=Elsewhere"],
      ...["[extensions]", "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"],
      "subjectKeyIdentifier=0102030405",
    ];
    const config = await file("own.conf", `${settings.join("\n")}\n`);
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "9"];
    await run(paths.openssl, ["req", "-x509", "-config", config, ...kind, "-keyout", key, "-out", ca]);
    const [keyPem, certificate] = await Promise.all([readFile(key, "utf8"), readFile(ca, "utf8")]);
    const own = openCertificateAuthority({ key: keyPem, certificate });
    const issued = await own.issueClientCertificate({ username: "ada" });
    const list = await file("own-crl.pem", await own.revocationList({ revoked: [] }));
    const args = ["verify", "-x509_strict", "-crl_check", "-CRLfile", list, "-CAfile", ca];
    expect(await run(paths.openssl, [...args, await file("own-device.pem", issued.certificate)])).toMatch(
      /OK\n$/,
    );
  });

  test("believes a list of revoked certificates, and one with nothing on it", async () => {
    const ca = await file("ca.pem", authority.certificate);
    const deviceFile = await file("device.pem", device.certificate);
    const verify = async (list: string): Promise<string> =>
      run(paths.openssl, [
        ...["verify", "-x509_strict", "-crl_check", "-CAfile", ca, "-CRLfile", await file("crl.pem", list)],
        deviceFile,
      ]);
    expect(await verify(await authority.revocationList({ revoked: [] }))).toMatch(/OK\n$/);
    await expect(
      verify(await authority.revocationList({ revoked: [{ serial: device.serial }, { serial: "FF" }] })),
    ).rejects.toThrow(/certificate revoked/);
  });

  test("opens a PKCS #12 file with its password, and with no other", async () => {
    const path = await file("device.p12", certificateLogin.pkcs12);
    const read = (password: string): Promise<string> =>
      run(paths.openssl, ["pkcs12", "-in", path, "-noenc", "-passin", `pass:${password}`]);
    const text = await read(pkcs12Password);
    expect(text).toContain(device.key.trim());
    expect(text).toContain(device.certificate.trim());
    expect(text).toContain(authority.certificate.trim());
    expect(text).toMatch(/friendlyName: ada/);
    await expect(read("another password")).rejects.toThrow(/invalid password/);
  });
});

describeWithPeers("NetworkManager's nmcli", ["nmcli"], (paths) => {
  /** What it writes of a connection that it read. */
  const read = (connection: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const args = ["--offline", "connection", "modify", "connection.autoconnect-priority", "5"];
      const env = { LD_LIBRARY_PATH: unpackedLibraries };
      const child = execFile(paths.nmcli, args, { env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(stderr)),
      );
      child.stdin?.end(connection);
    });
  const section = (text: string, name: string): readonly string[] =>
    (text.split(`[${name}]\n`)[1]?.split("\n\n")[0] ?? "").split("\n").sort();

  test.each(["office", " office ", "65;66;", "1", 'Café <"&"> \\s', "a=b#c"])(
    "reads a connection to %j as it was meant",
    async (ssid) => {
      const login: PasswordLogin = { ...passwordLogin, username: " ada; \\s", password: hostile };
      for (const one of [login, certificateLogin]) {
        const written = networkManagerConnection({ ...network, ssid, hidden: true }, one);
        const understood = await read(written);
        expect(section(understood, "802-1x")).toEqual(section(written, "802-1x"));
        expect(section(understood, "wifi")).toEqual(
          expect.arrayContaining(["hidden=true", "mode=infrastructure"]),
        );
        expect(ssidOf(understood)).toBe(ssid);
      }
    },
  );
});

/** The SSID of a connection that NetworkManager wrote: its octets, or text with escapes. */
function ssidOf(connection: string): string | undefined {
  const value = /^ssid=(.*)$/m.exec(connection)?.[1];
  if (value === undefined || !/^(\d+;)+$/.test(value))
    return value?.replaceAll("\\s", " ").replaceAll("\\\\;", ";");
  return Buffer.from(
    value
      .split(";")
      .filter((one) => one !== "")
      .map(Number),
  ).toString();
}
