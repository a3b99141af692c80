import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, test } from "vitest";
import { UdpPort } from "./udp-port.ts";

test("an answer that was given to a port before it is closed still goes out", async () => {
  const closed = Promise.withResolvers<void>();
  const desk = {
    take: (octets: Uint8Array, peer: { send(octets: Uint8Array): void }) => {
      peer.send(octets);
      closed.resolve(port.close());
      return undefined;
    },
  };
  const port = await UdpPort.open({ host: "127.0.0.1", port: 0 }, "authentication", desk, () => {});
  const client = createSocket("udp4");
  client.send("a request", port.address.port, "127.0.0.1");
  const [answer] = await once(client, "message");
  expect(String(answer)).toBe("a request");
  await closed.promise;
  client.close();
});

test("what cannot be sent at all is told of, throws nothing, and keeps no port open", async () => {
  const told: Error[] = [];
  const asked = Promise.withResolvers<void>();
  const desk = {
    take: (_: Uint8Array, peer: { send(octets: Uint8Array): void }) => {
      peer.send(undefined as never);
      asked.resolve();
      return undefined;
    },
  };
  const port = await UdpPort.open({ host: "127.0.0.1", port: 0 }, "authentication", desk, (error) => {
    told.push(error);
  });
  const client = createSocket("udp4");
  client.send("a request", port.address.port, "127.0.0.1");
  await asked.promise;
  await port.close();
  expect(told).toHaveLength(1);
  client.close();
});
