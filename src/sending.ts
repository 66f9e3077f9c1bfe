/** Puts the sender of messages together: the outbox, composing, drivers, and what journeys still mean to send. */
import type { Database } from "./db/postgres.ts";
import type { Event, Inbox } from "./events/model.ts";
import { type Journeys, loadJourneys } from "./journeys/force.ts";
import { MESSAGES_CHANNEL } from "./journeys/save.ts";
import { upcomingOf } from "./journeys/upcoming.ts";
import { createComposer } from "./messages/compose.ts";
import type { Lane } from "./messages/outbox.ts";
import { createDrivers, localProviderOf } from "./messages/providers.ts";
import { type ProviderRow, listProviders } from "./messages/provider-store.ts";
import { type Sender, startSender } from "./messages/send.ts";
import { linkKeyOf } from "./messages/tokens.ts";
import type { Clock } from "./values.ts";

export type SendingDeps = {
  readonly sql: Database;
  readonly clock: Clock;
  readonly inbox: Inbox;
  /** The address this server is reached by. */
  readonly base: string;
  /** The same where it was configured: providers are told to report to it. */
  readonly publicUrl: string | undefined;
  readonly onFault: (cause: unknown) => void;
  /** In [0, 1): spreads what is tried again. */
  readonly random?: () => number;
};

/** Starts sending what is due. */
export async function startSending({ sql, clock, inbox, base, publicUrl, onFault, random }: SendingDeps): Promise<Sender> {
  const drivers = createDrivers({ sql, clock, publicUrl });
  let journeys: Journeys = await loadJourneys(sql, await epochOf(sql));
  const look = async () => {
    const epoch = await epochOf(sql);
    if (epoch !== journeys.epoch) journeys = await loadJourneys(sql, epoch);
  };
  const sender = startSender({
    sql, clock, onFault, ...(random && { random }),
    providerOf: async (lane) => {
      await look();
      return (await readProviderOf(sql, lane)) ?? localProviderOf(lane.workspace, lane.channel);
    },
    driverOf: (provider) => drivers.of(provider),
    compose: createComposer({ sql, clock, base, linkKey: await linkKeyOf(sql, clock()) }),
    upcomingOf: (atoms, except) => upcomingOf(journeys, atoms, except),
    tell: (events: readonly Event[]) => inbox.append(events),
  });
  const listening = await sql.listen(MESSAGES_CHANNEL, () => sender.wake());
  return {
    wake: () => sender.wake(),
    stop: async () => {
      await listening.stop();
      await sender.stop();
      await drivers.close();
    },
  };
} // prettier-ignore

async function epochOf(sql: Database): Promise<number> {
  const [row] = await sql.query<{ n: number }>("select n from epochs");
  return row!.n;
}

/** Of a channel's providers the first is used. */
async function readProviderOf(sql: Database, { workspace, channel }: Lane): Promise<ProviderRow | null> {
  return (await listProviders(sql, workspace)).find((one) => one.channel === channel) ?? null;
}
