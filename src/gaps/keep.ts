/** Searching and keeping what was found: what the API and the daily look do alike. */
import type { Basis } from "../analysis/model.ts";
import type { Database } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { GapSearch } from "./model.ts";
import { type SearchDeps, type Searched, searchGaps } from "./search.ts";
import { type StoredGap, keepGaps } from "./store.ts";

export type Kept = {
  readonly answer: Searched;
  readonly basis: Basis;
  /** The gaps that were found, by their numbers, as this search measured them. */
  readonly found: ReadonlyMap<number, Pick<StoredGap, "measured" | "scope" | "basis">>;
};
/** Searches, and keeps what was found. */
export async function searchAndKeep(
  deps: SearchDeps & { readonly sql: Database },
  workspace: WorkspaceId,
  asked: GapSearch,
  fresh: boolean,
  now: Instant,
): Promise<Kept> {
  const { answer, basis } = await searchGaps(deps, workspace, asked, fresh, now);
  if (answer.type === "too_little_data") return { answer, basis, found: new Map() };
  const { gaps, orders, looked, counted } = answer;
  const kinds = looked.filter(({ notLooked }) => notLooked === null).map(({ kind }) => kind);
  const kept = gaps.map(({ periodMs, ...gap }) => ({ gap, orders, periodMs }));
  const ids = await keepGaps(deps.sql, workspace, { scope: asked.scope, kinds, gaps: kept, counted, basis }, now);
  return { answer, basis, found: new Map(ids.map((id, i) => [id, { measured: kept[i]!, scope: asked.scope, basis }])) };
} // prettier-ignore
