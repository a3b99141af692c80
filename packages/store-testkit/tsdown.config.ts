import { defineConfig, type UserConfig } from "tsdown";
import { library } from "../../tsdown.config.base.ts";

const config: UserConfig = defineConfig(library) as UserConfig;
export default config;
