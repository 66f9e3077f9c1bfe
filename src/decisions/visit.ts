/** The customer as a decision asks for one: what places need beyond what is always read, and content with the customer in it. */
import { readAccounts } from "../customers/read.ts";
import { readStock } from "../catalogue/stock.ts";
import { cartOf, documentOf } from "../customers/view.ts";
import type { Sql } from "../db/postgres.ts";
import { mannerOf } from "../messages/liquid-filters.ts";
import { readInbox } from "../messages/inbox-store.ts";
import { messageOf } from "../messages/inbox-view.ts";
import { type RulesTold, templateDataOf } from "../messages/render-data.ts";
import { localeOf } from "../messages/render-read.ts";
import { testLinksOf } from "../messages/tokens.ts";
import { Preferences } from "../permission/model.ts";
import { recipientOf, zoneOf } from "../permission/recipient.ts";
import { knowledgeOf, segmentsHeld } from "../segments/facts.ts";
import { measured } from "../segments/measure.ts";
import { measuredOf } from "../segments/plan.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import type { Filled } from "./decide.ts";
import { type Visit, messageFor } from "./eligible.ts";
import { type Reading, fillContent } from "./fill.ts";
import type { InForce, PlaceInForce } from "./force.ts";
import type { Seen } from "./known.ts";
import { type Candidate, DECISION_LIMITS, type Question } from "./model.ts";
import { type Snapshot, readPreferences } from "./store.ts";

type VisitDeps = {
  readonly sql: Sql;
  readonly workspace: WorkspaceId;
  readonly snapshot: Snapshot;
  readonly inForce: InForce;
  readonly seen: Seen;
  readonly places: readonly PlaceInForce[];
  readonly context: Question["context"];
};
type Fill = (place: PlaceInForce) => (candidate: Candidate) => Filled;

/** What decide is given, and how contents are made of candidates. */
export async function visitOf(deps: VisitDeps, now: Instant): Promise<{ readonly visit: Visit; readonly fill: Fill }> {
  const { sql, workspace, snapshot, seen, places } = deps;
  const ids = seen.atoms.map(({ id }) => id);
  const shownIds = seen.shown.map(({ id }) => id);
  const [stock, preferences, inbox] = await Promise.all([
    readStock(sql, workspace, [...new Set(places.flatMap(({ products }) => products))]),
    places.some(({ hasTopics }) => hasTopics) ? readPreferences(sql, ids) : Preferences.parse({}),
    places.some(({ showsMessages }) => showsMessages) ? readInbox(sql, { atoms: shownIds, place: null, before: Number.MAX_SAFE_INTEGER, limit: DECISION_LIMITS.messages }) : [],
  ]);
  const shown = knowledgeOf(seen.shown);
  const identifiers = seen.atoms.flatMap((atom) => atom.identifiers);
  const visit: Visit = {
    shown: seen.shownFacts,
    known: seen.knownFacts,
    recipient: recipientOf(seen.atoms.map(({ knowledge }) => knowledge), {
      address: null, suppressed: null, contacts: [], upcoming: [], preferences, identifiers, stock: (product) => stock.get(product) ?? null,
    }),
    policy: snapshot.policy,
    cart: cartOf(shown.cart),
    messages: inbox.filter(({ seenAt }) => seenAt === null).map((row) => ({ place: row.place, message: messageOf(row) })),
  };
  const reading = await readingOf(deps, now);
  return { visit, fill: ({ contents }) => (candidate) => withOwn(fillContent(contents.get(candidate.id)!, reading), candidate, visit) };
} // prettier-ignore

/** A cart and a message bring what they are along. */
function withOwn(filled: Filled, candidate: Candidate, visit: Visit): Filled {
  if (filled.type !== "filled") return filled;
  if (candidate.kind === "cart") {
    const { items, updatedAt } = visit.cart;
    const cart: JsonObject = { items: items as unknown as readonly JsonObject[], count: items.length, updatedAt };
    return { type: "filled", content: { ...filled.content, cart } };
  }
  const found = candidate.kind === "message" ? messageFor(candidate, visit) : null;
  return found ? { type: "filled", content: { ...filled.content, message: found.message } } : filled;
} // prettier-ignore

/** What Liquid reads of the customer, put together when a text first asks for it. */
async function readingOf(deps: VisitDeps, now: Instant): Promise<() => Reading> {
  const { sql, workspace, snapshot, seen, places, context } = deps;
  const liquid = places.some(({ contents }) => [...contents.values()].some(({ texts }) => texts.size > 0));
  const known = knowledgeOf(seen.shown);
  const accountIds = liquid ? Object.keys(known.accounts) : [];
  const accounts = await readAccounts(sql, workspace, accountIds);
  let made: Reading | null = null;
  return () => {
    if (made) return made;
    const identifiers = seen.shown.flatMap((atom) => atom.identifiers);
    const document = documentOf(seen.shown[0]!.customer, known, identifiers, accounts);
    const { links: _, ...data } = templateDataOf(document, rulesTold(deps, now), { page: context as JsonObject }, testLinksOf(""), { name: snapshot.name, address: snapshot.address });
    const zone = zoneOf(known, identifiers, context.timezone)?.name ?? snapshot.policy.zone;
    return (made = { data, manner: mannerOf(now, zone, localeOf(document.traits) ?? context.locale?.replaceAll("_", "-") ?? null) });
  };
} // prettier-ignore

/** Stage, segments and computed traits as the rules tell them of what may be shown. */
function rulesTold({ workspace, inForce, seen }: VisitDeps, now: Instant): RulesTold {
  const of = inForce.force.of(workspace)!;
  const held = segmentsHeld(seen.shown);
  const { shownFacts: facts } = seen;
  return {
    segments: of.segments.filter(({ version, live }) => live && held.has(version)),
    stage: of.stages?.model.stages.find(({ key }) => key === facts.stage) ?? null,
    computed: inForce.traitsOf(workspace).map((draft) => {
      const what = measuredOf(draft);
      return {
        name: draft.name,
        value: measured(what, facts.track(what.track.key), now, what.track.spec.keep.kind),
      };
    }),
  };
}
