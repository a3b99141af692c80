import type { Directory, DirectoryOptions, Grant, User } from "@directorykit/core";
import { type Control, LdapResultCode, type RequestOp } from "../codec/index.ts";
import type { LdapServerOptions } from "../options.ts";
import { type Office, office, password, userDn } from "../server/office.fixture.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";

/** Another password. */
export const otherPassword = "lovelace and her bernoulli numbers";

/** The office with an administrator. */
export interface Bureau extends Office {
  readonly admin: User;
  /** The grant that makes the administrator one. */
  readonly grant: Grant;
}

/** Makes the office with `admin`, who may write the directory. */
export async function bureau(
  options: Omit<LdapServerOptions, "directory"> = {},
  directoryOptions: Partial<DirectoryOptions> = {},
): Promise<Bureau> {
  const place = await office(options, directoryOptions);
  const { directory, resource } = place;
  const admin = await directory.users.create({ username: "admin", password });
  const grant = await directory.grants.add({
    user: admin,
    resource,
    attributes: { write: "directory" },
  });
  return { ...place, admin, grant };
}

/** A connection on which somebody is bound. */
export async function boundAs(
  place: Pick<Office, "server">,
  username: string,
  dn: (username: string) => string = userDn,
): Promise<LdapTestClient> {
  const client = ldapTestClient(place.server);
  const { resultCode } = await client.bind(dn(username), password);
  if (resultCode !== LdapResultCode.success) throw new Error(`${username} cannot bind: ${resultCode}`);
  return client;
}

/** The result of an operation, and the controls that came with it. */
export interface Answer {
  readonly resultCode: number;
  readonly diagnosticMessage: string;
  readonly controls: readonly Control[];
}

/** Sends an operation with controls. */
export async function ask(
  client: LdapTestClient,
  op: RequestOp,
  ...controls: readonly Control[]
): Promise<Answer> {
  const last = (await client.exchange(op, { controls })).at(-1);
  const result = last?.protocolOp as { resultCode: number; diagnosticMessage: string };
  const { resultCode, diagnosticMessage } = result;
  return { resultCode, diagnosticMessage, controls: last?.controls ?? [] };
}

/** The attributes that an entry shows. */
export async function read(
  client: LdapTestClient,
  dn: string,
  ...attributes: readonly string[]
): Promise<Readonly<Record<string, readonly string[]>> | undefined> {
  const { entries } = await client.search({ base: dn, scope: "base", attributes });
  return entries[0]?.attributes;
}

/** Whether somebody has this password. */
export async function hasPassword(directory: Directory, username: string, typed: string): Promise<boolean> {
  const result = await directory.authenticate({ username, password: typed, protocol: "test" });
  return result.outcome === "accepted";
}
