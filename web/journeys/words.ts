/** Journeys in plain words: every kind of step, way, entry and state as a person would say it. Pure. */
import type { JourneyVersion } from "../../src/journeys/document.ts";
import type {
  Entry,
  EntryRefusal,
  Goal,
  JourneyDraft,
  Reentry,
  Step,
  Trigger,
} from "../../src/journeys/model.ts";
import type { MessageChannel } from "../../src/permission/model.ts";
import type { Rule, Where } from "../../src/segments/model.ts";
import { durationWords, type Names, wordsOf } from "../../src/segments/words.ts";

/** What references of a journey are called; null for what is not there. */
export type JourneyNames = Names & { readonly template: (id: number) => string | null };

/** A message's channels as they follow "by". */
export const MESSAGE_CHANNELS: { readonly [channel in MessageChannel]: string } = {
  email: "Email", sms: "SMS", whatsapp: "WhatsApp", web_push: "Web push", mobile_push: "App push", in_app: "On-site inbox", webhook: "Webhook",
}; // prettier-ignore

/** What each kind of step is called. */
export const STEP_WORDS: { readonly [type in Step["type"]]: string } = {
  message: "Message", wait: "Wait", wait_time: "Wait for a time", wait_date: "Wait for a date", wait_until: "Wait for something",
  branch: "Branch", split: "Split by chance", decide: "Decide", update: "Update traits", task: "Task for a person", webhook: "Webhook",
  audience: "Audience", goal: "Goal reached", jump: "Jump", exit: "Exit",
}; // prettier-ignore

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
/** Minutes after midnight as a clock shows them. */
export const clockWords = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
/** Weekdays in a row as a span: "Mon to Fri". */
export function weekdayWords(days: readonly number[]): string {
  const sorted = [...new Set(days)].toSorted((a, b) => a - b);
  const name = (day: number) => DAYS[day - 1] ?? "?";
  const inRow = sorted.length > 2 && sorted.every((day, i) => day === sorted[0]! + i);
  return inRow ? `${name(sorted[0]!)} to ${name(sorted.at(-1)!)}` : sorted.map(name).join(", ");
}

const quoted = (text: string): string => `“${text}”`;
const percent = (ratio: number): string => `${Number((100 * ratio).toFixed(1))} %`;

/** An event with its conditions: "Order Completed where total is at least 50". */
export function eventWords(event: string, where: readonly Where[], names: Names): string {
  if (event === "") return "an event still to be chosen";
  const rule = {
    type: "did",
    event,
    where,
    measure: { of: "count" },
    is: { op: "at_least", value: 1 },
  } as Rule;
  return wordsOf(rule, names).replace(/^did /, "");
}

const segmentWords = (id: number, names: Names): string =>
  id < 1 ? "a segment still to be chosen" : `the segment ${quoted(names.segment(id) ?? String(id))}`;

/** Something that happens: "Order Completed" or "they enter the segment “VIP”". */
export const triggerWords = (trigger: Trigger, names: Names): string =>
  trigger.type === "event"
    ? eventWords(trigger.event, trigger.where, names)
    : `they ${trigger.on === "entered" ? "enter" : "leave"} ${segmentWords(trigger.id, names)}`;

/** How customers come in, as a sentence. */
export function entryWords(entry: Entry, names: Names): string {
  switch (entry.type) {
    case "event":
      return `When ${eventWords(entry.event, entry.where, names)} happens.`;
    case "segment":
      return `When ${triggerWords(entry, names)}.`;
    case "date": {
      const { trait, offsetDays, minute, yearly } = entry;
      const days = Math.abs(offsetDays) === 1 ? "1 day" : `${Math.abs(offsetDays)} days`;
      const when = offsetDays === 0 ? "On" : `${days} ${offsetDays < 0 ? "before" : "after"}`;
      return `${when} the day in ${trait === "" ? "a trait still to be chosen" : trait}, at ${clockWords(minute)}${yearly ? ", every year" : ""}.`;
    }
    case "schedule":
      return `All of ${segmentWords(entry.segment, names)}, at ${entry.cron}.`;
    case "api":
      return "When your systems ask for it over the API.";
    case "batch":
      return "When a person lets a segment in.";
  }
}

/** The kind of entry in a word or two, for lists. */
export const ENTRY_WORDS: { readonly [type in Entry["type"]]: string } = {
  event: "When something happens", segment: "When a segment is entered or left", date: "On a date of theirs", schedule: "At set times", api: "When your systems ask", batch: "When a person lets them in",
}; // prettier-ignore

/** Who may come in again. */
export function reentryWords(reentry: Reentry): string {
  switch (reentry.type) {
    case "once":
      return "Once in a lifetime.";
    case "after":
      return `Again ${durationWords(reentry.ms)} after the last time.`;
    case "always":
      return "Again as soon as the last time is over.";
    case "key":
      return `Once for each ${reentry.property || "value of a property"}.`;
  }
}

/** What counts as success. */
export const goalWords = (goal: Goal, names: Names): string =>
  `${triggerWords(goal.when, names)} within ${durationWords(goal.withinMs)}`;

type Say<Type extends Step["type"]> = (step: Extract<Step, { type: Type }>, names: JourneyNames) => string;
const many = (n: number, one: string) => (n === 1 ? `1 ${one}` : `${n} ${one}s`);
const offsetWords = (ms: number): string =>
  ms === 0 ? "" : `${durationWords(Math.abs(ms))} ${ms < 0 ? "before " : "after "}`;
const STEP_SENTENCES: { readonly [type in Step["type"]]: Say<type> } = {
  message: ({ channel, template, bestTimeMs }, names) => `${MESSAGE_CHANNELS[channel]}: ${template < 1 ? "choose a template" : quoted(names.template(template) ?? `Template ${template}`)}${bestTimeMs === undefined ? "" : `, at their best time within ${bestTimeMs >= 1000 ? durationWords(bestTimeMs) : "how long?"}`}`,
  wait: ({ ms }) => (ms >= 1000 ? `For ${durationWords(ms)}` : "For how long?"),
  wait_time: ({ minute, weekdays }) => `Until ${clockWords(minute)} where they are${weekdays === undefined || weekdays.length === 7 ? "" : `, ${weekdayWords(weekdays)}`}`,
  wait_date: ({ trait, offsetMs, missed }) => `Until ${offsetWords(offsetMs)}${trait || "a date trait"}; ${missed === "exit" ? "out" : "on"} when it is past or unknown`,
  wait_until: ({ paths, maxMs }, names) => `${paths.map(({ when }) => triggerWords(when, names)).join(", or ")}${maxMs === null ? ", however long it takes" : `; at most ${durationWords(maxMs)}`}`,
  branch: ({ paths }) => `${many(paths.length, "path")} by what is true of them`,
  split: ({ paths }) => paths.map(({ key, weight }) => `${key} ${percent(weight / sharesOf(paths))}`).join(", "),
  decide: ({ by, candidates }) => `${many(candidates.length, "candidate")}, ${{ order: "the first that may be", priority: "the highest priority", learning: "learning from the goal" }[by]}`,
  update: ({ traits }) => Object.keys(traits).length === 0 ? "Which traits?" : Object.entries(traits).map(([name, value]) => `${name} = ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", "),
  task: ({ name, team, outcomes }) => `${quoted(name || "a task")}${team === "" ? "" : ` for ${team}`}${outcomes.length === 0 ? "" : ", and wait for what comes of it"}`,
  webhook: ({ url }) => `Post to ${url.replace(/^https?:\/\//, "") || "an address"}`,
  audience: ({ audience, change }) => `${change === "add" ? "Add to" : "Remove from"} ${quoted(audience || "an audience")}`,
  goal: ({ name }) => `Note ${quoted(name || "a goal")}`,
  jump: ({ to }) => `Go on at ${quoted(to)}`,
  exit: ({ reason }) => reason || "The journey ends here",
}; // prettier-ignore

/** What a step does, in a line. */
export const sentenceOf = (step: Step, names: JourneyNames): string =>
  (STEP_SENTENCES[step.type] as (step: Step, names: JourneyNames) => string)(step, names);
/** A step's own title, or what its kind is called. */
export const titleOf = (step: Step): string => step.title || STEP_WORDS[step.type];
/** A step in a line of a list: "Message · Email: “Cart reminder”". */
export const lineOf = (step: Step, names: JourneyNames): string =>
  step.title ? step.title : `${STEP_WORDS[step.type]} · ${sentenceOf(step, names)}`;

type SayWay<Type extends Step["type"]> = (
  step: Extract<Step, { type: Type }>,
  path: string,
  names: Names,
) => string;
const sharesOf = (paths: readonly { readonly weight: number }[]) =>
  paths.reduce((all, { weight }) => all + weight, 0) || 1;
const WAYS: { readonly [type in Step["type"]]?: SayWay<type> } = {
  message: ({ refused }, path) => (path === "refused" ? "did not leave" : refused === undefined ? "" : "left"),
  webhook: ({ failed }, path) => (path === "failed" ? "failed" : failed === undefined ? "" : "answered"),
  wait_until: ({ paths, maxMs }, path, names) => {
    const one = path === "next" ? undefined : paths[Number(path)];
    return one ? triggerWords(one.when, names) : maxMs === null ? "" : `after ${durationWords(maxMs)}`;
  },
  branch: ({ paths }, path, names) => {
    const one = path === "next" ? undefined : paths[Number(path)];
    return one ? one.name || shortRule(one.rule, names) : "otherwise";
  },
  split: ({ paths }, path) => {
    const one = paths.find(({ key }) => key === path);
    return one ? `${one.key} ${percent(one.weight / sharesOf(paths))}${one.holdout ? ", holdout" : ""}` : path;
  },
  decide: ({ candidates }, path) => (candidates.some(({ key }) => key === path) ? path : "none may be"),
  task: ({ outcomes, maxMs }, path) => {
    if (outcomes.some(({ outcome }) => outcome === path)) return path.replaceAll("_", " ");
    return outcomes.length === 0 ? "" : maxMs === null ? "otherwise" : `after ${durationWords(maxMs)}`;
  },
}; // prettier-ignore

/** What a way out of a step is called; empty where it needs no word. */
export const wayWords = (step: Step, path: string, names: Names): string =>
  (WAYS[step.type] as SayWay<Step["type"]> | undefined)?.(step as never, path, names) ?? "";
const shortRule = (rule: Rule, names: Names): string =>
  "rules" in rule && rule.rules.length === 0 ? "rule to be set" : wordsOf(rule, names);

/** How a run ended or stands. */
export const RUN_WORDS: { readonly [state: string]: string } = {
  running: "In it now", completed: "Went all the way", exited: "Left by an exit", goal: "Reached the goal", held_out: "Held out, to measure", joined: "Joined with another run", ended: "Taken out", failed: "Failed",
}; // prettier-ignore
/** What a run waits for. */
export const BLOCKER_WORDS: { readonly [type: string]: string } = {
  time: "for a time", trigger: "for something to happen", message: "for a message to leave", task: "for a person", call: "for an answer",
}; // prettier-ignore
/** Why somebody did not come in. */
export const REFUSED_WORDS: { readonly [reason in EntryRefusal]: string } = {
  not_in_audience: "Not in the audience", in_it_already: "In it already", entered_before: "Was in it before", too_soon: "Too soon after the last time", key_used: "Was in it for this key",
  no_key: "The event has no key", too_many_runs: "In too many journeys at once", paused: "The journey was paused", held_out_globally: "In the global holdout", late_event: "The event came too late",
}; // prettier-ignore
/** A journey's state. */
export const STATE_WORDS: { readonly [state: string]: string } = {
  draft: "Draft", live: "Live", paused: "Paused", stopped: "Stopped",
}; // prettier-ignore

/** A version's state. */
export const VERSION_STATES: { readonly [state in JourneyVersion["state"]]: string } = {
  building: "Learning history", live: "Entered now", replaced: "Replaced", failed: "Could not be built",
}; // prettier-ignore

/** Where in a draft a problem stands: a step, the entry, or the settings. */
export function placeOfProblem(path: string): { readonly part: "step" | "entry" | "settings"; readonly step: string | null } {
  const [head = "", id] = path.split("/");
  if (head === "steps" && id) return { part: "step", step: id };
  return { part: /^(entry|reentry|audience|start)/.test(head) ? "entry" : "settings", step: null };
} // prettier-ignore

/** Problems of one step, or of the entry (null). */
export const problemsOfStep = <P extends { readonly path: string }>(problems: readonly P[], id: string | null): readonly P[] =>
  problems.filter(({ path }) => {
    const place = placeOfProblem(path);
    return id === null ? place.part === "entry" : place.step === id;
  }); // prettier-ignore

/** The steps a draft could lead to, with their lines, for choosing among them. */
export const stepChoices = ({ steps }: JourneyDraft, names: JourneyNames) =>
  Object.entries(steps).map(([id, step]) => ({ value: id, label: lineOf(step, names) }));
