/** What customers do with messages, as events that go the way of all others: through the inbox, once, to their own atom. */
import type { MessageChannel } from "../permission/model.ts";
import type { Event } from "../events/model.ts";
import { nameOf } from "./happenings.ts";
import type { Happening, Tell } from "./model.ts";

/** Where it happened, as events name it. */
const PLACES: { readonly [channel in MessageChannel]: Event["channel"] } = {
  email: "email", sms: "sms", whatsapp: "whatsapp", web_push: "push", mobile_push: "push", in_app: "web", webhook: "other",
}; // prettier-ignore

/** The event of a happening. Pure. */
export function eventOf({ id, workspace, atom, name, at, message, channel, properties, consents }: Happening): Event {
  return {
    workspace, id, type: "track", name, happenedAt: at, receivedAt: at, originalAt: null, sentAt: null, identifiers: [nameOf(atom)],
    channel: channel === null ? "web" : PLACES[channel], touchpoint: channel === null ? "preferences" : "message",
    properties: { ...(message !== null && { message }), ...(channel !== null && { channel }), ...properties },
    ...(consents.length > 0 && { consents }),
    key: 0, of: atom,
  };
} // prettier-ignore

/** Tells by the inbox: when it resolves, what was told is durable. */
export const tellBy = (inbox: { append(events: readonly Event[]): Promise<unknown> }): Tell => async (happenings) => {
  await inbox.append(happenings.map(eventOf));
}; // prettier-ignore
