import { execFile } from "node:child_process";

/** What a run of radclient gave. */
export interface RadclientRun {
  /** Name of the answer, such as `Access-Accept`; `undefined` when there was none that it took for genuine. */
  readonly answer: string | undefined;
  /** The attributes of the answer as it prints them, such as `Tunnel-Type:0 = VLAN`. */
  readonly attributes: readonly string[];
  /** All that it printed. */
  readonly output: string;
}

/** Sends one request with FreeRADIUS's radclient. @param attributes - as its dictionaries name them */
export function radclient(
  program: string,
  where: { readonly port: number; readonly secret: string },
  command: "auth" | "acct" | "status",
  attributes: Readonly<Record<string, string | number>>,
): Promise<RadclientRun> {
  const lines = Object.entries(attributes).map(([name, value]) =>
    typeof value === "number" ? `${name} = ${value}` : `${name} = ${JSON.stringify(value)}`,
  );
  const args = ["-x", "-r", "1", "-t", "2", `127.0.0.1:${where.port}`, command, where.secret];
  return new Promise((resolve) => {
    const child = execFile(program, args, (_, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      const received = output.split("\n").findIndex((line) => line.startsWith("Received "));
      const after = received < 0 ? [] : output.split("\n").slice(received + 1);
      const end = after.findIndex((line) => !line.startsWith("\t"));
      resolve({
        answer: /^Received (\S+)/m.exec(output)?.[1],
        attributes: after.slice(0, end < 0 ? undefined : end).map((line) => line.trim()),
        output,
      });
    });
    child.stdin?.end(`${lines.join("\n")}\n`);
  });
}
