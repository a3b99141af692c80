import { describe, expect, test } from "vitest";
import {
  type Control,
  ControlOid,
  decodePasswordPolicy,
  ExtendedOid,
  encodePasswordModifyRequest,
  LdapResultCode,
} from "../codec/index.ts";
import { resolveOptions } from "../options.ts";
import { baseDn, password, userDn } from "../server/office.fixture.ts";
import type { LdapTestModification } from "../testing.ts";
import { DirectoryView } from "../view/directory-view.ts";
import { add as addEntry } from "./add.ts";
import { modify } from "./modify.ts";
import { passwordModify } from "./password-modify.ts";
import { ask, boundAs, bureau, hasPassword, otherPassword, read } from "./writes.fixture.ts";

const set = (...values: string[]): LdapTestModification => ({
  operation: "replace",
  attribute: "userPassword",
  values,
});
const add = (...values: string[]): LdapTestModification => ({
  operation: "add",
  attribute: "USERPASSWORD",
  values,
});
const remove = (...values: string[]): LdapTestModification => ({
  operation: "delete",
  attribute: "2.5.4.35",
  values,
});
const hash = "{SSHA}axjXroWdrjIVf38p0IUbdYaQZtQBAgMEBQYHCA==";
const policyControl: Control = { oid: ControlOid.passwordPolicy, critical: true };

const { attributeOrValueExists, constraintViolation, insufficientAccessRights, noSuchAttribute } =
  LdapResultCode;

describe("one's own userPassword", () => {
  test.each<[string, LdapTestModification[]]>([
    ["is replaced", [set(otherPassword)]],
    ["is deleted and added, as programs do that know the old one", [remove(password), add(otherPassword)]],
    ["is deleted whole and added", [remove(), add(otherPassword)]],
  ])("%s, and the connection goes on while others end", async (_, changes) => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    const other = await boundAs(place, "ada");
    expect(await ada.modify(userDn("ada"), ...changes)).toMatchObject({
      resultCode: 0,
      diagnosticMessage: "",
    });
    expect(await other.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
    expect(await hasPassword(place.directory, "ada", otherPassword)).toBe(true);
    expect(await ada.whoAmI()).toBe(`dn:${userDn("ada")}`);
  });

  test.each<[string, number, string | undefined, LdapTestModification[]]>([
    ["with a wrong old one", noSuchAttribute, undefined, [remove("wrong"), add(otherPassword)]],
    ["by a second one beside it", attributeOrValueExists, undefined, [add(otherPassword)]],
    ["by two", constraintViolation, undefined, [set(otherPassword, `${otherPassword}!`)]],
    ["by none", insufficientAccessRights, "passwordModNotAllowed", [remove()]],
    ["by none in another way", insufficientAccessRights, "passwordModNotAllowed", [set()]],
    ["by a hash", constraintViolation, "insufficientPasswordQuality", [set(hash)]],
    ["by one that is too short", constraintViolation, "passwordTooShort", [set("short")]],
    ["by an increment", constraintViolation, undefined, [{ ...set("1"), operation: "increment" }]],
    [
      "together with what is not theirs",
      insufficientAccessRights,
      undefined,
      [set(otherPassword), { operation: "replace", attribute: "sn", values: ["x"] }],
    ],
    [
      "together with what is at odds",
      noSuchAttribute,
      undefined,
      [set(otherPassword), remove("something else")],
    ],
  ])("is not changed %s", async (_, resultCode, error, changes) => {
    await using place = await bureau();
    await using ada = await boundAs(place, "ada");
    const op = {
      type: "modifyRequest",
      object: userDn("ada"),
      changes: changes.map(({ operation, attribute, values = [] }) => ({
        operation,
        modification: { type: attribute, vals: values.map((value) => Buffer.from(value)) },
      })),
    } as const;
    const answer = await ask(ada, op, policyControl);
    expect(answer).toMatchObject({ resultCode });
    expect(answer.controls.map(({ value }) => decodePasswordPolicy(value ?? Buffer.of()))).toEqual([
      error === undefined ? {} : { error },
    ]);
    for (const value of changes.flatMap(({ values = [] }) => values))
      expect(answer.diagnosticMessage).not.toContain(value);
    expect(await hasPassword(place.directory, "ada", password)).toBe(true);
    expect(await ada.whoAmI()).toBe(`dn:${userDn("ada")}`);
  });
});

describe("others' userPassword", () => {
  test("is set, taken away, set for the first time and taken over by administrators, with what else changes", async () => {
    await using place = await bureau();
    const { directory } = place;
    await using admin = await boundAs(place, "admin");
    const ada = userDn("ada");
    const title = { operation: "replace", attribute: "title", values: ["Countess"] } as const;
    expect(await admin.modify(ada, set(otherPassword), title)).toMatchObject({ resultCode: 0 });
    expect(await hasPassword(directory, "ada", otherPassword)).toBe(true);
    expect(await read(admin, ada, "title")).toEqual({ title: ["Countess"] });
    expect(await admin.modify(ada, set())).toMatchObject({ resultCode: 0 });
    expect(await directory.credentials.list(place.user.ada.id)).toEqual([]);
    expect(await admin.modify(ada, remove())).toMatchObject({ resultCode: noSuchAttribute });
    expect(await admin.modify(ada, add(hash))).toMatchObject({ resultCode: 0 });
    expect(await hasPassword(directory, "ada", "correct horse battery staple")).toBe(true);
  });

  test("is refused whole with what else is refused, and refuses what else would change", async () => {
    await using place = await bureau();
    await using admin = await boundAs(place, "admin");
    const bad = { operation: "replace", attribute: "mail", values: ["grace@example.com"] } as const;
    const good = { operation: "replace", attribute: "title", values: ["Countess"] } as const;
    expect(await admin.modify(userDn("ada"), set(otherPassword), bad)).toMatchObject({
      resultCode: constraintViolation,
    });
    expect(await admin.modify(userDn("ada"), good, set("short"))).toMatchObject({
      resultCode: constraintViolation,
    });
    expect(await hasPassword(place.directory, "ada", password)).toBe(true);
    expect(await read(admin, userDn("ada"), "title")).toEqual({ title: ["Analyst"] });
  });
});

test("others' userPassword is for administrators to change, old one or not", async () => {
  await using place = await bureau({ access: { selfAttributes: ["userPassword", "title"] } });
  await using ada = await boundAs(place, "ada");
  for (const changes of [[set(otherPassword)], [remove(password), add(otherPassword)], [remove()]])
    expect(await ada.modify(userDn("grace"), ...changes)).toMatchObject({
      resultCode: insufficientAccessRights,
    });
  expect(await hasPassword(place.directory, "grace", password)).toBe(true);
});

test("what was sent as a password is wiped, whatever became of it", async () => {
  await using place = await bureau();
  const [options] = resolveOptions({ directory: place.directory, baseDn });
  const context = {
    session: { identity: undefined, secure: true, address: "127.0.0.1", id: "1" },
    view: new DirectoryView(options),
    signal: new AbortController().signal,
    controls: {},
    facts: {} as never,
    commit: () => Promise.reject(new Error("nothing is committed here")),
  };
  const octets = (): Buffer => Buffer.from(otherPassword);
  const sent = {
    modified: octets(),
    added: octets(),
    asked: encodePasswordModifyRequest({ newPasswd: octets() }),
  };
  const modification = { type: "UserPassword", vals: [sent.modified] };
  await modify(
    { type: "modifyRequest", object: "x", changes: [{ operation: "add", modification }] },
    context,
  );
  await addEntry(
    { type: "addRequest", entry: "x", attributes: [{ type: "2.5.4.35", vals: [sent.added] }] },
    context,
  );
  const requestName = ExtendedOid.passwordModify;
  await passwordModify({ type: "extendedReq", requestName, requestValue: sent.asked }, context);
  for (const one of Object.values(sent)) expect(Buffer.from(one).every((octet) => octet === 0)).toBe(true);
});

test("nobody is shown a password, whatever they may write", async () => {
  await using place = await bureau();
  await using admin = await boundAs(place, "admin");
  expect(await read(admin, userDn("ada"), "userPassword")).toEqual({});
  expect(await admin.compare(userDn("ada"), "userPassword", password)).toMatchObject({
    resultCode: insufficientAccessRights,
  });
});
