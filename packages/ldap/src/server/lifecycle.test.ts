import { createServer } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { DirectoryError } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import { LdapResultCode } from "../codec/index.ts";
import { ldapTestClient } from "../testing.ts";
import { selfSigned } from "./certificate.fixture.ts";
import { ldapServer } from "./ldap-server.ts";
import { baseDn, emptyDirectory, office, password, unrulyStore, userDn, usersDn } from "./office.fixture.ts";

const caught = (work: Promise<unknown>): Promise<DirectoryError> =>
  work.then(
    () => Promise.reject(new Error("it worked")),
    (error: DirectoryError) => error,
  );

describe("listening", () => {
  test("says where", async () => {
    await using place = await office({ tls: selfSigned("localhost") });
    const plain = await place.server.listen({ port: 0 });
    const tls = await place.server.listen({ port: 0, tls: true });
    expect(plain.url).toBe(`ldap://127.0.0.1:${plain.port}`);
    expect(tls.url).toBe(`ldaps://127.0.0.1:${tls.port}`);
    expect(plain.server).toBe(place.server);
  });

  test("on a port that is in use is refused in a sentence, and can be tried again", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await using place = await office();
    const error = await caught(place.server.listen({ port }));
    expect(error).toMatchObject({
      code: "misconfigured",
      message: `LDAP port ${port} on 127.0.0.1 is in use`,
    });
    await new Promise((resolve) => other.close(resolve));
    expect((await place.server.listen({ port })).port).toBe(port);
  });

  test("on an address that is not ours is refused", async () => {
    await using place = await office();
    const error = await caught(place.server.listen({ port: 0, host: "192.0.2.1" }));
    expect(error).toMatchObject({ code: "misconfigured" });
    expect(error.message).toContain("192.0.2.1 cannot be listened on");
  });

  test("without a base DN is refused", async () => {
    await using directory = await emptyDirectory();
    await using server = ldapServer({ directory });
    const error = await caught(server.listen({ port: 0 }));
    expect(error).toMatchObject({ code: "misconfigured" });
    expect(error.message).toContain("base DN");
  });

  test("for LDAPS without a certificate is refused", async () => {
    await using place = await office();
    expect((await caught(place.server.listen({ port: 0, tls: true }))).code).toBe("misconfigured");
  });

  test("after closing is refused", async () => {
    await using place = await office();
    await place.server.close();
    expect((await caught(place.server.listen({ port: 0 }))).code).toBe("misconfigured");
  });

  test("with a certificate that is none is refused at once", async () => {
    await using directory = await emptyDirectory();
    expect(() => ldapServer({ directory, tls: { key: "x", cert: "y" } })).toThrow("certificate");
  });
});

describe("closing", () => {
  test("tells everyone, and ends", async () => {
    await using place = await office();
    await place.server.listen({ port: 0 });
    const clients = [ldapTestClient(place.server), ldapTestClient(place.server)];
    await clients[0]?.bind(userDn("ada"), password);
    const closing = place.server.close();
    expect(place.server.close()).toBe(closing);
    for (const client of clients)
      expect(await client.closed).toMatchObject({ resultCode: LdapResultCode.unavailable });
    await closing;
    expect(place.server.connections).toBe(0);
  });

  test("lets what is under way be answered first, and takes nothing new", async () => {
    const hooks = { wait: Promise.withResolvers<void>(), verifying: Promise.withResolvers<void>() };
    const { allowWeakHashing, argon2Hasher } = await import("@directorykit/core");
    const inner = argon2Hasher({ memoryKiB: 64, passes: 1, [allowWeakHashing]: true });
    const verify: typeof inner.verify = async (...given) => {
      hooks.verifying.resolve();
      await hooks.wait.promise;
      return inner.verify(...given);
    };
    await using place = await office({}, { hasher: { ...inner, verify } });
    const client = ldapTestClient(place.server);
    const idle = ldapTestClient(place.server);
    const bound = client.bind(userDn("ada"), password);
    const late = client.search({ base: baseDn });
    late.catch(() => {});
    await hooks.verifying.promise;
    const closing = place.server.close();
    expect(await idle.closed).toMatchObject({ resultCode: LdapResultCode.unavailable });
    expect(client.isClosed).toBe(false);
    hooks.wait.resolve();
    expect(await bound).toMatchObject({ resultCode: 0 });
    expect(await client.closed).toMatchObject({ resultCode: LdapResultCode.unavailable });
    await expect(late).rejects.toMatchObject({ code: "store-unavailable" });
    await closing;
  });

  test("does not wait longer than it was told", async () => {
    const { store, control } = unrulyStore();
    await using place = await office({}, { store });
    const client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    control.mood = "stuck";
    const asked = client.search({ base: usersDn });
    await place.server.close({ drainMs: 20 });
    await expect(asked).rejects.toMatchObject({ code: "store-unavailable" });
    control.mood = "well";
  });

  test("does not wait for a peer that reads nothing", async () => {
    await using place = await office();
    const people = Array.from({ length: 2000 }, (_, i) => ({
      username: `person-${i}`,
      phones: ["0".repeat(60)],
    }));
    const users = await place.directory.users.createMany(people);
    await place.directory.groups.addMembers(
      place.group.staff.id,
      users.map(({ id }) => id),
    );
    const client = ldapTestClient(place.server);
    await client.bind(userDn("ada"), password);
    client.pause();
    for (let i = 0; i < 5; i += 1) client.search({ base: baseDn, attributes: ["*", "+"] }).catch(() => {});
    await place.server.close({ drainMs: 20 });
    expect(place.server.connections).toBe(0);
  });
});

describe("a connection that says nothing", () => {
  test("is told and closed after a while, bound or not", async () => {
    const seen: unknown[] = [];
    const metrics = {
      count: (name: string, labels: object = {}) => seen.push({ name, ...labels }),
      observe: () => {},
    };
    await using place = await office({ limits: { idleTimeoutMs: 100 } }, { metrics });
    const anonymous = ldapTestClient(place.server);
    const bound = ldapTestClient(place.server);
    await bound.bind(userDn("ada"), password);
    for (const client of [anonymous, bound])
      expect(await client.closed).toMatchObject({ resultCode: LdapResultCode.unavailable });
    const hits = seen.filter((one) => (one as { limit?: string }).limit === "idleTimeoutMs");
    expect(hits).toEqual(
      Array(2).fill({ name: "directorykit_ldap_limit_hit_total", limit: "idleTimeoutMs" }),
    );
  });
});

describe("setTls", () => {
  const peerOf = (port: number): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () =>
        resolve(socket),
      );
      socket.once("error", reject);
    });

  test("gives new connections the new certificate, and open ones go on", async () => {
    await using place = await office({ tls: selfSigned("old.example") });
    const { port } = await place.server.listen({ port: 0, tls: true });
    const before = await peerOf(port);
    place.server.setTls(selfSigned("new.example"));
    const after = await peerOf(port);
    expect(before.getPeerCertificate().subject).toMatchObject({ CN: "old.example" });
    expect(after.getPeerCertificate().subject).toMatchObject({ CN: "new.example" });
    expect(before.destroyed).toBe(false);
    before.destroy();
    after.destroy();
  });

  test("offers TLS from then on where there was none", async () => {
    await using place = await office();
    await using client = ldapTestClient(place.server, { secure: false });
    const offered = async (): Promise<readonly string[] | undefined> =>
      (await client.search({ attributes: ["supportedExtension"] })).entries[0]?.attributes[
        "supportedExtension"
      ];
    expect(await offered()).not.toContain("1.3.6.1.4.1.1466.20037");
    place.server.setTls(selfSigned("new.example"));
    expect(await offered()).toContain("1.3.6.1.4.1.1466.20037");
  });

  test("that cannot be used leaves the old one in force", async () => {
    await using place = await office({ tls: selfSigned("old.example") });
    const { key } = selfSigned("a.example");
    const { cert } = selfSigned("b.example");
    expect(() => place.server.setTls({ key, cert })).toThrow("cannot be used");
    const { port } = await place.server.listen({ port: 0, tls: true });
    const socket = await peerOf(port);
    expect(socket.getPeerCertificate().subject).toMatchObject({ CN: "old.example" });
    socket.destroy();
  });
});
