/** Learning as the API answers it: schemas, from which the types are inferred. */
import { z } from "zod";
import { type Instant, isoOf } from "../values.ts";
import type { Judged } from "./guard.ts";
import { Guard, LEARNING_LIMITS, Learning } from "./model.ts";
import type { LearningPlace, Stop, readKept } from "./store.ts";
import type { Way, WorkedOut } from "./workout.ts";

const Interval = z.tuple([z.number(), z.number()]).readonly();
const Told = z.object({ value: z.number(), interval: Interval });
const ArmTold = z.object({ customers: z.int(), did: z.int(), interval: Interval });
const GuardTold = z.object({ guard: Guard, arms: z.object({ learned: ArmTold, holdout: ArmTold }), isWorse: z.boolean(), words: z.string() }); // prettier-ignore
const StopTold = z.object({ at: z.iso.datetime(), number: z.int().describe("Which number of the place was stopped"), guard: GuardTold }); // prettier-ignore
const WayTold = z.object({
  way: z.string().describe("learned, priority, uniform, or only:<candidate>: that one wherever it is eligible, else as priority says"),
  ips: Told, snips: Told, dr: Told,
  effectiveSampleSize: z.number(),
  warning: z.string().nullable(),
}); // prettier-ignore
const Evaluation = z.discriminatedUnion("state", [
  z.object({ state: z.literal("too_little_data"), needed: z.int().describe("Exposures whose time is over, before anything is told") }),
  z.object({
    state: z.literal("told"),
    exposures: z.int(), customers: z.int(),
    observed: z.number().describe("What an exposure brought on average, as it was"),
    ways: z.array(WayTold).describe("What an exposure would have brought; ways of which nothing that was shown tells are left out"),
    method: z.string(),
  }),
]); // prettier-ignore
/** GET /v1/places/{key}/learning. */
export const LearningAnswer = z.object({
  place: z.string(),
  number: z.int(),
  state: z.enum(["off", "gathering", "learning", "stopped"]).describe("off: the place ranks otherwise; gathering: too little is known, each eligible candidate has the same chance; stopped: a guard was worse, priority decides"),
  learning: Learning,
  learned: z.object({ at: z.iso.datetime(), exposures: z.int(), rewards: z.int() }).nullable(),
  needed: z.object({ exposures: z.int(), rewards: z.int() }).describe("Before it ranks by what was learned"),
  guards: z.array(GuardTold),
  stops: z.array(StopTold).describe("Every stop of this place, the newest first"),
  evaluation: Evaluation,
}); // prettier-ignore
export type LearningAnswer = z.infer<typeof LearningAnswer>;

const METHOD = `Per exposure whose time is over. IPS: Horvitz and Thompson (1952); SNIPS: Swaminathan and Joachims (2015); DR: doubly robust, Dudik, Langford and Li (2011), with models cross-fitted over two halves of the customers. Intervals: ${
  (1 - LEARNING_LIMITS.alphaRatio) * 100
}%, customers as the sample (Liang and Zeger 1986). Effective sample size: Kish (1965).`; // prettier-ignore

/** The answer for a place. */
export function learningTold(place: LearningPlace, { kept, stops }: Awaited<ReturnType<typeof readKept>>, worked: WorkedOut | null): LearningAnswer {
  const { key, number, learning, isOn } = place;
  const { exposuresMin, rewardsMin } = LEARNING_LIMITS;
  const model = kept?.model ?? null;
  const isKnown = model !== null && model.exposures >= exposuresMin && model.rewards >= rewardsMin;
  const isStopped = stops.some((stop) => stop.number === number);
  return {
    place: key, number, learning,
    state: !isOn ? "off" : isStopped ? "stopped" : isKnown ? "learning" : "gathering",
    learned: model && { at: at(kept!.learnedAt!), exposures: model.exposures, rewards: model.rewards },
    needed: { exposures: exposuresMin, rewards: rewardsMin },
    guards: (kept?.guards ?? []).map(guardTold),
    stops: stops.map((stop: Stop) => ({ at: at(stop.at), number: stop.number, guard: guardTold(stop.judged) })),
    evaluation: worked === null ? { state: "too_little_data", needed: LEARNING_LIMITS.evaluatedMin } : {
      state: "told", exposures: worked.exposures, customers: worked.customers, observed: worked.reward, method: METHOD,
      ways: worked.ways.flatMap(({ evaluated, ...way }) => {
        if (evaluated === null) return [];
        const { effective, ...told } = evaluated;
        return [{ way: nameOf(way), ...told, effectiveSampleSize: effective }];
      }),
    },
  };
} // prettier-ignore

const at = (instant: Instant): string => isoOf(instant);
const nameOf = (way: Way): string => (way.type === "only" ? `only:${way.candidate}` : way.type);
const guardTold = ({ guard, arms, isWorse, words }: Judged) => ({ guard, arms, isWorse, words });
