import { defineConfig, type UserConfig } from "tsdown";
import { library } from "../../tsdown.config.base.ts";

// The worker for long reads is loaded by its own URL, beside the entry.
const config: UserConfig = defineConfig({
  ...library,
  entry: ["src/index.ts", "src/scan-worker.ts"],
}) as UserConfig;
export default config;
