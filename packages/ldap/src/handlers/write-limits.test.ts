import { expect, test } from "vitest";
import { ExtendedOid, encodeCancelRequest, LdapResultCode, type RequestOp } from "../codec/index.ts";
import { groupDn, unrulyStore, userDn } from "../server/office.fixture.ts";
import { ask, boundAs, bureau, read } from "./writes.fixture.ts";

/** Keeps which limits were hit. */
function limitMetrics() {
  const seen: string[] = [];
  const count = (name: string, labels: Readonly<Record<string, string>> = {}): void => {
    if (name === "directorykit_ldap_limit_hit_total") seen.push(labels["limit"] ?? "");
  };
  return { seen, metrics: { count, observe: () => {} } };
}

const title = (value: string): RequestOp => ({
  type: "modifyRequest",
  object: userDn("ada"),
  changes: [{ operation: "replace", modification: { type: "title", vals: [Buffer.from(value)] } }],
});
const cancel = (id: number): RequestOp => ({
  type: "extendedReq",
  requestName: ExtendedOid.cancel,
  requestValue: encodeCancelRequest(id),
});

test("an update of more values than one may name is refused and counted", async () => {
  const { seen, metrics } = limitMetrics();
  await using place = await bureau({ limits: { maxUpdateValues: 5 } }, { metrics });
  await using admin = await boundAs(place, "admin");
  const mail = (count: number) =>
    ({
      operation: "replace",
      attribute: "mail",
      values: Array.from({ length: count }, (_, i) => `a${i}@b.example`),
    }) as const;
  const { adminLimitExceeded } = LdapResultCode;
  expect(await admin.modify(userDn("ada"), mail(5))).toMatchObject({ resultCode: 0 });
  expect(await admin.modify(userDn("ada"), mail(6))).toMatchObject({ resultCode: adminLimitExceeded });
  expect(await admin.modify(userDn("ada"), mail(3), mail(3))).toMatchObject({
    resultCode: adminLimitExceeded,
  });
  const attributes = {
    objectClass: ["top", "inetOrgPerson"],
    cn: "x",
    sn: "x",
    mail: ["a@b.example", "c@d.example"],
  };
  expect(await admin.add(userDn("kay"), attributes)).toMatchObject({ resultCode: adminLimitExceeded });
  expect(seen).toEqual(Array(3).fill("maxUpdateValues"));
});

test("thousands of members are added at once, taken out at once, and refused at once for one who is not there", async () => {
  await using place = await bureau();
  const { directory } = place;
  await using admin = await boundAs(place, "admin");
  const people = Array.from({ length: 5000 }, (_, i) => ({ username: `p${i}` }));
  const users = await directory.users.createMany(people);
  const values = users.map(({ username }) => userDn(username));
  const member = { attribute: "member", values } as const;
  expect(
    await admin.modify(groupDn("empty"), {
      operation: "add",
      attribute: "member",
      values: [...values, userDn("nobody")],
    }),
  ).toMatchObject({
    resultCode: LdapResultCode.constraintViolation,
  });
  expect(await admin.modify(groupDn("empty"), { operation: "add", ...member })).toMatchObject({
    resultCode: 0,
  });
  expect((await read(admin, groupDn("empty"), "memberUid"))?.["memberUid"]).toHaveLength(5000);
  expect(await admin.modify(groupDn("empty"), { operation: "replace", ...member })).toMatchObject({
    resultCode: 0,
  });
  expect(await admin.modify(groupDn("empty"), { operation: "delete", attribute: "member" })).toMatchObject({
    resultCode: 0,
  });
  expect(await read(admin, groupDn("empty"), "member")).toEqual({});
}, 20_000);

test("an update that takes too long is answered so, and counted", async () => {
  const { store, control } = unrulyStore();
  const { seen, metrics } = limitMetrics();
  await using place = await bureau({ limits: { maxSearchMs: 100 } }, { store, metrics });
  await using admin = await boundAs(place, "admin");
  control.mood = "stuck";
  expect(await ask(admin, title("x"))).toMatchObject({ resultCode: LdapResultCode.timeLimitExceeded });
  expect(seen).toEqual(["maxSearchMs"]);
  control.mood = "well";
});

test("a store that fails makes an update unavailable, and nothing of it is seen", async () => {
  const { store, control } = unrulyStore();
  await using place = await bureau({}, { store });
  await using admin = await boundAs(place, "admin");
  control.mood = "broken";
  expect(await ask(admin, title("x"))).toMatchObject({
    resultCode: LdapResultCode.unavailable,
    diagnosticMessage: "",
  });
  control.mood = "well";
  expect(await read(admin, userDn("ada"), "title")).toEqual({ title: ["Analyst"] });
});

test("an update cannot be cancelled, since it may be made already", async () => {
  const { store, control } = unrulyStore();
  await using place = await bureau({}, { store });
  await using admin = await boundAs(place, "admin");
  control.mood = "stuck";
  const modifying = admin.send(title("x"), { messageId: 71 });
  expect(await ask(admin, cancel(71))).toMatchObject({ resultCode: LdapResultCode.cannotCancel });
  void modifying.catch(() => {});
  control.mood = "well";
});

test("an update that is abandoned is not answered, and holds up no others", async () => {
  const { store, control } = unrulyStore();
  await using place = await bureau({}, { store });
  const { directory, user } = place;
  await using admin = await boundAs(place, "admin");
  control.mood = "stuck";
  let isAnswered = false;
  void admin.send(title("abandoned"), { messageId: 81 }).then(
    () => {
      isAnswered = true;
    },
    () => {},
  );
  // Messages are taken in their order, so it hangs by now.
  expect(await ask(admin, cancel(4711))).toMatchObject({ resultCode: LdapResultCode.noSuchOperation });
  const waiting = admin.send(title("waited"), { messageId: 82 });
  void admin.send({ type: "abandonRequest", abandonId: 81 }).catch(() => {});
  expect(await ask(admin, cancel(81))).toMatchObject({ resultCode: LdapResultCode.noSuchOperation });
  control.mood = "well";
  expect(await waiting).toMatchObject([{ resultCode: 0 }]);
  expect((await directory.users.get(user.ada.id))?.employee.title).toBe("waited");
  expect(isAnswered).toBe(false);
});

test("thousands of changes to one attribute in one request hold up nobody for long", async () => {
  await using place = await bureau({ access: { selfAttributes: ["telephoneNumber"] } });
  await using ada = await boundAs(place, "ada");
  const numbers = Array.from({ length: 9900 }, (_, i) => `+${100_000 + i}`);
  const add = { operation: "add", attribute: "telephoneNumber" } as const;
  const oneByOne = numbers.slice(0, 4000).map((number) => ({ ...add, values: [number] }));
  const start = performance.now();
  expect(await ada.modify(userDn("ada"), { ...add, values: numbers.slice(4000) }, ...oneByOne)).toMatchObject(
    {
      resultCode: LdapResultCode.constraintViolation,
    },
  );
  // As many copies of all values would take several seconds.
  expect(performance.now() - start).toBeLessThan(1500);
});
