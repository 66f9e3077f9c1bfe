/**
 * What is asked on a screen of results, as it stands in the address under `ask`: all of a request but its scope. Anything
 * may stand in an address, so each reader takes what it can use and leaves the rest to its default. Pure.
 */
import type { Model } from "../../src/attribution/model.ts";
import type { Where } from "../../src/segments/model.ts";
import { searchOf, type ScopeAsked, type ScopeSearch } from "../analysis/scope.ts";
import type { AttributionBody, FunnelBody, MetricsBody, RetentionBody, ViewBody } from "./calls.ts";

type Fields = { readonly [name: string]: unknown };
/** What stands under `ask`, as fields. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, 200) : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const oneOf = <T extends string>(value: unknown, options: readonly T[], otherwise: T): T =>
  options.find((option) => option === value) ?? otherwise;
const numberOf = (value: unknown, least: number, most: number, otherwise: number): number =>
  typeof value === "number" && value >= least && value <= most ? Math.round(value) : otherwise;

/** Conditions on properties: those that have the shape of one. What they test is for the server to judge. */
const whereOf = (value: unknown): Where[] =>
  listOf(value).flatMap((one) => {
    const { property, is } = fieldsOf(one);
    return typeof property === "string" && typeof fieldsOf(is)["op"] === "string" ? [{ property, is: is as Where["is"] }] : [];
  }); // prettier-ignore

/** Which events: a name (null: any), and conditions on their properties. */
export type EventAsked = { readonly event: string | null; readonly where: Where[] };
const eventOf = (value: unknown): EventAsked => {
  const { event, where } = fieldsOf(value);
  return { event: event === null ? null : typeof event === "string" ? event.slice(0, 200) : null, where: whereOf(where) }; // prettier-ignore
};

const DAY_MS = 86_400_000;
const STEPS_MAX = 12;
/** A funnel as the screen edits it. */
export type Funnel = {
  readonly steps: readonly EventAsked[];
  readonly order: "ordered" | "any";
  readonly windowMs: number;
  readonly windowFrom: "first" | "before";
  readonly exclusions: readonly (EventAsked & { readonly after?: number })[];
  readonly per: "customer" | "visit";
  readonly breakdown: FunnelBody["breakdown"];
};

function breakdownOf(value: unknown): FunnelBody["breakdown"] {
  const { by, property, segments } = fieldsOf(value);
  if (by === "channel" || by === "stage") return { by };
  if (by === "property" && typeof property === "string") return { by, property };
  const ids = listOf(segments).filter((id): id is number => Number.isInteger(id));
  return by === "segment" && ids.length > 0 ? { by, segments: ids } : undefined;
}

/** The funnel in the address; null while no steps stand there. */
export function funnelOf(ask: unknown): Funnel | null {
  const { steps, order, window, exclusions, per, breakdown } = fieldsOf(ask);
  const told = listOf(steps).slice(0, STEPS_MAX).map(eventOf);
  if (told.length < 2) return null;
  const ordered = oneOf(order, ["ordered", "any"] as const, "ordered");
  return {
    steps: told,
    order: ordered,
    windowMs: numberOf(fieldsOf(window)["ms"], 1000, 366 * DAY_MS, 30 * DAY_MS),
    windowFrom: ordered === "any" ? "first" : oneOf(fieldsOf(window)["from"], ["first", "before"] as const, "first"),
    exclusions: listOf(exclusions).map((one) => {
      const { after } = fieldsOf(one);
      return { ...eventOf(one), ...(ordered === "ordered" && Number.isInteger(after) ? { after: after as number } : {}) };
    }),
    per: oneOf(fieldsOf(per)["by"], ["customer", "visit"] as const, "customer"),
    breakdown: breakdownOf(breakdown),
  };
} // prettier-ignore

/** A funnel as it is asked, and as it stands in the address. */
export const askOfFunnel = ({ steps, order, windowMs, windowFrom, exclusions, per, breakdown }: Funnel): Omit<FunnelBody, "scope"> => ({
  steps: [...steps],
  order,
  window: { ms: windowMs, from: windowFrom },
  ...(exclusions.length > 0 ? { exclusions: [...exclusions] } : {}),
  ...(per === "visit" ? { per: { by: "visit" as const } } : {}),
  ...(breakdown ? { breakdown } : {}),
}); // prettier-ignore

/** Whether every step and exclusion names its event. */
export const isWhole = ({ steps, exclusions, breakdown }: Funnel): boolean =>
  [...steps, ...exclusions].every(
    ({ event, where }) => event !== "" && where.every(({ property }) => property !== ""),
  ) && !(breakdown?.by === "property" && breakdown.property === "");

/** Retention in the address. */
export function retentionOf(ask: unknown): Omit<RetentionBody, "scope"> {
  const { first, ever, returned, every, kind, cells } = fieldsOf(ask);
  return {
    first: eventOf(first),
    ever: ever !== false,
    returned: eventOf(returned),
    every: oneOf(every, ["day", "week", "month"] as const, "week"),
    kind: oneOf(kind, ["on", "unbounded", "rolling"] as const, "on"),
    cells: numberOf(cells, 1, 60, 12),
  };
}

/** Ways to divide conversions, in the order in which they are told. */
export const MODEL_TITLES = {
  first: "First", last: "Last", last_non_direct: "Last, not direct", linear: "Linear", position: "Position", time_decay: "Time decay",
  markov_1: "Markov", markov_2: "Markov, order 2", markov_3: "Markov, order 3", markov_4: "Markov, order 4",
  shapley: "Shapley", shapley_chain: "Shapley, chain",
} as const satisfies { readonly [model in Model]: string }; // prettier-ignore
const MODELS = Object.keys(MODEL_TITLES) as readonly Model[];
const DEFAULT_MODELS: readonly Model[] = ["first", "last", "linear", "markov_1", "shapley"];

/** Attribution in the address; the conversion's event is empty while none is named. */
export function attributionOf(ask: unknown): Omit<AttributionBody, "scope"> {
  const { conversion, models, by, lookbackDays, halfLifeDays, repeats } = fieldsOf(ask);
  const { event, value } = fieldsOf(conversion);
  const chosen = MODELS.filter((model) => listOf(models).includes(model));
  const worth = value === undefined ? "total" : textOf(value);
  return {
    conversion: { event: typeof event === "string" ? event.slice(0, 200) : "Order Completed", ...(worth === undefined ? {} : { value: worth }) },
    models: [...(chosen.length > 0 ? chosen : DEFAULT_MODELS)],
    by: oneOf(by, ["channel", "campaign"] as const, "channel"),
    lookbackDays: numberOf(lookbackDays, 1, 365, 30),
    halfLifeDays: numberOf(halfLifeDays, 1, 365, 7),
    ...(repeats === true ? { repeats } : {}),
  };
} // prettier-ignore

const BUSINESSES = ["ecommerce", "b2b", "local_service", "professional_service"] as const;
/** Metrics in the address. */
export function metricsOf(ask: unknown): Omit<MetricsBody, "scope"> {
  const { every, business, names, goalStage, horizonMs } = fieldsOf(ask);
  const goal = textOf(goalStage);
  return {
    every: oneOf(every, ["day", "week"] as const, "day"),
    ...(BUSINESSES.includes(business as never) ? { business: business as (typeof BUSINESSES)[number] } : {}),
    names: fieldsOf(names) as MetricsBody["names"],
    ...(goal === undefined ? {} : { goalStage: goal }),
    horizonMs: numberOf(horizonMs, 3_600_000, 366 * DAY_MS, 30 * DAY_MS),
  };
}

/** The screens of results that a question can be kept of, and where each is asked. */
export const ASKED_AT = {
  "/v1/metrics": "/results/metrics",
  "/v1/funnels": "/results/funnel",
  "/v1/retention": "/results/retention",
  "/v1/attribution": "/results/channels",
} as const;
type Path = keyof typeof ASKED_AT;
const isPath = (path: string): path is Path => Object.hasOwn(ASKED_AT, path);

/** Where a kept view opens: the screen and what stands in its address; null where no screen shows it. */
export function placeOf({ path, body, lastDays }: Pick<ViewBody, "path" | "body" | "lastDays">, zone: string): { readonly to: (typeof ASKED_AT)[Path]; readonly search: ScopeSearch & { readonly ask?: object } } | null {
  if (!isPath(path)) return null;
  const { scope, ...ask } = body;
  return {
    to: ASKED_AT[path],
    search: { ...searchOf(fieldsOf(scope) as Partial<ScopeAsked>, lastDays ?? null, zone), ...(Object.keys(ask).length > 0 ? { ask } : {}) },
  };
} // prettier-ignore
