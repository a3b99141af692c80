import { createServer } from "node:net";
import { DirectoryError } from "@directorykit/core";

/**
 * Makes sure that the ports are free before anything is opened or written, so that a start that cannot succeed
 * leaves nothing behind.
 * @throws DirectoryError `misconfigured` naming the port
 */
export async function requireFreePorts(host: string, ports: Readonly<Record<string, number>>): Promise<void> {
  const taken = new Map<number, string>();
  for (const [name, port] of Object.entries(ports)) {
    if (port === 0) continue;
    const other = taken.get(port);
    if (other !== undefined)
      throw new DirectoryError("misconfigured", `${name} and ${other} cannot both be ${port}`);
    taken.set(port, name);
    await tryPort(name, port, host);
  }
}

function tryPort(name: string, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === "EADDRINUSE"
          ? "is in use"
          : cause.code === "EACCES"
            ? "needs more rights"
            : `cannot be listened on (${cause.code})`;
      reject(new DirectoryError("misconfigured", `${name}: port ${port} on ${host} ${why}`, { cause }));
    });
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
