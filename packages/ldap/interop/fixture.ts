// One directory for all peers: the people and groups that clients trip over, behind an LDAP server on real ports.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createDirectory,
  type Directory,
  type DirectoryDocument,
  type Group,
  memoryStore,
  type User,
  type UserEntry,
} from "@directorykit/core";
import { allowPlaintextBind, type LdapListener, type LdapServerOptions, ldapServer } from "../src/index.ts";
import { makeCertificate, type TestCertificate } from "./certificate.ts";

/** The root of the tree. */
export const baseDn = "dc=example,dc=com";
/** Where people lie. */
export const usersDn: string = `ou=Users,${baseDn}`;
/** Where groups lie. */
export const groupsDn: string = `ou=Groups,${baseDn}`;

/** Passwords by username. */
export const passwords = {
  ada: "analytical engine 1843",
  grace: "nanoseconds are visible",
  // Composed and decomposed letters, an emoji, and what shells, filters and DNs would take for their own.
  zofie: 'žluťoučký kůň 🐎 (*)\\,+"',
  lee: "be water, my friend",
  quentin: 'comma, "quote" and plus',
  // Ends like a password with a code behind it, and belongs to someone who has no second factor.
  digits: "not a code,123456",
  sam: "suspended animation",
  mallory: "outside of every group",
  tomas: "two factors are better",
  mia: "only ever with a code",
  noel: "never had a second factor",
  "svc-reader": "service account of an application",
} as const;

/** Someone in the directory. */
export type Username = keyof typeof passwords;

/** TOTP secrets by username. */
export const totpSecrets = {
  tomas: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
  mia: "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU",
} as const;

/** A group whose name has everything that a DN must escape. */
export const awkwardGroup = 'Sales, "EMEA" + Ops; <a>=b\\c #1 žluť';
/** The DN of {@link awkwardGroup} by RFC 4514. */
export const awkwardGroupDn: string = `cn=Sales\\, \\"EMEA\\" \\+ Ops\\; \\<a\\>=b\\\\c #1 žluť,${groupsDn}`;

/** A name in two scripts, with what filters must escape. */
export const zofieName = "Žofie (Zofka) *Nováková* \\ 諾瓦克 🐎";

/** An SSH key. */
export const adaSshKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@engine";

const person = (username: Username, givenName: string, familyName: string): UserEntry => ({
  username,
  givenName,
  familyName,
  email: `${username}@example.com`,
  password: passwords[username],
});

const document: DirectoryDocument = {
  version: 1,
  organization: { name: "Example & Söhne", baseDn },
  users: [
    {
      username: "ada",
      givenName: "Ada",
      familyName: "Lovelace",
      password: passwords.ada,
      emails: [
        { value: "ada@example.com", primary: true },
        { value: "countess@example.org", primary: false },
      ],
      employee: { number: "1815", title: "Analyst", department: "Engines", manager: "grace" },
      phones: ["+44 20 7946 0018"],
      posix: { uid: 10_001, gid: 20_001, home: "/home/ada", shell: "/bin/bash", gecos: "Ada Lovelace" },
      sshKeys: [adaSshKey],
    },
    {
      ...person("grace", "Grace", "Hopper"),
      posix: { uid: 10_002, gid: 20_001, home: "/home/grace", shell: "/bin/sh" },
    },
    { ...person("zofie", "Žofie", "Nováková"), displayName: zofieName },
    { ...person("lee", "小龍", "李"), displayName: "李小龍" },
    { ...person("quentin", "Quentin", 'O\'Neil, "Q" + <Sons>') },
    { ...person("digits", "Dora", "Digits") },
    { ...person("sam", "Sam", "Suspended"), state: "suspended" },
    { ...person("mallory", "Mallory", "Outside") },
    { ...person("tomas", "Tomáš", "Timecode"), totpSecret: totpSecrets.tomas },
    { ...person("mia", "Mia", "Factor"), totpSecret: totpSecrets.mia },
    { ...person("noel", "Noel", "Onefactor") },
    { username: "svc-reader", displayName: "Reader of the intranet", password: passwords["svc-reader"] },
  ],
  groups: [
    {
      name: "staff",
      description: "Everyone who works here",
      members: ["grace", "zofie", "lee", "digits", "sam", "tomas"],
      groups: ["engineers", awkwardGroup],
      posixGid: 20_001,
    },
    { name: "engineers", members: ["ada"], groups: ["compilers"], posixGid: 20_002 },
    { name: "compilers", members: ["grace"] },
    { name: awkwardGroup, members: ["quentin"] },
    { name: "Nobody Yet", description: "A group without members" },
    { name: "security", members: ["mia", "noel"] },
    { name: "services", members: ["svc-reader"] },
  ],
  resources: [{ kind: "ldap", name: "intranet" }],
  grants: [
    { group: "staff", resource: "intranet" },
    { group: "services", resource: "intranet" },
    { group: "security", resource: "intranet", requireMfa: true },
  ],
};

/** A directory, and a server of it that real clients reach. */
export interface Fixture {
  readonly directory: Directory;
  /** Plain LDAP with StartTLS; passwords are taken over TLS only. */
  readonly ldap: LdapListener;
  /** LDAPS. */
  readonly ldaps: LdapListener;
  /** Plain LDAP of a second server that takes passwords in clear on the loopback. */
  readonly plain: LdapListener;
  /** What clients are told to trust. */
  readonly tls: TestCertificate;
  /** A folder that goes away with the fixture. */
  readonly folder: string;
  /** DN of a person. */
  dnOf(username: Username): string;
  /** The person. */
  user(username: Username): Promise<User>;
  /** The group. */
  group(name: string): Promise<Group>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a fixture of its own for a suite. */
export async function startFixture(
  openssl: string,
  options: Partial<Omit<LdapServerOptions, "directory">> = {},
): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), "directorykit-ldap-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const [tls, directory] = await Promise.all([
    makeCertificate(openssl, folder),
    createDirectory({ store: memoryStore() }),
  ]);
  stack.use(directory);
  await directory.import(document);
  const secure = ldapServer({
    ...options,
    directory,
    tls: { cert: tls.cert, key: tls.key, ca: tls.ca, clientCertificates: "request" },
  });
  stack.use(secure);
  const open = ldapServer({ ...options, directory, [allowPlaintextBind]: "loopback" });
  stack.use(open);
  const [ldap, ldaps, plain] = await Promise.all([
    secure.listen({ port: 0 }),
    secure.listen({ port: 0, tls: true }),
    open.listen({ port: 0 }),
  ]);
  const kept = stack.move();
  return {
    directory,
    ldap,
    ldaps,
    plain,
    tls,
    folder,
    dnOf: (username) => `uid=${username},${usersDn}`,
    user: async (username) => found(await directory.users.byUsername(username), username),
    group: async (name) => found(await directory.groups.byName(name), name),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function found<T>(record: T | undefined, name: string): T {
  if (record === undefined) throw new Error(`the fixture has no ${name}`);
  return record;
}
