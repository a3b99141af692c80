import type { BerReader } from "./ber-reader.ts";
import {
  optionalOctets,
  optionalString,
  readAttribute,
  readAttributes,
  type ValueBudget,
} from "./decode-components.ts";
import { decodeFilter } from "./filter-codec.ts";
import type { ResolvedDecodeLimits } from "./limits.ts";
import {
  type AddRequest,
  type BindRequest,
  type CompareRequest,
  derefAliasesPolicies,
  type ExtendedRequest,
  type Modification,
  type ModifyDNRequest,
  type ModifyRequest,
  modifyOperations,
  type SearchRequest,
  type SearchScope,
  searchScopes,
} from "./message.ts";
import { BerTag, ComponentTag, OperationTag } from "./tag.ts";

const highestVersion = 127;

export function readBindRequest(reader: BerReader): BindRequest {
  const outer = reader.open(OperationTag.bindRequest);
  const version = reader.integer(BerTag.integer, 1, highestVersion);
  const name = reader.string();
  const authentication = readAuthentication(reader);
  reader.closeSequence(outer, 3);
  return { type: "bindRequest", version, name, authentication };
}

function readAuthentication(reader: BerReader): BindRequest["authentication"] {
  const tag = reader.peekTag();
  if (tag === ComponentTag.simple) return { type: "simple", password: reader.octets(tag) };
  if (tag === ComponentTag.sasl) {
    const outer = reader.open(tag);
    const mechanism = reader.string();
    const credentials = optionalOctets(reader, BerTag.octetString);
    reader.closeSequence(outer, -1);
    return credentials === undefined ? { type: "sasl", mechanism } : { type: "sasl", mechanism, credentials };
  }
  if (tag === -1) throw reader.error("truncated", "authentication choice missing");
  if ((tag & 0xc0) !== 0x80) throw reader.error("unexpected-tag", "authentication choice expected");
  return { type: "other", tag, value: reader.octets(tag) };
}

export function readSearchRequest(reader: BerReader, limits: ResolvedDecodeLimits): SearchRequest {
  const outer = reader.open(OperationTag.searchRequest);
  const baseObject = reader.string();
  const scope = searchScopes[reader.enumerated(searchScopes.length - 1)] as SearchScope;
  const derefAliases = derefAliasesPolicies[
    reader.enumerated(derefAliasesPolicies.length - 1)
  ] as SearchRequest["derefAliases"];
  const sizeLimit = reader.integer();
  const timeLimit = reader.integer();
  const typesOnly = reader.boolean();
  const filter = decodeFilter(reader, limits);
  const attributes = readSelection(reader, limits);
  reader.closeSequence(outer, -1);
  return {
    type: "searchRequest",
    baseObject,
    scope,
    derefAliases,
    sizeLimit,
    timeLimit,
    typesOnly,
    filter,
    attributes,
  };
}

function readSelection(reader: BerReader, limits: ResolvedDecodeLimits): string[] {
  const outer = reader.open(BerTag.sequence);
  const attributes: string[] = [];
  while (reader.hasMore) {
    if (attributes.length === limits.maxAttributes) throw reader.error("too-many", "too many attributes");
    attributes.push(reader.string());
  }
  reader.close(outer);
  return attributes;
}

export function readModifyRequest(reader: BerReader, limits: ResolvedDecodeLimits): ModifyRequest {
  const budget: ValueBudget = { left: limits.maxValues };
  const outer = reader.open(OperationTag.modifyRequest);
  const object = reader.string();
  const list = reader.open(BerTag.sequence);
  const changes: Modification[] = [];
  while (reader.hasMore) {
    if (changes.length === limits.maxAttributes) throw reader.error("too-many", "too many modifications");
    const change = reader.open(BerTag.sequence);
    const operation = modifyOperations[
      reader.enumerated(modifyOperations.length - 1)
    ] as Modification["operation"];
    const modification = readAttribute(reader, budget, 0);
    reader.closeSequence(change, -1);
    changes.push({ operation, modification });
  }
  reader.close(list);
  reader.closeSequence(outer, -1);
  return { type: "modifyRequest", object, changes };
}

export function readAddRequest(reader: BerReader, limits: ResolvedDecodeLimits): AddRequest {
  const outer = reader.open(OperationTag.addRequest);
  const entry = reader.string();
  const attributes = readAttributes(reader, limits, 1);
  reader.closeSequence(outer, -1);
  return { type: "addRequest", entry, attributes };
}

export function readModifyDNRequest(reader: BerReader): ModifyDNRequest {
  const outer = reader.open(OperationTag.modDNRequest);
  const entry = reader.string();
  const newrdn = reader.string();
  const deleteoldrdn = reader.boolean();
  const newSuperior = optionalString(reader, ComponentTag.newSuperior);
  reader.closeSequence(outer, 0);
  const request = { type: "modDNRequest", entry, newrdn, deleteoldrdn } as const;
  return newSuperior === undefined ? request : { ...request, newSuperior };
}

export function readCompareRequest(reader: BerReader): CompareRequest {
  const outer = reader.open(OperationTag.compareRequest);
  const entry = reader.string();
  const ava = reader.open(BerTag.sequence);
  const attribute = reader.string();
  const value = reader.octets();
  reader.closeSequence(ava, -1);
  reader.closeSequence(outer, -1);
  return { type: "compareRequest", entry, attribute, value };
}

export function readExtendedRequest(reader: BerReader): ExtendedRequest {
  const outer = reader.open(OperationTag.extendedReq);
  const requestName = reader.string(ComponentTag.requestName);
  const requestValue = optionalOctets(reader, ComponentTag.requestValue);
  reader.closeSequence(outer, 1);
  return requestValue === undefined
    ? { type: "extendedReq", requestName }
    : { type: "extendedReq", requestName, requestValue };
}
