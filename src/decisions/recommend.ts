/**
 * What candidates recommend to a customer: products found when the question is asked, for what may speak for them of the
 * customer and against all that is known (known.ts). They go along with the candidate's content, with price and stock of
 * this moment and with why each is among them.
 */
import type { Sql } from "../db/postgres.ts";
import type { Policy } from "../permission/model.ts";
import { personOf } from "../recommendations/person.ts";
import { recommended } from "../recommendations/read.ts";
import { shownTold } from "../recommendations/told.ts";
import { knowledgeOf } from "../segments/facts.ts";
import type { PlanContext } from "../segments/plan.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { Visit } from "./eligible.ts";
import type { PlaceInForce } from "./force.ts";
import type { Seen } from "./known.ts";
import type { Candidate } from "./model.ts";

type Asking = {
  readonly sql: Sql;
  readonly workspace: WorkspaceId;
  readonly policy: Policy;
  readonly seen: Pick<Seen, "shown" | "atoms">;
  readonly places: readonly Pick<PlaceInForce, "candidates">[];
};

/** The items of each candidate of these places that recommends something. Where none does, nothing is read. */
export async function recommendedTo({ sql, workspace, policy, seen, places }: Asking, now: Instant): Promise<Visit["recommended"]> {
  const asked = places.flatMap(({ candidates }) => candidates.flatMap(({ candidate }) => candidate.recommend ?? []));
  if (asked.length === 0) return () => [];
  const shown = knowledgeOf(seen.shown);
  const person = personOf(shown, seen.shown === seen.atoms ? shown : knowledgeOf(seen.atoms));
  const found = await recommended(sql, asked, { workspace, person, policy, now });
  const items = new Map([...found].map(([one, those]) => [one, shownTold(those)]));
  return ({ recommend }) => (recommend ? (items.get(recommend) ?? []) : []);
} // prettier-ignore

/** What is wrong with what a candidate is to recommend; null: nothing. */
export function recommendProblem({ kind, recommend }: Pick<Candidate, "kind" | "recommend">, { segments, stages }: Pick<PlanContext, "segments" | "stages">): string | null {
  if (!recommend) return null;
  const { segment, stage } = recommend;
  if (kind !== "recommendation") return "Only a candidate of kind recommendation finds products.";
  if (segment !== undefined && !segments.has(segment)) return `There is no segment ${segment}.`;
  return stage !== undefined && !stages.has(stage) ? `There is no stage ${stage}.` : null;
} // prettier-ignore
