/**
 * A rule made ready to be asked: references put in their place (segments, computed traits, stages, bands), each
 * condition with the tracks it needs, and what of a customer it reads. Pure; the same plan serves match.ts and sql.ts.
 */
import { hash } from "node:crypto";
import type { ComputedTraitDraft, Measure, RfmModel, Rule, Test, Where, Window } from "./model.ts";
import { RFM_ORDER, bandsOf } from "./bands.ts";
import { SEGMENT_LIMITS } from "./model.ts";
import type { Keep, Track, TrackSpec } from "./track.ts";

type Of<Type extends Rule["type"]> = Extract<Rule, { type: Type }>;
/** A sliding window: later than `fromMs` ago, and `toMs` ago or earlier. Null: no bound. Fixed bounds stand in the track. */
export type Sliding = { readonly fromMs: number | null; readonly toMs: number | null };
/** The measure of a track's events in a window. */
export type Measured = { readonly track: Track; readonly window: Sliding; readonly measure: Measure };
/** A condition or a group of them; `path` says where in the rule it stands, as in `rules/0/rule`. */
export type Node = { readonly path: string } & (
  | { readonly type: "all" | "any"; readonly nodes: readonly Node[] }
  | { readonly type: "not"; readonly node: Node }
  | { readonly type: "account"; readonly key: string; readonly node: Node }
  | { readonly type: "did"; readonly what: Measured; readonly is: Test; readonly event: string | null }
  | { readonly type: "sequence"; readonly tracks: readonly Track[]; readonly within: readonly (number | null)[]; readonly window: Sliding }
  | { readonly type: "without"; readonly track: Track; readonly without: Track; readonly forMs: number }
  | Of<"trait"> | Of<"account_trait"> | Of<"stage"> | Of<"consent"> | Of<"channel">
); // prettier-ignore
/** Which parts of a customer the rule reads: when none of them changed, its answer changes by time alone. */
export type Reads = {
  readonly tracks: ReadonlySet<string>;
  readonly traits: ReadonlySet<string>;
  readonly consents: boolean;
  readonly channels: boolean;
  readonly accounts: boolean;
  readonly stage: boolean;
};
export type Plan = {
  readonly root: Node;
  readonly tracks: ReadonlyMap<string, Track>;
  readonly reads: Reads;
  /** Conditions asked of the other members of an account, by key. */
  readonly accountRules: ReadonlyMap<string, Node>;
  /** The segments it refers to, directly or through others. */
  readonly segments: ReadonlySet<number>;
  readonly computed: ReadonlySet<string>;
};
/** What is wrong with a rule, and where. */
export type Problem = { readonly path: string; readonly message: string };
export type Planned =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly problems: readonly Problem[] };
/** What a rule may refer to. */
export type PlanContext = {
  readonly segments: ReadonlyMap<number, Rule>;
  readonly computed: ReadonlyMap<string, ComputedTraitDraft>;
  readonly rfm: RfmModel | null;
  readonly stages: ReadonlySet<string>;
};
export const NO_CONTEXT: PlanContext = {
  segments: new Map(),
  computed: new Map(),
  rfm: null,
  stages: new Set(),
};

/** The plan of a rule, or what is wrong with it. */
export function planOf(rule: Rule, context: PlanContext): Planned {
  const planner = new Planner(context);
  const root = planner.node(rule, "", 0);
  if (planner.problems.length > 0) return { ok: false, problems: planner.problems };
  return {
    ok: true,
    plan: {
      root, tracks: planner.tracks, accountRules: planner.accountRules, segments: planner.segments, computed: planner.computedUsed,
      reads: {
        tracks: new Set(planner.tracks.keys()), traits: planner.traits, consents: planner.consents, channels: planner.channels,
        accounts: planner.accounts, stage: planner.stage,
      },
    },
  }; // prettier-ignore
}

/** What a computed trait measures. */
export function measuredOf(
  draft: Pick<ComputedTraitDraft, "event" | "where" | "when" | "measure">,
): Measured {
  const { measure } = draft;
  const window = slidingOf(draft.when);
  const fixed = fixedOf(draft.when);
  const property = "property" in measure ? measure.property : null;
  const numeric = measure.of === "sum" || measure.of === "average" || measure.of === "min" || measure.of === "max"; // prettier-ignore
  const spec = { event: draft.event, where: draft.where, ...fixed, property, numeric };
  return { track: trackOf({ ...spec, keep: keepOf(measure, window, null) }), window, measure };
}

const slidingOf = (when: Window | undefined): Sliding => ({
  fromMs: when?.from && "agoMs" in when.from ? when.from.agoMs : null,
  toMs: when?.to && "agoMs" in when.to ? when.to.agoMs : null,
});
const fixedOf = (when: Window | undefined) => ({
  since: when?.from && "at" in when.from ? when.from.at : null,
  until: when?.to && "at" in when.to ? when.to.at : null,
});

const OF_VALUES: readonly Measure["of"][] = ["distinct", "most_frequent", "list"];
/** Measures that only the newest event in the window tells. */
const OF_NEWEST: readonly Measure["of"][] = ["last", "days_since_last"];

/** How a measure's events are kept; `is`, where a number is asked of a count, tells how many are enough. */
function keepOf(measure: Measure, { fromMs, toMs }: Sliding, is: Test | null): Keep {
  if (measure.of === "trend") return { kind: "newest", n: SEGMENT_LIMITS.items, spanMs: 2 * measure.ms };
  if (fromMs === null && toMs === null) return { kind: OF_VALUES.includes(measure.of) ? "values" : "total" };
  const newest = (n: number): Keep => ({
    kind: "newest",
    n: Math.min(SEGMENT_LIMITS.items, n),
    spanMs: fromMs,
  });
  if (toMs !== null) return newest(SEGMENT_LIMITS.items);
  if (OF_NEWEST.includes(measure.of)) return newest(1);
  const asked = measure.of === "count" && is ? greatestAsked(is) : null;
  return newest(asked === null ? SEGMENT_LIMITS.items : asked + 1);
}

/** The greatest number a test names; null when it asks no number. */
function greatestAsked(is: Test): number | null {
  if (is.op === "between") return Math.ceil(Math.max(is.from, is.to));
  if (is.op === "above" || is.op === "at_least" || is.op === "below" || is.op === "at_most")
    return Math.max(0, Math.ceil(is.value));
  if (is.op === "equals" || is.op === "not_equals") return typeof is.value === "number" ? Math.max(0, Math.ceil(is.value)) : null; // prettier-ignore
  return null;
}

function trackOf(spec: TrackSpec): Track {
  return { key: hash("md5", JSON.stringify(spec), "hex").slice(0, 16), spec };
}

/** A step deeper into a rule. */
const under = (path: string, step: string): string => (path === "" ? step : `${path}/${step}`);

class Planner {
  readonly #context: PlanContext;
  readonly problems: Problem[] = [];
  readonly tracks = new Map<string, Track>();
  readonly traits = new Set<string>();
  readonly accountRules = new Map<string, Node>();
  readonly segments = new Set<number>();
  readonly computedUsed = new Set<string>();
  consents = false;
  channels = false;
  accounts = false;
  stage = false;
  #conditions = 0;
  #within: number[] = [];
  #inAccount = false;

  constructor(context: PlanContext) {
    this.#context = context;
  }

  node(rule: Rule, path: string, depth: number): Node {
    if (depth > SEGMENT_LIMITS.depth)
      return this.#wrong(path, `Nested more than ${SEGMENT_LIMITS.depth} deep.`);
    const at = (step: string) => under(path, step);
    if ("rules" in rule)
      return { path, type: rule.type, nodes: rule.rules.map((one, i) => this.node(one, at(`rules/${i}`), depth + 1)) };
    if (!("rule" in rule)) return this.#leaf(rule, path, depth);
    if (rule.type === "account") return this.#account(rule.rule, path, at("rule"), depth);
    return { path, type: "not", node: this.node(rule.rule, at("rule"), depth + 1) };
  } // prettier-ignore

  #leaf(rule: Exclude<Rule, { type: "all" | "any" | "not" | "account" }>, path: string, depth: number): Node {
    if (++this.#conditions > SEGMENT_LIMITS.conditions)
      return this.#wrong(path, `More than ${SEGMENT_LIMITS.conditions} conditions, those of referenced segments included.`);
    switch (rule.type) {
      case "trait":
        this.traits.add(rule.name);
        return { path, ...rule };
      case "account_trait":
        this.accounts = true;
        return { path, ...rule };
      case "stage":
        return this.#stageNode(rule, path);
      case "consent":
        this.consents = true;
        return { path, ...rule };
      case "channel":
        this.channels = true;
        return { path, ...rule };
      case "did":
        return this.#did(rule, path);
      case "computed":
        return this.#computed(rule, path);
      case "sequence":
        return this.#sequence(rule, path);
      case "without":
        return { path, type: "without", forMs: rule.forMs, track: this.#instants(rule, SEGMENT_LIMITS.stepItems, null), without: this.#instants(rule.without, 1, null) };
      case "journey":
        return this.#journey(rule, path);
      case "segment":
        return this.#segment(rule.id, path, depth);
      case "rfm":
        return this.#rfm(rule, path, depth);
    }
  } // prettier-ignore

  #did(rule: Of<"did">, path: string): Node {
    const { measure, is, when } = rule;
    if (this.#emptyWindow(when)) return this.#wrong(under(path, "when"), "The window ends before it begins.");
    if (measure.of === "list" && !is.op.includes("contains") && !is.op.includes("exists"))
      return this.#wrong(under(path, "is"), "A list can be asked whether it contains something or exists.");
    const what = measuredOf(rule);
    const keep = keepOf(measure, what.window, is);
    const track = this.#use({ ...what.track.spec, keep });
    return { path, type: "did", event: rule.event, what: { ...what, track }, is };
  }

  #emptyWindow(when: Window | undefined): boolean {
    const [from, to] = [when?.from, when?.to];
    if (!from || !to) return false;
    if ("agoMs" in from && "agoMs" in to) return to.agoMs >= from.agoMs;
    return "at" in from && "at" in to && to.at <= from.at;
  }

  #computed(rule: Of<"computed">, path: string): Node {
    const draft = this.#context.computed.get(rule.name);
    if (!draft) return this.#wrong(under(path, "name"), `There is no computed trait named ${rule.name}.`);
    this.computedUsed.add(rule.name);
    const what = measuredOf(draft);
    this.#use(what.track.spec);
    return { path, type: "did", event: draft.event, what, is: rule.is };
  }

  #sequence(rule: Of<"sequence">, path: string): Node {
    const fixed = fixedOf(rule.when);
    const last = rule.steps.length - 1;
    return {
      path, type: "sequence", window: slidingOf(rule.when), within: rule.steps.map(({ withinMs }) => withinMs ?? null),
      tracks: rule.steps.map((step, i) => this.#instants(step, SEGMENT_LIMITS.stepItems, i === last ? fixed : null)),
    }; // prettier-ignore
  }

  #journey({ id, state }: Of<"journey">, path: string): Node {
    const where: Where[] = [{ property: "journey", is: { op: "equals", value: id } }];
    const [entered, left] = [
      { event: "$journey.entered", where },
      { event: "$journey.left", where },
    ];
    if (state === "in")
      return {
        path, type: "without", forMs: 0,
        track: this.#instants(entered, SEGMENT_LIMITS.stepItems, null), without: this.#instants(left, 1, null),
      }; // prettier-ignore
    const of = state === "entered" ? entered : left;
    return this.#did(
      { type: "did", ...of, measure: { of: "count" }, is: { op: "at_least", value: 1 } },
      path,
    );
  }

  #segment(id: number, path: string, depth: number): Node {
    const rule = this.#context.segments.get(id);
    if (!rule) return this.#wrong(under(path, "id"), `There is no segment ${id}.`);
    if (this.#within.includes(id)) return this.#wrong(under(path, "id"), `Segment ${id} refers to itself.`);
    this.segments.add(id);
    this.#within.push(id);
    const node = this.node(rule, path, depth);
    this.#within.pop();
    return node;
  }

  #stageNode(rule: Of<"stage">, path: string): Node {
    const unknown = rule.in.find((key) => !this.#context.stages.has(key));
    if (unknown !== undefined) return this.#wrong(under(path, "in"), `There is no stage ${unknown}.`);
    this.stage = true;
    return { path, ...rule };
  }

  #rfm(rule: Of<"rfm">, path: string, depth: number): Node {
    const { rfm } = this.#context;
    if (!rfm) return this.#wrong(path, "This workspace has no bands yet: set them first.");
    const asked = RFM_ORDER.filter((name) => rule[name]);
    if (asked.length === 0) return this.#wrong(path, "Name the bands of recency, frequency or money.");
    return this.node(
      { type: "all", rules: asked.map((name) => bandsOf(rfm, name, rule[name]!)) },
      path,
      depth + 1,
    );
  }

  #account(rule: Rule, path: string, inner: string, depth: number): Node {
    if (this.#inAccount) return this.#wrong(path, "A rule about an account's members cannot hold another.");
    this.accounts = true;
    this.#inAccount = true;
    const node = this.node(rule, inner, depth + 1);
    this.#inAccount = false;
    const key = hash("md5", JSON.stringify(node), "hex").slice(0, 16);
    this.accountRules.set(key, node);
    return { path, type: "account", key, node };
  }

  #instants(of: { readonly event: string | null; readonly where: readonly Where[] }, n: number, fixed: ReturnType<typeof fixedOf> | null): Track {
    const { since, until } = fixed ?? fixedOf(undefined);
    return this.#use({ event: of.event, where: of.where, since, until, property: null, numeric: false, keep: { kind: "newest", n, spanMs: null } });
  } // prettier-ignore

  #use(spec: TrackSpec): Track {
    const track = trackOf(spec);
    this.tracks.set(track.key, track);
    return track;
  }

  #wrong(path: string, message: string): Node {
    this.problems.push({ path, message });
    return { path, type: "all", nodes: [] };
  }
}
