import type { UserConfig } from "tsdown";

/** One build recipe for every package: ESM for Node 24, declarations from isolated declarations. */
export const library: UserConfig = {
  entry: ["src/index.ts"],
  format: "esm",
  platform: "node",
  target: "node24",
  dts: { sourcemap: true },
  sourcemap: true,
  outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
};
