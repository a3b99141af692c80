import { describe, expect, it } from "vitest";
import { isInnerRealmAllowed } from "./inner-parts.ts";

describe("the realm inside a tunnel", () => {
  it.each([
    ["ada", "anonymous"],
    ["ada", "anonymous@example.com"],
    ["ada@example.com", "anonymous"],
    ["ada@example.com", "@Example.com"],
    ["ada@lab.example.com", "anonymous@example.com"],
    ["ada@", "anonymous@example.com"],
  ])("of %s goes with %s outside", (inner, outer) => {
    expect(isInnerRealmAllowed(inner, outer)).toBe(true);
  });

  it.each([
    ["ada@other.example", "anonymous@example.com"],
    ["ada@badexample.com", "anonymous@example.com"],
    ["ada@com", "anonymous@example.com"],
    ["ada@example.com@other.example", "anonymous@example.com"],
  ])("of %s does not go with %s outside", (inner, outer) => {
    expect(isInnerRealmAllowed(inner, outer)).toBe(false);
  });
});
