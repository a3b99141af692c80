import type { BerReader } from "./ber-reader.ts";
import { optionalOctets, optionalString, readAttributes, readResult, readUris } from "./decode-components.ts";
import type { ResolvedDecodeLimits } from "./limits.ts";
import type {
  BindResponse,
  ExtendedResponse,
  IntermediateResponse,
  LdapResult,
  SearchResultEntry,
  SearchResultReference,
} from "./message.ts";
import { ComponentTag, OperationTag } from "./tag.ts";

/** Number of the last component of an LDAPResult, the referral. */
const referralNumber = 3;

/** Reads a response that is an LDAPResult and no more. */
export function readPlainResponse<Type extends string>(
  reader: BerReader,
  type: Type,
  tag: number,
  limits: ResolvedDecodeLimits,
): LdapResult & { readonly type: Type } {
  const outer = reader.open(tag);
  const result = readResult(reader, limits);
  reader.closeSequence(outer, referralNumber);
  return { type, ...result };
}

export function readBindResponse(reader: BerReader, limits: ResolvedDecodeLimits): BindResponse {
  const outer = reader.open(OperationTag.bindResponse);
  const result = readResult(reader, limits);
  const serverSaslCreds = optionalOctets(reader, ComponentTag.serverSaslCreds);
  reader.closeSequence(outer, 7);
  return { type: "bindResponse", ...result, ...(serverSaslCreds !== undefined && { serverSaslCreds }) };
}

export function readSearchResultEntry(reader: BerReader, limits: ResolvedDecodeLimits): SearchResultEntry {
  const outer = reader.open(OperationTag.searchResEntry);
  const objectName = reader.string();
  const attributes = readAttributes(reader, limits, 0);
  reader.closeSequence(outer, -1);
  return { type: "searchResEntry", objectName, attributes };
}

export function readSearchResultReference(
  reader: BerReader,
  limits: ResolvedDecodeLimits,
): SearchResultReference {
  const outer = reader.open(OperationTag.searchResRef);
  const uris = readUris(reader, limits);
  reader.close(outer);
  return { type: "searchResRef", uris };
}

export function readExtendedResponse(reader: BerReader, limits: ResolvedDecodeLimits): ExtendedResponse {
  const outer = reader.open(OperationTag.extendedResp);
  const result = readResult(reader, limits);
  const responseName = optionalString(reader, ComponentTag.extendedName);
  const responseValue = optionalOctets(reader, ComponentTag.extendedValue);
  reader.closeSequence(outer, 11);
  return {
    type: "extendedResp",
    ...result,
    ...(responseName !== undefined && { responseName }),
    ...(responseValue !== undefined && { responseValue }),
  };
}

export function readIntermediateResponse(reader: BerReader): IntermediateResponse {
  const outer = reader.open(OperationTag.intermediateResponse);
  const responseName = optionalString(reader, ComponentTag.intermediateName);
  const responseValue = optionalOctets(reader, ComponentTag.intermediateValue);
  reader.closeSequence(outer, 1);
  return {
    type: "intermediateResponse",
    ...(responseName !== undefined && { responseName }),
    ...(responseValue !== undefined && { responseValue }),
  };
}
