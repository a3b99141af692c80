import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Directory, DirectoryError } from "@directorykit/core";
import type { PrometheusMetrics } from "./prometheus-metrics.ts";

/** Health and metrics for whoever operates the server. */
export class OperationsEndpoint {
  readonly #server: Server;
  #draining = false;

  constructor(directory: Directory, metrics: PrometheusMetrics) {
    this.#server = createServer(
      { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 16_384 },
      (request, response) => {
        if (request.method !== "GET" && request.method !== "HEAD") {
          response.setHeader("Allow", "GET, HEAD");
          answer(response, 405, "text/plain", "method not allowed\n");
          return;
        }
        switch (request.url) {
          case "/livez":
            answer(response, 200, "application/json", '{"status":"up"}\n');
            break;
          case "/readyz":
            this.#ready(directory, response);
            break;
          case "/metrics":
            answer(response, 200, "text/plain; version=0.0.4", metrics.text());
            break;
          default:
            answer(response, 404, "text/plain", "not found\n");
        }
      },
    );
  }

  /** Listens. @throws DirectoryError `misconfigured` */
  listen(port: number, host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause: NodeJS.ErrnoException) => {
        const why = cause.code === "EADDRINUSE" ? "is in use" : "cannot be listened on";
        reject(new DirectoryError("misconfigured", `HTTP port ${port} on ${host} ${why}`, { cause }));
      });
      this.#server.listen(port, host, () => {
        const address = this.#server.address() as AddressInfo;
        resolve(
          `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`,
        );
      });
    });
  }

  /** Says "not ready" from now on, so that nobody sends new work here. */
  drain(): void {
    this.#draining = true;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #ready(directory: Directory, response: ServerResponse): void {
    directory.isEmpty().then(
      () => {
        const status = this.#draining ? "draining" : "up";
        answer(response, this.#draining ? 503 : 200, "application/json", `{"status":"${status}"}\n`);
      },
      () => answer(response, 503, "application/json", '{"status":"store unavailable"}\n'),
    );
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "Content-Type": type,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}
