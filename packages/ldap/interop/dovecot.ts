import { type PrivateMachine, startPrivateMachine } from "../../../scripts/interop/private-machine.ts";
import { type Fixture, passwords, usersDn } from "./fixture.ts";

/**
 * Starts Dovecot's authentication, on a machine of its own. Usernames bind by a DN that is made of them; addresses are
 * searched for, and the DN that is found is bound as.
 */
export function startDovecot(fixture: Fixture): Promise<PrivateMachine> {
  const common = [
    `uris = ${fixture.ldap.url}`,
    "tls = yes",
    "tls_require_cert = hard",
    "tls_ca_cert_file = /etc/ca.pem",
    `dn = ${fixture.dnOf("svc-reader")}`,
    `dnpass = ${passwords["svc-reader"]}`,
    "ldap_version = 3",
    `base = ${usersDn}`,
    "auth_bind = yes",
  ];
  const byName = [
    ...common,
    `auth_bind_userdn = uid=%u,${usersDn}`,
    "user_filter = (&(objectClass=posixAccount)(uid=%u))",
    "user_attrs = homeDirectory=home,uidNumber=uid,gidNumber=gid",
    "iterate_filter = (objectClass=posixAccount)",
    "iterate_attrs = uid=user",
  ];
  const byAddress = [
    ...common,
    "pass_filter = (&(objectClass=inetOrgPerson)(mail=%u))",
    "pass_attrs = uid=user",
  ];
  const settings = `
    base_dir = /run/dovecot
    log_path = /run/dovecot.log
    protocols =
    ssl = no
    # Any name may be asked for, as attackers would.
    auth_username_chars =
    auth_failure_delay = 0
    service anvil {
      unix_listener anvil-auth-penalty {
        mode = 0
      }
    }
    auth_verbose = yes
    passdb {
      driver = ldap
      args = /etc/dovecot/by-name.ext
      username_filter = !*@*
    }
    passdb {
      driver = ldap
      args = /etc/dovecot/by-address.ext
      username_filter = *@*
    }
    userdb {
      driver = ldap
      args = /etc/dovecot/by-name.ext
    }
  `;
  return startPrivateMachine({
    folder: fixture.folder,
    etc: {
      "ca.pem": fixture.tls.ca,
      "dovecot/dovecot.conf": settings,
      "dovecot/by-name.ext": `${byName.join("\n")}\n`,
      "dovecot/by-address.ext": `${byAddress.join("\n")}\n`,
    },
    prepare: `
      mkdir /var/lib/dovecot
      printf 'dovecot:x:990:990::/:/bin/false\\ndovenull:x:991:991::/:/bin/false\\n' >> /etc/passwd
      printf 'dovecot:x:990:\\ndovenull:x:991:\\n' >> /etc/group`,
    daemon: ["dovecot", "-F"],
    ready: ["/run/dovecot/auth-client", "/run/dovecot/auth-userdb"],
  });
}
