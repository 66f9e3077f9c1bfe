/**
 * What events are to gaps and questions: each role is known by the names senders usually give it (Segment's specs and
 * common kin, compared without case and punctuation, as events/families.ts does) or, for pages, by their path. What the
 * definitions of gaps ask for are roles, so that they mean the same whatever a shop calls its events. Pure.
 */
import { plain } from "../events/text.ts";
import { literal, tamed } from "../segments/sql-values.ts";

const WORDS = {
  product: "product viewed, product clicked",
  cart: "product added, product added to cart, added to cart, cart updated",
  checkout: "checkout started, checkout step viewed, begin checkout",
  order: "order completed, order placed, order paid, purchase, purchased, pos purchase, pos sale, store purchase, in store purchase, store order completed",
  signed_up: "signed up, sign up, registered, account created, user registered",
  trial: "trial started, trial requested",
  subscribed: "subscription started, subscription created, plan purchased, contract signed, deal won, opportunity won",
  demo: "demo requested, quote requested, consultation requested, appointment requested",
  meeting: "meeting booked, meeting scheduled, meeting held, meeting completed, demo booked, appointment booked, consultation booked",
  form_started: "form started, form viewed",
  form_submitted: "form submitted, contact form submitted, lead submitted",
  form_left: "form abandoned, form left, form dropped, form field abandoned",
  pricing: "pricing viewed, pricing page viewed, plans viewed, price list viewed",
  enquiry: "contact form submitted, lead created, lead submitted, enquiry received, enquiry sent, inquiry received, inquiry sent, quote requested, demo requested, consultation requested, callback requested, question asked, voicemail left, live chat conversation started, chat started, conversation started, conversation opened, conversation created, ticket created, ticket opened, ticket raised, support ticket created, case created, case opened",
  case_opened: "live chat conversation started, chat started, conversation started, conversation opened, conversation created, ticket created, ticket opened, ticket raised, support ticket created, case created, case opened, call started, call received, support call started",
  answered: "conversation replied, ticket replied, ticket solved, ticket resolved, case resolved, conversation resolved, support ticket replied, enquiry answered, inquiry answered, question answered, lead contacted, callback completed, call completed, call answered, sales call completed, live chat message sent, quote sent, proposal sent, meeting booked",
  identity_asked: "identity requested, identity asked, verification requested, identity verified, identity check started, account number requested, details requested",
  handed_off: "conversation transferred, conversation handed off, ticket transferred, ticket escalated, case escalated, call transferred, handoff requested, hand off requested, lead assigned, lead handed off, callback requested",
  taken_up: "conversation taken up, handoff accepted, hand off accepted, lead contacted, callback completed, conversation replied, ticket replied, call completed, call answered, ticket solved, conversation resolved",
  message: "$message sent, email sent, email delivered, newsletter sent, sms sent, text message sent, push notification sent, push sent, whatsapp message sent, whatsapp sent, mailing sent, letter sent",
  touched: "$message sent, email sent, email delivered, newsletter sent, sms sent, text message sent, push notification sent, push sent, whatsapp message sent, whatsapp sent, mailing sent, letter sent, call made, call completed, follow up completed, onboarding started, review requested",
  complained: "complaint received, complaint created, complaint opened, complaint filed, complaint raised",
  settled: "complaint settled, complaint resolved, complaint closed, complaint solved",
  out_of_stock: "product out of stock, out of stock, stock ran out",
  back_in_stock: "product back in stock, back in stock, product restocked",
  quoted: "quote sent, offer made, offer shown, price quoted, price shown",
  promised: "promise made, promise given, callback promised, delivery promised, refund promised",
  kept: "promise kept, promise fulfilled, promise withdrawn, callback completed, order delivered, refund issued, order refunded",
  search: "products searched, search performed, site searched, search submitted, searched",
  call_noted: "call noted, call notes added, call note added, note added, objection raised, objection noted, sales call completed, call completed, meeting completed, meeting held",
  surveyed: "survey answered, survey submitted, survey completed, survey response, feedback submitted, feedback received, nps submitted, csat submitted, nps answered",
  question: "question asked, faq viewed, help article viewed, assistant asked, ai question asked",
} as const; // prettier-ignore

/** What an event is to the definitions of gaps and questions. One event may be several. */
export type Role = keyof typeof WORDS;
const ROLES = Object.keys(WORDS) as Role[];
const ROLES_BY_NAME = new Map<string, Role[]>();
for (const role of ROLES)
  for (const name of WORDS[role].split(", "))
    ROLES_BY_NAME.set(name, [...(ROLES_BY_NAME.get(name) ?? []), role]);

/** The roles of an event of this name. Never throws. */
export const rolesOf = (name: string): readonly Role[] => ROLES_BY_NAME.get(plain(name)) ?? [];

/**
 * SQL of one property of `json` as text, under the names senders give it; empty where there is none. The names are told
 * once and the text is taken apart once, whatever else of it is asked in the same statement: reading a long statement
 * costs more than answering it.
 */
export function property(of: keyof typeof PROPERTIES, json = "properties"): string {
  const names = `[${PROPERTIES[of].map(literal).join(", ")}]`;
  const told = `arrayFilter(p -> has(${names}, p.1) and substring(p.2, 1, 1) not in ('', 'n', '[', '{') and p.2 != '""', JSONExtractKeysAndValuesRaw(${json}))`;
  return `arrayMap(v -> if(startsWith(v, '"'), JSONExtractString(v), v), [arraySort(p -> indexOf(${names}, p.1), ${told})[1].2])[1]`;
}
/** Properties without numbers that would make the parser refuse them. */
export const PROPERTIES_SQL = tamed("properties");

/** Pages about prices, by their path. */
export const PRICE_PAGES = "(?i)(?:^|[/_.-])(?:pricing|prices?|plans|tariffs?|price-list)(?:$|[/_.-])";

/** The event names that stand for each role, of those that there are. */
export function namesByRole(names: readonly string[]): ReadonlyMap<Role, readonly string[]> {
  const found = new Map<Role, string[]>();
  for (const name of names)
    for (const role of rolesOf(name)) found.set(role, [...(found.get(role) ?? []), name]);
  return found;
}

/** Properties by which senders tell what an event is about; the first that is there counts. */
export const PROPERTIES = {
  product: ["product_id", "productId", "sku"],
  order: ["order_id", "orderId"],
  price: ["price", "unit_price", "unitPrice"],
  currency: ["currency"],
  revenue: ["revenue", "total", "value", "order_total"],
  offer: ["discount", "offer", "discount_percent"],
  delivery: ["delivery_days", "delivery_promise", "delivery_time"],
  topic: ["topic", "subject", "category", "reason", "question"],
  caseId: ["ticket_id", "conversation_id", "case_id", "call_id", "id"],
  target: ["to_channel", "target", "to", "team"],
  form: ["form_id", "form", "form_name"],
  field: ["last_field", "field", "field_name"],
  query: ["query", "search_query", "q", "search_term", "keyword"],
  results: ["results", "results_count", "result_count", "hits"],
  objection: ["objection", "barrier", "concern"],
  note: ["objections"],
  answer: ["answer", "response", "comment", "feedback", "reason"],
  promise: ["promise", "kind", "what"],
  promiseId: ["promise_id", "order_id", "ticket_id", "id"],
  due: ["due_at", "promised_for", "delivery_date", "due"],
  asks: ["asks_for", "goal", "call_to_action"],
  purpose: ["purpose"],
  sentiment: ["sentiment", "sentiment_score"],
  score: ["score", "rating", "nps", "csat"],
} as const; // prettier-ignore
