import { memoryStore, type Store } from "@directorykit/core";
import { describe, expect, test } from "vitest";
import {
  ControlOid,
  decodeReadEntryResponse,
  encodeAssertion,
  encodeReadEntryRequest,
  LdapResultCode,
  parseFilter,
  type RequestOp,
} from "../codec/index.ts";
import { groupDn, userDn } from "../server/office.fixture.ts";
import { ask, boundAs, bureau, read } from "./writes.fixture.ts";

const increment = (by: number): RequestOp => ({
  type: "modifyRequest",
  object: userDn("ada"),
  changes: [{ operation: "increment", modification: { type: "gidNumber", vals: [Buffer.from(String(by))] } }],
});

test("a hundred increments at once give a hundred different numbers", async () => {
  await using place = await bureau();
  const clients = await Promise.all([1, 2, 3, 4].map(() => boundAs(place, "admin")));
  const before = { oid: ControlOid.preRead, critical: true, value: encodeReadEntryRequest(["gidNumber"]) };
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => ask(clients[i % 4] as (typeof clients)[0], increment(1), before)),
  );
  expect(new Set(answers.map(({ resultCode }) => resultCode))).toEqual(new Set([0]));
  const numbers = answers.map(({ controls }) => {
    const [attribute] = decodeReadEntryResponse(controls[0]?.value ?? Buffer.of()).attributes;
    return Number(Buffer.from(attribute?.vals[0] ?? []).toString());
  });
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => 20_001 + i));
});

test("of many who assert the same, one is right", async () => {
  await using place = await bureau();
  await using admin = await boundAs(place, "admin");
  const lease = (owner: number): RequestOp => ({
    type: "modifyRequest",
    object: groupDn("empty"),
    changes: [
      {
        operation: "replace",
        modification: { type: "description", vals: [Buffer.from(`taken by ${owner}`)] },
      },
    ],
  });
  const free = {
    oid: ControlOid.assertion,
    critical: true,
    value: encodeAssertion(parseFilter("(!(description=*))")),
  };
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(admin, lease(i), free)));
  const codes = answers.map(({ resultCode }) => resultCode).sort((a, b) => a - b);
  expect(codes).toEqual([0, ...Array(19).fill(LdapResultCode.assertionFailed)]);
});

test("of many who assert that a group is empty before they join it, one does", async () => {
  await using place = await bureau();
  await using admin = await boundAs(place, "admin");
  const join = (name: string): RequestOp => ({
    type: "modifyRequest",
    object: groupDn("empty"),
    changes: [{ operation: "add", modification: { type: "member", vals: [Buffer.from(userDn(name))] } }],
  });
  const empty = {
    oid: ControlOid.assertion,
    critical: true,
    value: encodeAssertion(parseFilter("(!(member=*))")),
  };
  const names = ["ada", "grace", "tomas", "reader", "mallory"];
  const answers = await Promise.all(names.map((name) => ask(admin, join(name), empty)));
  expect(answers.filter(({ resultCode }) => resultCode === 0)).toHaveLength(1);
  expect(await read(admin, groupDn("empty"), "member")).toMatchObject({ member: [expect.any(String)] });
});

/** A store in which something happens just before a transaction, after all that it hangs on was read. */
function overtakingStore() {
  const inner = memoryStore();
  const control: { first: (() => Promise<unknown>) | undefined } = { first: undefined };
  const store: Store = {
    ...inner,
    transaction: async (organization, work, options) => {
      const { first } = control;
      control.first = undefined;
      await first?.();
      return inner.transaction(organization, work, options);
    },
  };
  return { store, control };
}

describe("a change that another one overtakes", () => {
  test("is worked out anew", async () => {
    const { store, control } = overtakingStore();
    await using place = await bureau({}, { store });
    const { directory, user } = place;
    await using admin = await boundAs(place, "admin");
    control.first = () => directory.users.update(user.ada.id, { email: "countess@example.com" });
    const add = { operation: "add", attribute: "mail", values: ["a@example.com"] } as const;
    expect(await admin.modify(userDn("ada"), add)).toMatchObject({ resultCode: 0 });
    expect(await read(admin, userDn("ada"), "mail")).toEqual({
      mail: ["countess@example.com", "a@example.com"],
    });
    control.first = () => directory.users.update(user.ada.id, { employee: {} });
    const remove = { operation: "delete", attribute: "title" } as const;
    expect(await admin.modify(userDn("ada"), remove)).toMatchObject({
      resultCode: LdapResultCode.noSuchAttribute,
    });
  });

  test("of members too", async () => {
    const { store, control } = overtakingStore();
    await using place = await bureau({}, { store });
    const { directory, user, group } = place;
    await using admin = await boundAs(place, "admin");
    const member = { attribute: "member", values: [userDn("ada")] } as const;
    control.first = () => directory.groups.addMembers(group.empty.id, [user.ada.id]);
    expect(await admin.modify(groupDn("empty"), { operation: "add", ...member })).toMatchObject({
      resultCode: LdapResultCode.attributeOrValueExists,
    });
    control.first = () => directory.groups.removeMembers(group.empty.id, [user.ada.id]);
    expect(await admin.modify(groupDn("empty"), { operation: "delete", ...member })).toMatchObject({
      resultCode: LdapResultCode.noSuchAttribute,
    });
  });

  test("is not made where its condition does not hold any more, also on what is in other records", async () => {
    const { store, control } = overtakingStore();
    await using place = await bureau({}, { store });
    const { directory, user, group } = place;
    await using admin = await boundAs(place, "admin");
    const join: RequestOp = {
      type: "modifyRequest",
      object: groupDn("empty"),
      changes: [{ operation: "add", modification: { type: "member", vals: [Buffer.from(userDn("ada"))] } }],
    };
    const value = encodeAssertion(parseFilter("(!(member=*))"));
    const empty = { oid: ControlOid.assertion, critical: true, value };
    control.first = () => directory.groups.addMembers(group.empty.id, [user.grace.id]);
    expect(await ask(admin, join, empty)).toMatchObject({ resultCode: LdapResultCode.assertionFailed });
    expect(await read(admin, groupDn("empty"), "memberUid")).toEqual({ memberUid: ["grace"] });
  });

  test("shows the entry as it was when it was made", async () => {
    const { store, control } = overtakingStore();
    await using place = await bureau({}, { store });
    const { directory, user, group } = place;
    await using admin = await boundAs(place, "admin");
    const before = { oid: ControlOid.preRead, critical: true, value: encodeReadEntryRequest(["memberUid"]) };
    control.first = () => directory.groups.addMembers(group.empty.id, [user.grace.id]);
    const { controls } = await ask(admin, { type: "delRequest", entry: groupDn("empty") }, before);
    const [members] = decodeReadEntryResponse(controls[0]?.value ?? Buffer.of()).attributes;
    expect(members?.vals.map((one) => Buffer.from(one).toString())).toEqual(["grace"]);
  });

  test("again and again is given up as busy", async () => {
    const { store, control } = overtakingStore();
    await using place = await bureau({}, { store });
    const { directory, user } = place;
    await using admin = await boundAs(place, "admin");
    let times = 0;
    const overtake = async (): Promise<void> => {
      times += 1;
      await directory.users.update(user.ada.id, { phones: [`+${times}`] });
      control.first = overtake;
    };
    control.first = overtake;
    const title = { operation: "replace", attribute: "title", values: ["x"] } as const;
    expect(await admin.modify(userDn("ada"), title)).toMatchObject({ resultCode: LdapResultCode.busy });
    control.first = undefined;
    expect(times).toBe(10);
    expect(await read(admin, userDn("ada"), "title")).toEqual({ title: ["Analyst"] });
  });
});

describe("changes of one entry at once", () => {
  test("are all made where they do not touch, beside those that come in another way", async () => {
    await using place = await bureau();
    const { directory, user } = place;
    await using admin = await boundAs(place, "admin");
    const addresses = Array.from({ length: 30 }, (_, i) => `a${i}@example.com`);
    const added = addresses.map((value) =>
      admin.modify(userDn("ada"), { operation: "add", attribute: "mail", values: [value] }),
    );
    const others = Array.from({ length: 30 }, (_, i) =>
      directory.users.update(user.ada.id, { phones: [`+${i}`] }),
    );
    for (const { resultCode } of await Promise.all(added)) expect(resultCode).toBe(0);
    await Promise.all(others);
    const after = await directory.users.get(user.ada.id);
    expect(after?.emails.map(({ value }) => value).sort()).toEqual(["ada@example.com", ...addresses].sort());
    expect(after?.phones).toHaveLength(1);
  });

  test("of which each takes the other's premise away are made one after the other", async () => {
    await using place = await bureau();
    await using admin = await boundAs(place, "admin");
    const results = await Promise.all([
      admin.modify(userDn("ada"), { operation: "delete", attribute: "title", values: ["Analyst"] }),
      admin.modify(userDn("ada"), { operation: "delete", attribute: "title", values: ["analyst"] }),
      admin.rename(userDn("ada"), "uid=kay"),
      admin.delete(userDn("ada")),
    ]);
    expect(results.map(({ resultCode }) => resultCode)).toEqual([
      0,
      LdapResultCode.noSuchAttribute,
      0,
      LdapResultCode.noSuchObject,
    ]);
  });

  test("of a group's members end as if they came one after the other", async () => {
    await using place = await bureau();
    const { directory } = place;
    await using admin = await boundAs(place, "admin");
    const users = await directory.users.createMany(
      Array.from({ length: 40 }, (_, i) => ({ username: `u${i}` })),
    );
    const add = (name: string): ReturnType<typeof admin.modify> =>
      admin.modify(groupDn("empty"), { operation: "add", attribute: "member", values: [userDn(name)] });
    const results = await Promise.all([...users, ...users].map(({ username }) => add(username)));
    const codes = results.map(({ resultCode }) => resultCode);
    expect(codes.filter((code) => code === 0)).toHaveLength(40);
    expect(codes.filter((code) => code === LdapResultCode.attributeOrValueExists)).toHaveLength(40);
    expect((await read(admin, groupDn("empty"), "memberUid"))?.["memberUid"]).toHaveLength(40);
  });
});
