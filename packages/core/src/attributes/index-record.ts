import { certificateKey } from "../keys/certificate.ts";
import type { RecordKind, RecordTypes } from "../model/kinds.ts";
import type { IndexValue } from "../query/filter.ts";
import type { IndexedRecord } from "../store/store.ts";
import { foldCase } from "../text/normalize.ts";
import { type AttributeRegistry, isAttributeOwner } from "./attribute-registry.ts";

type Key = readonly [name: string, value: string];
type Entry = readonly [attribute: string, value: IndexValue];

/** Computes what a store must keep beside a record: its unique keys and index entries. */
export function indexRecord<K extends RecordKind>(
  registry: AttributeRegistry,
  kind: K,
  record: RecordTypes[K],
): IndexedRecord<K> {
  const keys: Key[] = [];
  const index: Entry[] = [];
  if (isAttributeOwner(kind)) {
    for (const attribute of registry.indexed(kind)) {
      for (const value of registry.normalized(attribute, record)) {
        index.push([attribute.name, value]);
        if (attribute.unique) keys.push([attribute.name, String(value)]);
      }
    }
  }
  addOwnKeys(kind, record as RecordTypes[RecordKind], keys, index);
  return { record, keys, index };
}

/** The unique key of a resource's name: names are unique per kind. */
export function resourceNameKey(kind: string, name: string): string {
  return `${kind}/${foldCase(name)}`;
}

/** The unique key of a session's handle: handles are unique per protocol. */
export function sessionHandleKey(protocol: string, handle: string): string {
  return `${protocol}/${handle}`;
}

function addOwnKeys(kind: RecordKind, record: RecordTypes[RecordKind], keys: Key[], index: Entry[]): void {
  switch (kind) {
    case "user": {
      const user = record as RecordTypes["user"];
      const primary = user.emails.find((email) => email.primary);
      const email = primary === undefined ? undefined : foldCase(primary.value);
      if (email !== undefined) keys.push(["primaryEmail", email]);
      // Both serve to log in, so nobody may take another's address for a username, or the other way round.
      const username = foldCase(user.username);
      if (username.includes("@") && username !== email) keys.push(["primaryEmail", username]);
      for (const external of user.externalIds)
        keys.push(["externalId", `${external.source}\n${external.id}`]);
      break;
    }
    case "resource": {
      const resource = record as RecordTypes["resource"];
      keys.push(["name", resourceNameKey(resource.kind, resource.name)]);
      break;
    }
    case "grant": {
      const grant = record as RecordTypes["grant"];
      index.push(["resource", grant.resource]);
      if (grant.group !== undefined) index.push(["group", grant.group]);
      if (grant.user !== undefined) index.push(["user", grant.user]);
      break;
    }
    case "credential": {
      const credential = record as RecordTypes["credential"];
      index.push(["user", credential.user]);
      if (credential.kind === "x509")
        keys.push(["certificate", certificateKey(Buffer.from(credential.secret, "base64"))]);
      else if (credential.kind !== "ssh-key") keys.push(["kind", `${credential.user}/${credential.kind}`]);
      break;
    }
    case "session": {
      const session = record as RecordTypes["session"];
      keys.push(["secretHash", session.secretHash]);
      if (session.handle !== undefined)
        keys.push(["handle", sessionHandleKey(session.protocol, session.handle)]);
      index.push(["user", session.user], ["expiresAt", session.expiresAt], ["protocol", session.protocol]);
      break;
    }
    case "attributeDefinition": {
      const definition = record as RecordTypes["attributeDefinition"];
      keys.push(["name", `${definition.owner}/${definition.name}`]);
      break;
    }
    case "group":
    case "system":
    case "organization":
      break;
  }
}
