/** From paths to the answer that is told: every model side by side, and as a table. Others have their turn between models. */
import type { Table } from "../analysis/request.ts";
import { type Answer, LEVEL_RATIO, allCredits, intervalOf, totalsOf } from "./credits.ts";
import { ATTRIBUTION_LIMITS, type AttributionAsked, type AttributionResult, MODEL_WORDS, type Model, type Path } from "./model.ts"; // prettier-ignore
import { foldRare } from "./paths.ts";
import type { ReadPaths } from "./store.ts";

type Divided = Extract<AttributionResult, { type: "divided" }>;
type CreditTold = NonNullable<Divided["channels"][number]["credits"][Model]>;
/** The standard normal value of the level: 97.5 % lie below. */
const Z = 1.959963984540054;

/** Divides the conversions. `turn` is awaited between models, for some take a second. */
export async function answerOf(
  read: ReadPaths,
  asked: AttributionAsked,
  turn: () => Promise<void>,
): Promise<AttributionResult> {
  const paths = foldRare(read.paths);
  const totals = totalsOf(paths);
  const needed = ATTRIBUTION_LIMITS.conversionsMin;
  if (totals.conversions < needed)
    return {
      type: "too_little_data",
      found: totals.conversions,
      needed,
      detail: `Only ${totals.conversions} conversions have a touchpoint before them; below ${needed} nothing is told.`,
    };
  const answers = new Map<Model, Answer>();
  for (const model of new Set(asked.models)) {
    await turn();
    for (const [key, answer] of allCredits(paths, [model], asked)) answers.set(key, answer);
  }
  return {
    type: "divided",
    ...totals,
    conversionRatioInterval: ratioInterval(totals.conversions, totals.journeys),
    unmet: read.unmet,
    cut: read.cut,
    leftOut: read.leftOut,
    models: [...answers].map(([model, answer]) => ({
      model, words: MODEL_WORDS[model], state: answer.type === "credits" ? "divided" : answer.type,
    })),
    channels: channelsOf(paths, answers),
  }; // prettier-ignore
}

/** Channels, the most met first. */
function channelsOf(paths: readonly Path[], answers: ReadonlyMap<Model, Answer>): Divided["channels"] {
  const met = new Map<string, number>();
  for (const { channels, conversions, nulls } of paths)
    for (const channel of channels) met.set(channel, (met.get(channel) ?? 0) + conversions + nulls);
  return [...met]
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([channel, touchpoints]) => ({
      channel,
      touchpoints,
      credits: Object.fromEntries(
        [...answers].flatMap(([model, answer]) =>
          answer.type === "credits" ? [[model, creditTold(answer, channel)]] : [],
        ),
      ),
    }));
}

function creditTold({ credits, spread, standardErrors }: Extract<Answer, { type: "credits" }>, channel: string): CreditTold {
  const { conversions, value } = credits.get(channel) ?? { conversions: 0, value: 0 };
  const deviation = spread === null ? null : (spread.get(channel) ?? { conversions: 0, value: 0 });
  return {
    conversions, value,
    conversionsInterval: deviation && intervalOf(conversions, deviation.conversions),
    valueInterval: deviation && intervalOf(value, deviation.value),
    standardError: standardErrors?.get(channel)?.conversions ?? null,
  };
} // prettier-ignore

/** Wilson's interval of a share (Wilson 1927). */
function ratioInterval(some: number, all: number): Divided["conversionRatioInterval"] {
  const [ratio, square] = [some / all, Z ** 2 / all];
  const middle = (ratio + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((ratio * (1 - ratio)) / all + square / (4 * all))) / (1 + square);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half), level: LEVEL_RATIO };
}

/** The answer as a table: a row a channel, the models side by side; of too little data no row. */
export function attributionTable(result: AttributionResult): Table {
  const models = result.type === "divided" ? result.models.filter(({ state }) => state === "divided").map(({ model }) => model) : []; // prettier-ignore
  return {
    header: ["channel", "touchpoints", ...models.flatMap((model) => [`${model} conversions`, `${model} low`, `${model} high`, `${model} value`, `${model} value low`, `${model} value high`])],
    rows: result.type === "divided"
      ? result.channels.map(({ channel, touchpoints, credits }) => [
          channel, touchpoints,
          ...models.flatMap((model) => {
            const { conversions, value, conversionsInterval, valueInterval } = credits[model]!;
            return [conversions, conversionsInterval?.low ?? null, conversionsInterval?.high ?? null, value, valueInterval?.low ?? null, valueInterval?.high ?? null];
          }),
        ])
      : [],
  }; // prettier-ignore
}
