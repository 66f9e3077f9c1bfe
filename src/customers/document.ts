/** The customer as the API answers it: the outside's view of what is known, as schemas (types are inferred). */
import { z } from "zod";
import { ConsentChannel } from "../consent/model.ts";
import { Channel, EventType } from "../events/model.ts";
import { AsideReason, IdentifierKind, LinkRule } from "../identity/model.ts";
import { AnyJson, CustomerId } from "../values.ts";

const At = z.iso.datetime().describe("ISO 8601, UTC");
const Money = z.object({
  currency: z.string(),
  valueMinor: z.number().describe("In minor units, e.g. cents"),
});
const ProductView = z.object({
  id: z.string(), name: z.string().optional(), price: z.number().optional(), currency: z.string().optional(),
  category: z.string().optional(), brand: z.string().optional(), variant: z.string().optional(),
  imageUrl: z.string().optional(), url: z.string().optional(),
}); // prettier-ignore
const TouchView = z.object({
  at: At,
  channel: Channel,
  touchpoint: z.string(),
  campaign: z.record(z.string(), z.string()).optional(),
  referrer: z.string().optional(),
});
const Count = z.object({ n: z.number(), firstAt: At, lastAt: At });
export const IdentifierView = z.object({ kind: IdentifierKind, value: z.string(), createdAt: At });
export type IdentifierView = z.infer<typeof IdentifierView>;

/** GET /v1/customers/{id}: everything known of one customer now. */
export const CustomerDocument = z.object({
  id: CustomerId,
  name: z.string().nullable().describe("From the traits name, firstName and lastName, or null"),
  firstSeenAt: At.nullable(),
  lastSeenAt: At.nullable(),
  events: z.number(),
  identifiers: z.array(IdentifierView),
  traits: z.record(z.string(), AnyJson),
  traitsAt: z.record(z.string(), At).describe("When each trait was last told"),
  counts: z.record(z.string(), Count).describe("By event name"),
  channels: z.record(z.string(), Count),
  firstTouch: TouchView.nullable(),
  lastTouch: TouchView.nullable(),
  recentlyViewed: z
    .array(z.object({ at: At, product: ProductView }))
    .describe("Newest first, each product once"),
  cart: z.object({
    items: z.array(z.object({ product: ProductView, quantity: z.number(), addedAt: At })),
    updatedAt: At.nullable(),
  }),
  purchases: z.object({
    orders: z.number(),
    value: z.array(Money).describe("Sum less refunds, by currency"),
    firstAt: At.nullable(),
    lastAt: At.nullable(),
    recent: z.array(z.object({
      orderId: z.string(), at: At, currency: z.string(), valueMinor: z.number(), refundedMinor: z.number(),
      products: z.array(z.string()), title: z.string().nullable().describe("The first product's name"),
    })), // prettier-ignore
  }),
  consents: z.array(
    z.object({
      channel: ConsentChannel,
      purpose: z.string(),
      answer: z.enum(["granted", "denied"]),
      at: At,
      source: z.string(),
    }),
  ),
  accounts: z.array(z.object({ accountId: z.string(), since: At, traits: z.record(z.string(), AnyJson) })),
  recentEvents: z.array(
    z.object({ at: At, messageId: z.string(), name: z.string(), channel: Channel, touchpoint: z.string() }),
  ),
});
export type CustomerDocument = z.infer<typeof CustomerDocument>;

/** One row of the customer list. */
export const CustomerSummary = z.object({
  id: CustomerId,
  name: z.string().nullable(),
  identifiers: z.array(IdentifierView).describe("The strongest three"),
  firstSeenAt: At.nullable(),
  lastSeenAt: At.nullable(),
  events: z.number(),
  channels: z.array(z.string()),
});
export type CustomerSummary = z.infer<typeof CustomerSummary>;
/** GET /v1/customers?query=&limit=&cursor=: newest customers first; `query` is the start of an identifier or a name. */
export const CustomerList = z.object({
  customers: z.array(CustomerSummary),
  nextCursor: z.string().nullable(),
});
export type CustomerList = z.infer<typeof CustomerList>;

/** One moment of a customer's timeline, and one line of the event export (with `customerId`). */
export const TimelineEvent = z.object({
  messageId: z.string(),
  type: EventType,
  name: z.string(),
  happenedAt: At,
  receivedAt: At,
  channel: Channel,
  touchpoint: z.string(),
  identifiers: z.array(z.object({ kind: IdentifierKind, value: z.string() })),
  properties: z.record(z.string(), AnyJson),
  traits: z.record(z.string(), AnyJson),
  more: z
    .record(z.string(), AnyJson)
    .describe("Campaign, referrer, account, consents and context, where told"),
});
export type TimelineEvent = z.infer<typeof TimelineEvent>;
/** GET /v1/customers/{id}/timeline?limit=&cursor=&channel=: newest first, over all channels. */
export const Timeline = z.object({ events: z.array(TimelineEvent), nextCursor: z.string().nullable() });
export type Timeline = z.infer<typeof Timeline>;

/** GET /v1/customers/{id}/identities: how this customer came to be one. */
export const Identities = z.object({
  customerId: CustomerId,
  atoms: z.array(z.object({
    id: CustomerId.describe("The customer this atom would be by itself"),
    identifiers: z.array(IdentifierView), events: z.number(), firstSeenAt: At.nullable(), lastSeenAt: At.nullable(),
  })), // prettier-ignore
  links: z.array(z.object({
    id: z.number(), a: CustomerId, b: CustomerId, rule: LinkRule, messageId: z.string(),
    of: z.array(z.object({ kind: IdentifierKind, value: z.string() })),
    reason: z.string().describe("The join in one sentence"),
    madeAt: At, undoneAt: At.nullable(), undoneBy: z.string().nullable(),
  })), // prettier-ignore
  asides: z.array(z.object({
    kind: IdentifierKind, value: z.string(), reason: AsideReason, explanation: z.string(), messageId: z.string(), at: At,
  })), // prettier-ignore
});
export type Identities = z.infer<typeof Identities>;
/** POST /v1/customers/{id}/unmerge with {linkId}: the customers that came out of it. */
export const Unmerged = z.object({ customers: z.array(CustomerId) });
export type Unmerged = z.infer<typeof Unmerged>;
