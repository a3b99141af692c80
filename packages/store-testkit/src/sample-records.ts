import type {
  AuditEvent,
  ChangeDraft,
  CustomAttributes,
  EvaluationSubject,
  GroupId,
  IndexedRecord,
  IndexValue,
  Membership,
  OrganizationId,
  User,
  UserId,
} from "@directorykit/core";

/** A moment in time that all samples share. */
export const someTime = 1_790_000_000_000;

/** Names an organization. */
export function organizationId(name: string): OrganizationId {
  return name as OrganizationId;
}

/** The `n`th id: UUIDs that sort as their numbers do. */
export function idOf(n: number): UserId {
  const hex = (n + 1).toString(16).padStart(12, "0");
  return `01920000-${hex.slice(0, 4)}-7000-8000-${hex.slice(4).padStart(12, "0")}` as UserId;
}

/** What a sample user is made of. */
export interface SampleUser {
  /** Its record's version. Default: 1. */
  readonly version?: number;
  /** Login name; also its unique key and an index entry. Default: `user` and the number. */
  readonly username?: string;
  /** Custom attributes. */
  readonly attributes?: CustomAttributes;
  /** Further index entries. */
  readonly index?: readonly (readonly [string, IndexValue])[];
  /** Further unique keys. */
  readonly keys?: readonly (readonly [string, string])[];
}

/** The `n`th user as core would hand it to a store. */
export function sampleUser(n: number, sample: SampleUser = {}): IndexedRecord<"user"> {
  const username = sample.username ?? `user${n}`;
  const record: User = {
    id: idOf(n),
    version: sample.version ?? 1,
    revision: 1,
    createdAt: someTime,
    updatedAt: someTime,
    username,
    emails: [],
    name: {},
    employee: {},
    phones: [],
    sshKeys: [],
    attributes: sample.attributes ?? {},
    state: "active",
    externalIds: [],
  };
  return {
    record,
    keys: [["username", username], ...(sample.keys ?? [])],
    index: [["username", username], ...(sample.index ?? [])],
  };
}

/** The same user after one more write. */
export function nextVersion(user: IndexedRecord<"user">, change: Partial<User> = {}): IndexedRecord<"user"> {
  return { ...user, record: { ...user.record, ...change, version: user.record.version + 1 } };
}

/** That a user was created. */
export function created(n: number): ChangeDraft {
  return { at: someTime, kind: "user", id: idOf(n), operation: "created", name: `user${n}` };
}

/** A membership of the `member`th record in the `group`th. */
export function edge(
  group: number,
  member: number,
  memberKind: Membership["memberKind"] = "user",
): Membership {
  return { group: idOf(group) as string as GroupId, member: idOf(member), memberKind, origin: "static" };
}

/** The `n`th audit event. */
export function auditEvent(n: number, more: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: idOf(n) as string as AuditEvent["id"],
    at: someTime + n,
    action: "user.created",
    outcome: "success",
    actor: { kind: "system" },
    ...more,
  };
}

/** What the evaluator sees of a record: its index entries; for other attributes, the values in the record. */
export function subjectOf(
  entry: IndexedRecord<"user">,
  groups: ReadonlySet<string> = new Set(),
): EvaluationSubject {
  const plain = (attribute: string): readonly IndexValue[] =>
    (entry.record.attributes[attribute] ?? []).map((value) =>
      typeof value === "boolean" ? `${value}` : value,
    );
  const indexed = new Map<string, IndexValue[]>();
  for (const [attribute, value] of entry.index) {
    const values = indexed.get(attribute);
    if (values === undefined) indexed.set(attribute, [value]);
    else values.push(value);
  }
  return {
    id: entry.record.id,
    values: (attribute) => indexed.get(attribute) ?? (attribute.startsWith("plain") ? plain(attribute) : []),
    exactValues: plain,
    groups: () => groups,
  };
}
