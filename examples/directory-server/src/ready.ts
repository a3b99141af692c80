import { type Command, demoCommands } from "./demo-commands.ts";
import { addressOf, type Endpoints, type ReadyServer } from "./endpoints.ts";

/** What a program that started the server reads: one line, once everything answers. */
export function readyLine(endpoints: Endpoints): string {
  return `${JSON.stringify({ event: "ready", endpoints })}\n`;
}

/** What a person reads: where things are and what to try. */
export function readyTable(server: ReadyServer): string {
  const { ldap, ldaps, radius, radiusAccounting, http } = server.endpoints;
  const rows: [name: string, where: string][] = [
    ["LDAP", `ldap://${addressOf(ldap)}  (StartTLS offered)`],
    ["LDAPS", `ldaps://${addressOf(ldaps)}  (certificate ${server.certificatePath})`],
  ];
  if (radius !== undefined && radiusAccounting !== undefined)
    rows.push(
      ["RADIUS", `${addressOf(radius)}/udp  (PAP and EAP, with the same certificate)`],
      ["Accounting", `${addressOf(radiusAccounting)}/udp  (RADIUS)`],
    );
  rows.push(["Health", `${http.url}/readyz`], ["Metrics", `${http.url}/metrics`]);
  return [
    "",
    "The directory is ready.",
    "",
    ...rows.map(([name, where]) => `  ${name.padEnd(10)} ${where}`),
    "",
    ...(server.isDemo ? demoCommands(server).flatMap(shown) : []),
    "Ctrl+C stops it.",
    "",
  ].join("\n");
}

function shown({ says, command }: Command): readonly string[] {
  return [says, command, ""];
}
