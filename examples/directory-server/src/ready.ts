/** Where the server can be reached. */
export interface Endpoints {
  readonly ldap: { readonly host: string; readonly port: number };
  readonly ldaps: { readonly host: string; readonly port: number };
  readonly http: { readonly url: string };
}

/** What a program that started the server reads: one line, once everything answers. */
export function readyLine(endpoints: Endpoints): string {
  return `${JSON.stringify({ event: "ready", endpoints })}\n`;
}

/** What a person reads: where things are and what to try. */
export function readyTable(
  endpoints: Endpoints,
  baseDn: string,
  certificate: string,
  isDemo: boolean,
): string {
  const { ldap, ldaps, http } = endpoints;
  const ldapUrl = `ldap://${bracket(ldap.host)}:${ldap.port}`;
  const rows = [
    ["LDAP", `${ldapUrl}  (StartTLS offered)`],
    ["LDAPS", `ldaps://${bracket(ldaps.host)}:${ldaps.port}  (certificate ${certificate})`],
    ["Health", `${http.url}/readyz`],
    ["Metrics", `${http.url}/metrics`],
  ];
  const lines = [
    "",
    "The directory is ready.",
    "",
    ...rows.map(([name, where]) => `  ${name?.padEnd(8)} ${where}`),
    "",
  ];
  if (isDemo) {
    const bind = (user: string, password: string): string =>
      `ldapsearch -x -H ${ldapUrl} -D uid=${user},ou=Users,${baseDn} -w ${password} -b ${baseDn}`;
    lines.push(
      "Ada is in a group that may use LDAP; this finds Grace:",
      `  ${bind("ada", "analytical-engine-1843")} "(uid=grace)"`,
      "Mallory is in no such group; this is refused:",
      `  ${bind("mallory", "not-on-the-guest-list")}`,
      "",
    );
  }
  lines.push("Ctrl+C stops it.", "");
  return lines.join("\n");
}

function bracket(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
