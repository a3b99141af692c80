import type { Session } from "@directorykit/core";
import { AttributeType } from "../codec/attribute-type.ts";
import type { RawAttribute } from "../codec/packet.ts";

/** What tells a session of an access server, and no other, apart (RFC 5176 §3): all that it has told about it. */
export function sessionAttributes({ data }: Pick<Session, "data">): readonly RawAttribute[] {
  const attributes: RawAttribute[] = [];
  const add = (type: number, value: Uint8Array | undefined): void => {
    if (value !== undefined && value.length > 0 && value.length <= 253) attributes.push({ type, value });
  };
  add(AttributeType.userName, text(data["userName"]));
  add(AttributeType.nasIpAddress, address(data["nasIpAddress"]));
  add(AttributeType.nasIpv6Address, hex(data["nasIpv6Address"]?.replaceAll(":", "")));
  add(AttributeType.nasIdentifier, text(data["nasIdentifier"]));
  add(AttributeType.callingStationId, text(data["callingStationId"]));
  add(AttributeType.acctSessionId, hex(data["acctSessionId"]));
  return attributes;
}

function text(value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : Buffer.from(value);
}

function address(value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : Uint8Array.from(value.split("."), Number);
}

function hex(value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : Buffer.from(value, "hex");
}
