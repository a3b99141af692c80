import { AttributeType, textOf } from "../codec/attribute-type.ts";
import type { RadiusPacket } from "../codec/packet.ts";
import type { Network } from "../view/network.ts";

/** `MAC:SSID`, as access points write it (RFC 3580 §3.20). */
const calledStation = /^(?:[0-9A-Fa-f]{2}[-:]){5}[0-9A-Fa-f]{2}:(.*)$/s;

/** Name of the wireless network that a request is for, if it says so. */
export function ssidOf(packet: RadiusPacket): string | undefined {
  return calledStation.exec(textOf(packet, AttributeType.calledStationId) ?? "")?.[1];
}

/**
 * The network that a request is for, of those it may be for: the one with the most conditions that it meets, the oldest
 * of several. `undefined` when it meets those of none.
 */
export function networkOf(packet: RadiusPacket, networks: readonly Network[]): Network | undefined {
  const ssid = ssidOf(packet);
  const nas = textOf(packet, AttributeType.nasIdentifier);
  const met = networks.filter(
    ({ ssids, nasIdentifiers }) =>
      (ssids.length === 0 || (ssid !== undefined && ssids.includes(ssid))) &&
      (nasIdentifiers.length === 0 || (nas !== undefined && nasIdentifiers.includes(nas))),
  );
  const conditions = ({ ssids, nasIdentifiers }: Network): number =>
    Math.min(1, ssids.length) + Math.min(1, nasIdentifiers.length);
  return met.sort((a, b) => conditions(b) - conditions(a) || (a.resource.id < b.resource.id ? -1 : 1))[0];
}
