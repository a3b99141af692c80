import { AttributeType, textOf } from "../codec/attribute-type.ts";
import type { RadiusPacket } from "../codec/packet.ts";
import type { Network } from "../view/network.ts";

/** An address of an access point, in one of the ways in which access points write it, alone or with `:` and the SSID behind it. */
const calledStation =
  /^(?:(?:[0-9A-F]{2}-){5}[0-9A-F]{2}|(?:[0-9A-F]{2}:){5}[0-9A-F]{2}|(?:[0-9A-F]{4}\.){2}[0-9A-F]{4}|[0-9A-F]{12})(?::(.*))?$/is;

/**
 * Name of the wireless network that a request is for (RFC 3580 §3.20), if it says so. Where what stands before it is no
 * address that is known here, it is what stands behind the last colon.
 */
export function ssidOf(packet: RadiusPacket): string | undefined {
  const called = textOf(packet, AttributeType.calledStationId);
  if (called === undefined) return undefined;
  const known = calledStation.exec(called);
  if (known !== null) return known[1];
  const colon = called.lastIndexOf(":");
  return colon < 0 ? undefined : called.slice(colon + 1);
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
