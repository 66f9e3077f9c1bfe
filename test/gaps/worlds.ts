/**
 * Small businesses made of a seed, for tests of gaps: some thousand customers over two periods, whose doings go well about as
 * often as in an ordinary business, and in which gaps of a known size may be planted. Pure: events out of a seed.
 */
import type { GapKind } from "../../src/gaps/model.ts";
import type { Past } from "../analysis/history.ts";
import { randomOf } from "../random.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
/** Where the period before begins; each period has so many days. */
export const WORLD_AT = Date.UTC(2026, 0, 5);
export const PERIOD_DAYS = 56;
export const PERIOD = { from: WORLD_AT + PERIOD_DAYS * DAY_MS, to: WORLD_AT + 2 * PERIOD_DAYS * DAY_MS };
/** When it is looked: all chances are settled. */
export const LOOKED_AT = PERIOD.to + 40 * DAY_MS;

export type World = {
  readonly events: readonly Past[];
  readonly joined: readonly (readonly [atom: number, customer: number])[];
};

type Planted = {
  readonly kind: GapKind;
  readonly subject: string;
  readonly usual: number;
  readonly planted: number;
};
/** What can be planted, with the probability that a chance goes wrong where it is not; a kind's own name is its first. */
export const PLANTS = {
  drop_off: { kind: "drop_off", subject: "cart to order in app", usual: 0.55, planted: 0.95 },
  hesitation: { kind: "hesitation", subject: "prices", usual: 0.04, planted: 0.4 },
  hesitation_product: { kind: "hesitation", subject: "one product", usual: 0.01, planted: 0.27 },
  starting_over: { kind: "starting_over", subject: "asked again in phone", usual: 0.05, planted: 0.5 },
  identified_again: { kind: "starting_over", subject: "identified again in phone", usual: 0.06, planted: 0.55 },
  form_begun_again: { kind: "starting_over", subject: "form begun again in web", usual: 0.05, planted: 0.5 },
  begun_elsewhere: { kind: "starting_over", subject: "begun anew elsewhere after portal", usual: 0.05, planted: 0.55 },
  round_in_circles: { kind: "starting_over", subject: "round in circles in web", usual: 0.05, planted: 0.5 },
  passed_back: { kind: "starting_over", subject: "passed back to sales", usual: 0.04, planted: 0.5 },
  broken_handoff: { kind: "broken_handoff", subject: "support to phone", usual: 0.06, planted: 0.5 },
  slow_response: { kind: "slow_response", subject: "support", usual: 0.06, planted: 0.45 },
  silence_after_purchase: { kind: "silence_after_purchase", subject: "web", usual: 0.12, planted: 0.85 },
  irrelevant_message: { kind: "irrelevant_message", subject: "just bought", usual: 0.005, planted: 0.3 },
  out_of_stock: { kind: "irrelevant_message", subject: "out of stock", usual: 0.005, planted: 0.3 },
  complaint_open: { kind: "irrelevant_message", subject: "complaint open", usual: 0.005, planted: 0.3 },
  already_done: { kind: "irrelevant_message", subject: "already done", usual: 0.005, planted: 0.3 },
  contradiction: { kind: "contradiction", subject: "price: store and web", usual: 0.01, planted: 0.4 },
  other_offer: { kind: "contradiction", subject: "offer: store and web", usual: 0.01, planted: 0.4 },
  other_delivery: { kind: "contradiction", subject: "delivery: store and web", usual: 0.01, planted: 0.4 },
  other_promise: { kind: "contradiction", subject: "delivery: email and phone", usual: 0.01, planted: 0.4 },
  unanswered_question: { kind: "unanswered_question", subject: "support: delivery", usual: 0.02, planted: 0.5 },
  unanswered_search: { kind: "unanswered_question", subject: "search: wide fit", usual: 0.06, planted: 0.85 },
  broken_promise: { kind: "broken_promise", subject: "call back", usual: 0.03, planted: 0.4 },
  unrecognised: { kind: "unrecognised", subject: "referral", usual: 0.08, planted: 0.65 },
  silent_touchpoint: { kind: "silent_touchpoint", subject: "store: Kiosk Used", usual: 0, planted: 1 },
  changed_behaviour: { kind: "changed_behaviour", subject: "web: Wishlist Opened", usual: 0.3, planted: 0.12 },
} as const satisfies { readonly [plant: string]: Planted }; // prettier-ignore
export type Plant = keyof typeof PLANTS;

/** Products that ran out long ago, and that ran out and came back. */
const GONE = "gone";
const BACK = "back";
const TOPICS = ["size", "delivery", "returns"];

type Teller = {
  readonly draw: () => number;
  readonly planted: ReadonlySet<Plant>;
  readonly tell: (
    at: number,
    name: string,
    channel: string,
    properties?: object,
    touchpoint?: string,
  ) => void;
};
/** So early in the period that so many days are left of it. */
const withDaysLeft = (at: number, begin: number, days: number): number =>
  Math.min(at, begin + (PERIOD_DAYS - days) * DAY_MS);
/** Whether a chance goes wrong: as often as planted, or as usual. */
const wrong = ({ draw, planted }: Teller, plant: Plant): boolean =>
  draw() < (planted.has(plant) ? PLANTS[plant].planted : PLANTS[plant].usual);

/** Who hesitates at the product looks at it again and again, and puts nothing in the cart. */
function shops(teller: Teller, at: number, begin: number): void {
  const { draw, tell } = teller;
  const channel = draw() < 0.5 ? "web" : "app";
  const product = { product_id: `p${Math.floor(draw() * 40)}`, price: 20, currency: "EUR" };
  if (wrong(teller, "hesitation_product")) {
    for (const day of [0, 2, 5]) tell(withDaysLeft(at, begin, 6) + day * DAY_MS, "Product Viewed", channel, product);
    return;
  }
  tell(at, "Product Viewed", channel, product);
  if (draw() < 0.2) return;
  tell(at + 5 * MINUTE_MS, "Product Added", channel, product);
  const lost = channel === "app" ? wrong(teller, "drop_off") : draw() < PLANTS.drop_off.usual;
  if (lost) return;
  const orderedAt = at + HOUR_MS;
  const total = 20 + Math.floor(draw() * 80);
  // All orders are made on the web, whatever channel the cart was filled in.
  tell(orderedAt, "Order Completed", "web", { order_id: `o${at}-${total}`, total, currency: "EUR", products: [product] });
  if (!wrong(teller, "silence_after_purchase")) tell(orderedAt + (1 + draw() * 8) * DAY_MS, "Email Sent", "email", { purpose: "service" });
} // prettier-ignore

/** An advertisement for a product and for signing up; each way in which it can be wrong is drawn for itself. */
function isAdvertised(teller: Teller, at: number): void {
  const { draw, tell } = teller;
  const product_id = wrong(teller, "out_of_stock") ? GONE : draw() < 0.1 ? BACK : `q${Math.floor(draw() * 40)}`;
  if (wrong(teller, "irrelevant_message"))
    tell(at, "Order Completed", "store", { order_id: `s${at}`, total: 30, currency: "EUR", products: [{ product_id, price: 30 }] });
  const open = wrong(teller, "complaint_open");
  if (open || draw() < 0.2) tell(at + HOUR_MS, "Complaint Received", "email", { complaint: "late" });
  if (!open) tell(at + DAY_MS, "Complaint Settled", "email");
  if (wrong(teller, "already_done")) tell(at + 2 * DAY_MS, "Signed Up", "web");
  tell(at + 4 * DAY_MS, "Email Sent", "email", { purpose: "marketing", product_id, asks_for: "signed_up" });
} // prettier-ignore

/** Whoever hesitates does so within one period. */
function looksAtPrices(teller: Teller, at: number, begin: number): void {
  const hesitates = wrong(teller, "hesitation");
  const firstAt = hesitates ? withDaysLeft(at, begin, 6) : at;
  for (const day of hesitates ? [0, 2, 5] : [0])
    teller.tell(firstAt + day * DAY_MS, "$page.viewed", "web", undefined, "/pricing");
}

function asks(teller: Teller, at: number): void {
  const { draw, tell } = teller;
  const topic = TOPICS[Math.floor(draw() * TOPICS.length)]!;
  const ticket_id = `t${at}`;
  tell(at, "Ticket Created", "support", { topic, ticket_id });
  const unanswered = topic === "delivery" ? wrong(teller, "unanswered_question") : draw() < PLANTS.unanswered_question.usual;
  if (unanswered) return;
  const slow = wrong(teller, "slow_response");
  tell(at + (slow ? 30 + draw() * 48 : 0.5 + draw() * 10) * HOUR_MS, "Ticket Replied", "support", { ticket_id });
} // prettier-ignore

function chats(teller: Teller, at: number): void {
  const { tell } = teller;
  tell(at, "Call Started", "phone", { topic: "order", call_id: `a${at}` });
  if (wrong(teller, "starting_over"))
    tell(at + DAY_MS, "Call Started", "phone", { topic: "order", call_id: `b${at}` });
}

function isHandedOver(teller: Teller, at: number): void {
  teller.tell(at, "Conversation Transferred", "support", { to_channel: "phone" });
  if (!wrong(teller, "broken_handoff")) teller.tell(at + 3 * HOUR_MS, "Call Completed", "phone");
}

/** The same product on the web and in the store, and the day of an order on the phone and by email. */
function seesPrices(teller: Teller, at: number): void {
  const { draw, tell } = teller;
  const seen = { product_id: `r${Math.floor(draw() * 20)}`, currency: "EUR" };
  tell(at, "Price Shown", "web", { ...seen, price: 50, discount: 10, delivery_days: 2 });
  const here = { price: wrong(teller, "contradiction") ? 55 : 50, discount: wrong(teller, "other_offer") ? 0 : 10, delivery_days: wrong(teller, "other_delivery") ? 9 : 2 };
  tell(at + 5 * HOUR_MS, "Price Shown", "store", { ...seen, ...here });
  const order = { order_id: `d${at}` };
  const day = (days: number): string => new Date(at + days * DAY_MS).toISOString();
  tell(at + 6 * HOUR_MS, "Delivery Promised", "phone", { ...order, delivery_date: day(3) });
  tell(at + 8 * HOUR_MS, "Delivery Promised", "email", { ...order, delivery_date: (wrong(teller, "other_promise") ? day(5) : day(3)).slice(0, 10) });
  tell(at + 2 * DAY_MS, "Order Delivered", "mail", order);
} // prettier-ignore

function isPromised(teller: Teller, at: number): void {
  const promise_id = `c${at}`;
  const due_at = new Date(at + 2 * DAY_MS).toISOString();
  teller.tell(at, "Promise Made", "phone", { promise: "call back", promise_id, due_at });
  if (!wrong(teller, "broken_promise")) teller.tell(at + DAY_MS, "Promise Kept", "phone", { promise_id });
}

function isIdentified(teller: Teller, at: number): void {
  const { tell } = teller;
  tell(at, "Identity Requested", "phone");
  if (wrong(teller, "identified_again")) tell(at + 2 * HOUR_MS, "Identity Requested", "phone");
}

/** However often it is begun, it is sent in the end, in the channel it was begun in last. */
function fillsForm(teller: Teller, at: number): void {
  const { tell } = teller;
  for (const hour of wrong(teller, "form_begun_again") ? [0, 1, 2] : [0])
    tell(at + hour * HOUR_MS, "Form Started", "web", { form_id: "quote" });
  tell(at + 3 * HOUR_MS, "Form Submitted", "web", { form_id: "quote" });
}

function changesChannel(teller: Teller, at: number): void {
  const { tell } = teller;
  tell(at, "Form Started", "portal", { form_id: "claim" });
  const again = wrong(teller, "begun_elsewhere");
  if (again) tell(at + 5 * HOUR_MS, "Form Started", "store", { form_id: "claim" });
  tell(at + 6 * HOUR_MS, "Form Submitted", again ? "store" : "portal", { form_id: "claim" });
}

function looksForHelp(teller: Teller, at: number): void {
  const { tell } = teller;
  tell(at, "Products Searched", "web", { query: "Wide Fit", results: wrong(teller, "unanswered_search") ? 0 : 7 }); // prettier-ignore
  const rounds = wrong(teller, "round_in_circles") ? 3 : 1;
  for (let round = 0; round < rounds; round++) {
    tell(at + (1 + 10 * round) * MINUTE_MS, "FAQ Viewed", "web", { topic: "returns" });
    tell(at + (6 + 10 * round) * MINUTE_MS, "Help Article Viewed", "web", { topic: "sending back" });
  }
}

/** Whoever is handed over is taken up, and may be handed back. */
function isPassedAround(teller: Teller, at: number): void {
  const { tell } = teller;
  tell(at, "Lead Assigned", "sales", { to_channel: "store" });
  tell(at + HOUR_MS, "Lead Contacted", "store");
  if (!wrong(teller, "passed_back")) return;
  tell(at + 5 * HOUR_MS, "Lead Assigned", "store", { to_channel: "sales" });
  tell(at + 6 * HOUR_MS, "Lead Contacted", "sales");
}

/** One of them happens to each customer in each period, so that none of them changes what another shows. */
const STORIES = [shops, shops, shops, isAdvertised, looksAtPrices, asks, asks, chats, isHandedOver, seesPrices, isPromised, isIdentified, fillsForm, changesChannel, looksForHelp, isPassedAround] as const; // prettier-ignore
/** The store's own book: what ran out. It is told by nobody's customer. */
function stockOf(customers: number): readonly Past[] {
  const told = (name: string, product_id: string, day: number): Past => ({ atom: 10 * customers, at: WORLD_AT + day * DAY_MS, name, channel: "server", properties: { product_id } });
  return [told("Product Out Of Stock", GONE, 0), told("Product Out Of Stock", BACK, 0), told("Product Back In Stock", BACK, 0.5)];
} // prettier-ignore
/** A world of a seed, with gaps of these kinds in it. */
export function worldOf(seed: number, plants: readonly Plant[], customers = 2_400): World {
  const draw = randomOf(seed);
  const planted = new Set(plants);
  const events: Past[] = [...stockOf(customers)];
  const joined: (readonly [number, number])[] = [];
  for (let atom = 1; atom <= customers; atom++) {
    const known = { identifiers: [{ kind: "user_id", value: `u${atom}` }] };
    const tellOf =
      (of: number, as: Partial<Past> = {}): Teller["tell"] =>
      (at, name, channel, properties, touchpoint) =>
        events.push({ atom: of, at: Math.round(at), name, channel, ...(properties && { properties }), ...(touchpoint && { touchpoint }), ...as }); // prettier-ignore
    const teller: Teller = { draw, planted, tell: tellOf(atom, known) };
    for (const begin of [WORLD_AT, PERIOD.from]) {
      // Stories begin early enough to end within their period.
      const story = STORIES[Math.floor(draw() * STORIES.length)]!;
      story(teller, begin + draw() * PERIOD_DAYS * DAY_MS, begin);
      if (draw() < 0.25) comesBack(teller, tellOf, begin, atom, customers, joined, known);
      habits(teller, begin);
    }
  }
  return { events, joined };
} // prettier-ignore

/** Signs in, and is back days later: on a device we know, or as a stranger who is joined to them afterwards. */
function comesBack(teller: Teller, tellOf: (of: number, as?: Partial<Past>) => Teller["tell"], begin: number, atom: number, customers: number, joined: (readonly [number, number])[], known: Partial<Past>): void {
  // So that they are back within the period.
  const at = begin + (teller.draw() * PERIOD_DAYS - 6) * DAY_MS;
  teller.tell(at, "Signed In", "referral");
  if (wrong(teller, "unrecognised")) {
    const stranger = customers * (begin === WORLD_AT ? 1 : 2) + atom;
    tellOf(stranger, { identifiers: [{ kind: "anonymous_id", value: `d${stranger}` }] })(at + 6 * DAY_MS, "Page Read", "referral");
    tellOf(stranger, known)(at + 6 * DAY_MS + HOUR_MS, "Signed In", "referral");
    joined.push([stranger, atom]);
  } else teller.tell(at + 6 * DAY_MS, "Signed In", "referral");
} // prettier-ignore

/** What goes on every week: the kiosk in the store, and the wishlist. */
function habits(teller: Teller, begin: number): void {
  const { draw, tell, planted } = teller;
  const now = begin === PERIOD.from;
  const silentFrom = planted.has("silent_touchpoint") ? PERIOD.to - 14 * DAY_MS : Infinity;
  for (let week = 0; week * 7 < PERIOD_DAYS; week++) {
    const usedAt = begin + (week * 7 + draw() * 7) * DAY_MS;
    if (draw() < 0.1 && usedAt < silentFrom) tell(usedAt, "Kiosk Used", "store");
    const opens = now && planted.has("changed_behaviour") ? PLANTS.changed_behaviour.planted : PLANTS.changed_behaviour.usual; // prettier-ignore
    if (draw() < 0.25) tell(begin + (week * 7 + draw() * 7) * DAY_MS, "Page Read", "web");
    if (draw() < opens) tell(begin + (week * 7 + draw() * 7) * DAY_MS, "Wishlist Opened", "web");
  }
}
