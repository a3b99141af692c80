import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Control,
  ControlOid,
  decodeReadEntryResponse,
  encodeAssertion,
  encodeReadEntryRequest,
  LdapResultCode,
  parseFilter,
  type RequestOp,
} from "../codec/index.ts";
import { baseDn, groupDn, userDn, usersDn } from "../server/office.fixture.ts";
import type { LdapTestClient } from "../testing.ts";
import { type Answer, ask, type Bureau, boundAs, bureau, read } from "./writes.fixture.ts";

const { assertionFailed, compareTrue, noSuchObject, protocolError, success, unavailableCriticalExtension } =
  LdapResultCode;

let place: Bureau;
let admin: LdapTestClient;
beforeEach(async () => {
  place = await bureau({ access: { hiddenAttributes: ["employeeNumber"] } });
  admin = await boundAs(place, "admin");
});
afterEach(() => place[Symbol.asyncDispose]());

const asserted = (filter: string, critical = true): Control => ({
  oid: ControlOid.assertion,
  critical,
  value: encodeAssertion(parseFilter(filter)),
});
const pre = (...names: string[]): Control => ({
  oid: ControlOid.preRead,
  critical: true,
  value: encodeReadEntryRequest(names),
});
const post = (...names: string[]): Control => ({ ...pre(...names), oid: ControlOid.postRead });

const modify = (object: string, attribute: string, ...values: string[]): RequestOp => ({
  type: "modifyRequest",
  object,
  changes: [
    {
      operation: "replace",
      modification: { type: attribute, vals: values.map((value) => Buffer.from(value)) },
    },
  ],
});
const retitle = modify(userDn("ada"), "title", "Countess");
const search = (baseObject: string): RequestOp => ({
  type: "searchRequest",
  baseObject,
  scope: "baseObject",
  derefAliases: "neverDerefAliases",
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter("(objectClass=*)"),
  attributes: [],
});
const compare = (entry: string): RequestOp => ({
  type: "compareRequest",
  entry,
  attribute: "uid",
  value: Buffer.from("ada"),
});
const add = (name: string): RequestOp => ({
  type: "addRequest",
  entry: userDn(name),
  attributes: Object.entries({ objectClass: "inetOrgPerson", cn: "Kay Jones", sn: "Jones" }).map(
    ([type, value]) => ({ type, vals: [Buffer.from(value)] }),
  ),
});

/** The entries in the response controls, by the control. */
function entriesOf({
  controls,
}: Answer): Record<string, { dn: string; attributes: Record<string, string[]> }> {
  return Object.fromEntries(
    controls.map(({ oid, value }) => {
      const { objectName, attributes } = decodeReadEntryResponse(value ?? Buffer.of());
      const values = attributes.map(
        ({ type, vals }) => [type, vals.map((one) => Buffer.from(one).toString("utf8"))] as const,
      );
      return [
        oid === ControlOid.preRead ? "pre" : "post",
        { dn: objectName, attributes: Object.fromEntries(values) },
      ];
    }),
  );
}

describe("an assertion", () => {
  test.each<[string, RequestOp]>([
    ["a modify", retitle],
    ["a delete", { type: "delRequest", entry: userDn("ada") }],
    ["a rename", { type: "modDNRequest", entry: userDn("ada"), newrdn: "uid=kay", deleteoldrdn: true }],
    ["a search", search(userDn("ada"))],
    ["a compare", compare(userDn("ada"))],
  ])("that is true of the entry lets %s be done, and one that is not does not", async (what, op) => {
    for (const filter of [
      "(title=x)",
      "(!(title=analyst))",
      "(employeeNumber=1815)",
      "(noSuch=1)",
      "(memberOf=cn=x)",
    ]) {
      const before = place.directory.revision;
      expect(await ask(admin, op, asserted(filter))).toMatchObject({ resultCode: assertionFailed });
      expect(await ask(admin, op, asserted(filter, false))).toMatchObject({ resultCode: assertionFailed });
      expect(place.directory.revision).toBe(before);
    }
    const holds = asserted(`(&(title=ANALYST)(memberOf=${groupDn("staff")})(manager=${userDn("grace")}))`);
    expect(await ask(admin, op, holds)).toMatchObject({
      resultCode: what === "a compare" ? compareTrue : success,
    });
  });

  test("is looked at after the entry was found", async () => {
    for (const op of [
      modify(userDn("nobody"), "title", "x"),
      search(userDn("sam")),
      compare(userDn("nobody")),
    ])
      expect(await ask(admin, op, asserted("(title=x)"))).toMatchObject({ resultCode: noSuchObject });
  });

  test("is looked at for the entries that the server makes, too", async () => {
    for (const [base, holds] of [
      ["", "(vendorName=DirectoryKit)"],
      ["cn=Subschema", "(cn=subschema)"],
      [baseDn, "(objectClass=organization)"],
      [usersDn, "(ou=users)"],
      [groupDn("staff"), `(member=${userDn("ada")})`],
    ] as const) {
      expect(await ask(admin, search(base), asserted(holds))).toMatchObject({ resultCode: success });
      expect(await ask(admin, search(base), asserted(`(!${holds})`))).toMatchObject({
        resultCode: assertionFailed,
      });
    }
  });

  test("goes by the entry that is to be added", async () => {
    expect(await ask(admin, add("kay"), asserted("(uid=other)"))).toMatchObject({
      resultCode: assertionFailed,
    });
    expect(await read(admin, userDn("kay"))).toBeUndefined();
    expect(await ask(admin, add("kay"), asserted("(&(uid=KAY)(sn=Jones)(!(mail=*)))"))).toMatchObject({
      resultCode: success,
    });
  });

  test("does not tell people what they are not shown", async () => {
    await using ada = await boundAs(place, "ada");
    for (const filter of ["(employeeNumber=*)", "(userPassword=*)", `(manager=${userDn("mallory")})`])
      expect(await ask(ada, search(userDn("reader")), asserted(filter))).toMatchObject({
        resultCode: assertionFailed,
      });
  });

  test.each([undefined, Buffer.from([0x30, 0x00]), Buffer.from([0xa3, 0x7f])])(
    "of a malformed value %o refuses the request",
    async (value) => {
      const control = {
        oid: ControlOid.assertion,
        critical: true,
        ...(value === undefined ? {} : { value }),
      };
      expect(await ask(admin, retitle, control)).toMatchObject({ resultCode: protocolError });
    },
  );
});

describe("the entry", () => {
  test("is shown as it was and as it is", async () => {
    const answer = await ask(admin, retitle, pre("title", "uid"), post("title", "memberOf", "manager"));
    expect(answer.resultCode).toBe(success);
    expect(entriesOf(answer)).toEqual({
      pre: { dn: userDn("ada"), attributes: { uid: ["ada"], title: ["Analyst"] } },
      post: {
        dn: userDn("ada"),
        attributes: {
          title: ["Countess"],
          manager: [userDn("grace")],
          memberOf: expect.arrayContaining([groupDn("staff"), groupDn("engineers")]),
        },
      },
    });
  });

  test("is shown under either name of a rename, and for the last time before a delete", async () => {
    const rename = {
      type: "modDNRequest",
      entry: groupDn("staff"),
      newrdn: "cn=all",
      deleteoldrdn: true,
    } as const;
    expect(entriesOf(await ask(admin, rename, pre("cn"), post("cn", "memberUid")))).toEqual({
      pre: { dn: groupDn("staff"), attributes: { cn: ["staff"] } },
      post: { dn: groupDn("all"), attributes: { cn: ["all"], memberUid: expect.arrayContaining(["ada"]) } },
    });
    const remove = { type: "delRequest", entry: userDn("ada") } as const;
    const shown = entriesOf(await ask(admin, remove, pre("*", "+")));
    expect(shown["pre"]?.attributes).toMatchObject({
      entryUUID: [place.user.ada.id],
      mail: ["ada@example.com"],
    });
  });

  test("is shown with what the server has added to a new one", async () => {
    const shown = entriesOf(await ask(admin, add("kay"), post("+", "uid")));
    const user = await place.directory.users.byUsername("kay");
    expect(shown["post"]).toMatchObject({
      dn: userDn("kay"),
      attributes: { uid: ["kay"], entryUUID: [user?.id] },
    });
  });

  test("is shown to nobody further than a search shows it", async () => {
    await using own = await bureau({
      access: { selfAttributes: ["title"], hiddenAttributes: ["employeeNumber"] },
    });
    await using ada = await boundAs(own, "ada");
    const all = ["title", "employeeNumber", "userPassword"];
    expect(entriesOf(await ask(ada, retitle, pre(...all), post(...all)))).toEqual({
      pre: { dn: userDn("ada"), attributes: { title: ["Analyst"] } },
      post: { dn: userDn("ada"), attributes: { title: ["Countess"] } },
    });
  });

  test("is not shown when the update is refused", async () => {
    expect((await ask(admin, modify(userDn("ada"), "mail", "x"), pre(), post())).controls).toEqual([]);
    expect((await ask(admin, retitle, pre(), asserted("(title=x)"))).controls).toEqual([]);
  });

  test("is not shown where a control does not go with the operation", async () => {
    expect(await ask(admin, add("kay"), pre())).toMatchObject({ resultCode: unavailableCriticalExtension });
    const remove: RequestOp = { type: "delRequest", entry: userDn("ada") };
    expect(await ask(admin, remove, post())).toMatchObject({ resultCode: unavailableCriticalExtension });
    expect(await ask(admin, search(usersDn), pre())).toMatchObject({
      resultCode: unavailableCriticalExtension,
    });
    expect(await read(admin, userDn("ada"), "uid")).toEqual({ uid: ["ada"] });
  });

  test.each([undefined, Buffer.from([0x04, 0x00])])(
    "is not shown for a malformed value %o",
    async (value) => {
      const control = { oid: ControlOid.preRead, critical: true, ...(value === undefined ? {} : { value }) };
      expect(await ask(admin, retitle, control)).toMatchObject({ resultCode: protocolError });
    },
  );

  test("that goes out of sight by the change is not shown after it", async () => {
    await using own = await bureau({ access: { selfAttributes: ["title"] } });
    const { directory, resource, user } = own;
    const rule = { op: "equals", attribute: "title", value: "Analyst" } as const;
    const analysts = await directory.groups.create({ name: "analysts", rule });
    for (const grant of await directory.grants.ofResource(resource.id))
      if (grant.user !== own.admin.id) await directory.grants.remove(grant.id);
    await directory.grants.add({ group: analysts, resource });
    const ada = await boundAs(own, "ada");
    const answer = await ask(ada, retitle, pre("title"), post("title"));
    expect(answer.resultCode).toBe(success);
    expect(Object.keys(entriesOf(answer))).toEqual(["pre"]);
    expect(await ada.closed).toMatchObject({ diagnosticMessage: "access was taken away" });
    expect(user.ada.id).toBeDefined();
  });
});

test("manageDsaIT changes nothing", async () => {
  const control = { oid: ControlOid.manageDsaIT, critical: true };
  expect(await ask(admin, retitle, control)).toMatchObject({ resultCode: success });
});
