import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { ExtendedOid, encodeMessage, LdapResultCode, type RequestOp } from "../codec/index.ts";
import type { LdapTlsOptions } from "../options.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { type Office, office, userDn } from "./office.fixture.ts";
import { peerOn, type RawPeer } from "./raw-peer.fixture.ts";

const server = selfSigned("localhost");
const adas = selfSigned("ada");
const others = selfSigned("other");
const external: RequestOp = {
  type: "bindRequest",
  version: 3,
  name: "",
  authentication: { type: "sasl", mechanism: "EXTERNAL", credentials: new Uint8Array(0) },
};
const whoAmI: RequestOp = { type: "extendedReq", requestName: ExtendedOid.whoAmI };

async function scene(tls: Partial<LdapTlsOptions>): Promise<{ place: Office; port: number }> {
  const place = await office({ tls: { ...server, ...tls } });
  await place.directory.credentials.addCertificate(place.user.ada.id, String(adas.cert));
  const { port } = await place.server.listen({ port: 0, tls: true });
  return { place, port };
}

async function connect(port: number, own?: typeof adas): Promise<{ peer: RawPeer; socket: TLSSocket }> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ...own });
  await once(socket, "secureConnect");
  return { peer: peerOn(socket), socket };
}

/** Who a connection with this certificate is, or the result code of the bind. */
async function boundAs(port: number, own?: typeof adas): Promise<string | number> {
  const { peer, socket } = await connect(port, own);
  socket.write(encodeMessage({ messageId: 1, protocolOp: external }));
  const bound = (await peer.message(0))?.protocolOp;
  if (bound === undefined || !("resultCode" in bound)) return "closed";
  if (bound.resultCode !== LdapResultCode.success) {
    socket.destroy();
    return bound.resultCode;
  }
  socket.write(encodeMessage({ messageId: 2, protocolOp: whoAmI }));
  const answer = (await peer.message(1))?.protocolOp;
  socket.destroy();
  return answer?.type === "extendedResp" ? Buffer.from(answer.responseValue ?? []).toString() : "nothing";
}

test("a certificate that was given to someone logs them in over LDAPS", async () => {
  const { place, port } = await scene({ clientCertificates: "request" });
  await using _ = place;
  expect(await boundAs(port, adas)).toBe(`dn:${userDn("ada")}`);
});

test("one that was given to nobody, and none at all, do not", async () => {
  const { place, port } = await scene({ clientCertificates: "request" });
  await using _ = place;
  expect(await boundAs(port, others)).toBe(LdapResultCode.invalidCredentials);
  expect(await boundAs(port)).toBe(LdapResultCode.invalidCredentials);
});

test("where authorities are named, one that they did not issue counts as none", async () => {
  const { place, port } = await scene({ clientCertificates: "request", ca: others.cert as string });
  await using _ = place;
  expect(await boundAs(port, adas)).toBe(LdapResultCode.invalidCredentials);
});

test("where they are named and did issue it, it counts", async () => {
  const { place, port } = await scene({ clientCertificates: "request", ca: adas.cert as string });
  await using _ = place;
  expect(await boundAs(port, adas)).toBe(`dn:${userDn("ada")}`);
});

test("a server that does not ask for certificates sees none", async () => {
  const { place, port } = await scene({});
  await using _ = place;
  expect(await boundAs(port, adas)).toBe(LdapResultCode.invalidCredentials);
});

test("required ones are required: without, the connection ends", async () => {
  const { place, port } = await scene({ clientCertificates: "require", ca: adas.cert as string });
  await using _ = place;
  expect(await boundAs(port, adas)).toBe(`dn:${userDn("ada")}`);
  expect(await boundAs(port).catch(() => "closed")).toBe("closed");
});

test("to require certificates without saying whose is refused when the server is made", async () => {
  await expect(office({ tls: { ...server, clientCertificates: "require" } })).rejects.toMatchObject({
    code: "misconfigured",
  });
});

test("the fixture's certificates are X.509", () => {
  expect(new X509Certificate(String(adas.cert)).subject).toBe("CN=ada");
});
