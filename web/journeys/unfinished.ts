/** What a person has not filled in yet in a draft, and where, in the paths the server names problems by. Pure. */
import type { JourneyDraft, Step, Trigger } from "../../src/journeys/model.ts";
import type { Rule } from "../../src/segments/model.ts";
import { type Problem, unfinished as unfinishedRule } from "../segments/rule-edit.ts";

type Say = (path: string, message: string) => void;

/** All of it; empty: the draft can be saved, and the server's own check finds the rest. */
export function unfinished(draft: JourneyDraft): readonly Problem[] {
  const found: Problem[] = [];
  const say: Say = (path, message) => found.push({ path, message });
  if (draft.name.trim() === "") say("name", "Give the journey a name.");
  lookAtEntry(draft, say);
  if (draft.audience) lookAtRule(draft.audience, "audience", say);
  draft.exits.forEach((exit, i) => lookAtTrigger(exit, `exits/${i}`, say));
  if (draft.goal) {
    lookAtTrigger(draft.goal.when, "goal/when", say);
    lookAtTime(draft.goal.withinMs, "goal/withinMs", say);
  }
  for (const [id, step] of Object.entries(draft.steps)) lookAtStep(step, `steps/${id}`, say);
  return found;
}

function lookAtEntry({ entry, reentry }: JourneyDraft, say: Say): void {
  if (entry.type === "event" || entry.type === "segment") lookAtTrigger(entry, "entry", say);
  if (entry.type === "date" && entry.trait.trim() === "") say("entry/trait", "Name the date trait.");
  if (entry.type === "schedule" && entry.segment < 1) say("entry/segment", "Choose a segment.");
  if (entry.type === "schedule" && entry.cron.trim().split(/\s+/).length !== 5)
    say("entry/cron", "Say when in five parts: minute, hour, day, month, weekday.");
  if (reentry.type === "key" && reentry.property.trim() === "") say("reentry/property", "Name the property.");
  if (reentry.type === "after") lookAtTime(reentry.ms, "reentry/ms", say);
}

function lookAtTrigger(trigger: Trigger, path: string, say: Say): void {
  if (trigger.type === "segment") {
    if (trigger.id < 1) say(`${path}/id`, "Choose a segment.");
    return;
  }
  if (trigger.event.trim() === "") say(`${path}/event`, "Choose an event.");
  // The conditions of a trigger are those of a rule about the same event.
  const asked: Rule = { type: "did", event: trigger.event || "any", where: trigger.where, measure: { of: "count" }, is: { op: "at_least", value: 1 } }; // prettier-ignore
  for (const { path: at, message } of unfinishedRule(asked)) say(`${path}/${at}`, message);
}

const lookAtRule = (rule: Rule, path: string, say: Say): void =>
  unfinishedRule(rule).forEach((one) => say(one.path === "" ? path : `${path}/${one.path}`, one.message));
function lookAtTime(ms: number, path: string, say: Say): void {
  if (!(ms >= 1000)) say(path, "Enter how long.");
}
function lookAtName(name: string, path: string, say: Say, message: string): void {
  if (name.trim() === "") say(path, message);
}

type Look<Type extends Step["type"]> = (step: Extract<Step, { type: Type }>, path: string, say: Say) => void;
const LOOKS: { readonly [type in Step["type"]]?: Look<type> } = {
  message: ({ template, expiresMs, bestTimeMs }, path, say) => {
    if (template < 1) say(`${path}/template`, "Choose a template.");
    lookAtTime(expiresMs / 60, `${path}/expiresMs`, say);
    if (bestTimeMs !== undefined) lookAtTime(bestTimeMs / 3_600, `${path}/bestTimeMs`, say);
  },
  wait: ({ ms }, path, say) => lookAtTime(ms, `${path}/ms`, say),
  wait_date: ({ trait }, path, say) => lookAtName(trait, `${path}/trait`, say, "Name the date trait."),
  wait_time: ({ weekdays }, path, say) => {
    if (weekdays?.length === 0) say(`${path}/weekdays`, "Choose at least one weekday.");
  },
  wait_until: ({ paths, maxMs }, path, say) => {
    if (maxMs !== null) lookAtTime(maxMs, `${path}/maxMs`, say);
    paths.forEach(({ when }, i) => lookAtTrigger(when, `${path}/paths/${i}/when`, say));
  },
  branch: ({ paths }, path, say) => paths.forEach(({ rule }, i) => lookAtRule(rule, `${path}/paths/${i}/rule`, say)),
  split: ({ paths }, path, say) =>
    paths.forEach(({ key, weight }, i) => {
      lookAtKey(key, `${path}/paths/${i}/key`, say);
      if (!(weight >= 0)) say(`${path}/paths/${i}/weight`, "Enter a share.");
    }),
  decide: ({ candidates }, path, say) =>
    candidates.forEach(({ key, rule, priority }, i) => {
      lookAtKey(key, `${path}/candidates/${i}/key`, say);
      if (rule) lookAtRule(rule, `${path}/candidates/${i}/rule`, say);
      if (!Number.isInteger(priority)) say(`${path}/candidates/${i}/priority`, "Enter a priority from 0 to 100.");
    }),
  update: ({ traits }, path, say) => {
    if (Object.keys(traits).length === 0) say(`${path}/traits`, "Add a trait.");
    for (const name of Object.keys(traits)) lookAtName(name, `${path}/traits`, say, "Name the trait.");
  },
  task: ({ name, outcomes }, path, say) => {
    lookAtName(name, `${path}/name`, say, "Say what is to be done.");
    outcomes.forEach(({ outcome }, i) => lookAtKey(outcome, `${path}/outcomes/${i}/outcome`, say));
  },
  webhook: ({ url }, path, say) => {
    if (!/^https?:\/\/[^/\s]+/.test(url)) say(`${path}/url`, "Enter an address that begins with https://.");
  },
  audience: ({ audience }, path, say) => lookAtName(audience, `${path}/audience`, say, "Name the audience."),
  goal: ({ name }, path, say) => lookAtName(name, `${path}/name`, say, "Name what was reached."),
}; // prettier-ignore

const lookAtStep = (step: Step, path: string, say: Say): void =>
  (LOOKS[step.type] as Look<Step["type"]> | undefined)?.(step as never, path, say);

function lookAtKey(key: string, path: string, say: Say): void {
  if (!/^[a-z0-9][a-z0-9_]{0,49}$/.test(key)) say(path, "A short name of small letters, digits and _.");
}
