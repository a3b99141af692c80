import type { Session } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { EapAuthority } from "../../interop/eap-certificates.ts";
import { type Office, office, password, secret } from "../../interop/office.ts";
import { AttributeType, attributeOf } from "../codec/attribute-type.ts";
import type { RawAttribute } from "../codec/packet.ts";
import { PacketCode } from "../codec/packet-code.ts";
import { radiusTestClient } from "../testing.ts";

const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });
const number = (type: number, value: number): RawAttribute => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return { type, value: octets };
};
const status = { start: 1, stop: 2, interim: 3, on: 7, off: 8, unknown: 99 } as const;

function recorder(place: Office, nas = "ap-1") {
  const client = radiusTestClient(place.server, { secret });
  return {
    client,
    record: (kind: keyof typeof status, id: string, more: readonly RawAttribute[] = []) =>
      client.accounting([
        number(AttributeType.acctStatusType, status[kind]),
        text(AttributeType.acctSessionId, id),
        text(AttributeType.nasIdentifier, nas),
        ...more,
      ]),
  };
}

const live = (place: Office): Promise<Session[]> =>
  Array.fromAsync(place.directory.sessions.ofProtocol("radius"));
const ada = text(AttributeType.userName, "ada");

describe("a session", () => {
  test("is that of the person who was let in, whatever name the device gives to everybody", async () => {
    await using place = await office();
    const { client, record } = recorder(place);
    const accepted = await client.access({ username: "ada", password });
    const own = {
      type: AttributeType.class,
      value: attributeOf(accepted, AttributeType.class) as Uint8Array,
    };
    await record("start", "1", [text(AttributeType.userName, "anonymous"), own]);
    expect(await live(place)).toMatchObject([
      {
        user: place.users.ada.id,
        factors: ["password"],
        data: { userName: "anonymous", resource: place.resource.id },
      },
    ]);
  });

  test("of a Class that another has written goes by the name", async () => {
    await using place = await office();
    const { record } = recorder(place);
    await record("start", "1", [ada, text(AttributeType.class, "made up")]);
    expect(await live(place)).toMatchObject([{ user: place.users.ada.id }]);
  });

  test("is known from any record of it, and counts what its last one says", async () => {
    await using place = await office();
    const { record } = recorder(place);
    await record("interim", "1", [ada, number(AttributeType.acctInputOctets, 5)]);
    await record("start", "1", [ada]);
    const much = [number(AttributeType.acctInputOctets, 7), number(AttributeType.acctInputGigawords, 2)];
    await record("interim", "1", [ada, ...much]);
    expect(await live(place)).toMatchObject([{ data: { inputOctets: String(2 * 2 ** 32 + 7) } }]);
    await record("stop", "1", [ada]);
    expect(await live(place)).toEqual([]);
    expect((await record("stop", "1", [ada])).code).toBe(PacketCode.accountingResponse);
  });

  test("is another one on another access server, or of another device, with the same id", async () => {
    await using place = await office();
    await recorder(place, "ap-1").record("start", "1", [ada]);
    await recorder(place, "ap-2").record("start", "1", [ada]);
    await recorder(place, "ap-2").record("start", "1", [ada, text(AttributeType.callingStationId, "02-01")]);
    expect(await live(place)).toHaveLength(3);
  });

  test("of somebody unknown is answered and not kept", async () => {
    await using place = await office();
    const answer = await recorder(place).record("start", "1", [text(AttributeType.userName, "host/printer")]);
    expect(answer.code).toBe(PacketCode.accountingResponse);
    expect(await live(place)).toEqual([]);
  });

  test("is over when nothing is heard of it for long", async () => {
    let now = Date.now();
    await using place = await office({ limits: { sessionIdleMs: 60_000 } }, {}, { clock: () => now });
    const { record } = recorder(place);
    await record("start", "1", [ada]);
    now += 59_999;
    await record("interim", "1", [ada]);
    now += 59_999;
    expect(await live(place)).toHaveLength(1);
    now += 1;
    expect(await live(place)).toEqual([]);
  });
});

test("an access server that starts anew has nobody on it", async () => {
  await using place = await office();
  for (const id of ["1", "2", "3"]) await recorder(place, "ap-1").record("start", id, [ada]);
  await recorder(place, "ap-2").record("start", "1", [ada]);
  await recorder(place, "ap-1").record("on", "boot");
  expect((await live(place)).map(({ data }) => data["nasIdentifier"])).toEqual(["ap-2"]);
  await recorder(place, "ap-2").record("off", "boot");
  expect(await live(place)).toEqual([]);
});

test("what was answered is kept: records of one session that come together are one session", async () => {
  await using place = await office();
  const { record } = recorder(place);
  await Promise.all(Array.from({ length: 20 }, () => record("interim", "1", [ada])));
  expect(await live(place)).toHaveLength(1);
});

describe("a record", () => {
  const stopped = async (place: Office, later: () => void) => {
    const { record } = recorder(place);
    await record("start", "1", [ada]);
    await record("stop", "1", [ada]);
    later();
    await record("interim", "1", [ada]);
    return await live(place);
  };

  test("that comes late does not bring a session back that has stopped", async () => {
    await using place = await office();
    expect(await stopped(place, () => {})).toEqual([]);
    await recorder(place).record("start", "1", [ada, text(AttributeType.calledStationId, "anew")]);
    expect(await live(place)).toHaveLength(1);
  });

  test("that comes a minute later does: the session goes on", async () => {
    let now = Date.now();
    await using place = await office({}, {}, { clock: () => now });
    expect(
      await stopped(place, () => {
        now += 60_000;
      }),
    ).toHaveLength(1);
  });

  test("may have the Classes of others before and behind ours", async () => {
    await using place = await office();
    const { client, record } = recorder(place);
    const value = attributeOf(await client.access({ username: "ada", password }), AttributeType.class);
    await record("start", "1", [
      text(AttributeType.userName, "grace"),
      text(AttributeType.class, "of a proxy"),
      { type: AttributeType.class, value: value as Uint8Array },
      text(AttributeType.class, "of another"),
    ]);
    expect(await live(place)).toMatchObject([{ user: place.users.ada.id }]);
  });

  test("of a name that now is another person's begins theirs, and ends the one before", async () => {
    await using place = await office();
    const { client, record } = recorder(place);
    for (const username of ["ada", "grace"]) {
      const value = attributeOf(await client.access({ username, password }), AttributeType.class);
      await record("start", "1", [{ type: AttributeType.class, value: value as Uint8Array }]);
      expect(await live(place)).toMatchObject([{ user: place.users[username as "ada" | "grace"].id }]);
    }
  });

  test("of an access server that has only an address of IPv6 is not one of another's", async () => {
    await using place = await office();
    const { client } = recorder(place);
    for (const last of [1, 2])
      await client.accounting([
        number(AttributeType.acctStatusType, status.start),
        text(AttributeType.acctSessionId, "1"),
        {
          type: AttributeType.nasIpv6Address,
          value: Uint8Array.from({ length: 16 }, (_, i) => (i < 15 ? i : last)),
        },
        ada,
      ]);
    expect((await live(place)).map(({ data }) => data["nasIpv6Address"])).toEqual([
      "0001:0203:0405:0607:0809:0a0b:0c0d:0e01",
      "0001:0203:0405:0607:0809:0a0b:0c0d:0e02",
    ]);
  });
});

describe("a session that goes by a name alone", () => {
  const named = async (place: Office) => {
    await recorder(place).record("start", "1", [ada]);
    return await live(place);
  };
  const tls = async () => {
    await using authority = await EapAuthority.create("P-256");
    const { key, cert } = await authority.issue("radius.example.com", "serverAuth");
    return { key, cert };
  };

  test("is that person's where the name is what people log in with", async () => {
    await using place = await office({ tls: await tls() }, { methods: ["pap"] });
    expect((await named(place))[0]?.data["by"]).toBeUndefined();
  });

  test("is only told where devices log in by EAP and may call themselves anything", async () => {
    await using place = await office({ tls: await tls() }, { maxSessions: 1 });
    const { directory, users, groups } = place;
    expect(await named(place)).toMatchObject([{ user: users.ada.id, data: { by: "name" } }]);
    const { client, record } = recorder(place);
    // It takes nobody's place, and does not end with what ada may do.
    const accepted = await client.access({ username: "ada", password });
    expect(accepted.code).toBe(PacketCode.accessAccept);
    await directory.groups.removeMembers(groups.staff.id, [users.ada.id]);
    expect(await live(place)).toHaveLength(1);
    // Once Class says who it is, it is theirs.
    const value = attributeOf(accepted, AttributeType.class) as Uint8Array;
    await directory.groups.addMembers(groups.staff.id, [users.ada.id]);
    await record("interim", "1", [ada, { type: AttributeType.class, value }]);
    const [now] = await live(place);
    expect(now).toMatchObject({ user: users.ada.id, factors: ["password"] });
    expect(now?.data["by"]).toBeUndefined();
  });
});
