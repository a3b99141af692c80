import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runToSuccess } from "../../../scripts/interop/run-program.ts";
import { awkwardGroupDn, baseDn, type Fixture, groupsDn, passwords, usersDn } from "./fixture.ts";

const source = fileURLToPath(new URL("JndiClient.java", import.meta.url));

/** The JNDI client, compiled. */
export interface JndiClient {
  /** The program that runs it. */
  readonly java: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** Compiles the JNDI client for a fixture. The JDK's `java` lies beside its `javac`. */
export async function compileJndiClient(javac: string, fixture: Fixture): Promise<JndiClient> {
  const classes = join(fixture.folder, "classes");
  await mkdir(classes);
  await runToSuccess(javac, ["-encoding", "UTF-8", "-d", classes, source], { timeoutMs: 60_000 });
  const given: Readonly<Record<string, string>> = {
    plain: fixture.plain.url,
    ldap: fixture.ldap.url,
    ldaps: fixture.ldaps.url,
    ca: fixture.tls.caFile,
    base: baseDn,
    users: usersDn,
    groups: groupsDn,
    awkward: awkwardGroupDn,
    ...passwords,
  };
  const pairs = Object.entries(given).map(([name, value]) => `${name}=${value}`);
  return {
    java: join(dirname(javac), "java"),
    // Quick to start matters more here than quick to run.
    args: ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classes, "JndiClient", ...pairs],
  };
}
