import type { DirectoryDocument } from "@directorykit/core";
import { baseDn } from "../people.ts";

/** What the load generator and the servers share. */
export const secret = "a secret that is in no manual 7Kq";
/** The VLAN that everybody lands on. */
export const vlan = 20;

/** Name of person `i`, as the load generator writes it. */
export function nameOf(i: number): string {
  return `user${String(i).padStart(6, "0")}`;
}

/** Password of person `i`, as the load generator writes it. */
export function passwordOf(i: number): string {
  return `password of ${nameOf(i)}`;
}

/** A directory of `count` people, all of whom may join the one network. */
export function document(count: number): DirectoryDocument {
  const users = Array.from({ length: count }, (_, i) => ({ username: nameOf(i), password: passwordOf(i) }));
  return {
    version: 1,
    organization: { name: "Bench", baseDn },
    users,
    groups: [{ name: "everyone", members: users.map(({ username }) => username) }],
    resources: [
      {
        kind: "radius",
        name: "network",
        clients: [{ name: "bench", cidr: "127.0.0.0/8", secret, dynamicAuthorizationPort: 0 }],
      },
    ],
    grants: [{ group: "everyone", resource: "network", attributes: { vlan } }],
  };
}
