import { headerOctets, maxPacketOctets } from "./packet.ts";
import { RadiusDecodeError } from "./radius-decode-error.ts";

/** Cuts a stream into packets by the length in their headers (RFC 6613 §2.6). Holds one packet at most. */
export class PacketFramer {
  #rest: Uint8Array = new Uint8Array(0);

  /** Whether a packet has begun that is not whole yet. */
  get hasPartialPacket(): boolean {
    return this.#rest.length > 0;
  }

  /**
   * Takes octets as they come.
   * @returns the packets that are whole now
   * @throws RadiusDecodeError `bad-length` or `oversized`: where the next packet begins is not known any more
   */
  push(octets: Uint8Array): Uint8Array[] {
    const all = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    const packets: Uint8Array[] = [];
    let at = 0;
    while (all.length - at >= 4) {
      const length = ((all[at + 2] as number) << 8) | (all[at + 3] as number);
      if (length < headerOctets) throw new RadiusDecodeError("bad-length", "the length is that of no packet");
      if (length > maxPacketOctets) throw new RadiusDecodeError("oversized", "longer than 4096 octets");
      if (all.length - at < length) break;
      packets.push(all.subarray(at, at + length));
      at += length;
    }
    // A copy, so that what is left of a large chunk does not hold on to it.
    this.#rest = Uint8Array.from(all.subarray(at));
    return packets;
  }
}
