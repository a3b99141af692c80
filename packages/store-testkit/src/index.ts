export type {
  ConformanceOptions,
  ConformanceTest,
  MakeStore,
  StoreUnderTest,
} from "./conformance-test.ts";
export {
  type CrashCommand,
  type CrashConformanceOptions,
  type CrashReport,
  crashConformance,
} from "./crash-conformance.ts";
export { runCrashWriter } from "./crash-writer.ts";
export { storeConformance } from "./store-conformance.ts";
