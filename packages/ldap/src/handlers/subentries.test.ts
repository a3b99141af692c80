import { expect, test } from "vitest";
import { ControlOid, encodeSubentries, LdapResultCode } from "../codec/index.ts";
import { baseDn, groupsDn, sharedOffice, userDn, usersDn } from "../server/office.fixture.ts";
import { type Answered, type Asked, ask } from "./search-controls.fixture.ts";

const { client } = await sharedOffice();

const see = (visible: boolean, asked: Asked): Promise<Answered> =>
  ask(client, {
    ...asked,
    controls: [{ oid: ControlOid.subentries, critical: true, value: encodeSubentries(visible) }],
  });

test("whoever wants to see subentries sees the schema and no entry of the tree (RFC 3672 §3)", async () => {
  const schema = { base: "cn=Subschema", scope: "baseObject" } as const;
  expect(await see(true, schema)).toMatchObject({ resultCode: 0, dns: ["cn=Subschema"] });
  for (const base of [baseDn, usersDn, groupsDn, userDn("ada")])
    for (const scope of ["baseObject", "singleLevel", "wholeSubtree"] as const)
      expect(await see(true, { base, scope })).toMatchObject({ resultCode: 0, dns: [] });
});

test("whoever does not sees the tree and not the schema", async () => {
  expect(await see(false, { base: "cn=Subschema", scope: "baseObject" })).toMatchObject({
    resultCode: 0,
    dns: [],
  });
  const { dns } = await ask(client, { base: baseDn });
  expect(await see(false, { base: baseDn })).toMatchObject({ resultCode: 0, dns });
});

test("the base must be there all the same", async () => {
  for (const visible of [true, false])
    expect(await see(visible, { base: userDn("nobody") })).toMatchObject({
      resultCode: LdapResultCode.noSuchObject,
    });
});

test("the root DSE is neither, and always seen", async () => {
  for (const visible of [true, false])
    expect(await see(visible, { base: "", scope: "baseObject" })).toMatchObject({ dns: [""] });
});

test.each([undefined, "", "0101", "020101", "0101ff00"])("a value of %j is a protocol error", async (hex) => {
  const value = hex === undefined ? {} : { value: Buffer.from(hex, "hex") };
  const controls = [{ oid: ControlOid.subentries, critical: false, ...value }];
  expect(await ask(client, { base: baseDn, controls })).toMatchObject({
    resultCode: LdapResultCode.protocolError,
  });
});
