/** What the tests of sending share: a world whose clock stands, an outbox, senders, and counterparts that really listen. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../../src/db/postgres.ts";
import { type Permitted, claim } from "../../src/messages/claim.ts";
import { turnOf } from "../../src/messages/outbox.ts";
import { addProvider } from "../../src/messages/provider-store.ts";
import type { Sender } from "../../src/messages/send.ts";
import type { MessageChannel } from "../../src/permission/model.ts";
import { openSending } from "../../src/sending.ts";
import { aTemplate } from "../journeys/story.ts";
import { WORKSPACE, anOwnWorld } from "../world.ts";
import { type Counterpart, aMailCounterpart } from "./counterparts.ts";
import { VAULT } from "../vault.ts";

/** Noon of a Wednesday, in UTC. */
export const NOON = Date.UTC(2026, 2, 11, 12);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export type Row = {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly dueAt: number;
  readonly settledAt: number | null;
  readonly attempts: number;
};
export type AskedFor = {
  readonly channel?: MessageChannel;
  readonly template?: number;
  readonly purpose?: string;
  readonly priority?: number;
  readonly else?: "wait" | "skip";
  readonly expiresMs?: number;
  readonly run?: string;
  /** Part of a send to many. */
  readonly toMany?: boolean;
};

/** The Message-IDs of what a mail server got, in order. */
export const mailIdsIn = ({ received }: Pick<Counterpart, "received">): readonly string[] =>
  received.map(({ body }) => /^Message-ID: <([^@>]+)@/im.exec(body)![1]!);

/** An outbox in a world on which it is noon; nothing runs but the worker until a sender is started. */
export async function anOutbox() {
  const world = await anOwnWorld(() => NOON);
  const { sql, clock } = world;
  const mail = await aMailCounterpart();
  const closing: (() => Promise<void>)[] = [];
  await sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', '{\"quietHours\": []}') where id = $1", [WORKSPACE]);
  const template = await aTemplate(world, "Letter", { channel: "email", subject: "Hello", html: "<p>Hello</p>" });
  const rowsOf = (ids: readonly string[]) =>
    sql.query<Row>('select id, state, reason, due_at as "dueAt", settled_at as "settledAt", attempts from messages where id = any($1::text[]) order by created_at, id', [ids]);
  const atoms = new Map<string, number>();
  const asks = async (who: string, asked: AskedFor = {}): Promise<string> => {
    const { channel = "email", purpose = "marketing", priority = 50, expiresMs = 10 * DAY_MS, run = null, toMany = false } = asked;
    const atom = atoms.get(who) ?? Number((await world.identities(`user_id ${who}`))!.atoms[0]!.id.slice(1));
    atoms.set(who, atom);
    const id = randomUUID();
    await sql.query(
      `insert into messages (id, workspace, atom, run, channel, template, purpose, asked, turn, state, due_at, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'due', $10, $10, $11)`,
      [
        id, WORKSPACE, atom, run, channel, asked.template ?? template, purpose,
        JSON.stringify({ tags: [], products: [], priority, else: asked.else ?? "wait", context: {}, why: { type: "api", by: "a test" } }), turnOf(purpose, toMany), clock(), clock() + expiresMs,
      ],
    );
    return id;
  };
  return {
    ...world, mail, template, rowsOf, asks,
    aTemplate: (name: string, content: object) => aTemplate(world, name, content),
    /** Somebody with an address. */
    meet: (...whos: readonly string[]) =>
      world.sends(whos.map((who) => ({
        workspace: WORKSPACE, id: randomUUID(), type: "track", name: "Met", happenedAt: clock(), receivedAt: clock(), originalAt: null, sentAt: null, channel: "web", touchpoint: "/", key: 1,
        identifiers: [{ kind: "user_id", value: who }, { kind: "email", value: `${who}@example.com` }],
      }))),
    policy: (policy: object) =>
      sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', $2::jsonb) where id = $1", [WORKSPACE, JSON.stringify({ quietHours: [], ...policy })]),
    provider: (channel: MessageChannel, driver: "smtp" | "webhook" | "in_app", config: object, perSecond: number | null = null) =>
      addProvider(sql, VAULT, WORKSPACE, { channel, driver, name: driver, config: config as never, perSecond }, 10, clock()),
    /** Mail goes to the world's mail server. */
    byMail: (perSecond: number | null = null) =>
      addProvider(sql, VAULT, WORKSPACE, { channel: "email", driver: "smtp", name: "Mail", config: { host: "127.0.0.1", port: mail.port, security: "none", from: "Shop <shop@example.com>" }, perSecond }, 10, clock()),
    /** Starts a sender of its own, which `close` stops; `on`: by way of which store; `now`: its clock, where it is another than the worker's. */
    sender: async (on: Database = sql, now: () => number = clock): Promise<Sender> => {
      const sending = await openSending({ sql: on, vault: VAULT, clock: now, inbox: world.inbox, base: "https://go.example", publicUrl: undefined, random: () => 0, onFault: (cause) => world.faults.push(cause) });
      const sender = await sending.start();
      closing.push(async () => {
        await sender.stop();
        await sending.close();
      });
      return sender;
    },
    /** A sender that dies between taking messages and settling them: it has claimed, and that is the last of it. */
    claims: async (channel: MessageChannel = "email", claimMs = 120_000, max = 100): Promise<readonly Permitted[]> =>
      (await claim(sql, { lane: { workspace: WORKSPACE, channel }, now: clock(), max, toMany: true, claimMs, upcomingOf: () => [] })).permitted,
    /** Waits until these stand as asked, waking the sender. */
    until: async (sender: Sender, ids: readonly string[], is: (row: Row) => boolean): Promise<readonly Row[]> => {
      for (;;) {
        sender.wake();
        const rows = await rowsOf(ids);
        if (rows.length > 0 && rows.every(is)) return rows;
        await pause(5);
      }
    },
    async close() {
      mail.hangUp();
      for (const one of closing) await one();
      await mail.close();
      await world.close();
    },
  };
} // prettier-ignore
export type Outbox = Awaited<ReturnType<typeof anOutbox>>;

/** Whether nothing more happens to a message until the clock moves. */
export const rests =
  (now: () => number) =>
  ({ state, dueAt }: Row): boolean =>
    state !== "sending" && (state !== "due" || dueAt > now());
