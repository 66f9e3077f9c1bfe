/** The story of one customer for the desk: everything is read at once, and put together by the pure rules of this room. */
import { cartViewOf } from "../catalogue/cart.ts";
import { type Item, toBeHad } from "../catalogue/model.ts";
import { readItems } from "../catalogue/store.ts";
import { linesOf } from "../customers/cart.ts";
import type { CustomerDocument } from "../customers/document.ts";
import { atomsOfCustomer } from "../customers/read.ts";
import { knowledgeOf } from "../segments/facts.ts";
import type { CustomerAtom } from "../customers/store.ts";
import { documentOf, objectIn } from "../customers/view.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { Ask } from "../decisions/ask.ts";
import type { Decision } from "../decisions/model.ts";
import { arrivalFor } from "../events/envelope.ts";
import { momentsOf as loggedMoments } from "../log/read.ts";
import { type TaskRow, listTasks } from "../people/store.ts";
import type { MessageChannel } from "../permission/model.ts";
import { recipientOf } from "../permission/recipient.ts";
import { type ForceReader, readCustomerSegments } from "../segments/customer.ts";
import type { CustomerSegments } from "../segments/document.ts";
import { type AtomId, type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type InFront, type Product, avoidOf } from "./avoid.ts";
import { reachOf } from "./lookup.ts";
import { maskedText } from "./masked.ts";
import { missingOf } from "./missing.ts";
import { DESK_LIMITS, type DeskView, type Moment, type OpenTask } from "./model.ts";
import { nextOf } from "./next.ts";
import { type Around, readAround, readTemplateNames } from "./store.ts";
import {
  type Heard,
  type Talk,
  isTalk,
  lastOf,
  momentsOf,
  productNamesIn,
  talkOf,
  templateIn,
} from "./talk.ts";

export type StoryDeps = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly ask: Ask;
  readonly force: ForceReader;
  readonly newId: () => string;
  /** What kept the event log from being read: the rest is answered all the same. */
  readonly onFault: (cause: unknown) => void;
};

/** The story, or null where there is no such customer. `mayMask`: contact data is hidden unless the workspace shows it. */
export async function readStory(deps: StoryDeps, workspace: WorkspaceId, atom: AtomId, mayMask: boolean, now: Instant): Promise<{ readonly customer: AtomId; readonly story: DeskView } | null> {
  const { sql } = deps;
  const atoms = await atomsOfCustomer(sql, workspace, atom);
  if (atoms.length === 0) return null;
  const { customer } = atoms[0]!;
  const held = atoms.flatMap(({ identifiers }) => identifiers);
  const document = documentOf(customer, knowledgeOf(atoms), held, {});
  const ids = atoms.map(({ id }) => id);
  const force = await deps.force();
  const [around, heard, rules, tasks, items] = await Promise.all([
    readAround(sql, workspace, ids, held.map(([, value]) => value)),
    heardOf(deps, workspace, atoms, now),
    readCustomerSegments(sql, force, workspace, customer, now),
    listTasks(sql, workspace, { state: "open", team: null, atoms: ids, before: null, limit: DESK_LIMITS.tasks }),
    readItems(sql, workspace, productIds(document)),
  ]);
  const decisions = await decisionsOf(deps, workspace, document, around, now);
  const hasStages = force.of(workspace)?.stages != null;
  const last = lastOf(heard ?? recentOf(document));
  const templates = await readTemplateNames(sql, workspace, last.flatMap((one) => templateIn(one) ?? []));
  const moments = momentsOf(last, templates);
  const read: Read = { moments, atoms, held, document, around, heard, rules, tasks, items, decisions, hasStages };
  return { customer, story: storyOf(read, mayMask && !around.desk.showsContact, now) };
} // prettier-ignore

/** All that the story is made of. */
type Read = {
  readonly moments: readonly Moment[];
  readonly atoms: readonly CustomerAtom[];
  readonly held: CustomerAtom["identifiers"];
  readonly document: CustomerDocument;
  readonly around: Around;
  readonly heard: readonly Heard[] | null;
  readonly rules: CustomerSegments | null;
  readonly tasks: readonly TaskRow[];
  readonly items: ReadonlyMap<string, Item>;
  readonly decisions: readonly Decision[] | null;
  readonly hasStages: boolean;
};

function storyOf(read: Read, isMasked: boolean, now: Instant): DeskView {
  const { document, around, heard, decisions, hasStages } = read;
  const talk = talkOf(heard?.filter(({ at }) => at > now - DESK_LIMITS.talkMs) ?? [], around.policy.zone, now);
  const { name, firstSeenAt, lastSeenAt } = document;
  const shown = {
    who: { name, reach: reachOf(read.held, isMasked), isMasked, firstSeenAt, lastSeenAt },
    ...standingOf(read.rules),
    moments: [...read.moments],
    cart: cartNow(read),
    purchases: purchasesOf(document),
    ...listsOf(talk),
    tasks: read.tasks.map(openTaskOf),
  };
  const story: DeskView = {
    customerId: document.id,
    asOf: isoOf(now),
    ...shown,
    next: nextOf({ ...shown, decisions: decisions ?? [] }, (at) => Date.parse(at) < now),
    avoid: [...avoidOf(inFront(read), now)],
    missing: missingOf(shown, { hasStages, isLogAway: heard === null, deskPlaces: around.places.length, undecided: decisions === null }),
  };
  return isMasked ? maskedStory(story) : story;
} // prettier-ignore

const standingOf = (rules: CustomerSegments | null): Pick<DeskView, "stage" | "segments"> => ({
  stage: rules?.stage ? { name: rules.stage.name, sinceAt: rules.stage.sinceAt } : null,
  segments: (rules?.segments ?? []).slice(0, DESK_LIMITS.segments).map(({ name }) => name),
});

function cartNow({ atoms, items }: Read): DeskView["cart"] {
  const { cart } = knowledgeOf(atoms);
  return cartViewOf(linesOf(cart), items, cart.find((operation) => operation.do !== "join")?.at ?? null);
}

const openTaskOf = ({ id, title, detail, team, dueAt, madeBy, outcomes }: TaskRow): OpenTask => ({
  id, title, detail, team, dueAt: dueAt === null ? null : isoOf(dueAt), madeBy, outcomes: [...outcomes],
}); // prettier-ignore

/** What the rule of permission is asked with. */
function inFront({ atoms, held, document, around, items, heard }: Read): InFront {
  const stock = (product: string): number | null => {
    const item = items.get(product);
    return item ? toBeHad(item) : null;
  };
  const recipient = recipientOf(atoms.map(({ knowledge }) => knowledge), {
    address: null, suppressed: null, contacts: [], upcoming: [], preferences: around.preferences, identifiers: held, stock,
  });
  return {
    recipient, policy: around.policy, products: productsOf(document, items, heard ?? []), eventNames: Object.keys(document.counts), channels: channelsOf(held, around),
  };
} // prettier-ignore

const listsOf = ({ questions, promises, notes, sentiment }: Talk) => ({
  questions: [...questions],
  promises: [...promises],
  notes: [...notes],
  sentiment,
});

/** What the event log tells; null while it cannot be read. */
async function heardOf({ sql, log, onFault }: StoryDeps, workspace: WorkspaceId, atoms: readonly CustomerAtom[], now: Instant): Promise<readonly Heard[] | null> {
  const { counts, recent } = knowledgeOf(atoms);
  const names = Object.keys(counts).filter(isTalk);
  try {
    const events = await loggedMoments(sql, log, {
      workspace, atoms: atoms.map(({ id }) => id), limit: DESK_LIMITS.talkEvents, after: null, channel: null, names, orSince: recent.at(-1)?.[0] ?? now,
    });
    return events.map(({ id, name, happenedAt: at, channel, touchpoint, properties }) => ({ id, name, at, channel, touchpoint, properties: objectIn(properties) }));
  } catch (cause) {
    onFault(cause);
    return null;
  }
} // prettier-ignore

/** The last events as knowledge has them: what they were about it does not keep. */
const recentOf = ({ recentEvents }: CustomerDocument): readonly Heard[] =>
  recentEvents.map(({ at, messageId, name, channel, touchpoint }) => ({ id: messageId, name, at: Date.parse(at), channel, touchpoint, properties: {} })); // prettier-ignore

const purchasesOf = ({ purchases: { orders, value, recent } }: CustomerDocument): DeskView["purchases"] => ({
  orders, value,
  recent: recent.slice(0, DESK_LIMITS.orders).map(({ orderId, at, title, currency, valueMinor, refundedMinor }) => ({ orderId, at, title, currency, valueMinor, refundedMinor })),
}); // prettier-ignore

/** Of the cart, of what was looked at and of the last orders: what may come up. */
function productIds({ cart, recentlyViewed, purchases }: CustomerDocument): readonly string[] {
  const ordered = purchases.recent.slice(0, DESK_LIMITS.orders).flatMap(({ products }) => products.slice(0, DESK_LIMITS.orderProducts)); // prettier-ignore
  return [...new Set([...cart.items.map(({ product }) => product.id), ...recentlyViewed.map(({ product }) => product.id), ...ordered])].slice(0, DESK_LIMITS.products); // prettier-ignore
}

function productsOf(
  document: CustomerDocument,
  items: Read["items"],
  heard: readonly Heard[],
): readonly Product[] {
  const seen = [...document.recentlyViewed, ...document.cart.items].flatMap(({ product: { id, name } }) => (name ? [[id, name] as const] : [])); // prettier-ignore
  const names = new Map([...productNamesIn(heard), ...seen]);
  for (const { products, title } of document.purchases.recent)
    if (products[0] !== undefined && title !== null) names.set(products[0], title);
  return productIds(document).map((id) => ({ id, name: items.get(id)?.name ?? names.get(id) ?? id }));
}

const BY_ADDRESS: readonly (readonly [kind: string, channel: MessageChannel])[] = [["email", "email"], ["phone", "sms"], ["phone", "whatsapp"]]; // prettier-ignore
function channelsOf(held: CustomerAtom["identifiers"], { suppressions }: Around) {
  return BY_ADDRESS.flatMap(([kind, channel]) => {
    const address = held.find((one) => one[0] === kind)?.[1];
    if (address === undefined) return [];
    return [{ channel, suppressed: suppressions.find((one) => one.channel === channel && one.address === address)?.reason ?? null }]; // prettier-ignore
  });
}

/** What the workspace's places for the desk decide; null: not in time. */
async function decisionsOf({ ask, newId }: StoryDeps, workspace: WorkspaceId, { identifiers: [identifier] }: CustomerDocument, { places }: Around, now: Instant): Promise<readonly Decision[] | null> {
  if (places.length === 0 || identifier === undefined) return [];
  const { decisions } = await ask({
    question: { identifier: { kind: identifier.kind, value: identifier.value }, places: [...places], events: [], context: {}, explain: false },
    trusted: true,
    arrival: arrivalFor({ workspace, key: 0, receivedAt: now, newId }, { text: "" }),
  });
  return decisions.some(({ reason }) => reason === "fallback") ? null : decisions;
} // prettier-ignore

/** What people wrote may hold an address or a number as well. */
function maskedStory(story: DeskView): DeskView {
  const maybe = (text: string | null) => (text === null ? null : maskedText(text));
  return {
    ...story,
    moments: story.moments.map((one) => ({ ...one, about: maybe(one.about), touchpoint: maskedText(one.touchpoint) })),
    questions: story.questions.map((one) => ({ ...one, about: maybe(one.about) })),
    promises: story.promises.map((one) => ({ ...one, promise: maskedText(one.promise) })),
    notes: story.notes.map((one) => ({ ...one, text: maskedText(one.text) })),
    tasks: story.tasks.map((one) => ({ ...one, title: maskedText(one.title), detail: maskedText(one.detail) })),
    next: story.next.map((one) => ({ ...one, title: maskedText(one.title), detail: maybe(one.detail) })),
  };
} // prettier-ignore
