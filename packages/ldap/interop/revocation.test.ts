import ldapjs from "ldapjs";
import { Client, InvalidCredentialsError } from "ldapts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProgram } from "../../../scripts/interop/run-program.ts";
import { until } from "../../../scripts/interop/until.ts";
import { describeWithPeers } from "../../../scripts/peers.ts";
import { type Fixture, passwords, startFixture, type Username, usersDn } from "./fixture.ts";
import { compileJndiClient } from "./jndi.ts";
import { ldap3Scenario } from "./ldap3.ts";

/** What revocation may take, from the change to the client having noticed. */
const promptMs = 1000;

/** Takes ada out of the group through which she may use LDAP. @returns a function that puts her back */
async function takeAdaOut({ directory, ...fixture }: Fixture): Promise<() => Promise<unknown>> {
  const [engineers, ada] = [await fixture.group("engineers"), await fixture.user("ada")];
  await directory.groups.removeMembers(engineers.id, [ada.id]);
  return () => directory.groups.addMembers(engineers.id, [ada.id]);
}

describeWithPeers("live revocation, as clients notice it: ldapts and ldapjs", ["openssl"], (paths) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(paths.openssl);
  });
  afterAll(() => fixture[Symbol.asyncDispose]());

  const bound = async (username: Username): Promise<Client> => {
    // Over LDAPS, because ldapts does not notice the end of a connection that it upgraded by StartTLS.
    const client = new Client({
      url: fixture.ldaps.url,
      timeout: 10_000,
      tlsOptions: { ca: fixture.tls.ca },
    });
    await client.bind(fixture.dnOf(username), passwords[username]);
    return client;
  };

  /** Changes something, and expects the connections of one person to end and those of another to stay. */
  const expectCut = async (username: Username, change: () => Promise<unknown>): Promise<void> => {
    const [one, two, other] = [await bound(username), await bound(username), await bound("grace")];
    await one.search(usersDn, { filter: `(uid=${username})` });
    const started = performance.now();
    await change();
    await until("both connections end", () => !one.isConnected && !two.isConnected, promptMs);
    expect(performance.now() - started).toBeLessThan(promptMs);
    await expect(bound(username)).rejects.toBeInstanceOf(InvalidCredentialsError);
    expect(other.isConnected).toBe(true);
    expect((await other.search(usersDn, { filter: `(uid=${username})` })).searchEntries).toHaveLength(0);
    await other.unbind();
  };

  test("someone is taken out of a nested group, and let in again when put back", async () => {
    let putBack: () => Promise<unknown> = async () => {};
    await expectCut("ada", async () => {
      putBack = await takeAdaOut(fixture);
    });
    await putBack();
    await (await bound("ada")).unbind();
  });

  test("someone is suspended", async () => {
    const lee = await fixture.user("lee");
    await expectCut("lee", () => fixture.directory.users.suspend(lee.id));
    await fixture.directory.users.activate(lee.id);
    await (await bound("lee")).unbind();
  });

  test("someone is deleted", async () => {
    const digits = await fixture.user("digits");
    await expectCut("digits", () => fixture.directory.users.delete(digits.id));
  });

  test("the grant is removed", async () => {
    const { directory } = fixture;
    const services = await fixture.group("services");
    const [grant] = await directory.grants.ofGroup(services.id);
    if (grant === undefined) throw new Error("the fixture has no grant for services");
    await expectCut("svc-reader", () => directory.grants.remove(grant.id));
    await directory.grants.add({ group: services.id, resource: grant.resource });
    await (await bound("svc-reader")).unbind();
  });

  test("a nested group is taken out of the group that has the grant", async () => {
    const { directory } = fixture;
    const [staff, quentin] = [await fixture.group("staff"), await fixture.user("quentin")];
    const [sales] = await directory.groups.of(quentin.id);
    if (sales === undefined) throw new Error("the fixture has quentin in no group");
    await expectCut("quentin", () => directory.groups.removeMembers(staff.id, [sales.id]));
    await directory.groups.addMembers(staff.id, [sales.id]);
  });

  test("a new password ends what was begun with the old one", async () => {
    const zofie = await fixture.user("zofie");
    const client = await bound("zofie");
    await fixture.directory.credentials.setPassword(zofie.id, "nové dobré heslo 2026");
    await until("the connection ends", () => !client.isConnected, promptMs);
    await expect(bound("zofie")).rejects.toBeInstanceOf(InvalidCredentialsError);
  });

  test("a search under way when access ends brings nothing more", async () => {
    const client = await bound("ada");
    const searches = Array.from({ length: 50 }, () => client.search(usersDn).catch(() => undefined));
    const putBack = await takeAdaOut(fixture);
    await Promise.all(searches);
    await until("the connection ends", () => !client.isConnected, promptMs);
    await putBack();
  });

  test("ldapjs closes, and a change that takes nothing away closes nothing", async () => {
    const client = ldapjs.createClient({ url: fixture.plain.url });
    let closed = false;
    client.on("close", () => {
      closed = true;
    });
    client.on("error", () => {});
    await new Promise<void>((resolve, reject) => {
      client.bind(fixture.dnOf("ada"), passwords.ada, (error) => (error ? reject(error) : resolve()));
    });
    const ada = await fixture.user("ada");
    await fixture.directory.users.update(ada.id, { phones: ["+44 20 7946 0019"] });
    const answer = await new Promise((resolve, reject) => {
      client.compare(fixture.dnOf("ada"), "uid", "ada", (error, matched) =>
        error ? reject(error) : resolve(matched),
      );
    });
    expect({ answer, closed }).toEqual({ answer: true, closed: false });
    const putBack = await takeAdaOut(fixture);
    await until("the connection ends", () => closed, promptMs);
    client.destroy();
    await putBack();
  });
});

describeWithPeers("live revocation, as ldap3 notices it", ["python3-ldap3", "openssl"], (paths) => {
  test("the server speaks first, and the next bind is refused", async () => {
    await using fixture = await startFixture(paths.openssl);
    const { args, input } = ldap3Scenario("revoked", fixture);
    const program = startProgram(paths["python3-ldap3"], args, { input });
    expect(await program.firstLine).toBe("bound");
    const changed = Date.now();
    await takeAdaOut(fixture);
    const { status, stdout, stderr } = await program.result;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const found = JSON.parse(stdout.slice(stdout.indexOf("\n"))) as { at: number };
    expect(found).toMatchObject({
      spoke: true,
      error: "LDAPSessionTerminatedByServerError",
      again: [false, "invalidCredentials"],
    });
    expect(found.at * 1000 - changed).toBeLessThan(promptMs);
  });
});

describeWithPeers("live revocation, as JNDI notices it", ["javac", "openssl"], (paths) => {
  test("a listener is given the Notice of Disconnection", async () => {
    await using fixture = await startFixture(paths.openssl);
    const { java, args } = await compileJndiClient(paths.javac, fixture);
    const program = startProgram(java, [...args, "revoked=true"]);
    expect(await program.firstLine).toBe("bound");
    await takeAdaOut(fixture);
    const { stdout } = await program.result;
    expect(JSON.parse(stdout.slice(stdout.indexOf("\n")))).toMatchObject({
      revoked: { oid: "1.3.6.1.4.1.1466.20036" },
    });
  });
});
