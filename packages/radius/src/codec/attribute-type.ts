import type { RadiusPacket } from "./packet.ts";

/** Types of the attributes that the server itself reads or writes. The dictionary has all of them. */
export const AttributeType = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  nasIpAddress: 4,
  nasPort: 5,
  serviceType: 6,
  framedIpAddress: 8,
  filterId: 11,
  replyMessage: 18,
  state: 24,
  class: 25,
  vendorSpecific: 26,
  sessionTimeout: 27,
  idleTimeout: 28,
  calledStationId: 30,
  callingStationId: 31,
  nasIdentifier: 32,
  proxyState: 33,
  acctStatusType: 40,
  acctInputOctets: 42,
  acctOutputOctets: 43,
  acctSessionId: 44,
  acctSessionTime: 46,
  acctTerminateCause: 49,
  acctInputGigawords: 52,
  acctOutputGigawords: 53,
  eventTimestamp: 55,
  eapMessage: 79,
  messageAuthenticator: 80,
  acctInterimInterval: 85,
  nasIpv6Address: 95,
  errorCause: 101,
} as const;

/** The value of the first attribute of a type, or `undefined`. */
export function attributeOf(packet: Pick<RadiusPacket, "attributes">, type: number): Uint8Array | undefined {
  return packet.attributes.find((one) => one.type === type)?.value;
}

/** The values of all attributes of a type, in their order. */
export function attributesOf(packet: Pick<RadiusPacket, "attributes">, type: number): readonly Uint8Array[] {
  const values: Uint8Array[] = [];
  for (const one of packet.attributes) if (one.type === type) values.push(one.value);
  return values;
}

/** The value of the first attribute of a type as text; `undefined` also for octets that are none. */
export function textOf(packet: Pick<RadiusPacket, "attributes">, type: number): string | undefined {
  const value = attributeOf(packet, type);
  if (value === undefined) return undefined;
  try {
    return decoder.decode(value);
  } catch {
    return undefined;
  }
}

/** The value of the first attribute of a type as a number of four octets; `undefined` for any other length. */
export function integerOf(packet: Pick<RadiusPacket, "attributes">, type: number): number | undefined {
  const value = attributeOf(packet, type);
  if (value?.length !== 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
