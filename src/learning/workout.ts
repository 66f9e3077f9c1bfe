/**
 * An evaluation of all ways of choosing at a place, from exposures in the order they happened. Pure.
 *
 * What was learned is not asked about customers it was learned from: customers are divided into two halves, and what was
 * learned of one half is asked about the other (cross-fitting; Chernozhukov and others 2018, Econometrics Journal 21).
 * So what was learned is judged by strangers, with half of the knowledge it has in use: rather too low than too high.
 */
import { type Shown, modelOf, ratioOf } from "./believe.ts";
import { type Chooser, type ReadyModel, learnedChancesOf, readyModelOf, scoreOf } from "./choose.ts";
import { slotsOf } from "./encode.ts";
import { type Evaluated, type Weighed, evaluated } from "./evaluate.ts";
import { LEARNING_LIMITS, type Learning, type LearningContext } from "./model.ts";

/** An exposure whose time is over. */
export type Exposure = {
  readonly customer: number;
  readonly half: 0 | 1;
  readonly candidate: string;
  readonly propensity: number;
  readonly reward: number;
  readonly context: LearningContext;
  /** In the order of priority, as it was then. */
  readonly eligible: readonly string[];
};
/** What is added up of exposures in one context, by half. */
export type Kind = Omit<Shown, "slots"> & { readonly context: LearningContext; readonly half: 0 | 1 };
export type Material = {
  readonly learning: Learning;
  readonly candidates: readonly string[];
  readonly kinds: readonly Kind[];
  readonly exposures: readonly Exposure[];
};

/** A way of choosing. `only`: that candidate wherever it is eligible, else as priority says. */
export type Way = { readonly type: "learned" | "uniform" | "priority" } | { readonly type: "only"; readonly candidate: string }; // prettier-ignore
/** What came of a place's exposures, and what each way of choosing would have given. */
export type WorkedOut = {
  readonly exposures: number;
  readonly customers: number;
  readonly reward: number;
  readonly ways: readonly (Way & { readonly evaluated: Evaluated | null })[];
};

/** The model of kinds; of one half of the customers only, where it is named. */
export const modelOfKinds = ({ reward }: Pick<Learning, "reward">, kinds: readonly Kind[], half: 0 | 1 | null = null) =>
  modelOf(reward, kinds.filter((one) => half === null || one.half === half).map((one): Shown => ({ ...one, slots: slotsOf(one.context) }))); // prettier-ignore

/** Evaluates; null with too few exposures. */
export function workOut({ learning, candidates, kinds, exposures }: Material): WorkedOut | null {
  // A decision that could not be the same today says nothing of what is to be shown today.
  const ours = new Set(candidates);
  const alike = exposures.filter(({ eligible }) => eligible.every((id) => ours.has(id)));
  if (alike.length < LEARNING_LIMITS.evaluatedMin) return null;
  const halves = ([0, 1] as const).map((half) => readyModelOf(modelOfKinds(learning, kinds, half), learning)!);
  const ways: readonly Way[] = [{ type: "learned" }, { type: "priority" }, { type: "uniform" }, ...candidates.map((candidate): Way => ({ type: "only", candidate }))];
  const asked = alike.map((one) => {
    const strange = halves[1 - one.half]!;
    const slots = slotsOf(one.context);
    return { one, strange, slots, foretold: one.eligible.map((id) => foretold(strange, id, slots)) };
  });
  return {
    exposures: alike.length,
    customers: new Set(alike.map(({ customer }) => customer)).size,
    reward: alike.reduce((sum, { reward }) => sum + reward, 0) / alike.length,
    ways: ways.map((way) => ({ ...way, evaluated: evaluated(asked.map((each) => weighedBy(way, each, learning)), LEARNING_LIMITS.alphaRatio) })),
  };
} // prettier-ignore

type AskedOf = { readonly one: Exposure; readonly strange: ReadyModel; readonly slots: readonly number[]; readonly foretold: readonly number[] }; // prettier-ignore
function weighedBy(way: Way, { one, strange, slots, foretold: of }: AskedOf, learning: Learning): Weighed {
  const chances = chancesBy(way, one.eligible, slots, { ...learning, model: strange });
  const at = one.eligible.indexOf(one.candidate);
  return {
    customer: one.customer,
    reward: one.reward,
    weight: chances[at]! / one.propensity,
    foretold: of[at]!,
    foretoldOfWay: chances.reduce((sum, chance, i) => sum + chance * of[i]!, 0),
  };
}

function chancesBy(
  way: Way,
  eligible: readonly string[],
  slots: readonly number[],
  chooser: Chooser,
): readonly number[] {
  switch (way.type) {
    case "learned":
      return learnedChancesOf(chooser, eligible, slots);
    case "uniform":
      return eligible.map(() => 1 / eligible.length);
    case "priority":
      return eligible.map((_, i) => (i === 0 ? 1 : 0));
    case "only": {
      const at = Math.max(0, eligible.indexOf(way.candidate));
      return eligible.map((_, i) => (i === at ? 1 : 0));
    }
    default:
      return way satisfies never;
  }
}

/** The reward that is foretold for a candidate in a context. */
function foretold(model: ReadyModel, candidate: string, slots: readonly number[]): number {
  const { mean } = scoreOf(model, candidate, slots);
  return model.reward === "value" ? model.middle + model.scale * mean : ratioOf(model.middle + mean);
}
