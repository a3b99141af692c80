import { createHmac } from "node:crypto";
import {
  allowWeakHashing,
  argon2Hasher,
  createDirectory,
  type Directory,
  DirectoryError,
  type DirectoryOptions,
  type Group,
  memoryStore,
  type Reader,
  type Resource,
  type Store,
  type User,
} from "@directorykit/core";
import { afterAll } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import type { LdapServerOptions } from "../options.ts";
import { type LdapTestClient, ldapTestClient } from "../testing.ts";
import { type LdapServer, ldapServer } from "./ldap-server.ts";

/** The root of the tree of tests. */
export const baseDn = "dc=example,dc=com";
/** Where people lie. */
export const usersDn: string = `ou=Users,${baseDn}`;
/** Where groups lie. */
export const groupsDn: string = `ou=Groups,${baseDn}`;
/** Everyone's password. */
export const password = "analytical engine 1843";
/** TOTP secret of tomas. */
export const totpSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/** DN of a person. */
export const userDn = (username: string): string => `uid=${username},${usersDn}`;
/** DN of a group. */
export const groupDn = (name: string): string => `cn=${name},${groupsDn}`;

/** A directory without people, quick to hash. */
export function emptyDirectory(options: Partial<DirectoryOptions> = {}): Promise<Directory> {
  return createDirectory({
    store: memoryStore(),
    hasher: argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true }),
    ...options,
  });
}

/** What {@link office} makes. */
export interface Office extends AsyncDisposable {
  readonly directory: Directory;
  readonly server: LdapServer;
  readonly resource: Resource;
  readonly user: Readonly<Record<Username, User>>;
  readonly group: Readonly<Record<"staff" | "engineers" | "robots" | "guests" | "empty", Group>>;
}

/** People of the office. */
export type Username = "ada" | "grace" | "tomas" | "sam" | "stella" | "mallory" | "reader";

const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@engine";

/**
 * An office on LDAP: ada, grace and tomas (who has TOTP) are staff, ada by way of the engineers; sam is staff but
 * suspended, stella is staged; mallory is a guest whom nothing lets in; reader is let in by name.
 */
export async function office(
  options: Omit<LdapServerOptions, "directory"> = {},
  directoryOptions: Partial<DirectoryOptions> = {},
): Promise<Office> {
  const directory = await emptyDirectory(directoryOptions);
  const person = async (
    username: Username,
    rest: Parameters<Directory["users"]["create"]>[0] | object = {},
  ) => directory.users.create({ username, email: `${username}@example.com`, password, ...rest });
  const grace = await person("grace", {
    name: { given: "Grace", family: "Hopper" },
    posix: { uid: 10_002, gid: 20_001, home: "/home/grace", shell: "/bin/sh" },
  });
  const ada = await person("ada", {
    name: { given: "Ada", family: "Lovelace" },
    posix: { uid: 10_001, gid: 20_001, home: "/home/ada", shell: "/bin/bash", gecos: "Ada" },
    employee: { number: "1815", title: "Analyst", manager: grace.id },
    phones: ["+44 20 7946 0018"],
    sshKeys: [sshKey],
  });
  const tomas = await person("tomas", { name: { display: "Tomáš Q" } });
  const sam = await person("sam", { state: "suspended", employee: { manager: grace.id } });
  const stella = await person("stella", { state: "staged" });
  const mallory = await person("mallory", { employee: { manager: sam.id } });
  const reader = await person("reader", { employee: { manager: mallory.id } });
  await directory.credentials.importTotp(tomas.id, totpSecret);
  const engineers = await directory.groups.create({ name: "engineers", members: [ada.id], posixGid: 20_002 });
  const staff = await directory.groups.create({
    name: "staff",
    description: "Everyone who works here",
    members: [grace.id, tomas.id, sam.id, stella.id, engineers.id],
    posixGid: 20_001,
  });
  const guests = await directory.groups.create({ name: "guests", members: [mallory.id] });
  const empty = await directory.groups.create({ name: "empty", posixGid: 20_003 });
  const robots = await directory.groups.create({ name: "robots", kind: "system" });
  const resource = await directory.resources.create({ kind: "ldap", name: "intranet" });
  await directory.grants.add({ group: staff, resource });
  await directory.grants.add({ user: reader, resource });
  const server = ldapServer({ directory, baseDn, ...options });
  return {
    directory,
    server,
    resource,
    user: { ada, grace, tomas, sam, stella, mallory, reader },
    group: { staff, engineers, robots, guests, empty },
    [Symbol.asyncDispose]: async () => {
      await server.close({ drainMs: 0 });
      await directory.close();
    },
  };
}

/** An {@link office} for all tests of a file, closed behind the last of them, with a connection that the reader is bound on. */
export async function sharedOffice(
  ...options: Parameters<typeof office>
): Promise<{ readonly place: Office; readonly client: LdapTestClient }> {
  const place = await office(...options);
  afterAll(() => place[Symbol.asyncDispose]());
  const client = ldapTestClient(place.server);
  const { resultCode } = await client.bind(userDn("reader"), password);
  if (resultCode !== LdapResultCode.success) throw new Error(`the reader cannot bind: ${resultCode}`);
  return { place, client };
}

/** What calls of an {@link unrulyStore} do: work, fail, or never answer. */
export interface StoreControl {
  mood: "well" | "broken" | "stuck";
}

/** A memory store that fails when told to. */
export function unrulyStore(): { readonly store: Store; readonly control: StoreControl } {
  const inner = memoryStore();
  const control: StoreControl = { mood: "well" };
  const call = <T>(work: () => Promise<T>): Promise<T> => {
    if (control.mood === "well") return work();
    if (control.mood === "stuck") return new Promise(() => {});
    return Promise.reject(new DirectoryError("store-unavailable", "the disk is on fire"));
  };
  const reader = (real: Reader): Reader =>
    new Proxy(real, {
      get: (target, name) => {
        // A store in trouble answers nothing at once.
        if (name === "immediate") return control.mood === "well" ? target.immediate : undefined;
        const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) => call(() => method.apply(target, args));
      },
    });
  const store: Store = {
    ...inner,
    reader: (id) => reader(inner.reader(id)),
    transaction: (id, work, options) => call(() => inner.transaction(id, work, options)),
  };
  return { store, control };
}

/** The TOTP code of a base32 secret now (RFC 6238), or some steps from now. */
export function totpCode(secret: string, steps = 0): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Waits until something is so. @throws Error when it is not within `ms` */
export async function until(what: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
