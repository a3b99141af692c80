import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeTlsFragment,
  encodeTlsFragment,
  FragmentAssembler,
  FragmentSplitter,
  isAcknowledgement,
  maxTlsMessageOctets,
  type TlsFragment,
} from "./eap-tls-fragment.ts";
import { isRadiusDecodeError } from "./radius-decode-error.ts";

const plain: TlsFragment = { start: false, more: false, version: 0, data: new Uint8Array(0) };
const fragment: fc.Arbitrary<TlsFragment> = fc.record(
  {
    start: fc.boolean(),
    more: fc.boolean(),
    version: fc.integer({ min: 0, max: 7 }),
    totalOctets: fc.integer({ min: 0, max: 0xffff_ffff }),
    data: fc.uint8Array({ maxLength: 300 }),
  },
  { requiredKeys: ["start", "more", "version", "data"] },
);
const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isRadiusDecodeError(error)) return error.code;
    throw error;
  }
  return "fine";
};

describe("a fragment of TLS", () => {
  it("comes back from its octets as it was", () => {
    fc.assert(
      fc.property(fragment, (one) => {
        expect(decodeTlsFragment(encodeTlsFragment(one))).toEqual(one);
      }),
    );
  });

  it("needs its flags, and the length that they announce", () => {
    expect(code(() => decodeTlsFragment(new Uint8Array(0)))).toBe("truncated");
    expect(code(() => decodeTlsFragment(Uint8Array.of(0x80, 0, 0, 1)))).toBe("truncated");
  });

  it("is an acknowledgement when it has neither data nor anything to say about it", () => {
    expect(isAcknowledgement(plain)).toBe(true);
    expect(isAcknowledgement({ ...plain, more: true })).toBe(false);
    expect(isAcknowledgement({ ...plain, start: true })).toBe(false);
    expect(isAcknowledgement({ ...plain, data: Uint8Array.of(1) })).toBe(false);
  });
});

describe("a TLS message in fragments", () => {
  it("is put together as it was cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 1200 }), (message, size) => {
        const splitter = new FragmentSplitter(message, size);
        const assembler = new FragmentAssembler();
        for (;;) {
          const one = splitter.next();
          expect(one.data.length).toBeLessThanOrEqual(size);
          const whole = assembler.add(decodeTlsFragment(encodeTlsFragment(one)));
          expect(whole !== undefined).toBe(splitter.isDone);
          if (whole === undefined) continue;
          expect(whole).toEqual(message);
          return;
        }
      }),
    );
  });

  it("tells its length on the first of several fragments, and only there", () => {
    const splitter = new FragmentSplitter(new Uint8Array(5), 2);
    expect([splitter.next(), splitter.next(), splitter.next()].map(({ totalOctets }) => totalOctets)).toEqual(
      [5, undefined, undefined],
    );
    expect(new FragmentSplitter(new Uint8Array(5), 5).next().totalOctets).toBeUndefined();
  });

  it("never takes more than 64 KiB, announced or not", () => {
    const assembler = new FragmentAssembler();
    expect(code(() => assembler.add({ ...plain, totalOctets: maxTlsMessageOctets + 1 }))).toBe("oversized");
    const silent = new FragmentAssembler();
    const part = { ...plain, more: true, data: new Uint8Array(maxTlsMessageOctets / 4) };
    for (let i = 0; i < 4; i++) silent.add(part);
    expect(code(() => silent.add({ ...part, data: Uint8Array.of(1) }))).toBe("oversized");
  });

  it("must be what was announced", () => {
    const two = Uint8Array.of(1, 2);
    const begun = (): FragmentAssembler => {
      const assembler = new FragmentAssembler();
      assembler.add({ ...plain, more: true, totalOctets: 3, data: two });
      return assembler;
    };
    expect(code(() => begun().add({ ...plain, data: two }))).toBe("bad-length");
    expect(code(() => begun().add({ ...plain, data: new Uint8Array(0) }))).toBe("bad-length");
    expect(code(() => begun().add({ ...plain, totalOctets: 4, data: two }))).toBe("bad-length");
    expect(code(() => begun().add({ ...plain, totalOctets: 3, data: Uint8Array.of(3) }))).toBe("fine");
  });

  it("does not consist of fragments that bring nothing", () => {
    expect(code(() => new FragmentAssembler().add({ ...plain, more: true }))).toBe("bad-value");
  });

  it("is taken anew after it was whole", () => {
    const assembler = new FragmentAssembler();
    assembler.add({ ...plain, more: true, totalOctets: 2, data: Uint8Array.of(1) });
    expect(assembler.add({ ...plain, data: Uint8Array.of(2) })).toEqual(Uint8Array.of(1, 2));
    expect(assembler.add({ ...plain, data: Uint8Array.of(3) })).toEqual(Uint8Array.of(3));
  });

  it("is not cut into nothings", () => {
    expect(() => new FragmentSplitter(new Uint8Array(1), 0)).toThrow(RangeError);
  });
});
