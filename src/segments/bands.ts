/** Recency, frequency and money in five bands each, told as rules. Pure. */
import type { RfmModel, Rule } from "./model.ts";

const DAY_MS = 86_400_000;
export const RFM_ORDER = ["recency", "frequency", "money"] as const;

/** The rule that says: in one of these bands (1 worst, 5 best). */
export function bandsOf(model: RfmModel, name: (typeof RFM_ORDER)[number], bands: readonly number[]): Rule {
  return { type: "any", rules: bands.map((band) => bandOf(model, name, band)) };
}

function bandOf(model: RfmModel, name: (typeof RFM_ORDER)[number], band: number): Rule {
  const { event, property } = model;
  if (name === "recency") return recency(event, model.recencyDays, band);
  const bounds = model[name];
  const measure = name === "frequency" ? ({ of: "count" } as const) : ({ of: "sum", property } as const);
  const did = (op: "above" | "at_most", value: number): Rule => ({ type: "did", event, where: [], measure, is: { op, value } });
  const rules: Rule[] = [{ type: "did", event, where: [], measure: { of: "count" }, is: { op: "at_least", value: 1 } }];
  if (band > 1) rules.push(did("above", bounds[band - 2]!));
  if (band < 5) rules.push(did("at_most", bounds[band - 1]!));
  return { type: "all", rules };
} // prettier-ignore

/** Band 5 bought within the first bound of days, band 4 within the second but not the first, ... */
function recency(event: string, days: RfmModel["recencyDays"], band: number): Rule {
  const within = (n: number): Rule => ({
    type: "did", event, where: [], when: { from: { agoMs: Math.max(1000, Math.round(n * DAY_MS)) } },
    measure: { of: "count" }, is: { op: "at_least", value: 1 },
  }); // prettier-ignore
  const ever: Rule = {
    type: "did",
    event,
    where: [],
    measure: { of: "count" },
    is: { op: "at_least", value: 1 },
  };
  const outer = band === 1 ? ever : within(days[5 - band]!);
  return band === 5 ? outer : { type: "all", rules: [outer, { type: "not", rule: within(days[4 - band]!) }] };
}
