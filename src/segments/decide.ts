/** Which segments a customer enters and leaves, and which stage they stand in. Pure. */
import type { CustomerAtom } from "../customers/store.ts";
import type { Instant } from "../values.ts";
import { soonest } from "./compare.ts";
import { type AccountFacts, factsOf, stageOf } from "./facts.ts";
import type { SegmentInForce, StagesInForce, WorkspaceForce } from "./force.ts";
import { type Facts, match } from "./match.ts";
import type { Node } from "./plan.ts";

/** What changed of a customer, which is why rules are asked again. */
export type Change =
  /** Track keys and trait names that an event told. */
  | { readonly by: "event"; readonly messageId: string; readonly tracks: ReadonlySet<string>; readonly traits: ReadonlySet<string> }
  /** A window ran out, or a date came: at this instant. */
  | { readonly by: "time"; readonly dueAt: Instant }
  /** Two customers were joined or parted, an account's members or traits changed, or the rule did. */
  | { readonly by: "identity" | "account" | "rule" }; // prettier-ignore

export type Turn = {
  readonly segment: SegmentInForce;
  readonly entered: boolean;
  /** The condition that turned, as a path into the rule; null when none can be told apart. */
  readonly because: string | null;
};
export type Decided = {
  readonly turns: readonly Turn[];
  readonly stage: { readonly from: string; readonly to: string; readonly because: string | null } | null;
  /** When time alone may change one of the answers given here. */
  readonly turnsAt: Instant | null;
};

/** Asks `which` segments, and the stages, of the customer made of `atoms` who is now in `held`. */
export function decide(
  force: WorkspaceForce,
  atoms: readonly CustomerAtom[],
  which: Iterable<SegmentInForce>,
  held: (version: number) => boolean,
  change: Change,
  accounts: AccountFacts,
  now: Instant,
): Decided {
  const current = stageOf(atoms, force);
  const facts = factsOf(atoms, force, current, accounts);
  const turns: Turn[] = [];
  const due: (Instant | null)[] = [];
  const stage = force.stages && current !== null ? stageNow(force.stages, current, facts, change, now, due) : null; // prettier-ignore
  for (const segment of which) {
    const answer = match(segment.plan.root, facts, now);
    due.push(answer.turnsAt);
    if (answer.matches === held(segment.version)) continue;
    const because = turnedAt(segment.plan.root, facts, change, answer.matches, now);
    turns.push({ segment, entered: answer.matches, because });
  }
  return { turns, stage, turnsAt: soonest(due) };
}

function stageNow(
  { model, plans }: StagesInForce,
  current: string,
  facts: Facts,
  change: Change,
  now: Instant,
  due: (Instant | null)[],
): Decided["stage"] {
  const answers = plans.map(({ root }) => match(root, facts, now));
  due.push(...answers.map(({ turnsAt }) => turnsAt));
  const furthest = answers.findLastIndex(({ matches }) => matches) + 1;
  const from = model.stages.findIndex(({ key }) => key === current);
  const to = model.backward === "never" ? Math.max(from, furthest) : furthest;
  if (to === from) return null;
  const plan = plans[Math.max(from, to) - 1]!;
  return {
    from: current,
    to: model.stages[to]!.key,
    because: turnedAt(plan.root, facts, change, to > from, now),
  };
}

/** The first condition that agrees with the turn and is one that the change touched. */
function turnedAt(root: Node, facts: Facts, change: Change, entered: boolean, now: Instant): string | null {
  const visit = (node: Node, wanted: boolean): string | null => {
    if (node.type === "all" || node.type === "any") {
      for (const one of node.nodes) {
        const path = visit(one, wanted);
        if (path !== null) return path;
      }
      return null;
    }
    if (node.type === "not") return visit(node.node, !wanted);
    if (match(node, facts, now).matches !== wanted) return null;
    return touched(node, facts, change, wanted) ? node.path : null;
  };
  return visit(root, entered);
}

function touched(node: Node, facts: Facts, change: Change, wanted: boolean): boolean {
  if (change.by === "time") return match(node, facts, change.dueAt - 1).matches !== wanted;
  if (change.by === "account") return node.type === "account" || node.type === "account_trait";
  if (change.by !== "event") return true;
  const told = (tracks: readonly { readonly key: string }[]) =>
    tracks.some(({ key }) => change.tracks.has(key));
  if (node.type === "did") return told([node.what.track]);
  if (node.type === "sequence") return told(node.tracks);
  if (node.type === "without") return told([node.track, node.without]);
  return node.type !== "trait" || change.traits.has(node.name);
}
