import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IssuedCertificate } from "../../packages/radius/interop/eap-certificates.ts";
import { supplicantNetwork } from "../../packages/radius/interop/eapol-test.ts";
import { type Attribute, attributeValue, clientHello, encode, sign } from "./fuzz-packets.ts";
import { nameOf, passwordOf, secret } from "./people.ts";
import type { RadiusPeer } from "./server-process.ts";

/** How devices log in. */
export interface EapLogins {
  readonly eap: "TTLS" | "TLS";
  readonly tls: "1.2" | "1.3";
  readonly caFile: string;
  /** Of a device, for EAP-TLS. */
  readonly certificate: IssuedCertificate;
  /** Devices at once, and logins of each. */
  readonly devices: number;
  readonly times: number;
}

/** Has devices log in at the same time, again and again, each with a whole handshake. @throws Error when one fails */
export async function logIn(folder: string, peer: RadiusPeer, how: EapLogins): Promise<void> {
  const { eap, tls, caFile, certificate, devices, times } = how;
  const runs = Array.from({ length: devices }, async (_, i) => {
    const file = join(folder, `device-${i}.conf`);
    const login = { port: peer.port, secret, eap, tls, caFile, anonymousIdentity: "anonymous" } as const;
    const settings =
      eap === "TTLS"
        ? { ...login, identity: nameOf(i), password: passwordOf(i), phase2: "auth=PAP" }
        : { ...login, identity: nameOf(0), anonymousIdentity: nameOf(0), clientCertificate: certificate };
    writeFileSync(file, supplicantNetwork(settings, [["key_mgmt", "WPA-EAP"]]));
    const mac = `02:00:00:00:01:${i.toString(16).padStart(2, "0")}`;
    const args = ["-c", file, "-a", "127.0.0.1", "-p", String(peer.port), "-s", secret, "-M", mac];
    const child = spawn("eapol_test", [...args, "-t", "20", "-r", String(times - 1)], { stdio: "ignore" });
    const [status] = await once(child, "exit");
    if (status !== 0) throw new Error(`eapol_test ended with ${status}`);
  });
  await Promise.all(runs);
}

/**
 * Begins logins by EAP-TTLS and goes no further than the server's first flight.
 * @returns how many got there
 */
export async function beginLogins(peer: RadiusPeer, count: number): Promise<number> {
  const hello = await clientHello();
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 }).bind(0, "127.0.0.1");
  await once(socket, "listening");
  let begun = 0;
  // Each device keeps to an identifier of its own while it asks, so that some may ask at once.
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let device = lane; device < count; device += lanes)
        if (await beginLogin(socket, peer.port, lane, device, hello)) begun += 1;
    }),
  );
  socket.close();
  return begun;
}

async function beginLogin(
  socket: ReturnType<typeof createSocket>,
  port: number,
  lane: number,
  device: number,
  hello: Buffer,
): Promise<boolean> {
  const station = Buffer.from(`02-00-00-01-${hex(device >> 8)}-${hex(device & 255)}`);
  let state: Uint8Array | undefined;
  let said = Buffer.from([2, 1, 0, 6, 1, 0x61]);
  for (let round = 0; round < 4; round++) {
    const eap: Attribute[] = [];
    for (let at = 0; at < said.length; at += 253) eap.push([79, said.subarray(at, at + 253)]);
    const attributes: Attribute[] = [
      [1, Buffer.from("a")],
      ...eap,
      ...(state === undefined ? [] : [[24, state] as const]),
      [31, station],
      [80, Buffer.alloc(16)],
    ];
    const authenticator = crypto.getRandomValues(Buffer.alloc(16));
    const request = sign(encode({ code: 1, attributes }, lane, authenticator));
    const answer = await ask(socket, port, request);
    const packet = answer === undefined ? undefined : attributeValue(answer, 79);
    if (answer?.[0] !== 11 || packet === undefined) return false;
    state = attributeValue(answer, 24);
    const identifier = packet[1] as number;
    const isStart = ((packet[5] ?? 0) & 0x20) !== 0;
    if (packet[4] === 21 && !isStart) return true;
    const data = packet[4] === 21 ? Buffer.concat([Buffer.from([21, 0]), hello]) : Buffer.from([3, 21]);
    said = Buffer.concat([
      Buffer.from([2, identifier, (4 + data.length) >> 8, (4 + data.length) & 255]),
      data,
    ]);
  }
  return false;
}

const lanes = 32;
const hex = (value: number): string => value.toString(16).padStart(2, "0").toUpperCase();

function ask(
  socket: ReturnType<typeof createSocket>,
  port: number,
  request: Buffer,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const end = (answer: Buffer | undefined): void => {
      clearTimeout(timer);
      clearInterval(again);
      socket.off("message", told);
      resolve(answer);
    };
    const told = (octets: Buffer): void => {
      if (octets[1] === request[1]) end(octets);
    };
    const timer = setTimeout(end, 5000, undefined);
    const again = setInterval(() => socket.send(request, port, "127.0.0.1"), 500);
    socket.setMaxListeners(0).on("message", told);
    socket.send(request, port, "127.0.0.1");
  });
}
