import {
  AlreadyExistsError,
  Attribute,
  Change,
  Client,
  ConstraintViolationError,
  InsufficientAccessError,
  NoSuchAttributeError,
  NoSuchObjectError,
  ObjectClassViolationError,
} from "ldapts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { addAdministrator, adminDn, adminPassword } from "./administrator.ts";
import { type Fixture, groupsDn, passwords, startFixture, usersDn } from "./fixture.ts";

describeWithPeers("ldapts, writing", ["openssl"], (paths) => {
  let fixture: Fixture;
  let client: Client;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
    await addAdministrator(fixture);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());
  beforeEach(async () => {
    client = new Client({ url: fixture.ldap.url, timeout: 10_000 });
    await client.startTLS({ ca: fixture.tls.ca });
    await client.bind(adminDn, adminPassword);
  });
  afterEach(() => client.unbind());

  const kay = `uid=kay,${usersDn}`;
  const group = `cn=computers,${groupsDn}`;
  const replace = (type: string, ...values: string[]): Change =>
    new Change({ operation: "replace", modification: new Attribute({ type, values }) });

  test("adds, changes, renames and deletes", async () => {
    const objectClass = ["inetOrgPerson"];
    await client.add(kay, { objectClass, cn: "Kay McNulty", sn: "McNulty", mail: ["kay@example.com"] });
    await client.add(group, { objectClass: ["groupOfNames"], member: [kay] });
    await client.modify(kay, [
      replace("title", "Programmer"),
      new Change({
        operation: "add",
        modification: new Attribute({ type: "mail", values: ["k@example.com"] }),
      }),
      new Change({
        operation: "delete",
        modification: new Attribute({ type: "mail", values: ["KAY@example.com"] }),
      }),
    ]);
    const { searchEntries } = await client.search(kay, {
      scope: "base",
      attributes: ["title", "mail", "memberOf"],
    });
    expect(searchEntries).toEqual([{ dn: kay, title: "Programmer", mail: "k@example.com", memberOf: group }]);
    await client.modifyDN(kay, "uid=kathleen");
    await expect(client.search(kay, { scope: "base" })).rejects.toBeInstanceOf(NoSuchObjectError);
    await client.modify(
      `uid=kathleen,${usersDn}`,
      replace("userPassword", "differential analyzers of steel"),
    );
    await client.del(`uid=kathleen,${usersDn}`);
    await client.del(group);
    expect(await fixture.directory.users.byUsername("kathleen")).toBeUndefined();
  });

  test("is refused with the error that says so", async () => {
    const ada = fixture.dnOf("ada");
    const person = { objectClass: "inetOrgPerson", cn: "x", sn: "x" };
    await expect(client.add(ada, person)).rejects.toBeInstanceOf(AlreadyExistsError);
    await expect(client.add(kay, { objectClass: "inetOrgPerson" })).rejects.toBeInstanceOf(
      ObjectClassViolationError,
    );
    await expect(client.modify(ada, replace("mail", "grace@example.com"))).rejects.toBeInstanceOf(
      ConstraintViolationError,
    );
    const gone = new Change({ operation: "delete", modification: new Attribute({ type: "gecos" }) });
    await expect(client.modify(fixture.dnOf("lee"), gone)).rejects.toBeInstanceOf(NoSuchAttributeError);
    await expect(client.del(`uid=nobody,${usersDn}`)).rejects.toBeInstanceOf(NoSuchObjectError);
    await client.bind(ada, passwords.ada);
    await expect(client.modify(fixture.dnOf("lee"), gone)).rejects.toBeInstanceOf(InsufficientAccessError);
    await expect(client.del(ada)).rejects.toBeInstanceOf(InsufficientAccessError);
  });
});
