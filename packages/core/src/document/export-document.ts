import type { Group } from "../model/group.ts";
import type { User } from "../model/user.ts";
import { allPages } from "../query/record-pages.ts";
import { withoutBase } from "../services/attributes.ts";
import type { Credentials } from "../services/credentials.ts";
import { openSettings, withoutSecrets } from "../services/secret-settings.ts";
import type { ServiceEnvironment } from "../services/service-environment.ts";
import { credentialOf } from "../services/stored-credential.ts";
import { withoutUndefined } from "../services/user-input.ts";
import type {
  DirectoryDocument,
  GrantEntry,
  GroupEntry,
  ResourceEntry,
  UserEntry,
} from "./directory-document.ts";

/**
 * Puts password hashes, TOTP secrets, hashes of recovery codes and certificates into an export: a backup that restores
 * logins, and a treasure for a thief.
 */
export const includeSecrets: unique symbol = Symbol.for("directorykit.includeSecrets") as never;

/** Options of an export. */
export interface ExportOptions {
  /**
   * Whether password hashes, TOTP secrets, hashes of recovery codes, certificates and secret settings of resources, such as
   * the shared secret of a RADIUS client, go into the document. Default false.
   */
  readonly [includeSecrets]?: boolean;
}

/** Writes the directory as a document that an import into an empty directory turns back into the same people, groups and access. */
export async function exportDocument(
  environment: ServiceEnvironment,
  credentials: Credentials,
  options: ExportOptions,
): Promise<DirectoryDocument> {
  const { reader } = environment;
  const everything = { op: "true" } as const;
  const users: User[] = await Array.fromAsync(allPages(reader, "user", everything));
  const groups: Group[] = (await Array.fromAsync(allPages(reader, "group", everything))).filter(
    (group) => group.kind === "user",
  );
  const resources = await Array.fromAsync(allPages(reader, "resource", everything));
  const grants = await Array.fromAsync(allPages(reader, "grant", everything));
  const definitions = await Array.fromAsync(allPages(reader, "attributeDefinition", everything));
  const organization = await reader.get("organization", environment.organization);
  const usernames = new Map<string, string>(users.map((user) => [user.id, user.username]));
  const groupNames = new Map<string, string>(groups.map((group) => [group.id, group.name]));
  const resourceNames = new Map<string, string>(resources.map((one) => [one.id, `${one.kind}/${one.name}`]));

  const userEntries: UserEntry[] = [];
  for (const user of users) {
    const secrets = options[includeSecrets] === true ? await secretsOf(environment, credentials, user) : {};
    userEntries.push({ ...userEntry(user, usernames), ...secrets });
  }
  const groupEntries: GroupEntry[] = [];
  for (const group of groups) groupEntries.push(await groupEntry(environment, group, usernames, groupNames));
  return {
    version: 1,
    ...(organization === undefined
      ? {}
      : { organization: withoutUndefined({ name: organization.name, baseDn: organization.baseDn }) }),
    attributeDefinitions: definitions.map(withoutBase),
    users: userEntries,
    groups: groupEntries,
    resources: resources.map(
      (one) =>
        ({
          kind: one.kind,
          name: one.name,
          ...(one.description === undefined ? {} : { description: one.description }),
          ...(options[includeSecrets] === true
            ? openSettings(environment, one)
            : withoutSecrets(one.settings)),
        }) as ResourceEntry,
    ),
    grants: grants.flatMap((grant): GrantEntry[] => {
      const subject =
        grant.group === undefined
          ? { user: usernames.get(grant.user ?? "") }
          : { group: groupNames.get(grant.group) };
      const resource = resourceNames.get(grant.resource);
      if (resource === undefined || Object.values(subject)[0] === undefined) return [];
      const { mfa, networks } = grant.conditions;
      return [
        withoutUndefined({
          ...subject,
          resource,
          attributes: Object.keys(grant.attributes).length === 0 ? undefined : grant.attributes,
          requireMfa: mfa,
          networks,
          priority: grant.priority === 0 ? undefined : grant.priority,
          notBefore: isoTime(grant.notBefore),
          notAfter: isoTime(grant.notAfter),
        }) as GrantEntry,
      ];
    }),
  };
}

function userEntry(user: User, usernames: ReadonlyMap<string, string>): UserEntry {
  const { manager, ...employee } = user.employee;
  const managerName = manager === undefined ? undefined : usernames.get(manager);
  const filled = <T extends object>(value: T): T | undefined =>
    Object.keys(value).length === 0 ? undefined : value;
  return withoutUndefined({
    username: user.username,
    emails: filled(user.emails),
    givenName: user.name.given,
    familyName: user.name.family,
    middleName: user.name.middle,
    displayName: user.name.display,
    state: user.state,
    posix: user.posix,
    sshKeys: filled(user.sshKeys),
    phones: filled(user.phones),
    employee: filled({ ...employee, ...(managerName === undefined ? {} : { manager: managerName }) }),
    attributes: filled(user.attributes) as UserEntry["attributes"],
    externalIds: filled(user.externalIds),
  }) as UserEntry;
}

async function secretsOf(
  environment: ServiceEnvironment,
  credentials: Credentials,
  user: User,
): Promise<Partial<UserEntry>> {
  const password = await credentialOf(environment.reader, user.id, "password");
  const totp = await credentialOf(environment.reader, user.id, "totp");
  const recovery = await credentialOf(environment.reader, user.id, "recovery-codes");
  const certificates = await credentials.certificates(user.id);
  return {
    ...(password === undefined ? {} : { passwordHash: password.secret }),
    ...(password?.mustChange === true ? { mustChangePassword: true } : {}),
    ...(totp?.status === "active" ? { totpSecret: credentials.openTotp(totp) } : {}),
    ...(certificates.length === 0
      ? {}
      : { certificates: certificates.map((one) => Buffer.from(one.certificate).toString("base64")) }),
    ...(recovery === undefined ? {} : { recoveryCodeHashes: recovery.secret.split(" ").filter(Boolean) }),
  };
}

async function groupEntry(
  environment: ServiceEnvironment,
  group: Group,
  usernames: ReadonlyMap<string, string>,
  groupNames: ReadonlyMap<string, string>,
): Promise<GroupEntry> {
  const members: string[] = [];
  const groups: string[] = [];
  if (group.rule === undefined) {
    for (let after: string | undefined; ; ) {
      const page = await environment.reader.membersOf(group.id, {
        limit: 1000,
        ...(after === undefined ? {} : { after }),
      });
      for (const edge of page) {
        const name = (edge.memberKind === "group" ? groupNames : usernames).get(edge.member);
        if (name !== undefined) (edge.memberKind === "group" ? groups : members).push(name);
      }
      if (page.length < 1000) break;
      after = page.at(-1)?.member;
    }
  }
  return withoutUndefined({
    name: group.name,
    description: group.description,
    members: members.length === 0 ? undefined : members,
    groups: groups.length === 0 ? undefined : groups,
    posixGid: group.posixGid,
    rule: group.rule,
    attributes: Object.keys(group.attributes).length === 0 ? undefined : group.attributes,
  }) as GroupEntry;
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
