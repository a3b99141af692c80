import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A device that wants to log in, as wpa_supplicant knows it. */
export interface SupplicantLogin {
  /** What carries TLS. */
  readonly eap: "TTLS" | "PEAP" | "TLS";
  /** What happens inside: `auth=PAP`, `autheap=GTC`, … */
  readonly phase2?: string;
  /** The name told inside the tunnel. */
  readonly identity: string;
  /** The name told in clear. Default: the same. */
  readonly anonymousIdentity?: string;
  /** The password. */
  readonly password?: string;
  /** File of the authority that the server is checked against. Default: none, any server is believed. */
  readonly caFile?: string;
  /** Files of a client certificate and its key. */
  readonly clientCertificate?: { readonly certFile: string; readonly keyFile: string };
  /** The highest version of TLS that is offered. Default 1.2, as wpa_supplicant 2.10 has it. */
  readonly tls?: "1.2" | "1.3";
  /** Whether it resumes a session if it may. Default no, as wpa_supplicant 2.10 has it. */
  readonly resumes?: boolean;
  /** Octets of TLS in one packet. Default: its own, 1,398. */
  readonly fragmentOctets?: number;
}

/** A login by eapol_test. */
export interface EapolTestLogin extends SupplicantLogin {
  /** Where `eapol_test` lies, of Debian's package eapoltest. Default: on the PATH. */
  readonly program?: string;
  /** UDP port of the server on loopback. */
  readonly port: number;
  /** The shared secret. */
  readonly secret: string;
  /** How often it logs in again after the first time, on the same connection. Default 0. */
  readonly again?: number;
  /** Seconds after which it gives up. Default 5. */
  readonly timeoutSeconds?: number;
}

/** How it went. */
export interface EapolTestResult {
  /** Whether eapol_test calls it a success. */
  readonly success: boolean;
  /** Whether the keys that the server sent are those that the device computed. */
  readonly keysMatch: boolean;
  /** Access-Challenges that the server sent. */
  readonly challenges: number;
  /** All it printed. */
  readonly output: string;
}

/** Logs in with `eapol_test`, which is wpa_supplicant with an access point around it. */
export function runEapolTest(login: EapolTestLogin): Promise<EapolTestResult> {
  return runEapolTestWith(supplicantNetwork(login, [["key_mgmt", "WPA-EAP"]]), login);
}

/** The same with a wpa_supplicant.conf that somebody else wrote. */
export async function runEapolTestWith(
  configuration: string,
  access: Pick<EapolTestLogin, "program" | "port" | "secret" | "again" | "timeoutSeconds">,
): Promise<EapolTestResult> {
  const file = join(tmpdir(), `eapol-test-${randomUUID()}.conf`);
  await writeFile(file, configuration, { mode: 0o600 });
  try {
    const { program = "eapol_test", port, secret, again = 0, timeoutSeconds = 5 } = access;
    const { status, output } = await run(program, [
      ...["-c", file, "-a", "127.0.0.1", "-p", `${port}`, "-s", secret],
      ...["-t", `${timeoutSeconds}`, "-r", `${again}`],
    ]);
    return {
      success: status === 0 && /^SUCCESS$/m.test(output),
      keysMatch: new RegExp(`^MPPE keys OK: ${again + 1} {2}mismatch: 0$`, "m").test(output),
      challenges: output.match(/Access-Challenge\)/g)?.length ?? 0,
      output,
    };
  } finally {
    await rm(file, { force: true });
  }
}

/** The network block of wpa_supplicant.conf. @param own - what the kind of network adds */
export function supplicantNetwork(
  login: SupplicantLogin,
  own: readonly (readonly [name: string, value: string])[],
): string {
  const { eap, phase2, identity, anonymousIdentity, password, caFile, clientCertificate, fragmentOctets } =
    login;
  const phase1 = [
    ...(eap === "PEAP" ? ["peapver=0"] : []),
    `tls_disable_tlsv1_3=${login.tls === "1.3" ? 0 : 1}`,
    ...(login.resumes === true ? ["tls_disable_session_ticket=0"] : []),
  ];
  const lines: (readonly [string, string | undefined])[] = [
    ...own,
    ["eap", eap],
    ["identity", quoted(identity)],
    ["anonymous_identity", quoted(anonymousIdentity)],
    ["password", quoted(password)],
    ["ca_cert", quoted(caFile)],
    ["client_cert", quoted(clientCertificate?.certFile)],
    ["private_key", quoted(clientCertificate?.keyFile)],
    ["phase1", quoted(phase1.join(" "))],
    ["phase2", quoted(phase2)],
    ["fragment_size", fragmentOctets?.toString()],
  ];
  const told = lines.filter(([, value]) => value !== undefined);
  return ["network={", ...told.map(([name, value]) => `  ${name}=${value}`), "}", ""].join("\n");
}

const quoted = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : `"${value}"`;

function run(program: string, args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(program, args, { timeout: 60_000, killSignal: "SIGKILL" });
  let output = "";
  const note = (chunk: Buffer): void => {
    output += chunk.toString("latin1");
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}
