/** The customer as a decision asks for one: what places need beyond what is always read, and content with the customer in it. */
import type { CustomerDocument } from "../customers/document.ts";
import { readAccounts } from "../customers/read.ts";
import { type Item, toBeHad } from "../catalogue/model.ts";
import { readItems } from "../catalogue/store.ts";
import { productNow } from "../catalogue/told.ts";
import type { Knowledge } from "../customers/model.ts";
import { cartOf, documentOf } from "../customers/view.ts";
import type { Sql } from "../db/postgres.ts";
import { type Manner, mannerOf } from "../messages/liquid-filters.ts";
import { messageOf } from "../messages/inbox-view.ts";
import { type RulesTold, templateDataOf } from "../messages/render-data.ts";
import { localeOf } from "../messages/render-read.ts";
import { testLinksOf } from "../messages/tokens.ts";
import { Preferences } from "../permission/model.ts";
import { recipientOf, zoneOf } from "../permission/recipient.ts";
import { knowledgeOf, segmentsHeld } from "../segments/facts.ts";
import { measured } from "../segments/measure.ts";
import { measuredOf } from "../segments/plan.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import type { Filled } from "./decide.ts";
import { type OnPage, type Visit, messageFor, onPage, whyNot } from "./eligible.ts";
import { type Reading, fillContent } from "./fill.ts";
import type { InForce, PlaceInForce } from "./force.ts";
import type { Seen } from "./known.ts";
import type { Candidate, Question } from "./model.ts";
import { recommendedTo } from "./recommend.ts";
import type { Snapshot } from "./snapshots.ts";

type VisitDeps = {
  readonly sql: Sql;
  readonly workspace: WorkspaceId;
  readonly snapshot: Snapshot;
  /** The products the snapshot was asked about. */
  readonly products: readonly string[];
  readonly inForce: InForce;
  readonly seen: Seen;
  readonly places: readonly PlaceInForce[];
  readonly context: Question["context"];
};
type Fill = (place: PlaceInForce) => (candidate: Candidate) => Filled;

/** What decide is given, and how contents are made of candidates. */
export async function visitOf(deps: VisitDeps, now: Instant): Promise<{ readonly visit: Visit; readonly fill: Fill }> {
  const { sql, workspace, snapshot, seen, places } = deps;
  const known = knowledgeOf(seen.shown);
  const hasLiquid = places.some(({ contents }) => [...contents.values()].some(({ texts }) => texts.size > 0));
  const accounts = hasLiquid ? await readAccounts(sql, workspace, Object.keys(known.accounts)) : {};
  const about = await itemsOf(deps, deps.snapshot.items, places.flatMap(({ products }) => products));
  const [ids, shown] = [seen.atoms, seen.shown].map((atoms) => new Set(atoms.map(({ id }) => id))) as [Set<AtomId>, Set<AtomId>];
  const wishes = snapshot.preferences.filter(({ atom }) => ids.has(atom)).toSorted((a, b) => b.updatedAt - a.updatedAt)[0];
  const visit: Visit = {
    shown: seen.shownFacts,
    known: seen.knownFacts,
    recipient: recipientOf(seen.atoms.map(({ knowledge }) => knowledge), {
      address: null, suppressed: null, contacts: [], upcoming: [], preferences: wishes ? Preferences.parse(wishes.body) : NO_WISHES, identifiers: seen.atoms.flatMap(({ identifiers }) => identifiers),
      stock: (product) => pieces(about.get(product)),
    }),
    policy: snapshot.policy,
    cart: cartOf(known.cart),
    recommended: await recommendedTo({ sql, workspace, policy: snapshot.policy, seen, places }, now),
    messages: snapshot.unseen.filter(({ atom }) => shown.has(atom)).map((row) => ({ place: row.place, message: messageOf(row) })),
  };
  // Of most customers nothing of their own is shown: the catalogue is asked only when something may be.
  const page = onPage(visit);
  const items = places.some((place) => showsOwn(place, page, now)) ? await itemsOf(deps, about, ownProducts(visit, known)) : about;
  // Most that is shown names nobody: the whole document is put together when a text first asks for it.
  const readingOf = readings(deps, () => documentOf(seen.shown[0]!.customer, known, seen.shown.flatMap(({ identifiers }) => identifiers), accounts), items, now);
  return {
    visit,
    fill: ({ contents }) => (candidate) => withOwn(fillContent(contents.get(candidate.id)!, () => readingOf(candidate)), candidate, visit, items),
  };
} // prettier-ignore

const NO_WISHES = Preferences.parse({});

const pieces = (item: Item | undefined): number | null => (item ? toBeHad(item) : null);

/** `known` with these products as the catalogue has them, as far as the snapshot was not asked about them. */
async function itemsOf({ sql, workspace, products }: VisitDeps, known: ReadonlyMap<string, Item>, wanted: readonly string[]): Promise<ReadonlyMap<string, Item>> {
  const asked = new Set(products);
  const missing = wanted.filter((id) => !asked.has(id));
  if (missing.length === 0) return known;
  return new Map([...known, ...(await readItems(sql, workspace, missing))]);
} // prettier-ignore

/** Whether a candidate that may be shown here shows the customer's own products: the cart, or by its Liquid. */
const showsOwn = ({ candidates, contents }: PlaceInForce, visit: OnPage, now: Instant): boolean =>
  candidates.some((one) => (one.candidate.kind === "cart" || contents.get(one.candidate.id)!.readsProducts) && whyNot(one, visit, now) === null); // prettier-ignore

const ownProducts = ({ cart }: Visit, { viewed }: Knowledge): readonly string[] =>
  [...cart.items, ...viewed].map(({ product }) => product.id);

/** A cart, a message and what is recommended bring what they are along. */
function withOwn(filled: Filled, candidate: Candidate, visit: Visit, items: ReadonlyMap<string, Item>): Filled {
  if (filled.type !== "filled") return filled;
  if (candidate.kind === "cart") {
    const lines = visit.cart.items.map(({ product, quantity, addedAt }): JsonObject => ({ product: productNow(product, items.get(product.id)), quantity, addedAt }));
    return { type: "filled", content: { ...filled.content, cart: { items: lines, count: lines.length, updatedAt: visit.cart.updatedAt } } };
  }
  if (candidate.recommend) return { type: "filled", content: { ...filled.content, items: visit.recommended(candidate) } };
  const found = candidate.kind === "message" ? messageFor(candidate, visit) : null;
  return found ? { type: "filled", content: { ...filled.content, message: found.message } } : filled;
} // prettier-ignore

/** What Liquid reads of the customer for a candidate, put together when a text first asks for it. */
function readings(deps: VisitDeps, documentNow: () => CustomerDocument, items: ReadonlyMap<string, Item>, now: Instant): (candidate: Candidate) => Reading {
  const { snapshot, seen, context } = deps;
  const page = { page: context as JsonObject };
  const from = { name: snapshot.name, address: snapshot.address };
  let common: { readonly document: CustomerDocument; readonly rules: RulesTold; readonly manner: Manner } | null = null;
  const commonNow = () => {
    const document = documentNow();
    return {
      document,
      rules: rulesTold(deps, now),
      manner: mannerOf(
        now,
        zoneOf(knowledgeOf(seen.shown), seen.shown.flatMap(({ identifiers }) => identifiers), context.timezone)?.name ?? snapshot.policy.zone,
        localeOf(document.traits) ?? context.locale?.replaceAll("_", "-") ?? null,
      ),
    };
  };
  return ({ products }) => {
    common ??= commonNow();
    const { links: _, ...data } = templateDataOf(common.document, common.rules, page, testLinksOf(""), from, { about: products, items });
    return { data, manner: common.manner };
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
