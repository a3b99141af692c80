import type { Session } from "@directorykit/core";
import { describe, expect, test } from "vitest";
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
