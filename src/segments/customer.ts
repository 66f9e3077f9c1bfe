/** One customer and the rules: which segments and stage they are in, their computed traits, and why they are in or not. */
import { atomsOfCustomer } from "../customers/read.ts";
import type { CustomerAtom } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import { accountsOf } from "./accounts.ts";
import type { CustomerSegments, WhyAnswer } from "./document.ts";
import { explain } from "./explain.ts";
import { factsOf, rootOf, segmentsHeld, stageOf } from "./facts.ts";
import { type Force, type WorkspaceForce, contextFrom, loadForce } from "./force.ts";
import type { Facts } from "./match.ts";
import { measured } from "./measure.ts";
import type { ComputedTraitDraft, Rule } from "./model.ts";
import { measuredOf } from "./plan.ts";
import { type Definitions, type StoredSegment, namesOf, planOfVersion } from "./store.ts";
import { takeUp } from "./take-up.ts";
import { measureWords } from "./words.ts";

/** The rules in force, read again when they have changed. */
export type ForceReader = () => Promise<Force>;

/** Keeps the rules in force of the epoch it read last. */
export function forceReader(sql: Sql): ForceReader {
  let held: Force | null = null;
  return async () => {
    const [row] = await sql.query<{ n: number }>("select n from epochs");
    if (held?.epoch !== row!.n) held = await loadForce(sql, row!.n);
    return held;
  };
}

type Known = { readonly atoms: readonly CustomerAtom[]; readonly facts: Facts; readonly of: WorkspaceForce };

/** The customer with what history told; `of` is what is in force. Null for no customer. */
async function readKnown(
  sql: Sql,
  force: Force,
  workspace: WorkspaceId,
  atom: AtomId,
  now: Instant,
): Promise<{ readonly atoms: readonly CustomerAtom[]; readonly known: Known | null } | null> {
  const atoms = await atomsOfCustomer(sql, workspace, atom);
  if (atoms.length === 0) return null;
  const of = force.of(workspace);
  if (!of) return { atoms, known: null };
  // In memory only: what is taken up is stored when a worker next touches the customer.
  await takeUp(sql, force, atoms);
  const facts = factsOf(atoms, of, stageOf(atoms, of), await accountsOf(sql, force, of, atoms, now));
  return { atoms, known: { atoms, facts, of } };
}

/** What a customer is in now; null for no customer. */
export async function readCustomerSegments(
  sql: Sql,
  force: Force,
  workspace: WorkspaceId,
  atom: AtomId,
  now: Instant,
): Promise<CustomerSegments | null> {
  const read = await readKnown(sql, force, workspace, atom, now);
  if (!read) return null;
  const customerId = customerIdOf(read.atoms[0]!.customer);
  const { known } = read;
  if (!known) return { customerId, segments: [], stage: null, computed: [] };
  const traits = await sql.query<{ body: ComputedTraitDraft }>(
    "select body from versions where workspace = $1 and kind = 'trait' and state = 'live' order by name",
    [workspace],
  );
  const held = segmentsHeld(known.atoms);
  return {
    customerId,
    segments: known.of.segments
      .flatMap(({ version, segment, name, live }) => {
        const since = held.get(version);
        return live && since !== undefined ? [{ id: segment, name, sinceAt: isoOf(since) }] : [];
      })
      .toSorted((a, b) => a.name.localeCompare(b.name)),
    stage: stageViewOf(known),
    computed: traits.map(({ body }) => computedOf(body, known.facts, now)),
  };
}

function stageViewOf({ atoms, of, facts }: Known): CustomerSegments["stage"] {
  const stage = of.stages?.live === true && of.stages.model.stages.find(({ key }) => key === facts.stage);
  if (!stage) return null;
  const held = rootOf(atoms).standing.data.g;
  return { key: stage.key, name: stage.name, sinceAt: held?.[0] === stage.key ? isoOf(held[1]) : null };
}

function computedOf(draft: ComputedTraitDraft, facts: Facts, now: Instant) {
  const what = measuredOf(draft);
  const value = measured(what, facts.track(what.track.key), now, what.track.spec.keep.kind);
  return { name: draft.name, description: draft.description, value, words: measureWords(draft) };
}

/** Why a customer is in a segment, or why not, by the version that serves. Null for no customer. */
export async function readWhy(
  sql: Sql,
  force: Force,
  asked: {
    readonly workspace: WorkspaceId;
    readonly atom: AtomId;
    readonly segment: StoredSegment;
    readonly all: Definitions;
  },
  now: Instant,
): Promise<WhyAnswer | null> {
  const { workspace, atom, segment, all } = asked;
  const { serving } = segment;
  const plan = serving && planOfVersion(serving);
  if (!serving || !plan)
    throw new Failure("conflict", `Segment ${segment.id} is still being built: nothing serves yet.`, { retryAfterSeconds: 2 }); // prettier-ignore
  const read = await readKnown(sql, force, workspace, atom, now);
  if (!read) return null;
  const { known, atoms } = read;
  // It became live this moment, after what is in force was read.
  if (!known) throw new Failure("conflict", `Segment ${segment.id} began to serve just now. Try again.`, { retryAfterSeconds: 1 }); // prettier-ignore
  const rule = serving.body as Rule;
  const why = explain(rule, plan.root, { facts: known.facts, now, context: contextFrom(serving.context), names: namesOf(all) }); // prettier-ignore
  const since = segmentsHeld(known.atoms).get(serving.id);
  return {
    segment: { id: segment.id, name: segment.name },
    customerId: customerIdOf(atoms[0]!.customer),
    version: serving.id,
    rule,
    matches: why.matches,
    sinceAt: since === undefined ? null : isoOf(since),
    changesAt: why.changesAt,
    asOf: isoOf(now),
    why,
  };
}
