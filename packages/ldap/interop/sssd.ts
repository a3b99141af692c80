import { type PrivateMachine, startPrivateMachine } from "../../../scripts/interop/private-machine.ts";
import { type Fixture, groupsDn, passwords, usersDn } from "./fixture.ts";

/** Directories that sssd is to serve accounts of. */
export interface SssdFixtures {
  /** Reached by StartTLS, and lets only engineers in. The domain of names without one. */
  readonly nested: Fixture;
  /** Reached by LDAPS, and enumerated; its people are `ada@flat`. */
  readonly flat: Fixture;
}

/** Where the log of a domain lies, on the machine: it names each search. */
export const logOf = (domain: keyof SssdFixtures): string => `/var/log/sssd/sssd_${domain}.log`;

/** Starts sssd, on a machine whose accounts are those of the directories. */
export function startSssd(folder: string, { nested, flat }: SssdFixtures): Promise<PrivateMachine> {
  const settings = {
    sssd: ["services = nss, pam, ssh", "domains = nested, flat"],
    // What it remembers beside its entries would answer in place of the directory.
    nss: ["memcache_timeout = 0", "enum_cache_timeout = 1", "entry_negative_timeout = 0"],
    pam: [],
    ssh: [],
    "domain/nested": [
      ...domain(nested),
      `ldap_uri = ${nested.ldap.url}`,
      "ldap_id_use_start_tls = true",
      // Members are asked for in one search as soon as two are not known.
      "ldap_deref_threshold = 1",
      "access_provider = ldap",
      "ldap_access_order = filter",
      `ldap_access_filter = (memberOf:1.2.840.113556.1.4.1941:=cn=engineers,${groupsDn})`,
    ],
    "domain/flat": [
      ...domain(flat),
      `ldap_uri = ${flat.ldaps.url}`,
      "use_fully_qualified_names = true",
      "access_provider = permit",
      "enumerate = true",
      "ldap_enumeration_refresh_timeout = 1",
      "ldap_enumeration_refresh_offset = 0",
      "ldap_page_size = 3",
    ],
  };
  const pam = ["auth", "account", "password"].map((kind) => `${kind} required pam_sss.so\n`);
  return startPrivateMachine({
    folder,
    etc: {
      "sssd/sssd.conf": Object.entries(settings)
        .map(([name, lines]) => `[${name}]\n${lines.join("\n")}\n`)
        .join(""),
      "pam.d/directorykit": pam.join(""),
    },
    prepare: `
      mkdir -p /var/log/sssd /var/lib/sss/pubconf/krb5.include.d /var/lib/sss/pipes/private
      mkdir /var/lib/sss/db /var/lib/sss/mc /var/lib/sss/secrets /var/lib/sss/deskprofile /var/lib/sss/gpo_cache
      sed -i 's/^\\(passwd\\|group\\|shadow\\):.*/\\1: files sss/' /etc/nsswitch.conf`,
    daemon: ["sssd", "-i", "--logger=files"],
    ready: ["nss", "pam", "ssh"].map((part) => `/var/lib/sss/pipes/${part}`),
  });
}

function domain(fixture: Fixture): readonly string[] {
  return [
    "id_provider = ldap",
    "auth_provider = ldap",
    "chpass_provider = ldap",
    `ldap_user_search_base = ${usersDn}`,
    `ldap_group_search_base = ${groupsDn}`,
    "ldap_schema = rfc2307bis",
    // Groups without a number too: they may lie between two with one.
    "ldap_group_object_class = groupOfNames",
    `ldap_default_bind_dn = ${fixture.dnOf("svc-reader")}`,
    `ldap_default_authtok = ${passwords["svc-reader"]}`,
    "ldap_tls_reqcert = demand",
    `ldap_tls_cacert = ${fixture.tls.caFile}`,
    "cache_credentials = false",
    "entry_cache_timeout = 1",
    "debug_level = 6",
  ];
}
