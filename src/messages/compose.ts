/**
 * Makes a permitted message ready to be handed over: renders its template for this customer, leads its links through us,
 * puts what one-click unsubscribing needs beside it, and writes down why it is sent.
 */
import { LRUCache } from "lru-cache";
import type { Sql } from "../db/postgres.ts";
import { TRANSACTIONAL } from "../permission/model.ts";
import { forceReader } from "../segments/customer.ts";
import { type Clock, type JsonObject, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import type { Outgoing } from "./model.ts";
import type { Permitted } from "./claim.ts";
import { type Named, factsOf } from "./facts.ts";
import { readNamed } from "./outbox.ts";
import { type FromWhom, type Readings, dataOf, readFromWhom } from "./render-read.ts";
import { renderMessage } from "./render.ts";
import type { Composed } from "./settlement.ts";
import { createTemplates } from "./templates.ts";
import { type LinkKey, customerLinksOf, openPixelOf, trackOf } from "./tokens.ts";

export type ComposeDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  /** The address this server is reached by, without a stroke at its end. */
  readonly base: string;
  readonly linkKey: LinkKey;
};
const NAMES_MAX = 2_000;
/** How old a workspace's name and address may be. */
const FROM_MS = 5_000;

/** Composes messages; templates and names are remembered. */
export function createComposer({ sql, clock, base, linkKey }: ComposeDeps): (permitted: Permitted) => Promise<Composed> {
  const templates = createTemplates(sql);
  const force = forceReader(sql);
  const named = new LRUCache<number, Named>({ max: NAMES_MAX });
  const nameOf = async (version: number): Promise<Named | null> => {
    const held = named.get(version);
    if (held) return held;
    const row = (await readNamed(sql, [version])).get(version);
    if (row) named.set(version, row);
    return row ?? null;
  };
  const from = new LRUCache<WorkspaceId, FromWhom>({ max: NAMES_MAX, ttl: FROM_MS });
  const fromWhom = async (workspace: WorkspaceId): Promise<FromWhom> => {
    const held = from.get(workspace) ?? (await readFromWhom(sql, workspace));
    from.set(workspace, held);
    return held;
  };
  return async (permitted) => {
    const { message } = permitted;
    const { id, workspace, atom, channel, purpose } = message;
    const template = await templates.ready(workspace, message.template, message.templateNo);
    if (template === null) return { type: "refused", reason: "template_gone", detail: `Template ${message.template} is gone.` };
    if ("problems" in template) return { type: "refused", reason: "template_error", detail: template.problems[0]?.message ?? "The template cannot be read." };
    const linkable = { id, workspace, atom, channel, purpose };
    const links = customerLinksOf(linkKey, base, linkable);
    const { draft, fields } = template.template;
    const readings = await dataOf(sql, force, permitted.atoms, {
      workspace, context: contextOf(message.asked.context), links, now: clock(), from: await fromWhom(workspace), zone: permitted.zone,
      rules: fields.some((field) => OF_RULES.test(field)), about: message.asked.products, catalogue: fields.some((field) => OF_ITEMS.test(field)),
      recommended: fields.some((field) => OF_RECOMMENDED.test(field)),
    });
    const rendering = renderMessage(template.template, readings.data, {
      manner: readings.manner,
      foot: channel === "email" ? { links, workspace: readings.from, transactional: purpose === TRANSACTIONAL } : null,
      track: draft.trackLinks && channel !== "webhook" ? trackOf(linkKey, base, linkable) : null,
      openPixel: draft.trackOpens && channel === "email" ? openPixelOf(linkKey, base, linkable) : null,
    });
    if (rendering.type === "refused") return { type: "refused", reason: rendering.reason, detail: rendering.detail };
    const journey = message.version === null ? null : await nameOf(message.version);
    return {
      type: "ready", templateNo: template.number,
      outgoing: outgoingOf(permitted, rendering.content, readings, links.unsubscribe),
      content: { ...(rendering.content as unknown as JsonObject), links: [...rendering.links] },
      receipt: factsOf({ message, atoms: permitted.atoms, lost: permitted.lost, journey, fields, refusal: null }),
    };
  };
} // prettier-ignore

/** What of a customer rules tell. `customer` alone: all of it is read. */
const OF_RULES = /^customer(?:$|\.(?:segments|stage|computed))/;
/** What is found for the customer when the message leaves. */
const OF_RECOMMENDED = /^recommended(?:$|[.[])/;
/** What of a message the catalogue tells. */
const OF_ITEMS = /^(?:items?(?:$|[.[])|customer(?:$|\.(?:cart|viewed)))/;

/**
 * What templates read of a run: what webhooks answered, and the event it began with, whose properties can be said
 * without `properties` as well; a property called `name` or `at` then stands for itself.
 */
function contextOf(given: JsonObject): JsonObject {
  const { entry, event, ...rest } = given;
  const context = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== "chosen"));
  const properties = (event ?? {}) as JsonObject;
  const { event: name, at } = (entry ?? {}) as { readonly event?: string; readonly at?: number };
  const began = { ...(name !== undefined && { name }), ...(at !== undefined && { at: isoOf(at) }) };
  return { ...context, event: { ...began, ...properties, properties } };
}

function outgoingOf({ message, address, atoms }: Permitted, content: Outgoing["content"], { from }: Readings, unsubscribe: string): Outgoing {
  const { id, workspace, purpose } = message;
  return {
    id, workspace, customer: customerIdOf(atoms[0]!.customer), to: content.channel === "webhook" ? content.url : address, purpose, content,
    unsubscribe: purpose === TRANSACTIONAL ? null : { url: unsubscribe, mailto: null, listId: listIdOf(workspace, purpose, from.name) },
  };
} // prettier-ignore

/** `Acme <marketing.w1.throughline>`: one list for each purpose of a workspace. */
const listIdOf = (workspace: WorkspaceId, purpose: string, name: string): string =>
  `${name.replaceAll(/[<>"\r\n]/g, "")} <${purpose.replaceAll("_", "-")}.w${workspace}.throughline>`;
