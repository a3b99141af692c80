import { defineConfig, type ViteUserConfig } from "vitest/config";
import { LeftOutReporter } from "./scripts/left-out-reporter.ts";

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ["@directorykit/source"] } },
  test: {
    reporters: ["default", new LeftOutReporter()],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["{packages,examples}/*/src/**/*.test.ts", "scripts/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "interop",
          include: ["{packages,examples}/*/interop/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.{test,bench}.ts", "**/index.ts"],
      thresholds: { lines: 90 },
    },
  },
});
export default config;
