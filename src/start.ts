/**
 * Puts a process together: opens the stores, starts the roles asked for, and takes it all down again in order.
 * Everything is passed as an argument from here; nothing else in the program opens a store or reads a clock.
 */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type First, ensureFirstWorkspace } from "./access/first.ts";
import { type KeyRing, createKeyRing } from "./access/keys.ts";
import { analysisRoutes } from "./analyses.ts";
import { cartRoutes } from "./catalogue/routes-cart.ts";
import { sourceRoutesOfCatalogue } from "./catalogue/routes-sources.ts";
import { catalogueRoutes } from "./catalogue/routes.ts";
import { type Chores, startChores } from "./chores.ts";
import type { Config } from "./config.ts";
import { Failure } from "./errors.ts";
import { liveRoutes } from "./customers/live.ts";
import { customerRoutes } from "./customers/routes.ts";
import { type Stores, openStores } from "./db/open.ts";
import { type Backlog, watchBacklog } from "./events/backlog.ts";
import { createInbox, waitingEvents } from "./events/inbox.ts";
import type { Inbox } from "./events/model.ts";
import { refusedRoutes } from "./events/refused-routes.ts";
import { createRefusedStore } from "./events/refused.ts";
import { collectionRoutes } from "./events/routes.ts";
import type { App } from "./http/app.ts";
import { createServer } from "./http/server.ts";
import { exportRoutes } from "./imports/export-routes.ts";
import { openPlace } from "./imports/place.ts";
import { importRoutes } from "./imports/routes.ts";
import { type Runner, createRunner } from "./imports/run.ts";
import { ensureLanes, releaseAllLanes } from "./lanes.ts";
import type { Rounds } from "./rounds.ts";
import { releaseAllBuilds, startBuilder } from "./segments/build.ts";
import { segmentRoutes } from "./segments/routes.ts";
import { DEFINED_CHANNEL } from "./segments/store.ts";
import { type Feed, startFeed, unloggedEvents } from "./log/feed.ts";
import { sourceRoutes } from "./log/routes.ts";
import { journeyRoutes } from "./journeys/routes.ts";
import { replayRoutes } from "./journeys/routes-replay.ts";
import { resultsRoutes } from "./journeys/routes-results.ts";
import { type DecisionDeps, decisionRoutes } from "./decisions/routes.ts";
import { learningRoutes } from "./decisions/routes-learning.ts";
import { decisionKeyOf } from "./decisions/token.ts";
import { createPanels } from "./desk/panels.ts";
import { deskRoutes } from "./desk/routes.ts";
import { panelKeyOf } from "./desk/signed.ts";
import { starterRoutes } from "./journeys/starters-routes.ts";
import { lifetimeRoutes } from "./lifetime/routes.ts";
import { needsRoutes } from "./needs/routes.ts";
import { readUsesOfTemplate } from "./journeys/store.ts";
import { customerRoutesOfMessages } from "./messages/customer-routes.ts";
import { tellBy } from "./messages/links-tell.ts";
import { outboxRoutes } from "./messages/routes-outbox.ts";
import { inboxRoutes } from "./messages/routes-inbox.ts";
import { providerRoutes } from "./messages/routes-providers.ts";
import { pushRoutes } from "./messages/routes-push.ts";
import { reportRoutes } from "./messages/routes-reports.ts";
import { templateRoutes } from "./messages/routes-templates.ts";
import { taskRoutes } from "./people/routes.ts";
import { permissionRoutes } from "./permission/routes.ts";
import { recommendationRoutes } from "./recommendations/routes.ts";
import { visitorOf } from "./messages/visitor.ts";
import { openSealed } from "./reseal.ts";
import { type Sending, openSending } from "./sending.ts";
import { type Metrics, createMetrics } from "./telemetry/metrics.ts";
import { keepUp } from "./upkeep.ts";
import { type Clock, clockAhead } from "./values.ts";
import type { Vault } from "./vault.ts";
import { webhookRoutes } from "./webhooks/routes.ts";
import { startWorkerThread } from "./worker-host.ts";
import type { Worker } from "./worker.ts";

export type StartOptions = {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** Where the built web app lies. */
  readonly webDir: string;
  /** How far the platform's clock is ahead of the machine's, as `clockAhead` takes it. */
  readonly ahead?: SharedArrayBuffer;
};
export type Running = {
  /** Where it listens, as a browser on this machine would call it. */
  readonly address: string;
  readonly first: First;
  /** For tests and tools in the same process. */
  readonly stores: Stores;
  /** Resolves when all that was accepted so far is processed and logged; only with the role worker. */
  drain(): Promise<void>;
  /** Answers what is under way, finishes the batch in hand, closes the stores. */
  stop(): Promise<void>;
};
type Parts = StartOptions & {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly metrics: Metrics;
  readonly backlog: Backlog;
  readonly inbox: Inbox;
  readonly sending: Sending;
  readonly chores: Chores;
  /** Says that there is a version of a segment, a trait, the stages or a journey to build. */
  readonly onVersion: () => void;
  /** Says that somebody is to enter a journey. */
  readonly onEntry: () => void;
};

/** Starts the roles of `config`. Throws `Failure("configuration")` in a sentence that says what to do. */
export async function start(options: StartOptions): Promise<Running> {
  const { config, logger, ahead } = options;
  const clock = clockAhead(Date.now, ahead);
  const stores = await openStores(config, (message) => logger.error(message));
  const closers: (() => unknown)[] = [() => stores.close()];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const { sql } = stores;
    await ensureLanes(sql);
    if (stores.alone) {
      await releaseAllLanes(sql);
      await releaseAllBuilds(sql);
    }
    const vault = await openSealed(sql, config, clock());
    const first = await ensureFirstWorkspace(sql, {
      dataDir: config.dataDir, writeKey: config.THROUGHLINE_WRITE_KEY, secretKey: config.THROUGHLINE_SECRET_KEY, now: clock(),
    }); // prettier-ignore
    const upkeep = await keepUp(sql, config, clock, (cause) =>
      logger.error({ err: cause }, "upkeep failed; tried again in an hour"),
    );
    closers.push(() => upkeep.stop());
    const backlog = watchBacklog(sql, clock, (cause) =>
      logger.warn({ err: cause }, "the inbox cannot be measured for now"),
    );
    closers.push(() => backlog.stop());

    const work = config.roles.includes("worker") ? await startWork(options, stores, clock) : null;
    if (work) closers.push(() => work.stop());
    const inbox = createInbox(stores.bulk, {
      clock, waitingMax: config.THROUGHLINE_INBOX_MAX, waiting: () => backlog.waiting(), notify: !work,
      onAppend: () => {
        backlog.grew();
        work?.worker.wake();
      },
    }); // prettier-ignore
    const sending = await openSending({
      sql, vault, clock, inbox, base: baseOf(config), publicUrl: config.THROUGHLINE_URL, bounces: bouncesOf(config),
      onFault: (cause) => logger.warn({ err: cause }, "messages cannot be sent for now; tried again"),
    }); // prettier-ignore
    closers.push(() => sending.close());
    if (config.roles.includes("sender")) {
      const messages = await sending.start();
      closers.push(() => messages.stop());
    }
    const onVersion = () => work?.builder.wake();
    // Workers elsewhere listen for events and look at everything when they hear of some.
    const onEntry = () => void (work ? work.worker.wake() : sql.query("select pg_notify('inbox', '')").catch(() => undefined)); // prettier-ignore
    const metrics = createMetrics();
    const chores = startChores({ sql, vault, log: stores.log, mail: (outgoing) => sending.mail(outgoing), clock, roles: config.roles, inbox, logger, metrics, waiting: () => backlog.waiting(), onEntry }); // prettier-ignore
    closers.push(() => chores.stop());
    const parts: Parts = { ...options, clock, vault, stores, metrics, backlog, inbox, sending, chores, onVersion, onEntry }; // prettier-ignore
    const { app, runner } = await serve(parts);
    closers.push(
      () => runner?.stop(),
      () => app.close(),
    );
    await listen(app, config);
    return {
      address: config.THROUGHLINE_URL ?? `http://localhost:${portOf(app, config)}`,
      first, stores, stop,
      drain: async () => {
        while ((await waitingEvents(sql, clock())).events > 0) await work?.passed();
        await work?.feed.drain();
      },
    }; // prettier-ignore
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** The address this server is reached by, without a stroke at its end. */
const baseOf = ({ THROUGHLINE_URL, PORT }: Config): string =>
  (THROUGHLINE_URL ?? `http://localhost:${PORT}`).replace(/\/+$/, "");

const bouncesOf = ({ HOST: host, THROUGHLINE_BOUNCE_PORT: port }: Config) => (port === undefined ? null : { host, port }); // prettier-ignore

function portOf(app: FastifyInstance, { PORT }: Config): number {
  const address = app.server.address();
  return typeof address === "object" && address ? address.port : PORT;
}

async function listen(app: FastifyInstance, { PORT, HOST }: Config): Promise<void> {
  try {
    await app.listen({ port: PORT, host: HOST, listenTextResolver: () => "listening" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw cause;
    const why = code === "EACCES" ? "may not be opened by this user" : "is taken by another program";
    throw new Failure("configuration", `Port ${PORT} ${why}. Choose another with PORT, e.g. PORT=3001.`, {
      cause,
    });
  }
}

type Work = {
  readonly worker: Worker;
  readonly feed: Feed;
  readonly builder: Rounds;
  passed(): Promise<void>;
  stop(): Promise<void>;
};

async function startWork({ logger, ahead }: StartOptions, stores: Stores, clock: Clock): Promise<Work> {
  const { sql } = stores;
  const feed = startFeed({
    sql, clock, log: stores.log!,
    onFault: (cause) => logger.warn({ err: cause }, "the event log did not take an insert; tried again"),
  }); // prettier-ignore
  let waiting: (() => void)[] = [];
  const worker = startWorkerThread({
    url: sql.url, isEmbedded: stores.alone, owner: randomUUID(), ahead,
    onFault: (fault) => logger.warn({ fault }, "a batch was not handled; tried again"),
    onCommit: (logBatch, lines) => {
      if (logBatch !== null) feed.offer(logBatch, lines);
      for (const resolve of waiting.splice(0)) resolve();
    },
  }); // prettier-ignore
  const builder = startBuilder({
    sql, log: stores.log!, clock,
    settle: () => feed.drain(),
    onWake: () => worker.wake(),
    onFault: (cause) => logger.warn({ err: cause }, "a segment cannot be built for now; tried again"),
  }); // prettier-ignore
  // On stores of our own every append is made in this process and wakes the worker itself.
  const listening = stores.alone ? null : await sql.listen("inbox", () => worker.wake());
  const defined = stores.alone ? null : await sql.listen(DEFINED_CHANNEL, () => builder.wake());
  return {
    worker,
    feed,
    builder,
    passed: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        // A batch may have passed a moment ago: look again soon.
        setTimeout(resolve, 50);
      }),
    stop: async () => {
      await listening?.stop();
      await defined?.stop();
      await builder.stop();
      await worker.stop();
      await feed.stop();
      waiting = [];
    },
  };
}

async function serve(parts: Parts): Promise<{ app: FastifyInstance; runner: Runner | null }> {
  const { config, stores, clock, vault, metrics, inbox, logger } = parts;
  const { sql, log } = stores;
  const keys = createKeyRing(sql, clock);
  const refused = createRefusedStore(sql);
  const newId = () => randomUUID();
  const { folder, place } = await openPlace(config.dataDir);
  const api = config.roles.includes("api");
  const seconds = () => performance.now() / 1000;
  const runner = api
    ? createRunner({
        sql, inbox, meter: metrics.meter, clock, seconds, folder, place, keepIp: config.THROUGHLINE_STORE_IP,
        log: (message, cause) => logger.warn({ err: cause }, message),
      }) // prettier-ignore
    : null;
  const deciding = decidingOf(parts, keys, refused);
  const panels = createPanels({ sql, vault, clock, key: panelKeyOf(parts.sending.linkKey) });
  const app = createServer({
    config, sql, log, clock, keys, panels, metrics, logger,
    version: parts.version,
    webDir: parts.webDir,
    lag: { read: () => lagsOf(parts) },
    collection: (scope) => collectionRoutes(scope, { inbox, keys, refused, meter: metrics.meter, clock, config, newId }),
    routes: (rooms: App) => {
      customerRoutes(rooms, { sql, log: log!, clock });
      liveRoutes(rooms, { sql, clock });
      sourceRoutes(rooms, { sql, log: log!, clock });
      refusedRoutes(rooms, { inbox, refused, meter: metrics.meter, clock, keepIp: config.THROUGHLINE_STORE_IP });
      importRoutes(rooms, { sql, clock, folder, place, receiving: new Set(), onReady: () => runner?.wake(), keepIp: config.THROUGHLINE_STORE_IP });
      exportRoutes(rooms, { sql, log: log! });
      segmentRoutes(rooms, { sql, log: log!, clock, onVersion: parts.onVersion });
      webhookRoutes(rooms, { sql, vault, clock });
      catalogueRoutes(rooms, { sql, clock });
      sourceRoutesOfCatalogue(rooms, { sql, vault, clock, publicUrl: baseOf(config) });
      cartRoutes(rooms, { sql, whose: (request, asked) => visitorOf({ sql, vault, clock, keys }, request, asked, "the_unnamed", false) });
      permissionRoutes(rooms, { sql });
      recommendationRoutes(rooms, { sql, log: log!, clock });
      journeyRoutes(rooms, { sql, clock, onVersion: parts.onVersion, onEntry: parts.onEntry });
      replayRoutes(rooms, { sql, log: log!, clock, onFault: (cause) => logger.warn({ err: cause }, "a replay failed") });
      resultsRoutes(rooms, { sql, log: log!, clock });
      analysisRoutes(rooms, { sql, log: log!, clock, onVersion: parts.onVersion });
      lifetimeRoutes(rooms, { sql, log: log!, clock, append: (events) => inbox.append(events) });
      needsRoutes(rooms, { sql, log: log!, clock, append: (events) => inbox.append(events) });
      starterRoutes(rooms, { sql, vault, clock, onVersion: parts.onVersion });
      taskRoutes(rooms, { sql, clock, onEnded: () => parts.chores.tellTasks() });
      outboxRoutes(rooms, { sql, clock });
      learningRoutes(rooms, { sql, log: log!, clock });
      decisionRoutes(rooms, deciding);
      deskRoutes(rooms, {
        sql, log: log!, vault, clock, inbox, panels, decide: { ...deciding, count: () => undefined }, onTaskEnded: () => parts.chores.tellTasks(),
        onFault: (cause) => logger.warn({ err: cause }, "the desk was shown without what the event log has"),
      });
      providerRoutes(rooms, { sql, vault, clock, publicUrl: config.THROUGHLINE_URL });
      reportRoutes(rooms, { sql, vault, clock, publicUrl: config.THROUGHLINE_URL, tell: (events) => inbox.append(events) });
      pushRoutes(rooms, { sql, vault, clock, keys });
      inboxRoutes(rooms, {
        sql, vault, clock, keys, tell: (events) => inbox.append(events),
        onFault: (cause) => logger.warn({ err: cause }, "in-app messages cannot be shown as they come for now"),
      });
      customerRoutesOfMessages(rooms, { sql, clock, base: baseOf(config), key: parts.sending.linkKey, tell: tellBy(sql, inbox) });
      templateRoutes(rooms, {
        sql, clock, base: baseOf(config), sendTest: (test) => parts.sending.sendTest(test),
        usesOf: (workspace, template) => readUsesOfTemplate(sql, workspace, template),
      });
    },
  }); // prettier-ignore
  return { app, runner };
}

/** What decisions are made with, on pages and at the desk. */
function decidingOf({ config, stores, clock, vault, metrics, inbox, logger, sending, onVersion }: Parts, keys: KeyRing, refused: DecisionDeps["refused"]): DecisionDeps {
  return {
    sql: stores.sql, prepared: stores.prepared, vault, clock, inbox, refused, keys, newId: () => randomUUID(), config, findSecret: (key) => keys.findSecret(key),
    meter: metrics.meter, budgetMs: config.THROUGHLINE_DECIDE_MS, key: decisionKeyOf(sending.linkKey), onVersion,
    count: (outcome, seconds) => {
      metrics.meter.count("decide", outcome);
      metrics.meter.time("decide", seconds);
    },
    onFault: (cause) => logger.warn({ err: cause }, "a decision was answered with the default"),
  };
} // prettier-ignore

async function lagsOf({ stores, clock }: Parts) {
  const [worker, eventLog] = await Promise.all([
    waitingEvents(stores.sql, clock()),
    unloggedEvents(stores.sql, clock()),
  ]);
  return {
    worker: { lagEvents: worker.events, lagMs: worker.ms },
    eventLog: { lagEvents: eventLog.events, lagMs: eventLog.ms },
  };
}
