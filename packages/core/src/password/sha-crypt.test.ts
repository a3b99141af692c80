import { expect, test } from "vitest";
import { verifyShaCrypt } from "./sha-crypt.ts";

// Made with Python 3's crypt module, which calls libxcrypt. Lengths of exactly one digest are where others go wrong.
test.each([
  [
    "64 letters",
    "y".repeat(64),
    "$6$rounds=1000$s$MN4.KnJiS4wAPc9Eeiq/ekhcpW48IrLna1IvPrvPSfhC44JZWqVnEyeZE1I7QTIoSYNc/0qlqrSRvutXVbyB81",
  ],
  ["32 letters", "y".repeat(32), "$5$rounds=1000$s$EQi6iX4LTkRIpeJhRxYquJkDjiPnwwBWaSQ/OvwXTK0"],
  [
    "120 octets of UTF-8",
    "é".repeat(60),
    "$6$rounds=1000$0123456789abcdef$jqBp9uRQ4xOE4awuLG4oJi55ezyue4FBvOsVWlWeau/BMUJ8CRNOhClDtEWa1ubuB.LNFIs7UAl/zFKSgAabl0",
  ],
])("a password of %s matches", (_, password, stored) => {
  expect(verifyShaCrypt(stored, password)).toBe(true);
  expect(verifyShaCrypt(stored, `${password}y`)).toBe(false);
  expect(verifyShaCrypt(stored, password.slice(1))).toBe(false);
});

test("a password longer than libxcrypt takes matches nothing", () => {
  expect(verifyShaCrypt(`$6$rounds=1000$s$${"a".repeat(86)}`, "y".repeat(513))).toBe(false);
});
