import { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EapAuthority, type IssuedCertificate } from "../../interop/eap-certificates.ts";
import type { TlsTunnel, TunnelProgress } from "../handlers/eap/tls-tunnel.ts";
import type { RadiusTlsOptions } from "../options.ts";
import { NodeTlsTunnels } from "./tls-tunnel.ts";

let authority: EapAuthority;
let server: IssuedCertificate;
let client: IssuedCertificate;

beforeAll(async () => {
  authority = await EapAuthority.create("P-256");
  server = await authority.issue("radius.example.com", "serverAuth");
  client = await authority.issue("ada", "clientAuth");
});
afterAll(() => authority[Symbol.asyncDispose]());

/** A client whose octets are carried by hand. */
class Client {
  readonly socket: TLSSocket;
  readonly heard: Buffer[] = [];
  readonly #outgoing: Buffer[] = [];
  readonly #carrier: Duplex;

  constructor(options: ConnectionOptions) {
    this.#carrier = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#outgoing.push(chunk);
        done();
      },
    });
    this.socket = connect({
      ca: authority.ca,
      servername: "radius.example.com",
      ...options,
      socket: this.#carrier,
    });
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk: Buffer) => this.heard.push(chunk));
  }

  /** What it wants carried. */
  async flight(): Promise<Buffer> {
    for (let turn = 0; turn < 6; turn++) await nextTurn();
    return Buffer.concat(this.#outgoing.splice(0));
  }

  hear(octets: Uint8Array): void {
    if (octets.length > 0) this.#carrier.push(Buffer.from(octets));
  }

  /** Carries flights to and fro until the client has no more to say. @returns what the tunnel came to */
  async shakeHands(tunnel: TlsTunnel): Promise<TunnelProgress> {
    let progress: TunnelProgress = {
      state: "handshake",
      octets: new Uint8Array(0),
      plaintext: new Uint8Array(0),
    };
    for (;;) {
      const flight = await this.flight();
      if (flight.length === 0) return progress;
      progress = await tunnel.receive(flight);
      this.hear(progress.octets);
    }
  }

  close(): void {
    this.socket.destroy();
    this.#carrier.destroy();
  }
}

const tunnels = (options: Partial<RadiusTlsOptions> = {}): NodeTlsTunnels =>
  new NodeTlsTunnels({ ...server, clientAuthorities: authority.ca, maxVersion: "TLSv1.3", ...options });

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a tunnel of %s", (version) => {
  const clientOptions = { maxVersion: version, minVersion: version };

  it("opens, and carries octets both ways", async () => {
    const device = new Client(clientOptions);
    const tunnel = tunnels().open(false);
    expect(tunnel.version).toBeUndefined();
    expect((await device.shakeHands(tunnel)).state).toBe("open");
    expect(tunnel.version).toBe(version);
    device.socket.write("hello");
    expect(Buffer.from((await tunnel.receive(await device.flight())).plaintext).toString()).toBe("hello");
    device.hear(await tunnel.send(Buffer.from("good day")));
    await device.flight();
    expect(Buffer.concat(device.heard).toString()).toBe("good day");
    device.close();
    tunnel.close();
  });

  it("has the same key material at both ends", async () => {
    const device = new Client(clientOptions);
    const tunnel = tunnels().open(false);
    await device.shakeHands(tunnel);
    const context = Buffer.of(21);
    expect(tunnel.exportKeyingMaterial(64, "a label", context)).toEqual(
      device.socket.exportKeyingMaterial(64, "a label", context),
    );
    const empty = tunnel.exportKeyingMaterial(64, "a label", new Uint8Array(0));
    const without = Buffer.from(tunnel.exportKeyingMaterial(64, "a label"));
    expect(without.equals(empty)).toBe(version === "TLSv1.3");
    device.close();
    tunnel.close();
  });

  it("shows a client certificate that it trusts, and no other", async () => {
    const issued: [IssuedCertificate | undefined, boolean][] = [
      [client, true],
      [await authority.issue("ada"), true],
      [await authority.issue("ada", "serverAuth"), false],
      [undefined, false],
    ];
    await using stranger = await EapAuthority.create("P-256");
    issued.push([await stranger.issue("ada", "clientAuth"), false]);
    for (const [certificate, isTrusted] of issued) {
      const device = new Client({
        ...clientOptions,
        ...(certificate && { key: certificate.key, cert: certificate.cert }),
      });
      const tunnel = tunnels().open(true);
      await device.shakeHands(tunnel);
      expect(tunnel.peerCertificate !== undefined).toBe(isTrusted);
      device.close();
      tunnel.close();
    }
  });

  it("shows no client certificate that is on a list of those revoked", async () => {
    const other = await authority.issue("bob", "clientAuth");
    const engine = tunnels({ revocationLists: await authority.revoke(other) });
    for (const [{ key, cert }, isTrusted] of [
      [client, true],
      [other, false],
    ] as const) {
      const device = new Client({ ...clientOptions, key, cert });
      const tunnel = engine.open(true);
      await device.shakeHands(tunnel);
      expect(tunnel.peerCertificate !== undefined).toBe(isTrusted);
      device.close();
      tunnel.close();
    }
  });

  it("asks for no certificate when it is not told to", async () => {
    const device = new Client({ ...clientOptions, key: client.key, cert: client.cert });
    const tunnel = tunnels().open(false);
    await device.shakeHands(tunnel);
    expect(tunnel.peerCertificate).toBeUndefined();
    device.close();
    tunnel.close();
  });

  it("never resumes the session of another", async () => {
    const engine = tunnels();
    let session: Buffer | undefined;
    for (let round = 0; round < 3; round++) {
      const device = new Client({ ...clientOptions, ...(session && { session }) });
      device.socket.on("session", (one: Buffer) => {
        session = one;
      });
      const tunnel = engine.open(false);
      expect((await device.shakeHands(tunnel)).state).toBe("open");
      expect(device.socket.isSessionReused()).toBe(false);
      device.close();
      tunnel.close();
    }
    expect(session).toBeDefined();
  });

  it("fails with the reason of a client that does not believe it", async () => {
    const device = new Client({ ...clientOptions, ca: client.cert });
    const tunnel = tunnels().open(false);
    await tunnel.receive(await device.flight());
    // Node's client goes away without the alert that others send.
    const progress = await tunnel.receive(Uint8Array.of(21, 3, 3, 0, 2, 2, 48));
    expect(progress).toMatchObject({ state: "failed", reason: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA" });
    device.close();
    tunnel.close();
  });

  it("fails when the client says that it has no more to say", async () => {
    const device = new Client(clientOptions);
    const tunnel = tunnels().open(false);
    await device.shakeHands(tunnel);
    device.socket.end();
    expect((await tunnel.receive(await device.flight())).state).toBe("failed");
    device.close();
    tunnel.close();
  });

  it("fails for octets that were changed on the way, and gives out none of them", async () => {
    const device = new Client(clientOptions);
    const tunnel = tunnels().open(false);
    await device.shakeHands(tunnel);
    device.socket.write("hello");
    const flight = await device.flight();
    flight[flight.length - 1] = (flight.at(-1) as number) ^ 1;
    const progress = await tunnel.receive(flight);
    expect(progress).toMatchObject({ state: "failed", plaintext: new Uint8Array(0) });
    expect(progress.octets.length).toBeGreaterThan(0);
    device.close();
    tunnel.close();
  });

  it("answers that it failed once it is closed, however often", async () => {
    const device = new Client(clientOptions);
    const tunnel = tunnels().open(false);
    await device.shakeHands(tunnel);
    tunnel.close();
    tunnel.close();
    expect(await tunnel.receive(Uint8Array.of(1))).toMatchObject({ state: "failed", reason: "closed" });
    expect(await tunnel.send(Uint8Array.of(1))).toHaveLength(0);
    expect(() => tunnel.exportKeyingMaterial(64, "a label")).toThrow();
    expect(tunnel.peerCertificate).toBeUndefined();
    device.close();
  });

  it("keeps several apart whose octets come at the same time", async () => {
    const engine = tunnels();
    const devices = Array.from({ length: 8 }, () => new Client(clientOptions));
    const opened = devices.map(() => engine.open(false));
    await Promise.all(devices.map((device, i) => device.shakeHands(opened[i] as TlsTunnel)));
    for (const [i, device] of devices.entries()) {
      const tunnel = opened[i] as TlsTunnel;
      device.socket.write(`I am ${i}`);
      expect(Buffer.from((await tunnel.receive(await device.flight())).plaintext).toString()).toBe(
        `I am ${i}`,
      );
      device.close();
      tunnel.close();
    }
  });
});

describe("the engine of TLS", () => {
  it("speaks 1.2 unless it is told to speak 1.3, and nothing older", async () => {
    const {
      clientAuthorities: _,
      maxVersion: __,
      ...rest
    } = { ...server, clientAuthorities: "", maxVersion: "" };
    const cautious = new NodeTlsTunnels(rest);
    const modern = new Client({});
    const tunnel = cautious.open(false);
    await modern.shakeHands(tunnel);
    expect(tunnel.version).toBe("TLSv1.2");
    const old = new Client({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    const refusing = cautious.open(false);
    expect(await refusing.receive(await old.flight())).toMatchObject({
      state: "failed",
      reason: "ERR_SSL_UNSUPPORTED_PROTOCOL",
    });
    for (const one of [modern, old, tunnel, refusing]) one.close();
  });

  it("cannot ask for client certificates without authorities for them", () => {
    expect(() => new NodeTlsTunnels(server).open(true)).toThrow(TypeError);
  });

  it("refuses keys that are none when it is made", () => {
    expect(() => new NodeTlsTunnels({ ...server, key: "no key" })).toThrow();
  });

  it("fails with octets that are no TLS, without harm to anybody", async () => {
    for (const octets of [
      Buffer.alloc(3000),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.of(23, 3, 3, 0, 1, 0),
    ]) {
      const tunnel = tunnels().open(false);
      expect((await tunnel.receive(octets)).state).toBe("failed");
      tunnel.close();
    }
  });
});
