import { createHmac } from "node:crypto";
import {
  allowWeakHashing,
  argon2Hasher,
  createDirectory,
  type Directory,
  type DirectoryOptions,
  type Group,
  memoryStore,
  type Resource,
  type ResourceSettings,
  type User,
} from "@directorykit/core";
import { type RadiusServer, type RadiusServerOptions, radiusServer } from "../src/index.ts";

/** What the access servers of the office know. */
export const secret = "correct horse battery staple";
/** Everyone's password. */
export const password = "analytical engine 1843";
/** TOTP secret of tomas. */
export const totpSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/** An office whose network is asked for over RADIUS. */
export interface Office extends AsyncDisposable {
  readonly directory: Directory;
  readonly server: RadiusServer;
  readonly resource: Resource;
  readonly groups: Readonly<Record<"staff" | "guests", Group>>;
  readonly users: Readonly<Record<"ada" | "grace" | "tomas" | "sam" | "mallory", User>>;
}

/**
 * ada and tomas (who has TOTP) are staff and on VLAN 20; grace is a guest, on VLAN `guests`; sam is staff but suspended;
 * mallory is in no group.
 */
export async function office(
  options: Omit<RadiusServerOptions, "directory"> = {},
  settings: ResourceSettings = {},
  directoryOptions: Partial<DirectoryOptions> = {},
): Promise<Office> {
  const directory = await createDirectory({
    store: memoryStore(),
    hasher: argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true }),
    ...directoryOptions,
  });
  const person = (username: string, more: object = {}): Promise<User> =>
    directory.users.create({ username, email: `${username}@example.com`, password, ...more });
  const users = {
    ada: await person("ada"),
    grace: await person("grace"),
    tomas: await person("tomas"),
    sam: await person("sam", { state: "suspended" }),
    mallory: await person("mallory"),
  };
  await directory.credentials.importTotp(users.tomas.id, totpSecret);
  const staff = await directory.groups.create({
    name: "staff",
    members: [users.ada.id, users.tomas.id, users.sam.id],
  });
  const guests = await directory.groups.create({ name: "guests", members: [users.grace.id] });
  const resource = await directory.resources.create({
    kind: "radius",
    name: "office",
    settings: { clients: [{ name: "loopback", cidr: "127.0.0.0/8", secret }], ...settings },
  });
  await directory.grants.add({
    group: staff,
    resource,
    attributes: { vlan: 20, reply: { "Cisco-AVPair": ["shell:priv-lvl=15"] } },
  });
  await directory.grants.add({
    group: guests,
    resource,
    attributes: { vlan: "guests", sessionTimeout: 3600 },
  });
  const server = radiusServer({ directory, ...options });
  return {
    directory,
    server,
    resource,
    groups: { staff, guests },
    users,
    [Symbol.asyncDispose]: async () => {
      await server.close({ drainMs: 0 });
      await directory.close();
    },
  };
}

/** The code of tomas' TOTP now (RFC 6238). */
export function totpCode(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...totpSecret]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
