/** History put straight into the event log, for tests that ask much of it and need no worker. */
import { randomUUID } from "node:crypto";
import type { EventLog } from "../../src/db/clickhouse.ts";

/** What a test says of an event in the log. */
export type Past = {
  readonly atom: number;
  readonly at: number;
  /** Its message id; drawn where a test does not ask for it. */
  readonly id?: string;
  readonly name: string;
  readonly channel?: string;
  readonly touchpoint?: string;
  readonly properties?: object;
  readonly campaign?: object;
  readonly accountId?: string;
  readonly identifiers?: readonly object[];
  readonly workspace?: number;
};

/** Writes events into the log as the feed would. */
export async function tellHistory(log: EventLog, events: readonly Past[]): Promise<void> {
  const lines = events.map(({ workspace = 1, id = randomUUID(), atom, at, name, channel = "web", touchpoint = "event", properties, campaign, accountId, identifiers }) =>
    JSON.stringify({
      workspace, atom, happenedAt: at, receivedAt: at, id, type: name === "$page.viewed" ? "page" : "track", name, channel, touchpoint, key: name.startsWith("$") && name !== "$page.viewed" ? 0 : 1,
      properties: properties ? JSON.stringify(properties) : "", campaign: campaign ? JSON.stringify(campaign) : "", accountId: accountId ?? "",
      identifiers: identifiers ? JSON.stringify(identifiers) : "",
    }),
  ); // prettier-ignore
  await log.insert("events", lines.join("\n"), randomUUID());
}

/** Says that atoms belong to another customer. */
export const tellJoined = (log: EventLog, joined: readonly (readonly [atom: number, customer: number])[]): Promise<void> =>
  log.insert("customersOfAtoms", joined.map(([atom, customer]) => JSON.stringify({ workspace: 1, atom, customer, version: 1 })).join("\n"), randomUUID()); // prettier-ignore
