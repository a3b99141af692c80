import { startPrivateMachine } from "../../../scripts/interop/private-machine.ts";
import type { ProgramResult } from "../../../scripts/interop/run-program.ts";
import { baseDn, type Fixture, groupsDn, passwords, usersDn } from "./fixture.ts";

/** A table of {@link Postfix}. */
export type PostfixTable = "mailboxes" | "names" | "lists" | "groups" | "routes";

/** Postfix's lookup tables over LDAP. */
export interface Postfix extends AsyncDisposable {
  /** Looks up a key, as Postfix would before it delivers. */
  lookUp(table: PostfixTable, key: string): Promise<ProgramResult>;
  /** Looks up several keys on one connection. */
  lookUpAll(table: PostfixTable, keys: readonly string[]): Promise<ProgramResult>;
}

const tables: Readonly<Record<PostfixTable, readonly string[]>> = {
  /** Usernames by address. */
  mailboxes: [`search_base = ${usersDn}`, "query_filter = (mail=%s)", "result_attribute = uid"],
  /** Addresses by name. */
  names: [`search_base = ${usersDn}`, "query_filter = (cn=%s)", "result_attribute = mail"],
  /** Addresses of the members of the group before the `@`, and of groups in it. */
  lists: [
    `search_base = ${groupsDn}`,
    "query_filter = (&(objectClass=groupOfNames)(cn=%u))",
    "result_attribute = mail",
    "special_result_attribute = member",
  ],
  /** Names of groups. */
  groups: [`search_base = ${groupsDn}`, "query_filter = (cn=%s)", "result_attribute = cn"],
  /** Hosts that mail for an address goes to. */
  routes: [
    `search_base = ${baseDn}`,
    "domain = example.com",
    "query_filter = (&(objectClass=inetOrgPerson)(uid=%u))",
    "result_attribute = uid",
    "result_format = lmtp:%s.%D",
  ],
};

/** Prepares Postfix's configuration on a machine of its own; nothing goes on running there. */
export async function startPostfix(fixture: Fixture): Promise<Postfix> {
  const common = [
    `server_host = ${fixture.ldap.url}`,
    "version = 3",
    "start_tls = yes",
    "tls_require_cert = yes",
    `tls_ca_cert_file = ${fixture.tls.caFile}`,
    "bind = yes",
    `bind_dn = ${fixture.dnOf("svc-reader")}`,
    `bind_pw = ${passwords["svc-reader"]}`,
  ];
  const texts = Object.entries(tables).map(
    ([name, own]) => [`postfix/${name}.cf`, `${[...common, ...own].join("\n")}\n`] as const,
  );
  const machine = await startPrivateMachine({
    folder: fixture.folder,
    etc: {
      "postfix/main.cf": "compatibility_level = 3.6\n",
      "postfix/dynamicmaps.cf": "ldap postfix-ldap.so dict_ldap_open\n",
      ...Object.fromEntries(texts),
    },
    // Postfix waits while a file has only just been written.
    prepare: `
      touch -d '1 minute ago' /etc/postfix/*
      echo postfix:x:980:980::/:/bin/false >> /etc/passwd
      printf 'postfix:x:980:\\npostdrop:x:981:\\n' >> /etc/group`,
  });
  const look = (table: PostfixTable, key: string, input: string): Promise<ProgramResult> =>
    machine.run("postmap", ["-q", key, `ldap:/etc/postfix/${table}.cf`], input);
  return {
    lookUp: (table, key) => look(table, key, ""),
    lookUpAll: (table, keys) => look(table, "-", `${keys.join("\n")}\n`),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}
