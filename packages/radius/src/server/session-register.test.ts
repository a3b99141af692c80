import { createSocket, type Socket } from "node:dgram";
import { DirectoryError } from "@directorykit/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EapAuthority } from "../../interop/eap-certificates.ts";
import { type Office, office, password, secret } from "../../interop/office.ts";
import { AttributeType, attributeOf, textOf } from "../codec/attribute-type.ts";
import { decodePacket, type RadiusPacket, type RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { SharedSecret } from "../codec/shared-secret.ts";
import {
  encodeResponse,
  hasValidMessageAuthenticator,
  hasValidRequestAuthenticator,
} from "../codec/signature.ts";
import { radiusTestClient } from "../testing.ts";

const shared = new SharedSecret(secret);
const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });

/** An access server that takes Disconnect-Requests on a port of its own, and answers as it is told. */
class AccessServer {
  readonly requests: RadiusPacket[] = [];
  readonly #socket: Socket;
  #asked = Promise.withResolvers<RadiusPacket>();
  answer: "ack" | "unknown-session" | "nothing" | "once-deaf" = "ack";
  /** Requests made with another secret are not heard. */
  answersOnlyTo: SharedSecret | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (octets, peer) => {
      const packet = decodePacket(octets);
      if (this.answersOnlyTo !== undefined && !hasValidRequestAuthenticator(packet, this.answersOnlyTo))
        return;
      this.requests.push(packet);
      this.#asked.resolve(packet);
      if (this.answer === "nothing") return;
      if (this.answer === "once-deaf") {
        this.answer = "ack";
        return;
      }
      const isAck = this.answer === "ack";
      // Of each kind of request, ACK is the next code and NAK the one after it.
      const code = packet.code + (isAck ? 1 : 2);
      const attributes = isAck
        ? []
        : [{ type: AttributeType.errorCause, value: Buffer.from([0, 0, 1, 247]) }];
      const answer = encodeResponse(
        { code, identifier: packet.identifier, attributes },
        packet.authenticator,
        shared,
      );
      socket.send(answer, peer.port, peer.address);
    });
  }

  static async start(): Promise<AccessServer> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new AccessServer(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** The next request that comes. */
  async asked(): Promise<RadiusPacket> {
    const packet = await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    return packet;
  }

  close(): void {
    this.#socket.close();
  }
}

let nas: AccessServer;
let place: Office;
let now: number;
beforeEach(async () => {
  now = Date.now();
  nas = await AccessServer.start();
  const clients = [{ cidr: "127.0.0.0/8", secret, dynamicAuthorizationPort: nas.port }];
  place = await office({ limits: { rejectDelayMs: 0 } }, { clients }, { clock: () => now });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await place[Symbol.asyncDispose]();
  nas.close();
});

let records = 0;

/** Logs somebody in and tells of it, as an access point does. */
async function join(
  username: string,
  {
    station = "02-00-00-00-00-01",
    status = 1,
    knows = secret,
    meanwhile = async () => {},
  }: {
    readonly station?: string;
    readonly status?: number;
    /** The secret of the access point. */
    readonly knows?: string;
    /** What happens between the login and the record. */
    readonly meanwhile?: () => Promise<unknown>;
  } = {},
): Promise<void> {
  const client = radiusTestClient(place.server, { secret: knows });
  const { attributes } = await client.access({ username, password });
  const own = attributeOf({ attributes }, AttributeType.class) as Uint8Array;
  await meanwhile();
  await client.accounting([
    { type: AttributeType.acctStatusType, value: Buffer.from([0, 0, 0, status]) },
    text(AttributeType.acctSessionId, `id ${station}`),
    text(AttributeType.userName, "anonymous"),
    text(AttributeType.nasIdentifier, "ap-1"),
    text(AttributeType.callingStationId, station),
    { type: AttributeType.class, value: own },
    // No record is the same as another, which would be taken for that one sent again.
    { type: AttributeType.acctSessionTime, value: Buffer.from([0, 0, 0, records++]) },
  ]);
}

/** Tells that a device has gone. */
async function leave(station = "02-00-00-00-00-01"): Promise<void> {
  await radiusTestClient(place.server, { secret }).accounting([
    { type: AttributeType.acctStatusType, value: Buffer.from([0, 0, 0, 2]) },
    text(AttributeType.acctSessionId, `id ${station}`),
    text(AttributeType.nasIdentifier, "ap-1"),
    text(AttributeType.callingStationId, station),
  ]);
}

const live = () => Array.fromAsync(place.directory.sessions.ofProtocol("radius"));

/** Waits until something is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

/** Records go with the answers of access servers. */
const nobodyIsOn = () => until(async () => (await live()).length === 0);

describe("who is on a network is thrown off it when", () => {
  test.each<[what: string, change: (place: Office) => Promise<unknown>]>([
    ["they are suspended", ({ directory, users }) => directory.users.suspend(users.ada.id)],
    [
      "they leave the group",
      ({ directory, users, groups }) => directory.groups.removeMembers(groups.staff.id, [users.ada.id]),
    ],
    ["they are deleted", ({ directory, users }) => directory.users.delete(users.ada.id)],
    ["the group is deleted", ({ directory, groups }) => directory.groups.delete(groups.staff.id)],
    ["their sessions are ended", ({ directory, users }) => directory.sessions.endAll(users.ada.id)],
    [
      "their password changes",
      ({ directory, users }) => directory.credentials.setPassword(users.ada.id, "difference engine 1822"),
    ],
  ])("%s", async (_, change) => {
    await join("ada");
    await change(place);
    const request = await nas.asked();
    expect(request.code).toBe(PacketCode.disconnectRequest);
    expect(hasValidRequestAuthenticator(request, shared)).toBe(true);
    expect(hasValidMessageAuthenticator(request, shared)).toBe(true);
    // All that the access server has said of the session, and when this was asked.
    expect(textOf(request, AttributeType.acctSessionId)).toBe("id 02-00-00-00-00-01");
    expect(textOf(request, AttributeType.callingStationId)).toBe("02-00-00-00-00-01");
    expect(textOf(request, AttributeType.nasIdentifier)).toBe("ap-1");
    expect(textOf(request, AttributeType.userName)).toBe("anonymous");
    expect(attributeOf(request, AttributeType.eventTimestamp)).toHaveLength(4);
    await nobodyIsOn();
  });
});

test("all of somebody's devices are thrown off, and nobody else's", async () => {
  await join("ada", { station: "02-00-00-00-00-01" });
  await join("ada", { station: "02-00-00-00-00-02" });
  await join("grace", { station: "02-00-00-00-00-03" });
  await place.directory.users.suspend(place.users.ada.id);
  const first = textOf(await nas.asked(), AttributeType.callingStationId);
  while (nas.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(new Set(nas.requests.map((one) => textOf(one, AttributeType.callingStationId)))).toEqual(
    new Set([first, "02-00-00-00-00-01", "02-00-00-00-00-02"]),
  );
  // A change that says nothing about grace: whoever is asked next is asked for something else.
  await place.directory.users.suspend(place.users.grace.id);
  while (nas.requests.length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(textOf(nas.requests[2] as RadiusPacket, AttributeType.callingStationId)).toBe("02-00-00-00-00-03");
});

test("who leaves on their own is not thrown off", async () => {
  await join("ada");
  await join("ada", { station: "02-00-00-00-00-01", status: 2 });
  await join("grace", { station: "02-00-00-00-00-03" });
  await place.directory.users.suspend(place.users.grace.id);
  await nas.asked();
  expect(nas.requests.map((one) => textOf(one, AttributeType.callingStationId))).toEqual([
    "02-00-00-00-00-03",
  ]);
});

test("an access server that does not answer is asked again, with a time that is new", async () => {
  nas.answer = "once-deaf";
  await join("ada");
  await place.directory.users.suspend(place.users.ada.id);
  const first = await nas.asked();
  const second = await nas.asked();
  expect(second.identifier).not.toBe(first.identifier);
  expect(nas.answer).toBe("ack");
});

test("who lost their access while no server ran is thrown off when one starts", async () => {
  await join("ada");
  await place.server.close();
  await place.directory.groups.removeMembers(place.groups.staff.id, [place.users.ada.id]);
  const { radiusServer } = await import("./radius-server.ts");
  await using second = radiusServer({ directory: place.directory });
  await second.listen({ port: 0, accountingPort: 0 });
  expect((await nas.asked()).code).toBe(PacketCode.disconnectRequest);
});

test("an access server that still knows the secret before is asked with it, too", async () => {
  await join("ada");
  const { directory, resource } = place;
  const clients = [
    {
      cidr: "127.0.0.0/8",
      secret: "the next one",
      previousSecret: secret,
      dynamicAuthorizationPort: nas.port,
    },
  ];
  nas.answersOnlyTo = shared;
  await directory.resources.update(resource.id, { settings: { clients } });
  const [session] = await Array.fromAsync(directory.sessions.ofProtocol("radius"));
  expect(await place.server.disconnect(session?.id as never)).toEqual({ outcome: "acknowledged" });
});

test("sessions outlive the server: one that starts anew ends them when their time has come", async () => {
  await join("ada");
  await place.server.close();
  const { radiusServer } = await import("./radius-server.ts");
  await using second = radiusServer({ directory: place.directory });
  await using listener = await second.listen({ port: 0, accountingPort: 0 });
  expect(listener.port).toBeGreaterThan(0);
  await place.directory.users.suspend(place.users.ada.id);
  expect((await nas.asked()).code).toBe(PacketCode.disconnectRequest);
});

describe("an administrator", () => {
  const only = async () => {
    const [session] = await Array.fromAsync(place.directory.sessions.ofProtocol("radius"));
    if (session === undefined) throw new Error("nobody is on the network");
    return session.id;
  };

  test("may throw a session off, and its record goes with the answer", async () => {
    await join("ada");
    const id = await only();
    expect(await place.server.disconnect(id)).toEqual({ outcome: "acknowledged" });
    expect(await Array.fromAsync(place.directory.sessions.ofProtocol("radius"))).toEqual([]);
    expect(nas.requests).toHaveLength(1);
    await expect(place.server.disconnect(id)).rejects.toMatchObject({ code: "not-found" });
  });

  test("learns that the access server knew no such session, which is over then", async () => {
    await join("ada");
    nas.answer = "unknown-session";
    expect(await place.server.disconnect(await only())).toEqual({ outcome: "over", errorCause: 503 });
    expect(await Array.fromAsync(place.directory.sessions.ofProtocol("radius"))).toEqual([]);
  });

  test("may move a session to another VLAN while it goes on", async () => {
    await join("ada");
    const id = await only();
    expect(await place.server.changeAuthorization(id, { vlan: 30, sessionTimeout: 60 })).toMatchObject({
      outcome: "acknowledged",
    });
    const request = nas.requests[0] as RadiusPacket;
    expect(request.code).toBe(PacketCode.coaRequest);
    expect(hasValidRequestAuthenticator(request, shared)).toBe(true);
    expect(textOf(request, 81)).toBe("30");
    expect(textOf(request, AttributeType.acctSessionId)).toBe("id 02-00-00-00-00-01");
    expect(await only()).toBe(id);
  });

  test("is told which attributes cannot be sent, and the access server is not asked", async () => {
    await join("ada");
    for (const reply of [{ "No-Such": 1 }, { "Tunnel-Password": "hidden" }])
      await expect(place.server.changeAuthorization(await only(), { reply })).rejects.toMatchObject({
        code: "misconfigured",
      });
    expect(nas.requests).toEqual([]);
  });
});

describe("somebody who lost their access between the login and the record of it", () => {
  test.each<[string, (place: Office) => Promise<unknown>]>([
    ["is suspended", ({ directory, users }) => directory.users.suspend(users.ada.id)],
    [
      "has left the group",
      ({ directory, users, groups }) => directory.groups.removeMembers(groups.staff.id, [users.ada.id]),
    ],
  ])("and %s: is thrown off as soon as the access server tells of them", async (_, change) => {
    await join("ada", { meanwhile: () => change(place) });
    expect(textOf(await nas.asked(), AttributeType.callingStationId)).toBe("02-00-00-00-00-01");
    await nobodyIsOn();
  });
});

test("an access server of several networks is asked with the secret of the one", async () => {
  const { directory, groups } = place;
  const other = "the secret of another network";
  const clients = [{ cidr: "127.0.0.0/8", secret: other, dynamicAuthorizationPort: nas.port }];
  const resource = await directory.resources.create({
    kind: "radius",
    name: "wireless",
    settings: { clients },
  });
  await directory.grants.add({ group: groups.staff, resource });
  await join("ada", { knows: other });
  await directory.users.suspend(place.users.ada.id);
  expect(hasValidRequestAuthenticator(await nas.asked(), new SharedSecret(other))).toBe(true);
});

describe("a directory that cannot say who may stay", () => {
  const busy = () => Promise.reject(new DirectoryError("overloaded", "too many ask"));

  test("throws nobody off, and is asked again soon", async () => {
    await join("ada");
    const asked = vi.spyOn(place.directory, "authorize").mockImplementation(busy);
    await place.directory.groups.create({ name: "unrelated" });
    await until(() => asked.mock.calls.length > 0);
    asked.mockClear();
    await until(() => asked.mock.calls.length > 0);
    asked.mockRestore();
    expect(nas.requests).toEqual([]);
    await place.directory.groups.removeMembers(place.groups.staff.id, [place.users.ada.id]);
    expect((await nas.asked()).code).toBe(PacketCode.disconnectRequest);
  });

  test("does so after a minute: nobody stays for good whose access is not known", async () => {
    await join("ada");
    vi.spyOn(place.directory, "authorize").mockImplementation(busy);
    await place.directory.groups.create({ name: "unrelated" });
    await new Promise((resolve) => setImmediate(resolve));
    now += 60_000;
    await place.directory.groups.create({ name: "unrelated, too" });
    expect((await nas.asked()).code).toBe(PacketCode.disconnectRequest);
  });
});

describe("an access server that does not answer", () => {
  test("leaves the record of the session, so that a server that starts anew asks it", async () => {
    nas.answer = "nothing";
    await join("ada");
    await place.directory.groups.removeMembers(place.groups.staff.id, [place.users.ada.id]);
    await nas.asked();
    await place.server.close();
    expect(await live()).toHaveLength(1);
    nas.answer = "ack";
    const { radiusServer } = await import("./radius-server.ts");
    await using second = radiusServer({ directory: place.directory });
    await second.listen({ port: 0, accountingPort: 0 });
    expect((await nas.asked()).code).toBe(PacketCode.disconnectRequest);
    await nobodyIsOn();
  });

  test("is asked no more when it says itself that the session is over", async () => {
    nas.answer = "nothing";
    await join("ada");
    await place.directory.groups.removeMembers(place.groups.staff.id, [place.users.ada.id]);
    await nas.asked();
    await leave();
    expect(await live()).toEqual([]);
  });
});

test("a session whose time has come is not thrown off: its record goes, and the next one begins it anew", async () => {
  await join("ada");
  now += 86_400_001;
  await join("ada", { status: 3 });
  expect(await live()).toHaveLength(1);
  now += 86_399_000;
  await join("ada", { status: 3 });
  now += 86_399_000;
  // Renewed since it began: still a session, so that whoever ends it ends it there.
  await place.directory.collectGarbage();
  await place.directory.users.suspend(place.users.ada.id);
  await nas.asked();
  expect(nas.requests).toHaveLength(1);
});

test("a session whose record could not be ended is ended at its access server when its person goes", async () => {
  await join("ada");
  const failing = vi
    .spyOn(place.directory.sessions, "end")
    .mockRejectedValue(new DirectoryError("store-unavailable", "no store"));
  const [session] = await live();
  await expect(place.server.disconnect(session?.id as never)).rejects.toMatchObject({
    code: "store-unavailable",
  });
  failing.mockRestore();
  await nas.asked();
  await place.directory.users.suspend(place.users.ada.id);
  expect((await nas.asked()).code).toBe(PacketCode.disconnectRequest);
});

test("a session that ends while sessions are being read is not known afterwards", async () => {
  await join("ada");
  const { directory } = place;
  const [session] = await live();
  if (session === undefined) throw new Error("nobody is on the network");
  const real = directory.sessions.ofProtocol.bind(directory.sessions);
  vi.spyOn(directory.sessions, "ofProtocol").mockImplementation(async function* (...given) {
    for await (const one of real(...given)) {
      await directory.sessions.end(one.id);
      yield one;
    }
  });
  const { radiusServer } = await import("./radius-server.ts");
  await using second = radiusServer({ directory });
  await second.listen({ port: 0, accountingPort: 0 });
  await expect(second.disconnect(session.id)).rejects.toMatchObject({ code: "not-found" });
});

test("nobody is thrown off for whom their device calls itself, where people log in by EAP", async () => {
  await using authority = await EapAuthority.create("P-256");
  const { key, cert } = await authority.issue("radius.example.com", "serverAuth");
  const { directory, users, groups } = place;
  await place.server.close();
  const { radiusServer } = await import("./radius-server.ts");
  await using server = radiusServer({ directory, tls: { key, cert }, limits: { rejectDelayMs: 0 } });
  const start = (username: string, more: readonly RawAttribute[] = []) =>
    radiusTestClient(server, { secret }).accounting([
      { type: AttributeType.acctStatusType, value: Buffer.from([0, 0, 0, 1]) },
      text(AttributeType.acctSessionId, `id of ${username} ${more.length}`),
      text(AttributeType.userName, username),
      ...more,
    ]);
  await start("ada");
  const { attributes } = await radiusTestClient(server, { secret }).access({ username: "ada", password });
  await start("ada", [
    { type: AttributeType.class, value: attributeOf({ attributes }, AttributeType.class) as Uint8Array },
  ]);
  expect(await live()).toHaveLength(2);
  await directory.groups.removeMembers(groups.staff.id, [users.ada.id]);
  await directory.users.suspend(users.ada.id);
  expect(textOf(await nas.asked(), AttributeType.acctSessionId)).toBe("id of ada 1");
  await nobodyIsOn();
  expect(nas.requests).toHaveLength(1);
  await start("ada");
  await start("grace");
  expect(await live()).toHaveLength(1);
  expect(nas.requests).toHaveLength(1);
});
