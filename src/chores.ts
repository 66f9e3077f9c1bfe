/** Starts the loops beside the worker and the sender of messages: webhooks, journeys' calls, their clock and watch, telling of tasks. */
import type { Logger } from "pino";
import { startFeeds } from "./catalogue/feed-loop.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/postgres.ts";
import type { EventLog } from "./db/clickhouse.ts";
import { startDigests } from "./digest/send.ts";
import type { Inbox } from "./events/model.ts";
import { startDailyLook } from "./gaps/daily.ts";
import { startCaller } from "./journeys/calls.ts";
import { startCounting } from "./journeys/counts.ts";
import { startScheduler } from "./journeys/schedule.ts";
import { startLearner } from "./learning/learn.ts";
import { startFitter } from "./lifetime/fit.ts";
import { startWatch } from "./journeys/watch.ts";
import { startNeeds } from "./needs/fit.ts";
import { startTaskTeller } from "./people/tell.ts";
import { startRefreshing } from "./recommendations/refresh.ts";
import type { Delivery, Outgoing } from "./messages/model.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { Clock } from "./values.ts";
import type { Vault } from "./vault.ts";
import { startWebhooks } from "./webhooks/send.ts";

export type ChoresDeps = {
  readonly sql: Database;
  readonly vault: Vault;
  /** null: this process reads no log. */
  readonly log: EventLog | null;
  readonly clock: Clock;
  readonly roles: Config["roles"];
  readonly inbox: Inbox;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Events that no worker has handled yet. */
  readonly waiting: () => number;
  /** Hands a mail of our own over to a workspace's provider. */
  readonly mail: (outgoing: Outgoing) => Promise<Delivery>;
  /** Says that somebody is to enter a journey. */
  readonly onEntry: () => void;
};
export type Chores = {
  /** Tells runs what people did with their tasks. */
  tellTasks(): Promise<void>;
  stop(): Promise<void>;
};

/** Calls belong to the sender, the clock and the watch to the worker; what a task came to is told by whoever was told it. */
export function startChores({ sql, vault, log, clock, roles, inbox, mail, logger, metrics, waiting, onEntry }: ChoresDeps): Chores {
  const append = inbox.append.bind(inbox);
  const fault = (message: string) => (cause: unknown) => logger.warn({ err: cause }, message);
  const tasks = startTaskTeller({ sql, clock, append, onFault: fault("what came of a task cannot be told for now; tried again") });
  const stops: (() => Promise<void>)[] = [() => tasks.stop()];
  if (roles.includes("sender")) {
    const caller = startCaller({ sql, vault, clock, tell: append, onFault: fault("a journey's calls cannot be made for now; tried again") });
    const webhooks = startWebhooks({ sql, vault, clock, onFault: fault("webhooks cannot be sent for now; tried again") });
    stops.push(() => caller.stop(), () => webhooks.stop());
  }
  if (roles.includes("worker")) {
    const feeds = startFeeds({ sql, clock, onFault: fault("product feeds cannot be read for now; tried again") });
    stops.push(() => feeds.stop());
    const scheduler = startScheduler({ sql, clock, onEntry, onFault: fault("a journey cannot begin by the clock for now; tried again in a minute") });
    const watch = startWatch({
      sql, clock, waiting,
      onStranded: (runs) => logger.warn({ runs }, "runs stood that nothing would have moved; they were helped on"),
      onFault: fault("runs cannot be watched for now; tried again in a minute"),
    });
    metrics.gauge("throughline_journey_runs_stranded", "Live runs that neither time nor anybody's answer would move, as last seen: always 0.", () => watch.stranded());
    const counting = startCounting(sql, fault("runs cannot be added up for now; tried again"));
    stops.push(() => scheduler.stop(), () => watch.stop(), () => counting.stop());
    if (log) {
      const look = startDailyLook({ sql, log, clock, onFault: fault("gaps cannot be looked for now; tried again in ten minutes") });
      const digests = startDigests({ sql, log, clock, handOver: mail, onFault: fault("a digest or the look for changes failed for now; tried again in a minute") });
      const fitter = startFitter({ sql, log, clock, append, onFault: fault("a workspace's purchases cannot be fitted for now; tried again in an hour") });
      const refreshing = startRefreshing({ sql, log, clock, onFault: fault("recommendations cannot be worked out for now; tried again in some hours") });
      const needs = startNeeds({ sql, log, clock, append, onFault: fault("a workspace's likely needs cannot be worked out for now; tried again in an hour") });
      const learner = startLearner({
        sql, log, clock,
        onStop: ({ workspace, key }, words) => logger.warn({ workspace, place: key, words }, "a place that learns was stopped; priority decides"),
        onFault: fault("what came of decisions cannot be learned from for now; tried again in a minute"),
      });
      stops.push(() => learner.stop(), () => look.stop(), () => digests.stop(), () => fitter.stop(), () => refreshing.stop(), () => needs.stop());
    }
  }
  return {
    tellTasks: () => tasks.tell(),
    stop: async () => {
      for (const stop of stops.toReversed()) await stop();
    },
  };
} // prettier-ignore
