/** Kept gaps as the API answers them: with edited assumptions put in, ranked anew, and with what proves the remedy. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Questions } from "../analysis/questions.ts";
import type { Sql } from "../db/postgres.ts";
import { readResults } from "../journeys/results.ts";
import type { Goal } from "../journeys/model.ts";
import { readPublished } from "../journeys/store.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import type { Kept } from "./keep.ts";
import { type Assumptions, type GapDetail, type GapView, type Proof } from "./model.ts";
import { beforeAfter, notYetWords } from "./state.ts";
import { type StoredGap, readGap, readGaps, readHistory } from "./store.ts";
import { ranked, valueOf } from "./value.ts";

export type ViewDeps = { readonly sql: Sql; readonly log: EventLog; readonly questions: Questions };

/** Without its place among the others, which only all of them tell. */
const put = ({ measured: { gap, orders, periodMs }, assumptions: edited }: StoredGap) => {
  const laidDown = Object.entries(edited).filter(([, value]) => value !== undefined);
  const assumptions: Assumptions = { ...gap.assumptions, ...Object.fromEntries(laidDown) };
  const value = valueOf({ ...gap, assumptions, orders, periodMs });
  return { ...gap, assumptions, value, fixability: { ...gap.fixability, ratio: assumptions.fixabilityRatio } };
}; // prettier-ignore

/** Of a state or kind where one is named, so many. */
type Listed = Parameters<typeof readGaps>[2] & { readonly limit: number };
/** The gaps of a workspace, ranked among all; those that were dismissed come last. */
export async function viewGaps(deps: ViewDeps, workspace: WorkspaceId, asked: Listed, now: Instant): Promise<readonly GapView[]> {
  const all = await readGaps(deps.sql, workspace, { state: null, kind: null });
  const order = ranked(all.map((stored) => ({ ...put(stored), stored })));
  const wanted = order.filter(({ kind, stored }) => (asked.state === null || stored.state === asked.state) && (asked.kind === null || kind === asked.kind)); // prettier-ignore
  const sorted = [...wanted.filter(({ stored }) => stored.state !== "dismissed"), ...wanted.filter(({ stored }) => stored.state === "dismissed")]; // prettier-ignore
  return provenOf(deps, workspace, sorted.slice(0, asked.limit), now);
} // prettier-ignore

/** What a search found, as it measured it, whatever is kept of it; ranked among all. */
export async function viewFound(deps: ViewDeps, workspace: WorkspaceId, found: Kept["found"], now: Instant): Promise<readonly GapView[]> {
  const all = (await readGaps(deps.sql, workspace, { state: null, kind: null })).map((stored) => ({ ...stored, ...found.get(stored.id) }));
  const order = ranked(all.map((stored) => ({ ...put(stored), stored })));
  return provenOf(deps, workspace, order.filter(({ stored }) => found.has(stored.id)), now);
} // prettier-ignore

type Ordered = StoredGap["measured"]["gap"] & { readonly stored: StoredGap };
/** Proofs are asked for one after the other: each is a question, and those of others wait in the same queue. */
async function provenOf(deps: ViewDeps, workspace: WorkspaceId, order: readonly Ordered[], now: Instant): Promise<readonly GapView[]> {
  const views: GapView[] = [];
  for (const { stored, ...gap } of order)
    views.push(viewOf(stored, gap, await proofOf(deps, workspace, stored, now)));
  return views;
} // prettier-ignore

/** One gap with its history. Throws `Failure("not_found")`. */
export async function viewGap(
  deps: ViewDeps,
  workspace: WorkspaceId,
  id: number,
  now: Instant,
): Promise<GapDetail> {
  const stored = await readGap(deps.sql, workspace, id);
  const all = await readGaps(deps.sql, workspace, { state: null, kind: null });
  const found = ranked(all.map((one) => ({ ...put(one), id: one.id }))).find((one) => one.id === id)!;
  const proof = await proofOf(deps, workspace, stored, now);
  return { ...viewOf(stored, found, proof), history: [...(await readHistory(deps.sql, workspace, id))] };
}

const viewOf = (stored: StoredGap, gap: StoredGap["measured"]["gap"], proof: Proof): GapView => ({
  ...gap,
  id: stored.id,
  state: stored.state,
  scope: {
    from: isoOf(stored.scope.from),
    to: isoOf(stored.scope.to),
    segment: stored.scope.segment ?? null,
    channels: stored.scope.channels ? [...stored.scope.channels] : null,
    account: stored.scope.account ?? null,
  },
  foundAt: isoOf(stored.foundAt),
  seenAt: isoOf(stored.seenAt),
  lookedAt: isoOf(stored.lookedAt),
  journeyId: stored.journey,
  assumptionsEdited: Object.keys(stored.assumptions).length > 0,
  proof,
  basis: stored.basis,
});

/** What shows whether the remedy of a gap worked. */
export async function proofOf(
  { sql, log, questions }: ViewDeps,
  workspace: WorkspaceId,
  { journey, measured, state, fixedAt, ratioBefore, ratioAfter }: StoredGap,
  now: Instant,
): Promise<Proof> {
  if (journey !== null) {
    const published = await readPublished(sql, workspace, journey);
    if (published.length === 0)
      return { type: "none", words: "The journey made from it was not published yet." };
    const { answer } = await questions.ask(workspace, ["gap proof", journey], { fresh: false }, async () => {
      const results = await readResults(sql, log, { workspace, journey, version: null, from: null, to: null }, now);
      const customers = results.journey.arms.reduce((sum, arm) => sum + arm.customers, 0);
      return { answer: ofResults(journey, results, published[0]!.draft.goal), asOfAt: now, events: 0, customers, method: "" };
    });
    return answer;
  }
  if (state === "open" || state === "dismissed" || ratioBefore === null || fixedAt === null)
    return { type: "none", words: "Nothing was done about it yet." };
  const [k, n, periodMs] = ratioBefore;
  if (ratioAfter === null) return { type: "none", words: notYetWords(measured.gap.kind, fixedAt, periodMs) };
  return beforeAfter({ k, n }, { k: ratioAfter[0], n: ratioAfter[1] });
} // prettier-ignore

const goalWords = ({ when, withinMs }: Goal): string =>
  `${when.type === "event" ? `"${when.event}"` : when.on === "entered" ? "coming into a segment" : "leaving a segment"} within ${Math.round(withinMs / 86_400_000)} days`;

function ofResults(journeyId: number, { journey }: Awaited<ReturnType<typeof readResults>>, goal: Goal | undefined): Proof {
  const verdict = journey.verdicts.find(({ measure }) => measure === "conversions");
  const sumOf = (heldOut: boolean, of: "customers" | "converted"): number =>
    journey.arms.filter(({ holdout }) => holdout === heldOut).reduce((sum, arm) => sum + arm[of], 0);
  if (!verdict)
    return { type: "none", words: "Nobody is held out of its journey: what would have happened without it is not known." };
  return {
    type: "journey",
    journeyId,
    verdict: verdict.verdict,
    goal: goal === undefined ? null : goalWords(goal),
    treated: sumOf(false, "customers"),
    treatedReached: sumOf(false, "converted"),
    heldOut: sumOf(true, "customers"),
    heldOutReached: sumOf(true, "converted"),
    lift: verdict.absolute && { difference: verdict.absolute.difference, interval: { low: verdict.absolute.interval[0], high: verdict.absolute.interval[1], level: 0.95 } },
    words: verdict.words,
  };
} // prettier-ignore
