import {
  allowWeakHashing,
  argon2Hasher,
  createDirectory,
  type Directory,
  type DirectoryOptions,
  ephemeralKeyRing,
  memoryStore,
  type OrganizationId,
} from "@directorykit/core";
import type { LdapServerOptions } from "../options.ts";
import { type LdapServer, ldapServer } from "./ldap-server.ts";
import { password } from "./office.fixture.ts";

const hasher = argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true });

/** Options of the server and of every directory. */
export type OptionsOfOrganizations = readonly [
  options?: Omit<LdapServerOptions, "directory">,
  directoryOptions?: Partial<DirectoryOptions>,
];

/**
 * Organizations in one store, each with an ada of its own whom a grant lets in.
 * @param bases - base DNs by the organizations' names
 */
export async function organizations<N extends string>(
  bases: Readonly<Record<N, string>>,
  ...[options, directoryOptions]: OptionsOfOrganizations
): Promise<Record<N, Directory> & AsyncDisposable & { readonly server: LdapServer }> {
  const store = memoryStore();
  const open = async (name: string, baseDn: string): Promise<Directory> => {
    const organization = name as OrganizationId;
    const keys = ephemeralKeyRing();
    const directory = await createDirectory({ store, organization, hasher, keys, ...directoryOptions });
    await directory.organization.update({ name, baseDn });
    const ada = await directory.users.create({ username: "ada", email: `ada@${name}.example`, password });
    const staff = await directory.groups.create({ name: "staff", members: [ada.id] });
    const resource = await directory.resources.create({ kind: "ldap", name: "intranet" });
    await directory.grants.add({ group: staff.id, resource: resource.id });
    return directory;
  };
  const opened: [string, Directory][] = [];
  for (const [name, baseDn] of Object.entries<string>(bases)) opened.push([name, await open(name, baseDn)]);
  const directories = opened.map(([, directory]) => directory);
  const server = ldapServer({ directory: directories, ...options });
  return {
    ...(Object.fromEntries(opened) as Record<N, Directory>),
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      for (const directory of directories) await directory.close();
    },
  };
}
