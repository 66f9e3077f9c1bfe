/**
 * Small businesses made of a seed, for tests of gaps: two thousand customers over two periods, whose doings go well about as
 * often as in an ordinary business, and in which gaps of a known size may be planted. Pure: events out of a seed.
 */
import type { Past } from "../analysis/history.ts";

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

/** Numbers in [0, 1) from a seed (Mulberry32). */
export function drawing(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What can be planted, with the probability that a chance goes wrong where it is not. */
export const PLANTS = {
  drop_off: { subject: "cart to order in app", usual: 0.55, planted: 0.95 },
  hesitation: { subject: "prices", usual: 0.04, planted: 0.4 },
  starting_over: { subject: "asked again in phone", usual: 0.05, planted: 0.5 },
  broken_handoff: { subject: "support to phone", usual: 0.06, planted: 0.5 },
  slow_response: { subject: "support", usual: 0.06, planted: 0.45 },
  silence_after_purchase: { subject: "web", usual: 0.12, planted: 0.85 },
  irrelevant_message: { subject: "just bought", usual: 0.005, planted: 0.25 },
  contradiction: { subject: "price: store and web", usual: 0.01, planted: 0.4 },
  unanswered_question: { subject: "support: delivery", usual: 0.02, planted: 0.5 },
  broken_promise: { subject: "call back", usual: 0.03, planted: 0.4 },
  unrecognised: { subject: "referral", usual: 0.08, planted: 0.65 },
  silent_touchpoint: { subject: "store: Kiosk Used", usual: 0, planted: 1 },
  changed_behaviour: { subject: "web: Wishlist Opened", usual: 0.3, planted: 0.12 },
} as const;
export type Plant = keyof typeof PLANTS;

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
/** Whether a chance goes wrong: as often as planted, or as usual. */
const wrong = ({ draw, planted }: Teller, plant: Plant): boolean =>
  draw() < (planted.has(plant) ? PLANTS[plant].planted : PLANTS[plant].usual);

function shops(teller: Teller, at: number): void {
  const { draw, tell } = teller;
  const channel = draw() < 0.5 ? "web" : "app";
  const product = { product_id: `p${Math.floor(draw() * 40)}`, price: 20, currency: "EUR" };
  tell(at, "Product Viewed", channel, product);
  if (draw() < 0.3) return;
  tell(at + 5 * MINUTE_MS, "Product Added", channel, product);
  const lost = channel === "app" ? wrong(teller, "drop_off") : draw() < PLANTS.drop_off.usual;
  if (lost) return;
  const orderedAt = at + HOUR_MS;
  const total = 20 + Math.floor(draw() * 80);
  // All orders are made on the web, whatever channel the cart was filled in.
  tell(orderedAt, "Order Completed", "web", { order_id: `o${at}-${total}`, total, currency: "EUR", products: [product] });
  if (!wrong(teller, "silence_after_purchase")) tell(orderedAt + (1 + draw() * 8) * DAY_MS, "Email Sent", "email", { purpose: "service" });
} // prettier-ignore

function isAdvertised(teller: Teller, at: number): void {
  const { draw, tell } = teller;
  const product = { product_id: `q${Math.floor(draw() * 40)}` };
  if (wrong(teller, "irrelevant_message"))
    tell(at, "Order Completed", "store", { order_id: `s${at}`, total: 30, currency: "EUR", products: [{ ...product, price: 30 }] }); // prettier-ignore
  tell(at + 4 * DAY_MS, "Email Sent", "email", { purpose: "marketing", ...product });
}

/** Whoever hesitates does so within one period. */
function looksAtPrices(teller: Teller, at: number, begin: number): void {
  const hesitates = wrong(teller, "hesitation");
  const firstAt = hesitates ? Math.min(at, begin + (PERIOD_DAYS - 6) * DAY_MS) : at;
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

function seesPrices(teller: Teller, at: number): void {
  const seen = { product_id: `r${Math.floor(teller.draw() * 20)}`, currency: "EUR" };
  teller.tell(at, "Price Shown", "web", { ...seen, price: 50 });
  const price = wrong(teller, "contradiction") ? 55 : 50;
  teller.tell(at + 5 * HOUR_MS, "Price Shown", "store", { ...seen, price });
}

function isPromised(teller: Teller, at: number): void {
  const promise_id = `c${at}`;
  const due_at = new Date(at + 2 * DAY_MS).toISOString();
  teller.tell(at, "Promise Made", "phone", { promise: "call back", promise_id, due_at });
  if (!wrong(teller, "broken_promise")) teller.tell(at + DAY_MS, "Promise Kept", "phone", { promise_id });
}

/** One of them happens to each customer in each period, so that none of them changes what another shows. */
const STORIES = [shops, shops, isAdvertised, looksAtPrices, asks, chats, isHandedOver, seesPrices, isPromised] as const; // prettier-ignore
/** A world of a seed, with gaps of these kinds in it. */
export function worldOf(seed: number, plants: readonly Plant[], customers = 2_000): World {
  const draw = drawing(seed);
  const planted = new Set(plants);
  const events: Past[] = [];
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
    if (draw() < 0.5) tell(begin + (week * 7 + draw() * 7) * DAY_MS, "Page Read", "web");
    if (draw() < opens) tell(begin + (week * 7 + draw() * 7) * DAY_MS, "Wishlist Opened", "web");
  }
}
