import { describe, expect, test } from "vitest";
import { BerReader } from "./ber-reader.ts";
import { BerWriter } from "./ber-writer.ts";

const reader = (hex: string): BerReader => new BerReader(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const refusal = (code: string) => expect.objectContaining({ name: "LdapDecodeError", code });

describe("lengths", () => {
  test.each(["0401 61", "048101 61", "04820001 61", "0483000001 61", "048400000001 61"])(
    "%s is taken though longer than needed",
    (hex) => expect(reader(hex).string()).toBe("a"),
  );
  test.each([
    ["indefinite", "04 80 00 00", "bad-length"],
    ["five octets", "04 85 00 00 00 00 01 61", "bad-length"],
    ["the reserved 0xFF", "04 ff", "bad-length"],
    ["sign bit set", "04 84 80 00 00 00", "truncated"],
    ["octets missing", "04 82 01", "truncated"],
    ["content missing", "04 02 61", "truncated"],
    ["all missing", "04", "truncated"],
  ])("%s is refused", (_, hex, code) => {
    expect(() => reader(hex).string()).toThrow(refusal(code));
  });
  test("an element must lie within the one around it, even when the input holds more", () => {
    const nested = reader("30 03 04 02 61 62");
    nested.open(0x30);
    expect(() => nested.octets()).toThrow(refusal("truncated"));
  });
});

describe("values", () => {
  test.each([
    ["02 01 00", 0],
    ["02 01 7f", 127],
    ["02 02 00 80", 128],
    ["02 04 7f ff ff ff", 0x7fffffff],
    ["02 04 00 00 00 05", 5],
  ])("INTEGER %s is %d", (hex, value) => expect(reader(hex).integer()).toBe(value));
  test.each([
    ["02 01 ff", "invalid-value"],
    ["02 04 80 00 00 00", "invalid-value"],
    ["02 05 00 80 00 00 00", "bad-length"],
    ["02 00", "bad-length"],
  ])("INTEGER %s is refused", (hex, code) => expect(() => reader(hex).integer()).toThrow(refusal(code)));
  test("every octet but zero is TRUE", () => {
    expect(reader("01 01 01").boolean()).toBe(true);
    expect(reader("01 01 ff").boolean()).toBe(true);
    expect(reader("01 01 00").boolean()).toBe(false);
    expect(() => reader("01 02 00 00").boolean()).toThrow(refusal("bad-length"));
  });
  test("a constructed OCTET STRING is refused", () => {
    expect(() => reader("24 03 04 01 61").octets()).toThrow(refusal("unexpected-tag"));
  });
  test("octets are a view of the input", () => {
    const bytes = Buffer.from([4, 1, 7]);
    const value = new BerReader(bytes).octets();
    bytes[2] = 8;
    expect(value).toEqual(Uint8Array.of(8));
  });
});

describe("the end of a SEQUENCE", () => {
  const close = (hex: string, highest: number): void => {
    const sequence = reader(hex);
    sequence.closeSequence(sequence.open(0x30), highest);
  };
  test("components with context tags not known are passed over", () => {
    close("30 05 84 01 00 a5 00", 3);
  });
  test.each([
    ["a known context tag", "30 02 83 00"],
    ["a universal tag", "30 02 04 00"],
    ["octets that are no element", "30 02 84 05"],
  ])("%s is refused", (_, hex) => {
    expect(() => close(hex, 3)).toThrow(expect.objectContaining({ name: "LdapDecodeError" }));
  });
});

describe("what the writer gives", () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 16_777_216])(
    "content of %d octets has the shortest header, by either way of writing",
    (size) => {
      const content = new Uint8Array(size);
      const moved = new BerWriter(16);
      const mark = moved.begin(0x04);
      moved.raw(content);
      moved.end(mark);
      const direct = new BerWriter(16);
      direct.octets(content);
      expect(moved.finish().equals(direct.finish())).toBe(true);
      const octets = size < 128 ? 2 : size < 256 ? 3 : size < 65_536 ? 4 : size < 16_777_216 ? 5 : 6;
      expect(direct.length).toBe(size + octets);
      expect(new BerReader(direct.finish()).octets().length).toBe(size);
    },
  );
  test("INTEGERs take as few octets as they need", () => {
    const writer = new BerWriter();
    for (const value of [0, 127, 128, -128, -129, 32_768, 0x7fffffff]) writer.integer(value);
    expect(writer.finish().toString("hex")).toBe(
      "020100" + "02017f" + "02020080" + "020180" + "0202ff7f" + "0203008000" + "02047fffffff",
    );
  });
  test("what was taken stays as it is while the writer goes on", () => {
    const writer = new BerWriter(16);
    writer.integer(1);
    const taken = writer.take();
    writer.integer(2);
    expect(taken.toString("hex")).toBe("020101");
    expect(writer.finish().toString("hex")).toBe("020102");
  });
  test("a reset keeps a small buffer and gives up a large one", () => {
    const writer = new BerWriter(64);
    writer.raw(new Uint8Array(5000));
    writer.reset();
    expect(writer.capacity).toBeGreaterThanOrEqual(5000);
    writer.reset(1000);
    expect(writer.capacity).toBe(64);
    expect(writer.length).toBe(0);
  });
});
