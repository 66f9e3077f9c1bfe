/**
 * How long things took, as a Prometheus histogram whose observations cost two additions. Eight steps of every event are
 * timed; prom-client's own looks labels up and makes a key of them each time, which was a twentieth of the program's CPU.
 */
import type { Histogram } from "prom-client";

export type DurationsOptions = {
  readonly name: string;
  readonly help: string;
  /** Upper bounds in seconds, ascending. */
  readonly buckets: readonly number[];
};
type Labels = { readonly [name: string]: string | number };
/** What was observed under one set of labels. */
export interface Duration {
  observe(seconds: number): void;
}

/** A histogram to be registered; labels are looked up once by `of`, and what that gives is kept by the caller. */
export class Durations {
  readonly name: string;
  readonly #help: string;
  readonly #buckets: readonly number[];
  readonly #observed: { readonly labels: Labels; readonly observed: Observed }[] = [];

  constructor({ name, help, buckets }: DurationsOptions) {
    this.name = name;
    this.#help = help;
    this.#buckets = buckets;
  }

  /** A new set of labels; asked for once each. */
  of(labels: Labels): Duration {
    const observed = new Observed(this.#buckets);
    this.#observed.push({ labels, observed });
    return observed;
  }

  /** What a registry asks of a metric. */
  async get() {
    const values = this.#observed.flatMap(({ labels, observed }) => observed.values(this.name, labels));
    return { name: this.name, help: this.#help, type: "histogram", aggregator: "sum", values };
  }

  /** As registries want it typed: they ask nothing else of a metric than its name and `get`. */
  asMetric(): Histogram {
    return this as unknown as Histogram;
  }
}

class Observed implements Duration {
  readonly #buckets: readonly number[];
  /** One more than there are bounds: what is longer than all of them. */
  readonly #counts: number[];
  #sum = 0;

  constructor(buckets: readonly number[]) {
    this.#buckets = buckets;
    this.#counts = Array<number>(buckets.length + 1).fill(0);
  }

  observe(seconds: number): void {
    let at = 0;
    while (at < this.#buckets.length && seconds > this.#buckets[at]!) at++;
    this.#counts[at]!++;
    this.#sum += seconds;
  }

  /** Prometheus counts in each bucket what is in those below as well. */
  values(name: string, labels: Labels) {
    let below = 0;
    const buckets = this.#counts.map((n, at) => ({
      metricName: `${name}_bucket`,
      value: (below += n),
      labels: { le: this.#buckets[at] ?? "+Inf", ...labels },
    }));
    return [
      ...buckets,
      { metricName: `${name}_sum`, value: this.#sum, labels },
      { metricName: `${name}_count`, value: below, labels },
    ];
  }
}
