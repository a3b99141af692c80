import { once } from "node:events";
import { connect as tcpConnect } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EapAuthority, type IssuedCertificate } from "../../interop/eap-certificates.ts";
import { type Office, office, password } from "../../interop/office.ts";
import { AttributeType, textOf } from "../codec/attribute-type.ts";
import { hidePassword } from "../codec/hidden-value.ts";
import { decodePacket, encodePacket, type RadiusPacket, type RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { PacketFramer } from "../codec/packet-framer.ts";
import { SharedSecret } from "../codec/shared-secret.ts";
import { encodeRequest, hasValidResponseAuthenticator } from "../codec/signature.ts";
import type { RadiusListener } from "./radius-server.ts";

const secret = new SharedSecret("radsec");
const authenticator = Buffer.alloc(16, 7);
const login = (identifier: number, given = password, more: readonly RawAttribute[] = []): Uint8Array =>
  encodePacket(
    PacketCode.accessRequest,
    identifier,
    [
      { type: AttributeType.userName, value: Buffer.from("ada") },
      { type: AttributeType.userPassword, value: hidePassword(Buffer.from(given), authenticator, secret) },
      ...more,
    ],
    authenticator,
  );

let authority: EapAuthority;
let stranger: EapAuthority;
let own: IssuedCertificate;
let client: IssuedCertificate;
let place: Office;
let listener: RadiusListener;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([EapAuthority.create("P-256"), EapAuthority.create("P-256")]);
  own = await authority.issue("radius.example.com", "serverAuth");
  client = await authority.issue("ap-1.example.com", "clientAuth");
  place = await office(
    {
      limits: { rejectDelayMs: 0, messageTimeoutMs: 200 },
      radsec: { key: own.key, cert: own.cert, clientAuthorities: authority.ca },
    },
    { clients: [{ cidr: "127.0.0.1", tls: { names: ["ap-1.example.com"] } }] },
  );
  listener = await place.server.listen({ port: 0, accountingPort: 0, radsecPort: 0 });
});
afterAll(async () => {
  await place[Symbol.asyncDispose]();
  await authority[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
});

/** Unlike `once`, does not mind an error before. */
const closed = (socket: TLSSocket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

/** A client over TLS, with what it was sent. */
async function connected(
  port = listener.radsecPort,
  protocols: string[] = [],
): Promise<{
  readonly socket: TLSSocket;
  next(): Promise<RadiusPacket>;
}> {
  const socket = connect({
    port: port as number,
    host: "127.0.0.1",
    servername: "radius.example.com",
    ca: authority.ca,
    key: client.key,
    cert: client.cert,
    ...(protocols.length === 0 ? {} : { ALPNProtocols: protocols }),
  });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  const framer = new PacketFramer();
  const came: RadiusPacket[] = [];
  let arrived = Promise.withResolvers<void>();
  socket.on("data", (chunk) => {
    for (const octets of framer.push(chunk)) came.push(decodePacket(octets));
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  return {
    socket,
    next: async () => {
      while (came.length === 0) await arrived.promise;
      return came.shift() as RadiusPacket;
    },
  };
}

describe("over TLS", () => {
  test("a client with a certificate is answered, however its packets are cut", async () => {
    const { socket, next } = await connected();
    const two = Buffer.concat([login(1), login(2, "no engine at all")]);
    socket.write(two.subarray(0, 30));
    socket.write(two.subarray(30));
    const answers = [await next(), await next()].sort((a, b) => a.identifier - b.identifier);
    expect(answers.map(({ code }) => code)).toEqual([PacketCode.accessAccept, PacketCode.accessReject]);
    expect(textOf(answers[0] as RadiusPacket, 81)).toBe("20");
    for (const answer of answers)
      expect(hasValidResponseAuthenticator(answer, authenticator, secret)).toBe(true);
    socket.destroy();
  });

  test("logins and accounting go to one port", async () => {
    const { socket, next } = await connected();
    const record = [
      { type: AttributeType.acctStatusType, value: Buffer.from([0, 0, 0, 1]) },
      { type: AttributeType.acctSessionId, value: Buffer.from("1") },
      { type: AttributeType.userName, value: Buffer.from("ada") },
    ];
    socket.write(
      encodeRequest({ code: PacketCode.accountingRequest, identifier: 3, attributes: record }, secret),
    );
    expect((await next()).code).toBe(PacketCode.accountingResponse);
    expect(await Array.fromAsync(place.directory.sessions.ofProtocol("radius"))).toHaveLength(1);
    socket.destroy();
  });

  test.each<[string, () => Promise<Pick<IssuedCertificate, "key" | "cert"> | undefined>]>([
    ["a certificate of another authority", () => stranger.issue("ap-1.example.com", "clientAuth")],
    ["a certificate of another name", () => authority.issue("ap-2.example.com", "clientAuth")],
    ["a certificate that is for servers", () => authority.issue("ap-1.example.com", "serverAuth")],
    ["no certificate", async () => ({ key: undefined as never, cert: undefined as never })],
  ])("a client with %s is cut off", async (_, certificate) => {
    const { key, cert } = (await certificate()) as IssuedCertificate;
    const socket = connect({
      port: listener.radsecPort as number,
      host: "127.0.0.1",
      servername: "radius.example.com",
      ca: authority.ca,
      key,
      cert,
    });
    socket.on("error", () => {});
    socket.write(login(1));
    const octets: Buffer[] = [];
    socket.on("data", (chunk) => octets.push(chunk));
    await closed(socket);
    expect(octets).toEqual([]);
  });

  test.each<[string, Uint8Array]>([
    ["a length that cannot be", Buffer.from("01010013", "hex")],
    ["a length beyond the longest packet", Buffer.from("01011001", "hex")],
    ["a packet of another kind", encodePacket(PacketCode.accessAccept, 1, [])],
    ["a record with a wrong authenticator", encodePacket(PacketCode.accountingRequest, 1, [])],
    ["a packet that never ends", login(1).subarray(0, 25)],
  ])("%s ends the connection, and no other", async (_, octets) => {
    const [bad, good] = [await connected(), await connected()];
    bad.socket.write(octets);
    await closed(bad.socket);
    good.socket.write(login(9));
    expect((await good.next()).code).toBe(PacketCode.accessAccept);
    good.socket.destroy();
  });

  test("a packet that comes an octet at a time has no more time than another", async () => {
    const { socket } = await connected();
    const begun = performance.now();
    const octets = login(1);
    let at = 0;
    const drip = setInterval(() => socket.write(octets.subarray(at, ++at)), 40);
    await closed(socket);
    clearInterval(drip);
    // 200 ms are allowed, and the packet takes two seconds and more.
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  test("a login by way of a proxy needs no Message-Authenticator: TLS proves who sent it", async () => {
    const { socket, next } = await connected();
    socket.write(login(4, password, [{ type: AttributeType.proxyState, value: Buffer.from("p") }]));
    expect((await next()).code).toBe(PacketCode.accessAccept);
    socket.destroy();
  });

  test.each<[string, Uint8Array]>([
    [
      "EAP",
      login(5, password, [{ type: AttributeType.eapMessage, value: Buffer.from("0201000501", "hex") }]),
    ],
    ["Status-Server", encodePacket(PacketCode.statusServer, 5, [], authenticator)],
  ])("%s without a Message-Authenticator is dropped, and the connection stays", async (_, octets) => {
    const { socket, next } = await connected();
    socket.write(octets);
    socket.write(login(6));
    expect((await next()).identifier).toBe(6);
    socket.destroy();
  });

  test("one address has so many connections and no more", async () => {
    await using small = await office(
      {
        limits: { maxConnectionsPerAddress: 2 },
        radsec: { key: own.key, cert: own.cert, clientAuthorities: authority.ca },
      },
      { clients: [{ cidr: "127.0.0.1", tls: true }] },
    );
    const { radsecPort } = await small.server.listen({ port: 0, accountingPort: 0, radsecPort: 0 });
    const open = [await connected(radsecPort), await connected(radsecPort)];
    for (const { socket, next } of open) {
      socket.write(login(1));
      await next();
    }
    const more = connect({ port: radsecPort as number, host: "127.0.0.1", rejectUnauthorized: false });
    more.on("error", () => {});
    await closed(more);
    for (const { socket } of open) socket.destroy();
  });

  test("connections that never begin a handshake count, until they are closed", async () => {
    await using small = await office(
      {
        limits: { maxConnectionsPerAddress: 2 },
        radsec: { key: own.key, cert: own.cert, clientAuthorities: authority.ca },
      },
      { clients: [{ cidr: "127.0.0.1", tls: true }] },
    );
    const { radsecPort } = await small.server.listen({ port: 0, accountingPort: 0, radsecPort: 0 });
    const silent = Array.from({ length: 5 }, () => tcpConnect(radsecPort as number, "127.0.0.1"));
    for (const socket of silent) socket.on("error", () => {});
    let left = silent.length;
    const few = Promise.withResolvers<void>();
    for (const socket of silent)
      socket.once("close", () => {
        left -= 1;
        if (left === 2) few.resolve();
      });
    await few.promise;
    for (const socket of silent) socket.destroy();
    // Each that is closed makes room, once the server has heard of it.
    const isOpen = async (): Promise<boolean> => {
      try {
        const { socket, next } = await connected(radsecPort);
        socket.write(login(1));
        await next();
        socket.destroy();
        return true;
      } catch {
        return false;
      }
    };
    while (!(await isOpen()));
  });
});

describe("RADIUS/1.1", () => {
  const token = Buffer.from("cafef00d", "hex");
  const header = Buffer.concat([token, Buffer.alloc(12)]);
  const plainLogin = (given: string): Uint8Array =>
    encodePacket(
      PacketCode.accessRequest,
      0,
      [
        { type: AttributeType.userName, value: Buffer.from("ada") },
        { type: AttributeType.userPassword, value: Buffer.from(given) },
      ],
      header,
    );

  test.each([
    [["radius/1.1"], "radius/1.1"],
    [["radius/1.0", "radius/1.1"], "radius/1.1"],
    [["radius/1.0"], "radius/1.0"],
    [[], false],
  ])("of %j it is agreed to speak %s", async (protocols, agreed) => {
    const { socket } = await connected(listener.radsecPort, protocols);
    expect(socket.alpnProtocol).toBe(agreed);
    socket.destroy();
  });

  test("has passwords as they are, tokens in place of identifiers, and no signatures", async () => {
    const { socket, next } = await connected(listener.radsecPort, ["radius/1.1"]);
    socket.write(plainLogin(password));
    const answer = await next();
    expect([answer.code, answer.identifier]).toEqual([PacketCode.accessAccept, 0]);
    expect(Buffer.from(answer.authenticator)).toEqual(header);
    expect(answer.attributes.some(({ type }) => type === AttributeType.messageAuthenticator)).toBe(false);
    expect(textOf(answer, 81)).toBe("20");
    socket.write(plainLogin("no engine at all"));
    expect((await next()).code).toBe(PacketCode.accessReject);
    socket.destroy();
  });

  test("tells more requests of a connection apart than there are identifiers", async () => {
    const { socket, next } = await connected(listener.radsecPort, ["radius/1.1"]);
    const tokens = new Set<number>();
    for (let i = 0; i < 300; i++) {
      // Without a password it is refused at once, and costs no hash.
      const own = Buffer.from(encodePacket(PacketCode.accessRequest, 0, [], header));
      own.writeUInt32BE(i, 4);
      socket.write(own);
    }
    for (let i = 0; i < 300; i++) tokens.add(Buffer.from((await next()).authenticator).readUInt32BE());
    expect(tokens.size).toBe(300);
    socket.destroy();
  });

  test("ends a connection with a password that is none", async () => {
    const { socket } = await connected(listener.radsecPort, ["radius/1.1"]);
    socket.write(plainLogin(""));
    await closed(socket);
  });

  test("is not spoken with a client that knows something else only", async () => {
    await expect(connected(listener.radsecPort, ["http/1.1"])).rejects.toMatchObject({
      code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    });
  });
});

test("who comes by TLS only is not answered by UDP, whatever secret it has", async () => {
  const { radiusTestClient } = await import("../testing.ts");
  const answers = await radiusTestClient(place.server, { secret: "radsec" }).send(login(1));
  expect(answers).toEqual([]);
});
