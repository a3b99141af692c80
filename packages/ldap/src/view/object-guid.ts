/**
 * The octets of a UUID as Active Directory orders them in objectGUID: the first three fields with the least significant
 * octet first, the rest as they are written.
 */
export function guidOctets(uuid: string): Uint8Array {
  return swapped(Buffer.from(uuid.replaceAll("-", ""), "hex"));
}

/** The UUID of such octets; `undefined` when they are not sixteen. */
export function uuidOfGuid(octets: Uint8Array): string | undefined {
  if (octets.length !== 16) return undefined;
  const hex = Buffer.from(swapped(octets)).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const places: readonly number[] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** Swapping twice gives back what was. */
function swapped(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(places, (place) => octets[place] ?? 0);
}
