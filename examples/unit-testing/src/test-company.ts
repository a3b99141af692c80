import { createDirectory, type Directory, memoryStore } from "@directorykit/core";
import { type Company, setUpAccess } from "./access-rules.ts";

/** A company in memory, with a clock that stands still until a test moves it. */
export interface TestCompany extends Company {
  readonly directory: Directory;
  /** Lets time pass. */
  wait(ms: number): void;
  /** The time, in milliseconds since the epoch. */
  now(): number;
}

/** Opens a company of its own for each test: nothing is shared, nothing is left behind, and it takes a millisecond. */
export async function openCompany(): Promise<TestCompany> {
  let now = Date.UTC(2027, 0, 4, 9);
  const clock = () => now;
  const directory = await createDirectory({ store: memoryStore(), clock });
  return {
    directory,
    ...(await setUpAccess(directory)),
    now: clock,
    wait: (ms) => {
      now += ms;
    },
  };
}
