/** Puts the sender of messages together: the outbox, composing, drivers, and what journeys still mean to send. */
import type { Database } from "./db/postgres.ts";
import type { Event, Inbox } from "./events/model.ts";
import { type Journeys, loadJourneys } from "./journeys/force.ts";
import { isLettingIn } from "./journeys/save.ts";
import { upcomingOf } from "./journeys/upcoming.ts";
import { startBounceServer } from "./messages/bounce-server.ts";
import { createComposer } from "./messages/compose.ts";
import { MESSAGES_CHANNEL, sendTest } from "./messages/direct.ts";
import type { Delivery, Outgoing } from "./messages/model.ts";
import { createDrivers, localProviderOf } from "./messages/providers.ts";
import { type ProviderRow, listProviders } from "./messages/provider-store.ts";
import { type Sender, startSender } from "./messages/send.ts";
import type { TestMessage } from "./messages/routes-templates.ts";
import { type LinkKey, linkKeyOf } from "./messages/tokens.ts";
import type { MessageChannel } from "./permission/model.ts";
import type { Clock, WorkspaceId } from "./values.ts";
import type { Vault } from "./vault.ts";

export type SendingDeps = {
  readonly sql: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly inbox: Inbox;
  /** The address this server is reached by. */
  readonly base: string;
  /** The same where it was configured: providers are told to report to it. */
  readonly publicUrl: string | undefined;
  readonly onFault: (cause: unknown) => void;
  /** Where bounces are taken by SMTP; null: nowhere. */
  readonly bounces?: { readonly host: string; readonly port: number } | null;
  /** In [0, 1): spreads what is tried again. */
  readonly random?: () => number;
};

export type Sending = {
  /** What addresses for customers are signed with. */
  readonly linkKey: LinkKey;
  /** Hands a try of a template over at once. */
  sendTest(test: TestMessage): Promise<string>;
  /** Hands a mail of our own (no customer's) over to the workspace's provider of email. */
  mail(outgoing: Outgoing): Promise<Delivery>;
  /** Starts sending what is due. */
  start(): Promise<Sender>;
  /** Closes the drivers; after the sender was stopped. */
  close(): Promise<void>;
};

/** Opens what sending needs. */
export async function openSending({ sql, vault, clock, inbox, base, publicUrl, onFault, random, bounces = null }: SendingDeps): Promise<Sending> {
  const drivers = createDrivers({ sql, clock, publicUrl });
  const linkKey = await linkKeyOf(sql, vault, clock());
  const providerOf = async (workspace: WorkspaceId, channel: MessageChannel): Promise<ProviderRow> =>
    (await listProviders(sql, vault, workspace)).find((one) => one.channel === channel) ?? localProviderOf(workspace, channel);
  return {
    linkKey,
    sendTest: (test) => sendTest({ sql, clock, base, drivers, providerOf }, test),
    mail: async (outgoing) => drivers.of(await providerOf(outgoing.workspace, "email")).send(outgoing),
    close: () => drivers.close(),
    start: async () => {
      let journeys: Journeys = await loadJourneys(sql, await epochOf(sql));
      const sender = startSender({
        sql, clock, onFault, ...(random && { random }),
        isLettingIn: (workspace, now) => isLettingIn(sql, workspace, now),
        // Of a channel's providers the first is used; before each claim it is looked whether anything changed.
        providerOf: async ({ workspace, channel }) => {
          const epoch = await epochOf(sql);
          if (epoch !== journeys.epoch) journeys = await loadJourneys(sql, epoch);
          return providerOf(workspace, channel);
        },
        driverOf: (provider) => drivers.of(provider),
        compose: createComposer({ sql, clock, base, linkKey }),
        upcomingOf: (atoms, except) => upcomingOf(journeys, atoms, except),
        tell: (events: readonly Event[]) => inbox.append(events),
      });
      const listening = await sql.listen(MESSAGES_CHANNEL, () => sender.wake());
      const coming = bounces && (await startBounceServer({ ...bounces, sql, vault, clock, tell: (events) => inbox.append(events), onFault }));
      return {
        wake: () => sender.wake(),
        stop: async () => {
          await coming?.stop();
          await listening.stop();
          await sender.stop();
        },
      };
    },
  };
} // prettier-ignore

async function epochOf(sql: Database): Promise<number> {
  const [row] = await sql.query<{ n: number }>("select n from epochs");
  return row!.n;
}
