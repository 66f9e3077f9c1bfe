/** Definitions as the API answers them. Pure. */
import { isoOf } from "../values.ts";
import type { ComputedTraitView, SegmentView, StagesView } from "./document.ts";
import { referencesOf, stageRules } from "./references.ts";
import { type Definitions, namesOf, standingOf } from "./store.ts";
import { measureWords, wordsOf } from "./words.ts";

/** Segments by name; `ids`: only these. */
export function segmentViews(all: Definitions, ids: ReadonlySet<number> | null = null): SegmentView[] {
  const names = namesOf(all);
  const named = (ids: Iterable<number>) =>
    [...ids].flatMap((id) => {
      const name = names.segment(id);
      return name === null ? [] : { id, name };
    });
  const uses = new Map([...all.segments].map(([id, { rule }]) => [id, referencesOf([rule]).segments]));
  const users = new Map<number, number[]>();
  for (const [user, used] of uses) for (const id of used) users.set(id, [...(users.get(id) ?? []), user]);
  const byStages = referencesOf(all.stages ? stageRules(all.stages.model) : []).segments;
  return [...all.segments.values()]
    .filter(({ id }) => ids === null || ids.has(id))
    .map((segment) => ({
      id: segment.id, name: segment.name, description: segment.description, rule: segment.rule, summary: wordsOf(segment.rule, names),
      members: segment.serving?.members ?? null, ...standingOf(segment), newestVersion: segment.newest.id,
      createdAt: isoOf(segment.createdAt), updatedAt: isoOf(segment.updatedAt),
      uses: named(uses.get(segment.id)!), usedBy: named(users.get(segment.id) ?? []), usedByStages: byStages.has(segment.id),
    })); // prettier-ignore
}

/** Computed traits by name. */
export function traitViews(all: Definitions): ComputedTraitView[] {
  const users = [...all.segments.values()].map(({ id, name, rule }) => ({ id, name, uses: referencesOf([rule]).computed })); // prettier-ignore
  const byStages = referencesOf(all.stages ? stageRules(all.stages.model) : []).computed;
  return [...all.computed.values()]
    .map((trait) => ({
      ...trait.draft,
      words: measureWords(trait.draft),
      ...standingOf(trait),
      createdAt: isoOf(trait.newest.createdAt),
      usedBy: users.filter(({ uses }) => uses.has(trait.draft.name)).map(({ id, name }) => ({ id, name })),
      usedByStages: byStages.has(trait.draft.name),
    })) // prettier-ignore
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The stage model and how far its newest version is. */
export function stagesView({ stages }: Definitions): StagesView {
  if (!stages)
    return { model: null, state: "live", version: null, asOf: null, progress: null, problem: null, newestVersion: null }; // prettier-ignore
  return { model: stages.model, ...standingOf(stages), newestVersion: stages.newest.id };
}
