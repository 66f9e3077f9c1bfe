/** Random rules and random logs: few names, few instants and odd values, so that they meet often. */
import fc from "fast-check";
import type { Event } from "../../src/events/model.ts";
import { cleanText } from "../../src/events/text.ts";
import { ComputedTraitDraft, Rule, type Test } from "../../src/segments/model.ts";
import type { PlanContext } from "../../src/segments/plan.ts";
import type { Json, WorkspaceId } from "../../src/values.ts";

/** 2026-01-01. */
export const BASE = 1_767_225_600_000;
const STEP_MS = 6 * 3_600_000;
const WHEN = ["2026-01-01", "2026-01-02T06:00Z", "2026-01-03T12:00:00Z", "2026-01-01T00:00:00.5Z", "2026-02-31", "1999-02-29", "2026-13-01"]; // prettier-ignore
const TEXTS = [
  "abc", "ABC", "Äb", "äB", "it's \\ \"x\"", "'; select 1 --", "\\' or 1 = 1", "{p0:String}", "", "true", "null", "[1]", "1", "2.50", "-0", "007", "1e3",
  "1e-7", "0.30000000000000004", "1000000000000001", "a\u2028b\u2029", "\t\n\u0002", "😀".repeat(199) + "ab", "x".repeat(201), "\ue000", "😀", "a/b", "b",
  "12345678901234567890123", ",100000000000000000000,", ...WHEN,
]; // prettier-ignore
const NUMBERS = [
  0, 1, 2, 3, -1, 0.5, 0.1 + 0.2, 1 / 3, 1e21, 1e-7, 5e-324, 1e20, 18446744073709552000, 1_767_225_600, BASE + STEP_MS, 12345.67895, 0.00005, 1e9, 1e9 + 1, -2.5,
]; // prettier-ignore
const EVENTS = ["A", "B", "C é'\\", "$page.viewed", "Order Completed"];
const PATHS = ["p", "q", "a.b", "a.b.c", "l", "o'\\\"", "toString", "a.", "$channel", "$touchpoint"];
const TRAITS = ["plan", "a.b", "since", "toString"];
const CHANNELS = ["web", "email", "store"] as const;
const PURPOSES = ["marketing", "it's"];
const ACCOUNTS = ["acme", "o'\\", "\ue000", "😀"];
export const STAGES = ["new", "lead", "buyer"];

const aText = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: "grapheme", maxLength: 3 }).filter((text) => cleanText(text) === text)); // prettier-ignore
const aNumber = fc.oneof(fc.constantFrom(...NUMBERS), fc.double({ min: -1e10, max: 1e10, noNaN: true }), fc.integer({ min: 0, max: 3 })); // prettier-ignore
const aScalar = fc.oneof(aText, aNumber, fc.boolean());
const aValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: aScalar as fc.Arbitrary<Json> },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.array(fc.oneof(aScalar as fc.Arbitrary<Json>, fc.constantFrom(null, [1], { b: 2 })), { maxLength: 4 }) as fc.Arbitrary<Json> },
  { weight: 1, arbitrary: fc.constantFrom({ b: "deep" }, { b: { c: 3 } }, {}, { b: [1, "x"] }) as fc.Arbitrary<Json> },
); // prettier-ignore
/** Instants that fall on each other and on the edges of windows. */
const anInstant = fc.tuple(fc.integer({ min: 0, max: 14 }), fc.constantFrom(0, 0, 0, 0, 1, -1, 999)).map(([step, off]) => BASE + step * STEP_MS + off); // prettier-ignore
export const aNow = fc.tuple(anInstant, fc.constantFrom(0, STEP_MS, -STEP_MS, 3 * STEP_MS)).map(([at, off]) => at + off); // prettier-ignore
const aDuration = fc.constantFrom(
  1000,
  3_600_000,
  STEP_MS,
  STEP_MS + 1,
  4 * STEP_MS,
  8 * STEP_MS,
  13 * STEP_MS,
);
export const aDelay = fc.oneof(fc.constant(0), fc.nat(4 * STEP_MS), fc.integer({ min: 0, max: 14 }).map((n) => n * STEP_MS)); // prettier-ignore
const aBound = fc.oneof({ weight: 4, arbitrary: aDuration.map((agoMs) => ({ agoMs })) }, { weight: 1, arbitrary: anInstant.map((at) => ({ at })) }); // prettier-ignore
const aWindow = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 4, arbitrary: fc.record({ from: aBound }) },
  { weight: 1, arbitrary: fc.record({ to: aBound }) },
  { weight: 1, arbitrary: fc.record({ from: aBound, to: aBound }) },
); // prettier-ignore

const aTextTest = fc.oneof(
  fc.record({ op: fc.constantFrom("exists", "not_exists") }),
  fc.record({ op: fc.constantFrom("equals", "not_equals"), value: aShort() }),
  fc.record({ op: fc.constantFrom("in", "not_in"), values: fc.array(aShort(), { minLength: 1, maxLength: 4 }) }),
  fc.record({ op: fc.constantFrom("contains", "not_contains", "starts_with", "ends_with"), value: fc.constantFrom("a", "B", "1", "x", "é", "Ä", "😀", "'", "\\", "e-", "web") }),
); // prettier-ignore
const aNumberTest = fc.oneof(
  fc.record({ op: fc.constantFrom("above", "at_least", "below", "at_most", "equals"), value: fc.oneof(fc.integer({ min: -1, max: 4 }), aNumber) }),
  fc.record({ op: fc.constant("between"), from: fc.integer({ min: -1, max: 2 }), to: fc.integer({ min: 0, max: 4 }) }),
); // prettier-ignore
const aCountTest = fc.record({ op: fc.constantFrom("above", "at_least", "below", "at_most", "equals"), value: fc.integer({ min: 0, max: 3 }) }); // prettier-ignore
const aDateTest = fc.oneof(
  fc.record({ op: fc.constantFrom("before", "after"), at: anInstant }),
  fc.record({ op: fc.constantFrom("within_last", "longer_ago", "within_next"), ms: aDuration }),
); // prettier-ignore
function aShort() {
  return fc.oneof(aScalar.filter((value) => String(value).length <= 200), fc.constant("x".repeat(200)));
} // prettier-ignore
const aTest = fc.oneof(aTextTest, aNumberTest, aDateTest) as fc.Arbitrary<Test>;

const aName = fc.constantFrom("A", "A", "A", "A", ...EVENTS);
const aWhere = fc.oneof(
  { weight: 5, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(fc.record({ property: fc.constantFrom(...PATHS), is: aTest }), { minLength: 1, maxLength: 2 }) },
); // prettier-ignore
const anEventMatch = { event: fc.option(aName, { freq: 8 }), where: aWhere };
const aProperty = fc.constantFrom("p", "p", "q", "a.b", "l", "$touchpoint");
const aMeasure = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ of: "count" }) },
  { weight: 4, arbitrary: fc.record({ of: fc.constantFrom("sum", "average", "min", "max"), property: aProperty }) },
  { weight: 4, arbitrary: fc.record({ of: fc.constantFrom("distinct", "first", "last", "most_frequent"), property: aProperty }) },
  { weight: 1, arbitrary: fc.constantFrom({ of: "days_since_last" }, { of: "days_since_first" }) },
  { weight: 1, arbitrary: aDuration.map((ms) => ({ of: "trend", ms })) },
); // prettier-ignore
const aListTest = fc.oneof(fc.record({ op: fc.constantFrom("exists", "not_exists") }), fc.record({ op: fc.constantFrom("contains", "not_contains"), value: fc.constantFrom("abc", "1", "v7", "v201", "true") })); // prettier-ignore
const aDid = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("did"), ...anEventMatch, when: aWindow, measure: aMeasure, is: fc.oneof({ weight: 3, arbitrary: aCountTest }, { weight: 1, arbitrary: aNumberTest }, { weight: 1, arbitrary: aTest }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("did"), ...anEventMatch, when: aWindow, measure: fc.record({ of: fc.constant("list"), property: aProperty }), is: aListTest }) },
); // prettier-ignore
const BANDS = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });

const aPlainLeaf = fc.oneof(
  { weight: 24, arbitrary: aDid },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("trait"), name: fc.constantFrom(...TRAITS), is: aTest }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("computed"), name: fc.constantFrom("c0", "c1"), is: fc.oneof(aTest, aNumberTest) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("account_trait"), name: fc.constantFrom(...TRAITS), is: aTest }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("sequence"), steps: fc.array(fc.record({ ...anEventMatch, withinMs: fc.option(aDuration, { nil: undefined }) }), { minLength: 2, maxLength: 4 }), when: aWindow }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("without"), ...anEventMatch, without: fc.record(anEventMatch), forMs: aDuration }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("stage"), in: fc.uniqueArray(fc.constantFrom(...STAGES), { minLength: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("journey"), id: fc.constantFrom(1, 2), state: fc.constantFrom("in", "entered", "left") }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("consent"), channel: fc.constantFrom("all", "email", "ads"), purpose: fc.constantFrom(...PURPOSES), is: fc.constantFrom("granted", "denied", "unknown") }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("channel"), preferred: fc.uniqueArray(fc.constantFrom(...CHANNELS), { minLength: 1, maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rfm"), recency: fc.option(BANDS, { nil: undefined }), frequency: BANDS, money: fc.option(BANDS, { nil: undefined }) }) },
); // prettier-ignore

function rules(leaf: fc.Arbitrary<object>, account: boolean): fc.Arbitrary<object> {
  return fc.letrec<{ rule: object }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      { weight: 9, arbitrary: leaf },
      { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("all", "any"), rules: fc.array(tie("rule"), { minLength: 1, maxLength: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant("not"), rule: tie("rule") }) },
      ...(account ? [{ weight: 1, arbitrary: fc.record({ type: fc.constant("account"), rule: rules(leaf, false) }) }] : []),
    ),
  })).rule;
} // prettier-ignore
/** Without what was left undefined, and through the schema: as a person would send it. */
const parsed = <T>(schema: { parse(value: unknown): T }, value: object): T =>
  schema.parse(JSON.parse(JSON.stringify(value)));
const aPlainRule = rules(aPlainLeaf, false).map((rule) => parsed(Rule, rule));
const withSegments = fc.oneof({ weight: 12, arbitrary: aPlainLeaf }, { weight: 1, arbitrary: fc.constant({ type: "segment", id: 1 }) }); // prettier-ignore
export const aRule: fc.Arbitrary<Rule> = rules(withSegments, true).map((rule) => parsed(Rule, rule));
const aComputed = fc.record({ ...anEventMatch, when: aWindow, measure: aMeasure });

/** What rules may refer to. */
export const aContext: fc.Arbitrary<PlanContext> = fc
  .record({ segment: aPlainRule, computed: fc.tuple(aComputed, aComputed) })
  .map(({ segment, computed }) => ({
    segments: new Map([[1, segment]]),
    computed: new Map(computed.map((draft, i) => [`c${i}`, parsed(ComputedTraitDraft, { name: `c${i}`, ...draft })])),
    rfm: { event: "Order Completed", property: "p", recencyDays: [0.25, 0.5, 1, 2], frequency: [1, 2, 3, 4], money: [0, 1, 2, 100] },
    stages: new Set(STAGES),
  })); // prettier-ignore

const oddProperties = fc.dictionary(fc.constantFrom("p", "p", "q", "a", "a.b", "l", "o'\\\"", "a."), aValue, { maxKeys: 4 }); // prettier-ignore
const someProperties = fc.oneof(oddProperties, fc.record({ p: fc.integer({ min: 0, max: 3 }), q: fc.constantFrom("abc", "b", "1") })); // prettier-ignore
const someTraits = fc.dictionary(fc.constantFrom("plan", "a.b", "since", "toString"), aValue, { maxKeys: 3 });
const aConsent = fc.record({ channel: fc.constantFrom("all", "email", "ads"), purpose: fc.constantFrom(...PURPOSES), answer: fc.constantFrom("granted", "denied"), source: fc.constantFrom("event", "gpc") }); // prettier-ignore

const aHappening = fc.oneof(
  { weight: 16, arbitrary: fc.record({ type: fc.constant("track"), name: fc.constantFrom("A", "A", "A", "B", "B", "C é'\\", "Order Completed"), properties: fc.option(someProperties, { nil: undefined, freq: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("page"), name: fc.constant("$page.viewed"), properties: someProperties }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("identify"), name: fc.constant("$customer.identified"), traits: fc.option(someTraits, { nil: undefined, freq: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("group"), name: fc.constant("$account.joined"), accountId: fc.constantFrom(...ACCOUNTS), traits: fc.option(someTraits, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("track"), name: fc.constantFrom("$journey.entered", "$journey.left"), properties: fc.record({ journey: fc.constantFrom(1, "1", 2) }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("track"), name: fc.constant("$stage.changed"), properties: fc.record({ from: fc.constant("new"), stage: fc.constantFrom(...STAGES) }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("track"), name: fc.constantFrom("$segment.entered", "$segment.left"), properties: fc.record({ segment: fc.constant(7) }) }) },
); // prettier-ignore

const ATOMS = 6;
/** So that they fall into several chunks of seeds. */
const APART = 37;
/** An event and the atom it hangs on. */
export type Hung = { readonly atom: number; readonly event: Event };
const someEvents: fc.Arbitrary<readonly Hung[]> = fc
  .record({
    atom: fc.integer({ min: 1, max: ATOMS }).map((n) => n * APART),
    at: anInstant,
    id: fc
      .tuple(fc.constantFrom("", "", "é", '"', "\\", "/", "\u2028", "\ue000", "😀", "!", "~"), fc.uuid())
      .map((parts) => parts.join("")),
    happening: aHappening,
    channel: fc.constantFrom(...CHANNELS),
    touchpoint: aText.map((text) => text.slice(0, 200)).filter((text) => text.isWellFormed()),
    consents: fc.option(fc.array(aConsent, { minLength: 1, maxLength: 3 }), { nil: undefined, freq: 5 }),
    // Many of a kind, so that bounds are met.
    times: fc.oneof(
      { weight: 120, arbitrary: fc.constant(1) },
      { weight: 2, arbitrary: fc.constantFrom(55, 210, 520) },
    ),
    stepMs: fc.constantFrom(0, 1, 1000),
    varied: fc.boolean(),
  })
  .map(({ atom, at, id, happening, channel, touchpoint, consents, times, stepMs, varied }) =>
    Array.from({ length: times }, (_, i) => {
      const many = times > 1 && "properties" in happening && varied;
      const event = {
        workspace: 0 as WorkspaceId,
        id: i === 0 ? id : `${id}-${i}`,
        happenedAt: at + i * stepMs,
        receivedAt: at,
        originalAt: null,
        sentAt: null,
        identifiers: [{ kind: "user_id", value: "x" }],
        channel,
        touchpoint,
        key: 1,
        ...happening,
        ...(consents && !/^[$](segment|stage)/.test(happening.name) && { consents }),
        ...(many && { properties: { ...happening.properties, p: i % 3 === 0 ? `v${i}` : i / 8 } }),
      };
      return { atom, event: JSON.parse(JSON.stringify(event)) as Event };
    }),
  );
// prettier-ignore

/** A log, and the customer of each atom: atoms of one number are one customer, named by its least atom. */
export type Log = { readonly hung: readonly Hung[]; readonly customers: ReadonlyMap<number, number> };
export const aLogOfSome: fc.Arbitrary<Log> = fc
  .record({ blocks: fc.array(someEvents, { minLength: 1, maxLength: 40, size: "max" }), groups: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: ATOMS, maxLength: ATOMS }), joined: fc.boolean() })
  .map(({ blocks, groups, joined }) => {
    const customers = new Map<number, number>();
    for (const [i, group] of groups.entries()) {
      const least = joined ? groups.indexOf(group) : i;
      customers.set((i + 1) * APART, (least + 1) * APART);
    }
    return { hung: blocks.flat(), customers };
  }); // prettier-ignore
