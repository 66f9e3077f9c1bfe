/**
 * The desk: what shop, support and sales staff see of the customer in front of them, and what they write back. Shapes
 * and limits of the API, of which the types are inferred. Pure.
 */
import { z } from "zod";
import { CartView } from "../catalogue/cart.ts";
import { CustomerDocument } from "../customers/document.ts";
import { Channel } from "../events/model.ts";
import { IDENTIFIER_MAX, IdentifierKind } from "../identity/model.ts";
import { TASK_LIMITS } from "../people/model.ts";
import { CustomerId } from "../values.ts";

const DAY_MS = 86_400_000;

/** Every bound of this room. */
export const DESK_LIMITS = {
  /** Of what is typed. */
  soughtChars: 200,
  /** Customers that one look answers. */
  foundMax: 20,
  /** Of a name: so many that fit are looked through, and of those so many of the newest customers are put in order. */
  namedScan: 2_000,
  namedMax: 200,
  /** One letter fits nearly everybody. */
  nameCharsMin: 2,
  /** What was said longer ago is not read for the desk. */
  talkMs: 400 * DAY_MS,
  talkEvents: 300,
  /** An enquiry that nobody answered is open for so long. */
  questionMs: 90 * DAY_MS,
  questions: 5,
  promises: 10,
  notes: 5,
  tasks: 10,
  moments: 5,
  orders: 5,
  segments: 6,
  avoid: 12,
  /** Products that are looked at for what not to push: of the cart, of what was looked at, of orders. */
  products: 30,
  orderProducts: 10,
  /** What the desk does not push for so long after it was bought, where the workspace's policy does not say otherwise. */
  boughtMs: 14 * DAY_MS,
  /** A promise that is due within this is told as due. */
  dueSoonMs: DAY_MS,
  /** What may be promised or asked of somebody lies no further ahead. */
  aheadMs: 400 * DAY_MS,
  textChars: 2_000,
  promiseChars: 80,
  aboutChars: 160,
  messageIdChars: 60,
  /** What places of the desk may take to decide. */
  decideMs: 400,
  places: 20,
  panels: 10,
  panelOrigins: 10,
  panelNameChars: 100,
  tokenChars: 4_000,
  /** How long a helpdesk's signed request may live, how far its clock may be from ours, and how long what it opens stays open. */
  tokenMs: 10 * 60_000,
  skewMs: 60_000,
  panelMs: 30 * 60_000,
  panelOpensPerSecond: 50,
  agentChars: 320,
  looksPage: 200,
  /** Who reads a customer again within this still has the same look at them. */
  lookMs: 60_000,
  looksMs: 400 * DAY_MS,
} as const;

const At = z.iso.datetime();
const Text = (most: number) => z.string().trim().min(1).max(most);

/** What a customer was found by; `panel`: a helpdesk named them; `link`: opened by their number. */
export const FoundBy = z.enum([
  "phone", "email", "order", "loyalty", "user_id", "external_id", "name", "customer_id", "panel", "link",
]); // prettier-ignore
export type FoundBy = z.infer<typeof FoundBy>;

/** A name that leads to the customer, as far as the one who looks may see it. */
const Reach = z.object({ kind: IdentifierKind, value: z.string() });
export type Reach = z.infer<typeof Reach>;

const Sought = z.string().trim().min(1).max(DESK_LIMITS.soughtChars);
/** GET /v1/customers/lookup: one of these; `kind` and `value` together name an identifier exactly. */
export const LookupQuery = z.object({
  q: Sought.optional().describe("Whatever it is: a phone number as people write it, an e-mail address, an order number, a loyalty code, an id, a name"),
  phone: Sought.optional().describe("Without its country: read with the workspace's"),
  email: Sought.optional(),
  order: Sought.optional().describe("An order's number; case, blanks and punctuation do not count"),
  loyalty: Sought.optional(),
  name: Sought.optional().describe("How the words of a name begin, with or without accents"),
  kind: IdentifierKind.optional(),
  value: z.string().min(1).max(IDENTIFIER_MAX).optional().describe("As people write it: it is normalised here"),
}); // prettier-ignore
export type LookupQuery = z.infer<typeof LookupQuery>;

/** A customer who was found. */
export const FoundCustomer = z.object({
  id: CustomerId,
  name: z.string().nullable(),
  reach: z.array(Reach).describe("By which they can be told apart; masked for whom contact data is hidden"),
  foundBy: z.array(FoundBy),
  lastSeenAt: At.nullable(),
  orders: z.int(),
});
export type FoundCustomer = z.infer<typeof FoundCustomer>;
/** Who was found. */
export const Lookup = z.object({
  customers: z.array(FoundCustomer).describe(`The one seen last first, at most ${DESK_LIMITS.foundMax}`),
  hasMore: z.boolean().describe("More fit than are told: type more of it"),
  hint: z.string().nullable().describe("Why nothing may have been found, where that can be told"),
});
export type Lookup = z.infer<typeof Lookup>;
/** What the lookup answers: who was found; or, to `kind` and `value`, that customer's whole document. */
export const LookupAnswer = z.union([CustomerDocument, Lookup]);

const Promised = z.object({
  id: z.string().describe("By which it is said to be kept"),
  promise: z.string(),
  madeAt: At,
  by: z.string().nullable(),
  dueAt: At.nullable(),
  state: z.enum(["open", "due", "overdue", "kept", "withdrawn"]),
  endedAt: At.nullable(),
});
export type Promised = z.infer<typeof Promised>;
const Question = z.object({ at: At, event: z.string(), about: z.string().nullable(), channel: Channel, isComplaint: z.boolean() }); // prettier-ignore
export type Question = z.infer<typeof Question>;
const Note = z.object({ at: At, by: z.string().nullable(), text: z.string() });
export type Note = z.infer<typeof Note>;
const Sentiment = z.object({
  value: z.number().describe("From -1 to 1, as the sender told it last: none is guessed from words"),
  word: z.enum(["unhappy", "neutral", "happy"]),
  at: At,
  event: z.string(),
});
export type Sentiment = z.infer<typeof Sentiment>;
/** One moment of the customer's. */
const Moment = z.object({ at: At, event: z.string(), about: z.string().nullable(), channel: Channel, touchpoint: z.string() }); // prettier-ignore
export type Moment = z.infer<typeof Moment>;

/** What is to be done next, the most urgent first. */
const NextStep = z.object({
  kind: z.enum(["promise", "complaint", "question", "task", "decision"]),
  title: z.string(),
  detail: z.string().nullable(),
  dueAt: At.nullable(),
  isUrgent: z.boolean(),
  id: z.string().nullable().describe("Of the promise or the task"),
});
export type NextStep = z.infer<typeof NextStep>;
/** What not to say or push. */
const Avoid = z.object({
  reason: z.string().describe("A reason of permission, e.g. bought_this"),
  about: z.string().nullable().describe("The product"),
  detail: z.string(),
});
export type Avoid = z.infer<typeof Avoid>;
const OpenTask = z.object({ id: z.string(), title: z.string(), detail: z.string(), team: z.string(), dueAt: At.nullable(), madeBy: z.string().nullable(), outcomes: z.array(z.string()) }); // prettier-ignore
export type OpenTask = z.infer<typeof OpenTask>;

/** GET /v1/customers/{id}/desk: the story in one answer. */
export const DeskView = z.object({
  customerId: CustomerId,
  asOf: At,
  who: z.object({
    name: z.string().nullable(),
    reach: z.array(Reach),
    isMasked: z.boolean().describe("Contact data is hidden from the one who looks"),
    firstSeenAt: At.nullable(),
    lastSeenAt: At.nullable(),
  }),
  stage: z.object({ name: z.string(), sinceAt: At.nullable() }).nullable(),
  segments: z.array(z.string()),
  moments: z.array(Moment).describe("Newest first"),
  cart: CartView,
  purchases: z.object({
    orders: z.int(),
    value: z.array(z.object({ currency: z.string(), valueMinor: z.number() })),
    recent: z.array(z.object({ orderId: z.string(), at: At, title: z.string().nullable(), currency: z.string(), valueMinor: z.number(), refundedMinor: z.number() })),
  }),
  questions: z.array(Question).describe("Open ones: nobody answered yet"),
  promises: z.array(Promised).describe("Overdue ones first, then by when they are due; kept and withdrawn ones last"),
  sentiment: Sentiment.nullable(),
  next: z.array(NextStep),
  avoid: z.array(Avoid),
  tasks: z.array(OpenTask),
  notes: z.array(Note).describe("Newest first"),
  missing: z.array(z.string()).describe("What is not there, and why, a sentence each"),
}); // prettier-ignore
export type DeskView = z.infer<typeof DeskView>;

const Written = {
  messageId: z.string().regex(/^[\w.:-]+$/).max(DESK_LIMITS.messageIdChars).optional().describe("Sent again with the same, it is written once"),
  channel: z.enum(["store", "phone", "support", "sales"]).default("store").describe("Where one meets the customer"),
}; // prettier-ignore
const Due = z.iso.datetime({ offset: true });
/** POST /v1/customers/{id}/notes. */
export const NoteDraft = z.strictObject({ ...Written, text: Text(DESK_LIMITS.textChars) })
  .meta({ examples: [{ text: "Wants the boots in 42, tries them on Saturday.", channel: "store" }] }); // prettier-ignore
export type NoteDraft = z.infer<typeof NoteDraft>;
/** POST /v1/customers/{id}/promises. */
export const PromiseDraft = z.strictObject({ ...Written, promise: Text(DESK_LIMITS.promiseChars).describe("What was promised, in few words"), dueAt: Due })
  .meta({ examples: [{ promise: "Call back about the size", dueAt: "2026-11-24T16:00:00Z", channel: "phone" }] }); // prettier-ignore
export type PromiseDraft = z.infer<typeof PromiseDraft>;
/** POST /v1/customers/{id}/promises/kept and /withdrawn. */
export const PromiseEnd = z.strictObject({ ...Written, promiseId: z.string().min(1).max(DESK_LIMITS.soughtChars), text: z.string().trim().max(DESK_LIMITS.textChars).default("") })
  .meta({ examples: [{ promiseId: "promise-5d0d2c1e", text: "Reached her, size 42 it is." }] }); // prettier-ignore
export type PromiseEnd = z.infer<typeof PromiseEnd>;
/** POST /v1/customers/{id}/tasks. */
export const DeskTaskDraft = z.strictObject({
  messageId: Written.messageId,
  title: Text(TASK_LIMITS.titleCharsMax),
  detail: z.string().max(TASK_LIMITS.detailCharsMax).default(""),
  team: z.string().trim().max(TASK_LIMITS.teamCharsMax).default(""),
  dueAt: Due.nullable().default(null),
}).meta({ examples: [{ title: "Put the boots aside", dueAt: "2026-11-24T16:00:00Z" }] }); // prettier-ignore
/** POST /v1/customers/{id}/tasks/done. */
export const DeskTaskDone = z.strictObject({
  taskId: z.string().min(1).max(100),
  outcome: z.string().max(50).optional().describe("One of the task's outcomes; left out where it has none"),
  note: z.string().max(TASK_LIMITS.noteCharsMax).default(""),
}).meta({ examples: [{ taskId: "task-5d0d2c1e", note: "They lie under the till." }] }); // prettier-ignore
/** What was written: the event's own name, which is in the timeline as soon as it was handled. */
export const WrittenBack = z.object({ messageId: z.string(), id: z.string().nullable().describe("Of the promise or the task") }); // prettier-ignore
export type WrittenBack = z.infer<typeof WrittenBack>;

const Country = z.string().regex(/^[A-Z]{2}$/, "Two capitals, as DE");
/** What a workspace lays down for its desk. */
export const DeskSettings = z.strictObject({
  country: Country.nullable().default(null).describe("Where phone numbers are from that are told without a country; of events too"),
  showsContact: z.boolean().default(false).describe("Who has the role `desk`, or looks through a panel, sees contact data whole"),
}).meta({ examples: [{ country: "DE", showsContact: false }] }); // prettier-ignore
export type DeskSettings = z.infer<typeof DeskSettings>;

const Origin = z.url({ protocol: /^https?$/ }).refine((text) => URL.canParse(text) && new URL(text).origin === text, "Only scheme, host and port, as https://shop.zendesk.com"); // prettier-ignore
/** POST /v1/desk/panels. */
export const PanelDraft = z.strictObject({
  name: Text(DESK_LIMITS.panelNameChars).describe("Which helpdesk"),
  origins: z.array(Origin).min(1).max(DESK_LIMITS.panelOrigins).describe("Whose pages may frame the panel"),
}).meta({ examples: [{ name: "Helpdesk", origins: ["https://shop.helpdesk.example"] }] }); // prettier-ignore
export type PanelDraft = z.infer<typeof PanelDraft>;
export const PanelView = PanelDraft.extend({ id: z.int(), createdAt: At });
export type PanelView = z.infer<typeof PanelView>;
export const PanelMade = PanelView.extend({ secret: z.string().describe("Shown only here: what the helpdesk signs with") }); // prettier-ignore
/** POST /desk/panel/open. */
export const PanelOpen = z.strictObject({ token: z.string().min(1).max(DESK_LIMITS.tokenChars).describe("What the helpdesk signed: docs/desk.md") })
  .meta({ examples: [{ token: "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJhdWQiOiJ0aHJvdWdobGluZS1kZXNrIn0.c2lnbmF0dXJl" }] }); // prettier-ignore
export const PanelOpened = z.object({
  key: z.string().describe("To send as Authorization: Bearer with what the panel asks"),
  endsAt: At,
  agent: z.string(),
  customerId: CustomerId.nullable().describe("Null: nobody is known by the name the helpdesk gave"),
});
export type PanelOpened = z.infer<typeof PanelOpened>;

/** One look at customers. */
export const LookView = z.object({
  id: z.int(),
  at: At,
  who: z.string().describe("key 3, user 2 or panel 1"),
  name: z.string(),
  what: z.enum(["lookup", "opened"]),
  foundBy: z.array(z.string()),
  customers: z.array(CustomerId).describe("Whom the answer showed"),
});
export type LookView = z.infer<typeof LookView>;
export const LookList = z.object({ looks: z.array(LookView), nextCursor: z.string().nullable() });
