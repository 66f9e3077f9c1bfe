/** What became of a message as an event of our own, which goes the way of all events: runs, rules and the log hear of it. */
import type { Event } from "../events/model.ts";
import type { Identifier } from "../identity/model.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";

/** The message an event tells of. */
export type About = {
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly journey: number | null;
  readonly version: number | null;
  readonly step: string | null;
  readonly template: number;
  readonly channel: string;
  readonly purpose: string;
};
/** Where a message of a channel meets the customer, as events name it. */
export const EVENT_CHANNEL: { readonly [channel: string]: Event["channel"] } = {
  email: "email", sms: "sms", whatsapp: "whatsapp", web_push: "push", mobile_push: "push", in_app: "web",
}; // prettier-ignore

/**
 * The event `$message.<what>` of a message. It is named by the message and what happened, and by `again` where that can
 * happen more than once (a click on each link): told twice it is one event.
 */
export function happeningOf(about: About, what: string, at: Instant, properties: JsonObject = {}, again = ""): Event {
  const { id, workspace, atom, journey, version, step, template, channel, purpose } = about;
  return {
    workspace, id: `${id}:${what}${again === "" ? "" : `:${again}`}`.slice(0, 100), type: "track", name: `$message.${what}`, happenedAt: at, receivedAt: at,
    originalAt: null, sentAt: null, identifiers: [nameOf(atom)], channel: EVENT_CHANNEL[channel] ?? "other", touchpoint: "message",
    properties: {
      message: id, channel, purpose, template, ...(journey !== null && { journey }), ...(version !== null && { version }), ...(step !== null && { step }),
      ...properties,
    },
    key: 0, of: atom,
  };
} // prettier-ignore

/** What a message that left was about, as orders tell their products. */
export const productsOf = (products: readonly string[]): JsonObject =>
  products.length === 0 ? {} : { products: products.map((product) => ({ product_id: product })) };

/** An event has to name somebody; whoever handles it goes by its atom. The same for all of one atom: they keep their order. */
export const nameOf = (atom: AtomId): Identifier => ({ kind: "anonymous_id", value: `atom ${atom}` });
