import type { MetricLabels, Metrics } from "@directorykit/core";

const maxSeries = 5000;

/** Keeps counters and sums in memory and writes them in Prometheus' text format. */
export class PrometheusMetrics implements Metrics {
  readonly #series = new Map<string, { readonly name: string; readonly labels: string; value: number }>();

  count(name: string, labels: MetricLabels = {}, by = 1): void {
    this.#add(name, labels, by);
  }

  observe(name: string, value: number, labels: MetricLabels = {}): void {
    this.#add(`${name}_sum`, labels, value);
    this.#add(`${name}_count`, labels, 1);
  }

  /** The text of a scrape. */
  text(): string {
    const sorted = [...this.#series.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return sorted.map((one) => `${one.name}${one.labels} ${one.value}\n`).join("");
  }

  #add(name: string, labels: MetricLabels, by: number): void {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    const shown = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
    const key = name + shown;
    const found = this.#series.get(key);
    if (found !== undefined) found.value += by;
    else if (this.#series.size < maxSeries) this.#series.set(key, { name, labels: shown, value: by });
  }
}
