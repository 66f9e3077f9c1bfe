/**
 * The numbers Prometheus reads at `/metrics`. Labels hold routes, steps, outcomes and reasons, each of a small closed
 * set; never an id, a name or an address.
 *
 * Counts of events come from the tallies in PostgreSQL, which are exact and survive a restart. They are the whole
 * installation's: with several processes take the maximum over instances, not the sum. All else is this process's own.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { Sql } from "../db/postgres.ts";
import { type Duration, Durations } from "./durations.ts";
import type { Health } from "./health.ts";
import { sumTallies } from "./tally.ts";

/** Counts and times named steps: of the door (`StepMeter`) and of the pipeline behind it. */
type Meter = {
  /** `n` things had `outcome` in `step`. */
  count(step: string, outcome: string, n?: number): void;
  /** One run of `step` took so long. */
  time(step: string, seconds: number): void;
};
export interface Metrics {
  readonly meter: Meter;
  /** One request was answered. `route` is the pattern it matched. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** Also shows the event counts, the lag and the stores. */
  watch(sql: Sql, health: Health): void;
  /** Shows a number without labels, read whenever it is asked for. */
  gauge(name: string, help: string, read: () => number): void;
  /** The text Prometheus reads, in its format 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
}

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const STEP_SECONDS = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** A registry of this process's own. */
export function createMetrics(): Metrics {
  const registers = [new Registry()];
  const registry = registers[0]!;
  // Its default looks 100 times a second, which alone is more than a percent of a core while nothing happens.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 200 });
  const requests = new Durations({
    name: "throughline_http_request_duration_seconds",
    help: "Time to answer a request, by method, route and status.",
    buckets: REQUEST_SECONDS,
  });
  const steps = new Durations({
    name: "throughline_step_duration_seconds",
    help: "Time of one run of a step over one batch.",
    buckets: STEP_SECONDS,
  });
  for (const durations of [requests, steps]) registry.registerMetric(durations.asMetric());
  const counted = countsOf(registers);
  // Labels are looked up once: the door counts and times several times a batch.
  const [timers, answers] = [new Map<string, Duration>(), new Map<string, Duration>()];
  return {
    meter: {
      count: counted,
      time: (step, seconds) => known(timers, step, () => steps.of({ step })).observe(seconds),
    },
    request: (method, route, status, seconds) =>
      known(answers, `${method} ${route} ${status}`, () => requests.of({ method, route, status })).observe(
        seconds,
      ),
    watch: (sql, health) => {
      watchEvents(registry, sql);
      watchHealth(registry, health);
    },
    gauge: (name, help, read) =>
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            this.set(read());
          },
        }),
      ),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Counts outcomes of steps; prom-client is told when somebody reads. */
function countsOf(registers: Registry[]): Meter["count"] {
  const counted = new Map<string, { readonly step: string; readonly outcome: string; untold: number }>();
  void new Counter({
    name: "throughline_step_outcomes_total",
    help: "What became of events in each step.",
    labelNames: ["step", "outcome"],
    registers,
    collect() {
      for (const one of counted.values()) {
        this.inc({ step: one.step, outcome: one.outcome }, one.untold);
        one.untold = 0;
      }
    },
  });
  return (step, outcome, n = 1) => {
    known(counted, `${step} ${outcome}`, () => ({ step, outcome, untold: 0 })).untold += n;
  };
}

function known<T>(all: Map<string, T>, key: string, make: () => T): T {
  let one = all.get(key);
  if (one === undefined) all.set(key, (one = make()));
  return one;
}

function watchEvents(registry: Registry, sql: Sql): void {
  registry.registerMetric(
    new Counter({
      name: "throughline_events_total",
      help: "Events of the whole installation by outcome: accepted, processed, duplicates, logged, refused (with the reason), replayed.",
      labelNames: ["outcome", "reason"],
      registers: [],
      async collect() {
        // A store that is down leaves the counts as they were; throughline_store_up says so.
        const rows = await sumTallies(sql).catch(() => null);
        if (!rows) return;
        this.reset();
        for (const { name, reason, n } of rows) this.inc({ outcome: name, reason }, n);
      },
    }),
  );
}

function watchHealth(registry: Registry, health: Health): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Promise<readonly (readonly [{ [label: string]: string }, number | null])[]>,
  ) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [],
        async collect() {
          this.reset();
          for (const [labels, value] of await read()) if (value !== null) this.set(labels, value);
        },
      }),
    );
  gauge(
    "throughline_lag_events",
    "Events accepted that are not yet through, by stage.",
    ["stage"],
    async () => {
      const { worker, eventLog } = await health.read();
      return [
        [{ stage: "worker" }, worker.lagEvents],
        [{ stage: "event_log" }, eventLog.lagEvents],
      ];
    },
  );
  gauge(
    "throughline_lag_seconds",
    "Age of the oldest event that is not yet through, by stage.",
    ["stage"],
    async () => {
      const { worker, eventLog } = await health.read();
      const seconds = (ms: number | null) => (ms === null ? null : ms / 1000);
      return [
        [{ stage: "worker" }, seconds(worker.lagMs)],
        [{ stage: "event_log" }, seconds(eventLog.lagMs)],
      ];
    },
  );
  gauge("throughline_store_up", "1 when the store answers, 0 when it does not.", ["store"], async () => {
    const { stores } = await health.read();
    return Object.entries(stores).map(
      ([store, state]) => [{ store }, state === "unused" ? null : Number(state === "ok")] as const,
    );
  });
}
