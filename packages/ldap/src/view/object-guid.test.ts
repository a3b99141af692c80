import { newId } from "@directorykit/core";
import { expect, test } from "vitest";
import { guidOctets, uuidOfGuid } from "./object-guid.ts";

test("the octets stand as Active Directory has them", () => {
  expect(Buffer.from(guidOctets("00112233-4455-6677-8899-aabbccddeeff")).toString("hex")).toBe(
    "33221100554477668899aabbccddeeff",
  );
});

test("and give the id again", () => {
  const id = newId<string>(Date.now());
  expect(uuidOfGuid(guidOctets(id))).toBe(id);
  expect(uuidOfGuid(new Uint8Array(15))).toBeUndefined();
});
