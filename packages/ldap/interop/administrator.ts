import type { User } from "@directorykit/core";
import { type Fixture, usersDn } from "./fixture.ts";

/** The administrator's password. */
export const adminPassword = "whoever may write the directory";
/** The administrator's DN. */
export const adminDn: string = `uid=admin,${usersDn}`;

/** Adds somebody to a fixture who may write the directory over LDAP. */
export async function addAdministrator({ directory }: Fixture): Promise<User> {
  const user = await directory.users.create({ username: "admin", password: adminPassword });
  for await (const resource of directory.resources.list({ kind: "ldap" }))
    await directory.grants.add({ user, resource, attributes: { write: "directory" } });
  return user;
}
