import { fileURLToPath } from "node:url";
import { adminPassword } from "./administrator.ts";
import { awkwardGroup, baseDn, type Fixture, groupsDn, passwords, usersDn, zofieName } from "./fixture.ts";

const client = fileURLToPath(new URL("ldap3-client.py", import.meta.url));

/** Arguments and input with which Python runs a scenario of the ldap3 client. */
export function ldap3Scenario(
  scenario: string,
  fixture: Fixture,
): { readonly args: readonly string[]; readonly input: string } {
  return {
    args: ["-W", "ignore::DeprecationWarning", client],
    input: JSON.stringify({
      scenario,
      base: baseDn,
      users: usersDn,
      groups: groupsDn,
      ldap: fixture.ldap.port,
      ldaps: fixture.ldaps.port,
      ca: fixture.tls.caFile,
      passwords,
      admin: adminPassword,
      name: zofieName,
      group: awkwardGroup,
    }),
  };
}
