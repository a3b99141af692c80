import { expect, test } from "vitest";
import {
  attributeDescriptionKey,
  formatAttributeDescription,
  isAttributeDescription,
  isNumericOid,
  parseAttributeDescription,
} from "./attribute-description.ts";

test.each(["cn", "x-own", "userCertificate;binary", "cn;lang-de;lang-en", "2.5.4.3", "2.5.4.3;x-1"])(
  "%s is read and written the same",
  (text) => expect(formatAttributeDescription(parseAttributeDescription(text))).toBe(text),
);

test.each([
  "",
  ";",
  "cn;",
  ";binary",
  "c n",
  "1",
  "1..2",
  "01.2",
  "-a",
  "1a",
  "cn;a_b",
  "*",
  "+",
  "a".repeat(1025),
])("%j is refused", (text) => {
  expect(isAttributeDescription(text)).toBe(false);
  expect(() => parseAttributeDescription(text)).toThrow(
    expect.objectContaining({ name: "LdapDecodeError", code: "invalid-attribute-description" }),
  );
});

test("keys know neither case nor order nor repetition", () => {
  expect(attributeDescriptionKey("CN")).toBe("cn");
  expect(attributeDescriptionKey("Cn;Lang-EN;binary;lang-en")).toBe("cn;binary;lang-en");
});

test("a hostile dotted number is judged in time that grows with its length", () => {
  const started = performance.now();
  expect(isNumericOid(`${"1.".repeat(500_000)}x`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
