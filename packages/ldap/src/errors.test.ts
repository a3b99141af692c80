import { DirectoryError, type DirectoryErrorCode } from "@directorykit/core";
import { expect, test } from "vitest";
import { LdapResultCode } from "./codec/index.ts";
import { errorCodeFor, resultCodeFor, resultCodeOfError } from "./errors.ts";

test("no failure of the directory becomes a success", () => {
  for (const [code, resultCode] of Object.entries(resultCodeFor)) {
    expect(resultCode, code).not.toBe(LdapResultCode.success);
    expect(resultCodeOfError(new DirectoryError(code as DirectoryErrorCode, "x"))).toBe(resultCode);
    expect(errorCodeFor(resultCode), code).toBeDefined();
  }
});

test("what is thrown by others is unavailable, whatever it is", () => {
  for (const thrown of [new Error("x"), "x", undefined, null, { code: "success" }])
    expect(resultCodeOfError(thrown)).toBe(LdapResultCode.unavailable);
});

test("results that are no failures are none, and unknown ones are", () => {
  for (const fine of ["success", "compareTrue", "compareFalse", "referral", "saslBindInProgress"] as const)
    expect(errorCodeFor(LdapResultCode[fine])).toBeUndefined();
  expect(errorCodeFor(4711)).toBe("invalid-input");
});
