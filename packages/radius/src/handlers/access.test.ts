import { describe, expect, test } from "vitest";
import { type Office, office, password, secret, totpCode } from "../../interop/office.ts";
import { AttributeType, attributeOf, textOf } from "../codec/attribute-type.ts";
import { standardAttribute } from "../codec/dictionary/define.ts";
import { standardDictionary } from "../codec/dictionary/standard-dictionary.ts";
import type { RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { type RadiusTestAnswer, type RadiusTestClient, radiusTestClient } from "../testing.ts";

const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });
const limits = { rejectDelayMs: 0 } as const;
const { accessAccept, accessChallenge, accessReject } = PacketCode;

const clientOf = (place: Office): RadiusTestClient => radiusTestClient(place.server, { secret });
const vlanOf = (answer: RadiusTestAnswer): string | undefined => textOf(answer, 81);

describe("a network", () => {
  test("is chosen by the name that the access point broadcasts, of those that share a client", async () => {
    await using place = await office({ limits }, { ssids: ["Office"] });
    const { directory, groups } = place;
    const clients = [{ cidr: "127.0.0.0/8", secret }];
    const lab = await directory.resources.create({
      kind: "radius",
      name: "lab",
      settings: { clients, ssids: ["Lab"] },
    });
    await directory.grants.add({ group: groups.guests, resource: lab, attributes: { vlan: 99 } });
    const at = (username: string, called: string | undefined) =>
      clientOf(place).access({
        username,
        password,
        attributes: called === undefined ? [] : [text(AttributeType.calledStationId, called)],
      });
    expect(vlanOf(await at("ada", "02-00-00-00-00-01:Office"))).toBe("20");
    expect(vlanOf(await at("grace", "02-00-00-00-00-01:Office"))).toBe("guests");
    expect(vlanOf(await at("grace", "02:00:00:00:00:01:Lab"))).toBe("99");
    for (const called of ["020000000001:Lab", "0200.0000.0001:Lab", "02-00-00-00-00-01-00:Lab"])
      expect(vlanOf(await at("grace", called)), called).toBe("99");
    for (const [username, called] of [
      ["ada", "02-00-00-00-00-01:Lab"],
      ["ada", "02-00-00-00-00-01:office"],
      ["ada", "02-00-00-00-00-01:Cafe"],
      ["ada", "Office"],
      ["ada", undefined],
    ] as const)
      expect((await at(username, called)).code, `${username} ${called}`).toBe(accessReject);
  });

  test("that names its access servers is asked for through none but those", async () => {
    await using place = await office({ limits }, { nasIdentifiers: ["vpn-1"] });
    const through = async (nas: string): Promise<number> =>
      (
        await clientOf(place).access({
          username: "ada",
          password,
          attributes: [text(AttributeType.nasIdentifier, nas)],
        })
      ).code;
    expect(await through("vpn-1")).toBe(accessAccept);
    expect(await through("vpn-2")).toBe(accessReject);
  });

  test("is read anew when its settings change, and one with faults takes no other down", async () => {
    await using place = await office({ limits });
    const { directory, resource } = place;
    const client = clientOf(place);
    expect((await client.access({ username: "ada", password })).code).toBe(accessAccept);
    await directory.resources.update(resource.id, {
      settings: { clients: [{ cidr: "127.0.0.0/8", secret: "quite another secret" }] },
    });
    await directory.resources.create({ kind: "radius", name: "broken", settings: { clients: "none" } });
    const renewed = radiusTestClient(place.server, { secret: "quite another secret" });
    expect((await renewed.access({ username: "ada", password })).code).toBe(accessAccept);
  });

  test("whose settings can no longer be used is closed, and no other of its client's takes its place", async () => {
    await using place = await office({ limits });
    const { directory, groups } = place;
    const clients = [{ cidr: "127.0.0.0/8", secret }];
    const lab = await directory.resources.create({
      kind: "radius",
      name: "lab",
      settings: { clients, ssids: ["Lab"] },
    });
    await directory.grants.add({ group: groups.guests, resource: lab });
    const at = async (username: string): Promise<number> =>
      (
        await clientOf(place).access({
          username,
          password,
          attributes: [text(AttributeType.calledStationId, "02-00-00-00-00-01:Lab")],
        })
      ).code;
    expect(await at("grace")).toBe(accessAccept);
    for (const settings of [
      { clients, ssids: ["Lab"], methods: ["eap-tls"] },
      { clients, ssids: ["Lab"], methods: ["no such method"] },
    ]) {
      await directory.resources.update(lab.id, { settings });
      for (const username of ["grace", "ada"]) expect(await at(username)).toBe(accessReject);
    }
    await directory.resources.update(lab.id, { settings: { clients, ssids: ["Lab"] } });
    expect(await at("grace")).toBe(accessAccept);
  });

  test("does not offer PAP when its methods do not name it", async () => {
    await using place = await office({ limits }, { methods: [] });
    expect((await clientOf(place).access({ username: "ada", password })).code).toBe(accessReject);
  });

  test("refuses CHAP, which needs passwords in clear", async () => {
    await using place = await office({ limits });
    const attributes = [{ type: AttributeType.chapPassword, value: Buffer.alloc(17, 1) }];
    expect((await clientOf(place).access({ username: "ada", attributes })).code).toBe(accessReject);
  });
});

describe("a second factor", () => {
  async function scene() {
    const place = await office({ limits });
    const { directory, groups, resource } = place;
    await directory.groups.removeMembers(groups.staff.id, [place.users.tomas.id]);
    const careful = await directory.groups.create({ name: "careful", members: [place.users.tomas.id] });
    await directory.grants.add({
      group: careful,
      resource,
      conditions: { mfa: true },
      attributes: { vlan: 30 },
    });
    return place;
  }

  test("is asked for where the grant demands one, and the code is the answer to it", async () => {
    await using place = await scene();
    const client = clientOf(place);
    const challenge = await client.access({ username: "tomas", password });
    expect(challenge.code).toBe(accessChallenge);
    expect(textOf(challenge, AttributeType.replyMessage)).toBe("Code: ");
    const state = attributeOf(challenge, AttributeType.state) as Uint8Array;
    const answer = (code: string) =>
      client.access({
        username: "tomas",
        password: code,
        attributes: [{ type: AttributeType.state, value: state }],
      });
    const accepted = await answer(totpCode());
    expect(accepted.code).toBe(accessAccept);
    expect(vlanOf(accepted)).toBe("30");
    // The state was for one use.
    expect((await answer(totpCode())).code).toBe(accessReject);
  });

  test("of one person is not that of another name", async () => {
    await using place = await scene();
    const client = clientOf(place);
    const state = attributeOf(
      await client.access({ username: "tomas", password }),
      AttributeType.state,
    ) as Uint8Array;
    const attributes = [{ type: AttributeType.state, value: state }];
    expect((await client.access({ username: "ada", password: totpCode(), attributes })).code).toBe(
      accessReject,
    );
  });

  test("may come behind the password", async () => {
    await using place = await scene();
    expect(
      (await clientOf(place).access({ username: "tomas", password: `${password},${totpCode()}` })).code,
    ).toBe(accessAccept);
  });

  test("is not asked for after a wrong password", async () => {
    await using place = await scene();
    expect((await clientOf(place).access({ username: "tomas", password: "no engine at all" })).code).toBe(
      accessReject,
    );
  });

  test.each(["", "not a state", "\0\xff"])("for the state %j lets nobody in", async (state) => {
    await using place = await scene();
    const attributes = [{ type: AttributeType.state, value: Buffer.from(state, "latin1") }];
    const answer = await clientOf(place).access({ username: "tomas", password: totpCode(), attributes });
    expect(answer.code).toBe(accessReject);
  });
});

test("whoever must change their password is refused: there is no way to do it here", async () => {
  await using place = await office({ limits });
  await place.directory.credentials.setPassword(place.users.ada.id, "a password of somebody else 9", {
    mustChange: true,
  });
  const answer = await clientOf(place).access({ username: "ada", password: "a password of somebody else 9" });
  expect(answer.code).toBe(accessReject);
});

test.each([
  ["octets that are no text", Buffer.from([0xff, 0xfe, 0xfd])],
  ["a password with a zero in it", Buffer.from("analytical\0engine 1843")],
])("%s are nobody's password", async (_, octets) => {
  await using place = await office({ limits });
  expect((await clientOf(place).access({ username: "ada", password: octets })).code).toBe(accessReject);
});

test("a failure counts against the device that made it, not against the access point that all share", async () => {
  await using place = await office(
    { limits },
    {},
    {
      authentication: { sourceThrottle: { failureBurst: 3, failuresPerMinute: 1 } },
    },
  );
  const client = clientOf(place);
  const from = async (station: string, given: string): Promise<number> =>
    (
      await client.access({
        username: "ada",
        password: given,
        attributes: [text(AttributeType.callingStationId, station)],
      })
    ).code;
  for (let i = 0; i < 4; i++) await from("02-00-00-00-00-66", "wrong");
  expect(await from("02-00-00-00-00-66", password)).toBe(accessReject);
  expect(await from("02-00-00-00-00-01", password)).toBe(accessAccept);
});

describe("what grants add", () => {
  test("goes into the acceptance, the higher priority first", async () => {
    await using place = await office({ limits });
    const { directory, users, resource } = place;
    const admins = await directory.groups.create({ name: "admins", members: [users.ada.id] });
    await directory.grants.add({
      group: admins,
      resource,
      priority: 10,
      attributes: { vlan: 1, filterId: "admins", reply: { "Service-Type": "Administrative-User" } },
    });
    const answer = await clientOf(place).access({ username: "ada", password });
    expect(vlanOf(answer)).toBe("1");
    expect(textOf(answer, AttributeType.filterId)).toBe("admins");
    expect(attributeOf(answer, AttributeType.serviceType)).toEqual(Uint8Array.of(0, 0, 0, 6));
  });

  test.each([0, 4095, 1.5, "", null, {}, [20], true])("%j is no VLAN, and lets nobody in", async (vlan) => {
    await using place = await office({ limits });
    const { directory, users, resource } = place;
    const odd = await directory.groups.create({ name: "odd", members: [users.mallory.id] });
    await directory.grants.add({ group: odd, resource, attributes: { vlan: vlan as never } });
    expect((await clientOf(place).access({ username: "mallory", password })).code).toBe(accessReject);
  });

  test("with it comes the name that accounting is to go by", async () => {
    await using place = await office({ limits });
    const answer = await clientOf(place).access({ username: "ADA@example.com", password });
    expect(textOf(answer, AttributeType.userName)).toBe("ada");
  });

  test.each([
    { "No-Such-Attribute": 1 },
    { "Message-Authenticator": "0".repeat(16) },
    { "Session-Timeout": "soon" },
    { "Vendor-Specific": "\0\0\u00017\u0011\u0003x" },
    { "Renamed-State": "x" },
  ])("%j is a fault of the grant, which lets nobody in by it", async (reply) => {
    const dictionary = standardDictionary.extend([standardAttribute(24, "Renamed-State", "octets")]);
    await using place = await office({ limits, dictionary });
    const { directory, users, resource } = place;
    const odd = await directory.groups.create({ name: "odd", members: [users.mallory.id] });
    const answers = await radiusTestClient(place.server, { secret }).access({ username: "ada", password });
    expect(answers.code).toBe(accessAccept);
    await directory.grants.add({ group: odd, resource, attributes: { reply } });
    expect((await clientOf(place).access({ username: "mallory", password })).code).toBe(accessReject);
  });
});

test("a person has as many sessions on a network as it allows", async () => {
  await using place = await office({ limits }, { maxSessions: 1 });
  const client = clientOf(place);
  const record = (status: number, id: string, given: Uint8Array | undefined) =>
    client.accounting([
      { type: AttributeType.acctStatusType, value: Buffer.from([0, 0, 0, status]) },
      text(AttributeType.acctSessionId, id),
      text(AttributeType.userName, "anonymous"),
      ...(given === undefined ? [] : [{ type: AttributeType.class, value: given }]),
    ]);
  const first = await client.access({ username: "ada", password });
  const own = attributeOf(first, AttributeType.class);
  await record(1, "one", own);
  expect((await client.access({ username: "ada", password })).code).toBe(accessReject);
  expect((await client.access({ username: "grace", password })).code).toBe(accessAccept);
  await record(2, "one", own);
  expect((await client.access({ username: "ada", password })).code).toBe(accessAccept);
});

describe("where a person may have one session", () => {
  const station = (id: string) => [text(AttributeType.callingStationId, id)];

  test("a device that logs in anew, or roams, does not count against itself", async () => {
    await using place = await office({ limits }, { maxSessions: 1 });
    const client = clientOf(place);
    const login = async (id: string) => client.access({ username: "ada", password, attributes: station(id) });
    const first = await login("02-00-00-00-00-01");
    const own = attributeOf(first, AttributeType.class) as Uint8Array;
    expect((await login("02:00:00:00:00:01")).code).toBe(accessAccept);
    await client.accounting([
      { type: AttributeType.acctStatusType, value: Buffer.from([0, 0, 0, 1]) },
      text(AttributeType.acctSessionId, "one"),
      ...station("02-00-00-00-00-01"),
      { type: AttributeType.class, value: own },
    ]);
    expect((await login("0200.0000.0001")).code).toBe(accessAccept);
    expect((await login("02-00-00-00-00-02")).code).toBe(accessReject);
  });

  test("one of several devices that log in at the same moment comes in, until it does not begin one", async () => {
    let now = Date.now();
    await using place = await office({ limits }, { maxSessions: 1 }, { clock: () => now });
    const login = async (id: string): Promise<number> => {
      const port = 1_000 + Number.parseInt(id, 10);
      const client = radiusTestClient(place.server, { secret, port });
      return (await client.access({ username: "ada", password, attributes: station(id) })).code;
    };
    const codes = await Promise.all(["1", "2", "3"].map(login));
    expect(codes.toSorted()).toEqual([accessAccept, accessReject, accessReject]);
    now += 30_000;
    expect(await login("4")).toBe(accessAccept);
  });
});
