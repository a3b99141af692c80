import { expect, test } from "vitest";
import { allowPlaintextBind, filter } from "./index.ts";
import { baseDn, office, password, userDn, usersDn } from "./server/office.fixture.ts";
import { ldapTestClient } from "./testing.ts";

test("a client in the process binds, searches, compares and says goodbye", async () => {
  await using place = await office();
  const client = ldapTestClient(place.server);
  expect(await client.bind(userDn("ada"), password)).toEqual({
    resultCode: 0,
    matchedDN: "",
    diagnosticMessage: "",
  });
  const typed = "ada)(uid=*";
  expect((await client.search({ base: usersDn, filter: filter`(uid=${typed})` })).entries).toEqual([]);
  const { entries, resultCode } = await client.search({
    base: usersDn,
    filter: "(uid=ada)",
    attributes: ["mail"],
  });
  expect(resultCode).toBe(0);
  expect(entries).toEqual([
    {
      dn: userDn("ada"),
      attributes: { mail: ["ada@example.com"] },
      octets: { mail: [Uint8Array.from(Buffer.from("ada@example.com"))] },
    },
  ]);
  expect((await client.compare(userDn("ada"), "title", "analyst")).resultCode).toBe(6);
  expect(await client.whoAmI()).toBe(`dn:${userDn("ada")}`);
  await client.close();
  expect(client.isClosed).toBe(true);
  expect(await client.closed).toEqual({});
  expect(place.server.connections).toBe(0);
});

test("the address and the security of the connection can be chosen", async () => {
  await using place = await office({ [allowPlaintextBind]: "loopback" });
  await using near = ldapTestClient(place.server, { secure: false });
  await using far = ldapTestClient(place.server, { secure: false, address: "192.0.2.1" });
  expect((await near.bind(userDn("ada"), password)).resultCode).toBe(0);
  expect((await far.bind(userDn("ada"), password)).resultCode).toBe(13);
});

test("what is asked of a connection that has ended is told why it did", async () => {
  await using place = await office();
  const client = ldapTestClient(place.server);
  await client.bind(userDn("ada"), password);
  await place.directory.users.suspend(place.user.ada.id);
  expect(await client.closed).toEqual({ resultCode: 8, diagnosticMessage: "access was taken away" });
  await expect(client.search({ base: baseDn })).rejects.toMatchObject({
    code: "denied",
    message: "the connection has ended: access was taken away",
  });
});

test("operations may overlap, and raw octets go both ways", async () => {
  await using place = await office();
  await using client = ldapTestClient(place.server);
  const both = await Promise.all([client.search(), client.search({ attributes: ["+"] }), client.whoAmI()]);
  expect(both[0].entries).toHaveLength(1);
  const before = client.received.length;
  client.write(Buffer.from("30050201634200", "hex"));
  await client.closed;
  expect(client.received.length).toBe(before);
});

test("a closed server takes no more clients", async () => {
  await using place = await office();
  await place.server.close();
  expect(() => ldapTestClient(place.server)).toThrow("closed");
});
