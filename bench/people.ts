import type { DirectoryDocument, UserEntry } from "@directorykit/core";

/** Base DN of every benchmark's tree. */
export const baseDn = "dc=bench,dc=example";
/** The account that the load generator binds as. */
export const reader = { username: "reader", password: "the-reader-of-benchmarks" } as const;

/** The same person for every server: number `i` of a directory. */
export function person(i: number): UserEntry {
  const name = `user${String(i).padStart(6, "0")}`;
  return {
    username: name,
    email: `${name}@bench.example`,
    givenName: `Given${i % 997}`,
    familyName: `Family${i % 4999}`,
    posix: { uid: 10_000 + i, gid: 10_000 + (i % 100), home: `/home/${name}`, shell: "/bin/bash" },
    employee: { title: `Title ${i % 50}`, department: `Department ${i % 20}` },
  };
}

/** A directory of `count` people, all of whom may use LDAP, and the reader. */
export function document(count: number): DirectoryDocument {
  const users = Array.from({ length: count }, (_, i) => person(i));
  return {
    version: 1,
    organization: { name: "Bench", baseDn },
    users: [...users, { username: reader.username, password: reader.password }],
    groups: [{ name: "everyone", members: [...users.map((user) => user.username), reader.username] }],
    resources: [{ kind: "ldap", name: "ldap" }],
    grants: [{ group: "everyone", resource: "ldap" }],
  };
}

/** The same people as LDIF, for slapadd. */
export function ldif(count: number): string {
  const entries = [
    `dn: ${baseDn}\nobjectClass: top\nobjectClass: organization\nobjectClass: dcObject\ndc: bench\no: Bench\n`,
    `dn: ou=Users,${baseDn}\nobjectClass: organizationalUnit\nou: Users\n`,
    `dn: uid=${reader.username},ou=Users,${baseDn}\nobjectClass: inetOrgPerson\nuid: ${reader.username}\ncn: Reader\nsn: Reader\nuserPassword: ${reader.password}\n`,
  ];
  for (let i = 0; i < count; i++) {
    const { username, email, givenName, familyName, posix, employee } = person(i);
    entries.push(
      [
        `dn: uid=${username},ou=Users,${baseDn}`,
        "objectClass: top",
        "objectClass: person",
        "objectClass: organizationalPerson",
        "objectClass: inetOrgPerson",
        "objectClass: posixAccount",
        `uid: ${username}`,
        `cn: ${givenName} ${familyName}`,
        `sn: ${familyName}`,
        `givenName: ${givenName}`,
        `displayName: ${givenName} ${familyName}`,
        `mail: ${email}`,
        `uidNumber: ${posix?.uid}`,
        `gidNumber: ${posix?.gid}`,
        `homeDirectory: ${posix?.home}`,
        `loginShell: ${posix?.shell}`,
        `title: ${employee?.title}`,
        `departmentNumber: ${employee?.department}`,
        "",
      ].join("\n"),
    );
  }
  return entries.join("\n");
}
