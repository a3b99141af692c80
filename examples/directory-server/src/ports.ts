import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { DirectoryError } from "@directorykit/core";

/** Ports of one kind, by the name of the setting. */
type Ports = Readonly<Record<string, number>>;

/**
 * Makes sure that the ports are free before anything is opened or written, so that a start that cannot succeed
 * leaves nothing behind. A number may be that of a TCP and of a UDP port.
 * @throws DirectoryError `misconfigured` naming the port
 */
export async function requireFreePorts(
  host: string,
  ports: { readonly tcp: Ports; readonly udp: Ports },
): Promise<void> {
  await requireFree(host, ports.tcp, tryTcp);
  await requireFree(host, ports.udp, tryUdp);
}

/** Listens for a moment. Rejects with what the system says. */
type TryPort = (port: number, host: string) => Promise<void>;

async function requireFree(host: string, ports: Ports, tryPort: TryPort): Promise<void> {
  const taken = new Map<number, string>();
  for (const [name, port] of Object.entries(ports)) {
    if (port === 0) continue;
    const other = taken.get(port);
    if (other !== undefined)
      throw new DirectoryError("misconfigured", `${name} and ${other} cannot both be ${port}`);
    taken.set(port, name);
    try {
      await tryPort(port, host);
    } catch (cause) {
      throw new DirectoryError("misconfigured", `${name}: port ${port} on ${host} ${whyNot(cause)}`, {
        cause,
      });
    }
  }
}

const tryTcp: TryPort = (port, host) =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });

const tryUdp: TryPort = (port, host) =>
  new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.once("error", reject);
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve()));
  });

function whyNot(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "is in use";
  return code === "EACCES" ? "needs more rights" : `cannot be listened on (${code})`;
}
