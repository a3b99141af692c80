import { decodeEapPacket, type EapMessage, EapType, encodeEapMessage } from "./eap-packet.ts";

/** The Result TLV with its mandatory bit ([MS-PEAP] §2.2.8.1.2). */
const resultTlv = 0x80_03;
const success = 1;
const failure = 2;

/** Writes the EAP-TLV packet that ends PEAPv0, which keeps its header. */
export function encodeResultTlv(
  code: EapMessage["code"],
  identifier: number,
  isSuccess: boolean,
): Uint8Array {
  const data = Uint8Array.of(resultTlv >> 8, resultTlv & 255, 0, 2, 0, isSuccess ? success : failure);
  return encodeEapMessage({ code, identifier, type: EapType.tlv, data });
}

/**
 * Whether an EAP-TLV response says success. Other TLVs beside the result are left alone.
 * @throws RadiusDecodeError for octets that are no EAP packet
 */
export function decodeResultTlv(octets: Uint8Array, identifier: number): boolean {
  const packet = decodeEapPacket(octets);
  if (packet.code !== 2 || packet.type !== EapType.tlv || packet.identifier !== identifier) return false;
  const { data } = packet;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + 4 <= data.length; ) {
    const length = view.getUint16(at + 2);
    const isResult = (view.getUint16(at) & 0x3fff) === (resultTlv & 0x3fff);
    if (isResult) return length === 2 && at + 6 <= data.length && view.getUint16(at + 4) === success;
    at += 4 + length;
  }
  return false;
}
