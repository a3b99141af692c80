/** Labels of a measurement. Values come from small closed sets, never from what a stranger typed. */
export type MetricLabels = Readonly<Record<string, string>>;

/**
 * Where measurements go. Shaped so that an OpenTelemetry meter or a Prometheus registry fits behind it in a few
 * lines. Both calls must be cheap and must not throw.
 */
export interface Metrics {
  /** Adds `by` (default 1) to a counter. */
  count(name: string, labels?: MetricLabels, by?: number): void;
  /** Records one value of a distribution, in the unit its name ends with. */
  observe(name: string, value: number, labels?: MetricLabels): void;
}

const nothing = (): void => {};

/** The default: measures nothing. */
export const noMetrics: Metrics = { count: nothing, observe: nothing };
