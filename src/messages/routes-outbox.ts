/** HTTP of the outbox: what was sent, what waits and why, what was refused and why; and a message asked for directly. */
import { z } from "zod";
import { atomsOfCustomer } from "../customers/read.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { MessageChannel } from "../permission/model.ts";
import { AnyJson, type Clock, CustomerId, type Instant, type JsonObject, atomOf, customerIdOf, isoOf } from "../values.ts"; // prettier-ignore
import { askForMessage } from "./direct.ts";
import { MessageDraft, MessageState } from "./model.ts";

export type OutboxDeps = { readonly sql: Sql; readonly clock: Clock };

const access = { access: "secret" } as const;
const tags = ["Messages"];
const At = z.iso.datetime().describe("ISO 8601, UTC");

/** One message of the list. */
export const MessageSummary = z.object({
  id: z.string(),
  customerId: CustomerId,
  journey: z.object({ id: z.int(), name: z.string() }).nullable(),
  step: z.string().nullable(),
  channel: MessageChannel,
  template: z.object({ id: z.int(), name: z.string().nullable() }),
  purpose: z.string(),
  state: MessageState,
  reason: z.string().nullable().describe("Why it did not leave, or waits"),
  detail: z.string().nullable(),
  address: z.string().nullable(),
  subject: z.string().nullable().describe("The subject, title or first words; null before it was rendered"),
  createdAt: At,
  dueAt: At,
  settledAt: At.nullable(),
});
export type MessageSummary = z.infer<typeof MessageSummary>;
export const MessageList = z.object({ messages: z.array(MessageSummary), nextCursor: z.string().nullable() });
export type MessageList = z.infer<typeof MessageList>;
/** GET /v1/messages/{id}. */
export const MessageView = MessageSummary.extend({
  content: AnyJson.describe("As it was rendered; null before"),
  attempts: z.int(),
  provider: z.string().nullable(),
  reports: z
    .array(z.object({ what: z.string(), at: At, detail: z.string() }))
    .describe("What the provider told later"),
});
export type MessageView = z.infer<typeof MessageView>;
/** GET /v1/messages/counts. */
export const MessageCounts = z.object({
  counts: z.array(z.object({ day: z.iso.date(), channel: MessageChannel, outcome: z.string(), reason: z.string(), n: z.int() })),
}); // prettier-ignore
export type MessageCounts = z.infer<typeof MessageCounts>;
const Asked = MessageDraft.extend({ customerId: CustomerId }).meta({
  examples: [{ customerId: "c12", template: 1, purpose: "transactional", context: { order_id: "o1" } }],
});

type Row = {
  readonly id: string;
  readonly customer: number | null;
  readonly journey: number | null;
  readonly journeyName: string | null;
  readonly step: string | null;
  readonly channel: MessageChannel;
  readonly template: number;
  readonly templateName: string | null;
  readonly purpose: string;
  readonly state: MessageState;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly address: string | null;
  readonly content: JsonObject | null;
  readonly attempts: number;
  readonly providerName: string | null;
  readonly createdAt: Instant;
  readonly dueAt: Instant;
  readonly settledAt: Instant | null;
};
const ROW = `m.id, a.customer, m.journey, j.name as "journeyName", m.step, m.channel, m.template, t.name as "templateName", m.purpose, m.state, m.reason, m.detail,
  m.address, m.content, m.attempts, p.name as "providerName", m.created_at as "createdAt", m.due_at as "dueAt", m.settled_at as "settledAt"`;
const FROM = `from messages m left join atoms a on a.id = m.atom left join journeys j on j.id = m.journey left join templates t on t.id = m.template
  left join providers p on p.id = m.provider`;

/** Registers the routes; each needs a secret key or a session. */
export function outboxRoutes(app: App, { sql, clock }: OutboxDeps): void {
  app.get("/v1/messages", {
    config: access,
    schema: {
      operationId: "listMessages", tags, summary: "The outbox: messages, newest first",
      querystring: z.object({
        state: MessageState.optional(), channel: MessageChannel.optional(), journey: z.coerce.number().int().min(1).optional(), customerId: CustomerId.optional(),
        reason: z.string().max(50).optional(), ...pageQuery(200, 50),
      }),
      response: { 200: MessageList },
    },
  }, async ({ workspace, query }) => {
    const atoms = query.customerId === undefined ? null : (await atomsOfCustomer(sql, workspace, atomOf(query.customerId)!)).map(({ id }) => id);
    const [before, id] = placeOf(query.cursor, ["number", "string"]) ?? [null, null];
    const rows = await sql.query<Row>(
      `select ${ROW} ${FROM} where m.workspace = $1 and ($2::text is null or m.state = $2) and ($3::text is null or m.channel = $3) and ($4::int is null or m.journey = $4)
         and ($5::bigint[] is null or m.atom = any($5)) and ($6::text is null or m.reason = $6) and ($7::bigint is null or (m.created_at, m.id) < ($7, $8))
       order by m.created_at desc, m.id desc limit $9`,
      [workspace, query.state ?? null, query.channel ?? null, query.journey ?? null, atoms, query.reason ?? null, before, id, query.limit],
    );
    const last = rows.at(-1);
    return { messages: rows.map(summaryOf), nextCursor: rows.length === query.limit && last ? cursorOf([last.createdAt, last.id]) : null };
  }); // prettier-ignore

  app.post("/v1/messages", {
    config: access,
    schema: {
      operationId: "sendMessage", tags, summary: "Send a customer a message",
      description: "It is put into the outbox and asks for permission when it would leave, like any other. Send an Idempotency-Key, so that a repeated request sends once.",
      body: Asked, response: { 202: z.object({ id: z.string() }) },
    },
  }, async ({ workspace, body: { customerId, ...draft }, actor }, reply) => {
    const by = actor.type === "user" ? actor.name : "API";
    const id = await askForMessage(sql, workspace, atomOf(customerId)!, draft, by, clock());
    return reply.code(202).send({ id });
  }); // prettier-ignore

  app.get("/v1/messages/counts", {
    config: access,
    schema: {
      operationId: "countMessages", tags, summary: "What became of messages, by day, channel and reason",
      querystring: z.object({ days: z.coerce.number().int().min(1).max(366).default(30) }), response: { 200: MessageCounts },
    },
  }, async ({ workspace, query }) => {
    const rows = await sql.query<{ dayAt: Instant; channel: MessageChannel; outcome: string; reason: string; n: number }>(
      `select day_at as "dayAt", channel, outcome, reason, n::int as n from message_counts where workspace = $1 and day_at >= $2 order by 1, 2, 3, 4`,
      [workspace, clock() - query.days * 86_400_000],
    );
    return { counts: rows.map(({ dayAt, ...rest }) => ({ day: isoOf(dayAt).slice(0, 10), ...rest })) };
  }); // prettier-ignore

  app.get("/v1/messages/:id", {
    config: access,
    schema: { operationId: "readMessage", tags, summary: "A message with its content and what the provider told", params: z.object({ id: z.string().min(1).max(200) }), response: { 200: MessageView } },
  }, async ({ workspace, params }) => {
    const [row] = await sql.query<Row>(`select ${ROW} ${FROM} where m.workspace = $1 and m.id = $2`, [workspace, params.id]);
    if (!row) throw new Failure("not_found", "There is no such message.");
    const reports = await sql.query<{ what: string; at: Instant; detail: string }>(
      "select what, at, detail from message_reports where workspace = $1 and message = $2 order by at, report_id limit 100",
      [workspace, params.id],
    );
    return {
      ...summaryOf(row), content: row.content, attempts: row.attempts, provider: row.providerName,
      reports: reports.map(({ what, at, detail }) => ({ what, at: isoOf(at), detail })),
    };
  }); // prettier-ignore
}

function summaryOf(row: Row): MessageSummary {
  const { id, customer, journey, journeyName, step, channel, template, templateName, purpose, state, reason, detail, address, content } = row;
  const words = content?.["subject"] ?? content?.["title"] ?? content?.["text"] ?? content?.["name"] ?? null;
  return {
    id, customerId: customerIdOf(customer ?? 0), journey: journey === null ? null : { id: journey, name: journeyName ?? "" }, step, channel,
    template: { id: template, name: templateName }, purpose, state, reason, detail, address,
    subject: typeof words === "string" ? words.slice(0, 200) : null, createdAt: isoOf(row.createdAt), dueAt: isoOf(row.dueAt),
    settledAt: row.settledAt === null ? null : isoOf(row.settledAt),
  };
} // prettier-ignore
