import { describe, expect, test } from "vitest";
import {
  ControlOid,
  type DereferenceSpec,
  decodeDereferenceResponse,
  encodeDereferenceRequest,
  LdapResultCode,
} from "../codec/index.ts";
import {
  baseDn,
  groupDn,
  groupsDn,
  office,
  password,
  sharedOffice,
  userDn,
  usersDn,
} from "../server/office.fixture.ts";
import { ldapTestClient } from "../testing.ts";
import { type Answered, type Asked, ask } from "./search-controls.fixture.ts";
import { boundAs } from "./writes.fixture.ts";

const { place, client } = await sharedOffice();

const following = (specs: readonly DereferenceSpec[], critical = true) => [
  { oid: ControlOid.dereference, critical, value: encodeDereferenceRequest(specs) },
];

type Led = readonly [attribute: string, dn: string, attributes?: Readonly<Record<string, readonly string[]>>];

/** Where each entry led. */
function led({ dns, entryControls }: Answered): Readonly<Record<string, readonly Led[] | undefined>> {
  return Object.fromEntries(
    dns.map((dn, i) => {
      const value = entryControls[i]?.find(({ oid }) => oid === ControlOid.dereference)?.value;
      return [dn, value === undefined ? undefined : decodeDereferenceResponse(value).map(textOf)];
    }),
  );
}

function textOf({
  derefAttr,
  derefVal,
  attrVals,
}: ReturnType<typeof decodeDereferenceResponse>[number]): Led {
  if (attrVals === undefined) return [derefAttr, derefVal];
  const texts = attrVals.map(({ type, vals }) => [type, vals.map((value) => Buffer.from(value).toString())]);
  return [derefAttr, derefVal, Object.fromEntries(texts)];
}

const follow = async (asked: Asked, ...specs: DereferenceSpec[]): Promise<ReturnType<typeof led>> => {
  const answer = await ask(client, { ...asked, controls: following(specs) });
  expect(answer.resultCode).toBe(0);
  return led(answer);
};

describe("attributes of the entries that an entry names (draft-masarati-ldap-deref-00)", () => {
  test("members of groups with their Unix accounts, as sssd asks", async () => {
    const found = await follow(
      { base: groupsDn, scope: "singleLevel", attributes: ["cn", "member"] },
      { derefAttr: "member", attributes: ["cn", "uid", "uidNumber"] },
    );
    const ada: Led = ["member", userDn("ada"), { cn: ["Ada Lovelace"], uid: ["ada"], uidNumber: ["10001"] }];
    expect(found).toEqual({
      [groupDn("engineers")]: [ada],
      [groupDn("staff")]: [
        ["member", userDn("grace"), { cn: ["Grace Hopper"], uid: ["grace"], uidNumber: ["10002"] }],
        ada,
        ["member", userDn("tomas"), { cn: ["Tomáš Q"], uid: ["tomas"] }],
      ],
      [groupDn("guests")]: undefined,
      [groupDn("empty")]: undefined,
    });
  });

  test("groups of people, and managers", async () => {
    const found = await follow(
      { base: usersDn, filter: "(uid=*)" },
      { derefAttr: "memberOf", attributes: ["gidNumber"] },
      { derefAttr: "MANAGER", attributes: ["mail", "manager"] },
    );
    expect(found).toEqual({
      [userDn("grace")]: [["memberOf", groupDn("staff"), { gidNumber: ["20001"] }]],
      [userDn("ada")]: [
        ["memberOf", groupDn("engineers"), { gidNumber: ["20002"] }],
        ["memberOf", groupDn("staff"), { gidNumber: ["20001"] }],
        ["MANAGER", userDn("grace"), { mail: ["grace@example.com"] }],
      ],
      [userDn("tomas")]: [["memberOf", groupDn("staff"), { gidNumber: ["20001"] }]],
      // Their manager is nobody whom they see.
      [userDn("reader")]: undefined,
    });
  });

  test("need not be among those that are returned", async () => {
    const { entries, ...answer } = await ask(client, {
      base: groupDn("engineers"),
      attributes: ["cn"],
      controls: following([{ derefAttr: "member", attributes: ["cn"] }]),
    });
    expect(entries[0]?.attributes.map(({ type }) => type)).toEqual(["cn"]);
    expect(led({ ...answer, entries })[groupDn("engineers")]).toEqual([
      ["member", userDn("ada"), { cn: ["Ada Lovelace"] }],
    ]);
  });

  test("leave the entry itself as it is", async () => {
    for (const attributes of [[], ["*"], ["1.1"], ["member"]]) {
      const asked = { base: groupDn("staff"), attributes };
      const controls = following([{ derefAttr: "memberOf", attributes: ["cn"] }]);
      const [plain, followed] = [await ask(client, asked), await ask(client, { ...asked, controls })];
      expect(followed.entries).toEqual(plain.entries);
    }
  });

  test("an attribute that the other entry does not have is left out, and so is an entry that says nothing", async () => {
    expect(
      await follow({ base: groupDn("engineers") }, { derefAttr: "member", attributes: ["title", "noSuch"] }),
    ).toEqual({ [groupDn("engineers")]: [["member", userDn("ada"), { title: ["Analyst"] }]] });
    expect(
      await follow({ base: groupDn("engineers") }, { derefAttr: "member", attributes: ["description"] }),
    ).toEqual({ [groupDn("engineers")]: [["member", userDn("ada")]] });
  });

  test("what nobody or only the person may see is not found out this way", async () => {
    await using strict = await office({ access: { hiddenAttributes: ["mail"] } });
    const { directory } = strict;
    await directory.attributes.define({
      owner: "user",
      name: "shoeSize",
      names: { ldap: "shoeSize" },
      sensitivity: "self",
    } as never);
    for (const { id } of [strict.user.ada, strict.user.grace])
      await directory.users.update(id, { attributes: { shoeSize: ["42"] } });
    await using ada = ldapTestClient(strict.server);
    await ada.bind(userDn("ada"), password);
    const controls = following([
      { derefAttr: "member", attributes: ["uid", "mail", "shoeSize", "userPassword"] },
    ]);
    expect(led(await ask(ada, { base: groupDn("staff"), controls }))).toEqual({
      [groupDn("staff")]: [
        ["member", userDn("grace"), { uid: ["grace"] }],
        ["member", userDn("ada"), { uid: ["ada"], shoeSize: ["42"] }],
        ["member", userDn("tomas"), { uid: ["tomas"] }],
      ],
    });
  });

  test("whoever sees only themself follows to nobody else", async () => {
    await using narrow = await office({ access: { search: "self" } });
    await using ada = ldapTestClient(narrow.server);
    await ada.bind(userDn("ada"), password);
    const controls = following([
      { derefAttr: "member", attributes: ["uid"] },
      { derefAttr: "manager", attributes: ["uid"] },
    ]);
    expect(led(await ask(ada, { base: baseDn, filter: "(|(cn=staff)(uid=ada))", controls }))).toEqual({
      [userDn("ada")]: undefined,
      [groupDn("staff")]: [["member", userDn("ada"), { uid: ["ada"] }]],
    });
  });

  test("groups within groups are followed where they are shown", async () => {
    await using nested = await office({ layout: { nesting: "direct" } });
    await using reader = await boundAs(nested, "reader");
    const controls = following([{ derefAttr: "member", attributes: ["gidNumber", "member"] }]);
    expect(led(await ask(reader, { base: groupDn("staff"), controls }))[groupDn("staff")]).toEqual([
      ["member", userDn("grace"), { gidNumber: ["20001"] }],
      ["member", userDn("tomas")],
      ["member", groupDn("engineers"), { gidNumber: ["20002"], member: [userDn("ada")] }],
    ]);
  });

  test("a thousand members are followed", async () => {
    await using large = await office();
    const people = Array.from({ length: 1000 }, (_, i) => ({ username: `p${i}` }));
    const users = await large.directory.users.createMany(people);
    await large.directory.groups.addMembers(
      large.group.staff.id,
      users.map(({ id }) => id),
    );
    await using reader = await boundAs(large, "reader");
    const controls = following([{ derefAttr: "member", attributes: ["uid"] }]);
    const found = led(await ask(reader, { base: groupDn("staff"), controls }))[groupDn("staff")] ?? [];
    expect(found).toHaveLength(1003);
    for (const [, dn, attributes] of found) expect(dn).toBe(userDn(attributes?.["uid"]?.[0] ?? ""));
  });

  test("a search that follows too many values is ended", async () => {
    const seen: string[] = [];
    const count = (name: string, labels: { limit?: string } = {}): void => {
      if (name === "directorykit_ldap_limit_hit_total") seen.push(labels.limit ?? "");
    };
    await using small = await office(
      { limits: { maxDereferencedValues: 3 } },
      { metrics: { count, observe: () => {} } },
    );
    await using reader = await boundAs(small, "reader");
    const controls = following([{ derefAttr: "member", attributes: ["uid"] }]);
    expect(await ask(reader, { base: groupDn("staff"), controls })).toMatchObject({ resultCode: 0 });
    expect(await ask(reader, { base: groupsDn, controls })).toMatchObject({
      resultCode: LdapResultCode.adminLimitExceeded,
    });
    expect(seen).toEqual(["maxDereferencedValues"]);
  });
});

describe("what cannot be followed", () => {
  test.each(["uid", "noSuch", "member;lang-de"])(
    "%s is refused where that is critical, else passed over",
    async (derefAttr) => {
      const specs = [{ derefAttr, attributes: ["uid"] }];
      expect(await ask(client, { base: groupsDn, controls: following(specs) })).toMatchObject({
        resultCode: LdapResultCode.unavailableCriticalExtension,
        dns: [],
      });
      const answer = await ask(client, { base: groupDn("staff"), controls: following(specs, false) });
      expect([answer.resultCode, led(answer)]).toEqual([0, { [groupDn("staff")]: undefined }]);
    },
  );

  test("a malformed value is a protocol error", async () => {
    for (const value of [undefined, Buffer.alloc(0), Buffer.from("3000", "hex")]) {
      const control = { oid: ControlOid.dereference, critical: false };
      const controls = [value === undefined ? control : { ...control, value }];
      expect(await ask(client, { base: groupsDn, controls })).toMatchObject({
        resultCode: LdapResultCode.protocolError,
      });
    }
  });

  test("the root DSE names no entries, bound or not", async () => {
    await using stranger = ldapTestClient(place.server);
    const controls = following([{ derefAttr: "namingContexts", attributes: ["dc"] }]);
    for (const who of [client, stranger])
      expect(await ask(who, { base: "", scope: "baseObject", controls })).toMatchObject({ resultCode: 0 });
  });
});
