/** Where "now" comes from: milliseconds since the Unix epoch. Inject a fixed one in tests. */
export type Clock = () => number;

/** The system's wall clock. */
export const systemClock: Clock = () => Date.now();
