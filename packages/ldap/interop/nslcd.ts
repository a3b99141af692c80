import { type PrivateMachine, startPrivateMachine } from "../../../scripts/interop/private-machine.ts";
import { baseDn, type Fixture, groupsDn, passwords, usersDn } from "./fixture.ts";

/** Starts nslcd against the fixture, on a machine whose accounts are those of the directory. */
export function startNslcd(fixture: Fixture): Promise<PrivateMachine> {
  const settings = [
    `uri ${fixture.ldap.url}/`,
    `base ${baseDn}`,
    `base passwd ${usersDn}`,
    `base group ${groupsDn}`,
    `binddn ${fixture.dnOf("svc-reader")}`,
    `bindpw ${passwords["svc-reader"]}`,
    "ssl start_tls",
    "tls_reqcert demand",
    `tls_cacertfile ${fixture.tls.caFile}`,
  ];
  return startPrivateMachine({
    folder: fixture.folder,
    etc: {
      "nslcd.conf": `${settings.join("\n")}\n`,
      "pam.d/directorykit":
        "auth required pam_ldap.so minimum_uid=1000\naccount required pam_ldap.so minimum_uid=1000\n",
    },
    prepare:
      "mkdir /run/nslcd; sed -i 's/^\\(passwd\\|group\\|shadow\\):.*/\\1: files ldap/' /etc/nsswitch.conf",
    daemon: ["nslcd", "-n"],
    ready: ["/run/nslcd/socket"],
  });
}
