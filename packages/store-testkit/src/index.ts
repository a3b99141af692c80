export type {
  ConformanceOptions,
  ConformanceTest,
  MakeStore,
  StoreUnderTest,
} from "./conformance-test.ts";
export { storeConformance } from "./store-conformance.ts";
