export {
  type AttributeDataType,
  type AttributeDefinition,
  type AttributePath,
  attributeDataTypes,
  formatPath,
  nameOfValue,
  type VendorFormat,
} from "./dictionary/attribute-definition.ts";
export type {
  AttributeInput,
  AttributeValue,
  DecodedAttribute,
  MemberInput,
} from "./dictionary/attribute-value.ts";
export { type AttributeDecodeContext, decodeAttributes } from "./dictionary/decode-attributes.ts";
export {
  type AttributeTraits,
  type Define,
  extendedAttribute,
  type MemberDefinition,
  member,
  standardAttribute,
  vendorAttribute,
} from "./dictionary/define.ts";
export { Dictionary } from "./dictionary/dictionary.ts";
export { DictionarySyntaxError, isDictionarySyntaxError } from "./dictionary/dictionary-syntax-error.ts";
export { type AttributeEncodeContext, encodeAttribute } from "./dictionary/encode-attribute.ts";
export { maxDictionaryLength, parseDictionary } from "./dictionary/parse-dictionary.ts";
export { standardDictionary } from "./dictionary/standard-dictionary.ts";
export { decodePacket, encodePacket, type RadiusPacket, type RawAttribute } from "./packet.ts";
export { PacketCode } from "./packet-code.ts";
export {
  isRadiusDecodeError,
  RadiusDecodeError,
  type RadiusDecodeErrorCode,
} from "./radius-decode-error.ts";
export { SharedSecret } from "./shared-secret.ts";
export {
  encodeRequest,
  encodeResponse,
  hasValidMessageAuthenticator,
  hasValidRequestAuthenticator,
  hasValidResponseAuthenticator,
  type UnsignedPacket,
} from "./signature.ts";
export {
  decodeVendorSpecific,
  encodeVendorAttribute,
  type RawVendorAttribute,
  type VendorSpecific,
} from "./vendor-attribute.ts";
