import { defineConfig, type UserConfig } from "tsdown";
import { library } from "../../tsdown.config.base.ts";

const config: UserConfig = defineConfig({
  ...library,
  entry: { index: "src/index.ts", testing: "src/testing.ts", wifi: "src/wifi.ts" },
}) as UserConfig;
export default config;
