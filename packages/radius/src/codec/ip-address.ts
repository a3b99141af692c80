import { isIPv4, isIPv6 } from "node:net";

/** The four octets of an IPv4 address; `undefined` for text that is none. */
export function parseIpv4(text: string): Uint8Array | undefined {
  return isIPv4(text) ? Uint8Array.from(text.split("."), Number) : undefined;
}

/** An IPv4 address of four octets as text. */
export function formatIpv4(octets: Uint8Array): string {
  return octets.join(".");
}

/** The 16 octets of an IPv6 address without a zone; `undefined` for text that is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [before = "", after] = text.split("::");
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const octets = new Uint8Array(16);
  octets.set(head);
  octets.set(tail, 16 - tail.length);
  return octets;
}

/** An IPv6 address of 16 octets as text, in the form that RFC 5952 recommends. */
export function formatIpv6(octets: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((octets[i] as number) << 8) | (octets[i + 1] as number));
  if (groups.slice(0, 5).every((one) => one === 0) && groups[5] === 0xffff)
    return `::ffff:${formatIpv4(octets.subarray(12))}`;
  const { start, length } = longestZeros(groups);
  const text = (some: readonly number[]): string => some.map((one) => one.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** Octets of groups divided by colons, of which the last may be an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 255];
  });
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}
