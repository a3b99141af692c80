import { addressOf, type Endpoint, type ReadyServer } from "./endpoints.ts";

/** Something to try. */
export interface Command {
  /** What it shows. */
  readonly says: string;
  /** What to type into a shell; several lines for one that reads a document. */
  readonly command: string;
}

interface Person {
  readonly username: string;
  readonly password: string;
}

// As in seed/demo.json.
const ada: Person = { username: "ada", password: "analytical-engine-1843" };
const mallory: Person = { username: "mallory", password: "not-on-the-guest-list" };

/** Commands that show what the demo people may do and may not, to be pasted into a shell as they are. */
export function demoCommands(server: ReadyServer): readonly Command[] {
  const { radius } = server.endpoints;
  const secretPath = server.radiusSecretPath;
  return [
    ...ldapCommands(server),
    ...(radius === undefined || secretPath === undefined
      ? []
      : radiusCommands(radius, secretPath, server.certificatePath)),
  ];
}

function ldapCommands({ endpoints, baseDn }: ReadyServer): readonly Command[] {
  const search = ({ username, password }: Person): string =>
    `  ldapsearch -x -H ldap://${addressOf(endpoints.ldap)} -D uid=${username},ou=Users,${baseDn} -w ${password} -b ${baseDn}`;
  return [
    {
      says: "Ada is in a group that may use LDAP; this finds Grace:",
      command: `${search(ada)} "(uid=grace)"`,
    },
    { says: "Mallory is in no such group; this is refused:", command: search(mallory) },
  ];
}

function radiusCommands(radius: Endpoint, secretPath: string, certificate: string): readonly Command[] {
  const ask = ({ username, password }: Person): string =>
    `  echo 'User-Name = "${username}", User-Password = "${password}", Message-Authenticator = 0x00' | ` +
    `radclient -x -S ${word(secretPath)} ${addressOf(radius)} auth`;
  // The configuration is read from the command itself, so that no file is left behind. It ends at a line that starts so.
  const login = [
    `eapol_test -c /dev/stdin -a ${radius.host} -p ${radius.port} -s "$(cat ${word(secretPath)})" <<'END'`,
    "network={",
    "  key_mgmt=WPA-EAP",
    "  eap=TTLS",
    '  phase2="auth=PAP"',
    '  anonymous_identity="anonymous"',
    `  identity="${ada.username}"`,
    `  password="${ada.password}"`,
    `  ca_cert="${certificate}"`,
    "}",
    "END",
  ];
  return [
    {
      says: "The same group may use the network of the office; this lets Ada in, to VLAN 20:",
      command: ask(ada),
    },
    { says: "This refuses Mallory:", command: ask(mallory) },
    { says: "And this is Ada's laptop, which checks the certificate first:", command: login.join("\n") },
  ];
}

/** A word of a shell, whatever is in it. */
function word(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
