/** Messages that no journey asks for: one for a customer by the API, and a try of a template to a person's own address. */
import { randomUUID } from "node:crypto";
import { atomsOfCustomer } from "../customers/read.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { AtomId, Clock, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { type MessageDraft, MESSAGE_LIMITS, type Outgoing } from "./model.ts";
import { turnOf } from "./outbox.ts";
import type { Drivers } from "./providers.ts";
import type { ProviderRow } from "./provider-store.ts";
import { readTemplateData } from "./render-read.ts";
import { renderMessage } from "./render.ts";
import type { TestMessage } from "./routes-templates.ts";
import { forceReader } from "../segments/customer.ts";
import { createTemplates } from "./templates.ts";
import { testLinksOf } from "./tokens.ts";

/** Notified when messages are due, for senders in other processes. */
export const MESSAGES_CHANNEL = "messages";

/** Puts a message for a customer into the outbox; its id. It asks for permission like any other when it would leave. */
export async function askForMessage(sql: Sql, workspace: WorkspaceId, atom: AtomId, draft: MessageDraft, by: string, now: Instant): Promise<string> {
  const [customer] = await atomsOfCustomer(sql, workspace, atom);
  if (!customer) throw new Failure("not_found", "There is no such customer.");
  const [template] = await sql.query<{ channel: string }>(
    `select v.body->'content'->>'channel' as channel from templates t join template_versions v on v.template = t.id
     where t.workspace = $1 and t.id = $2 order by v.number desc limit 1`,
    [workspace, draft.template],
  );
  if (!template) throw new Failure("unprocessable", `There is no template ${draft.template}.`);
  const { tags, products, priority, context } = draft;
  if (JSON.stringify(context).length > MESSAGE_LIMITS.contextBytesMax)
    throw new Failure("unprocessable", `The context may have ${MESSAGE_LIMITS.contextBytesMax} characters as JSON at most.`);
  const id = randomUUID();
  await sql.query(
    `insert into messages (id, workspace, atom, channel, template, purpose, asked, turn, state, due_at, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'due', $9, $9, $10)`,
    [
      id, workspace, customer.customer, template.channel, draft.template, draft.purpose,
      JSON.stringify({ tags, products, priority, else: draft.else, context, why: { type: "api", by } }), turnOf(draft.purpose, false), now, now + draft.expiresMs,
    ],
  );
  await sql.query(`select pg_notify('${MESSAGES_CHANNEL}', '')`);
  return id;
} // prettier-ignore

export type TestDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly base: string;
  readonly drivers: Drivers;
  readonly providerOf: (workspace: WorkspaceId, channel: ProviderRow["channel"]) => Promise<ProviderRow>;
};

/**
 * Tries a template: renders it for the customer (or a made-up one), hands it over to the address given and keeps it in the
 * outbox; its id. Whoever tries it asked for it, so nobody's permission is needed. Throws what the provider refused.
 */
export async function sendTest({ sql, clock, base, drivers, providerOf }: TestDeps, test: TestMessage): Promise<string> {
  const { workspace, template: templateId, number, to, atom, context } = test;
  const ready = await createTemplates(sql).ready(workspace, templateId, number);
  if (!ready || "problems" in ready) throw new Failure("not_found", `There is no template ${templateId} here.`);
  const { channel } = ready.template.draft.content;
  const id = `test-${randomUUID()}`;
  // Whoever gets the test must not be able to choose for the customer whose data it shows.
  const links = testLinksOf(base);
  const readings = await readTemplateData(sql, forceReader(sql), { workspace, atom, context, links, now: clock() });
  if (!readings) throw new Failure("not_found", "There is no such customer.");
  const rendering = renderMessage(ready.template, readings.data, {
    manner: readings.manner, foot: channel === "email" ? { links, workspace: readings.from, transactional: true } : null, track: null, openPixel: null,
  });
  if (rendering.type === "refused") throw new Failure("unprocessable", rendering.detail);
  const provider = await providerOf(workspace, channel);
  const outgoing: Outgoing = { id, workspace, customer: "c0", to, purpose: "transactional", content: rendering.content, unsubscribe: null };
  const delivery = await drivers.of(provider).send(outgoing);
  const left = delivery.type === "sent";
  await sql.query(
    `insert into messages (id, workspace, atom, channel, template, purpose, asked, state, due_at, created_at, expires_at, settled_at, told_at, provider, provider_id, address,
       reason, detail, template_no, content)
     values ($1, $2, $3, $4, $5, 'transactional', '{"tags": ["test"], "products": [], "priority": 0, "else": "skip", "context": {}, "why": {"type": "api", "by": "a test"}}', $6, $7, $7, $7, $7, $7,
       nullif($8, 0), $9, $10, $11, $12, $13, $14)`,
    [
      id, workspace, atom ?? 0, channel, templateId, left ? "sent" : "failed", clock(), provider.id, left ? delivery.providerId : null, to,
      left ? null : "test", left ? null : delivery.detail, ready.number, JSON.stringify(rendering.content as unknown as JsonObject),
    ],
  );
  if (delivery.type !== "sent") throw new Failure("conflict", `${provider.name} did not take it: ${delivery.detail}`);
  return id;
} // prettier-ignore
