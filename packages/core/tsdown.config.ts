import { defineConfig, type UserConfig } from "tsdown";
import { library } from "../../tsdown.config.base.ts";

const config: UserConfig = defineConfig({
  ...library,
  // The worker that runs bcrypt and sha-crypt is loaded by its file name, beside the bundle.
  entry: { index: "src/index.ts", "crypt-worker": "src/password/crypt-worker.ts" },
}) as UserConfig;
export default config;
