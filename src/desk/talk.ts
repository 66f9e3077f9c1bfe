/**
 * What was said between the customer and the business, out of their events: open questions, promises, notes, sentiment.
 * Events are understood by the same names and properties as gaps and questions do (questions/vocabulary.ts), and a
 * promise is kept, and a question answered, by the same rule. Pure.
 */
import { productOf } from "../customers/told.ts";
import type { Channel } from "../events/model.ts";
import { plain } from "../events/text.ts";
import { PROPERTIES, type Role, rolesOf } from "../questions/vocabulary.ts";
import { type Instant, type Json, type JsonObject, isoOf } from "../values.ts";
import { dueOf } from "./due.ts";
import {
  DESK_LIMITS,
  type Moment,
  type Note,
  type Promised,
  type Question,
  type Sentiment,
} from "./model.ts";

/** An event as it is told here. */
export type Heard = {
  readonly id: string;
  readonly name: string;
  readonly at: Instant;
  readonly channel: Channel;
  readonly touchpoint: string;
  readonly properties: JsonObject;
};
/** What was said; lists are as long as the desk shows them. */
export type Talk = {
  readonly questions: readonly Question[];
  readonly promises: readonly Promised[];
  readonly notes: readonly Note[];
  readonly sentiment: Sentiment | null;
};

/** Roles of events that are read for the desk however long ago they were. */
const TALK_ROLES: ReadonlySet<Role> = new Set(["enquiry", "answered", "case_opened", "complained", "settled", "promised", "kept", "call_noted", "surveyed"]); // prettier-ignore
/** Whether an event of this name is part of what was said. */
export const isTalk = (name: string): boolean => rolesOf(name).some((role) => TALK_ROLES.has(role));

/** A promise that is no longer owed, because the customer does not need it any more. */
export const WITHDRAWN = "Promise Withdrawn";
const isWithdrawal = (name: string): boolean => plain(name) === plain(WITHDRAWN);
const has = (role: Role) => (one: Heard) => rolesOf(one.name).includes(role);

/** One property as text, under the names senders give it; empty where none is told. */
export function told(of: keyof typeof PROPERTIES, properties: JsonObject): string {
  for (const name of PROPERTIES[of]) {
    const value: Json | undefined = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
  }
  return "";
}
const textIn = (properties: JsonObject, ...names: readonly string[]): string | null => {
  for (const name of names) {
    const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (typeof value === "string" && value.trim() !== "") return value.trim();
  }
  return null;
};

/** What was said, of events in any order. `zone`: the workspace's, by which a day ends. */
export function talkOf(events: readonly Heard[], zone: string, now: Instant): Talk {
  const newest = events.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  return {
    questions: openQuestions(newest, now).slice(0, DESK_LIMITS.questions),
    promises: promisesOf(newest, zone, now).slice(0, DESK_LIMITS.promises),
    notes: newest.flatMap(noteOf).slice(0, DESK_LIMITS.notes),
    sentiment: newest.map(sentimentOf).find((one) => one !== null) ?? null,
  };
}

/** Two events tell of one case or promise when both name it alike, or one of them names none. */
const isSame = (a: string, b: string): boolean => a === b || a === "" || b === "";

function openQuestions(newest: readonly Heard[], now: Instant): readonly Question[] {
  const asked = newest.filter((one) => one.at > now - DESK_LIMITS.questionMs);
  const open = (begins: Role, ends: Role, isComplaint: boolean) => {
    const ended = newest.filter(has(ends));
    return asked.filter(has(begins)).flatMap((one): readonly Question[] => {
      const id = told("caseId", one.properties);
      if (ended.some((end) => end.at > one.at && isSame(told("caseId", end.properties), id))) return [];
      return [{ at: isoOf(one.at), event: one.name, about: aboutOf(one), channel: one.channel, isComplaint }];
    });
  };
  const complaints = open("complained", "settled", true);
  return [...complaints, ...open("enquiry", "answered", false)];
}

/** The order in which one wants to see them. */
const STATES: readonly Promised["state"][] = ["overdue", "due", "open", "kept", "withdrawn"];

function promisesOf(newest: readonly Heard[], zone: string, now: Instant): readonly Promised[] {
  const ends = newest.filter(has("kept"));
  const promises = newest.filter(has("promised")).map(({ id, at, properties }): Promised => {
    const named = told("promiseId", properties);
    // The first that ends it counts: what was kept was kept.
    const end = ends.findLast((one) => one.at >= at && isSame(told("promiseId", one.properties), named));
    const dueAt = dueOf(told("due", properties), zone);
    return {
      id: named === "" ? id : named,
      promise: told("promise", properties) || "a promise",
      madeAt: isoOf(at),
      by: textIn(properties, "by", "agent", "made_by"),
      dueAt: dueAt === null ? null : isoOf(dueAt),
      state: end ? (isWithdrawal(end.name) ? "withdrawn" : "kept") : stateOf(dueAt, now),
      endedAt: end ? isoOf(end.at) : null,
    };
  });
  const rank = ({ state }: Promised) => STATES.indexOf(state);
  const due = ({ dueAt, endedAt }: Promised) =>
    endedAt === null ? (dueAt === null ? Infinity : Date.parse(dueAt)) : -Date.parse(endedAt);
  return promises.toSorted((a, b) => rank(a) - rank(b) || due(a) - due(b));
}

function stateOf(dueAt: Instant | null, now: Instant): Promised["state"] {
  if (dueAt === null) return "open";
  if (dueAt < now) return "overdue";
  return dueAt <= now + DESK_LIMITS.dueSoonMs ? "due" : "open";
}

const NOTES: ReadonlySet<string> = new Set(["note added", "call noted", "call notes added", "call note added"]); // prettier-ignore
function noteOf({ name, at, properties }: Heard): readonly Note[] {
  if (!NOTES.has(plain(name))) return [];
  const text = textIn(properties, "note", "notes", "text", "summary", "objection");
  return text === null
    ? []
    : [{ at: isoOf(at), by: textIn(properties, "by", "agent"), text: text.slice(0, DESK_LIMITS.textChars) }];
}

const MOODS: { readonly [word: string]: number } = { __proto__: null as never, positive: 1, happy: 1, neutral: 0, negative: -1, unhappy: -1 }; // prettier-ignore
/** From here on a number is a word. */
const MOOD_EDGE = 0.25;
function sentimentOf({ name, at, properties }: Heard): Sentiment | null {
  const text = told("sentiment", properties).toLowerCase();
  const value = MOODS[text] ?? (text === "" ? Number.NaN : Number(text));
  if (!(value >= -1 && value <= 1)) return null;
  return { value, word: value >= MOOD_EDGE ? "happy" : value <= -MOOD_EDGE ? "unhappy" : "neutral", at: isoOf(at), event: name }; // prettier-ignore
}

/** Our own doings that a person at the desk learns nothing from. */
const UNTOLD = /^\$(?:segment|stage|journey|audience|decision|lifetime|task|call)\./;
/** The last events that tell a person something, the newest first. */
export const lastOf = (events: readonly Heard[]): readonly Heard[] =>
  events
    .filter(({ name }) => !UNTOLD.test(name))
    .toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
    .slice(0, DESK_LIMITS.moments);

/** The last moments. `templates`: what those of the messages among them are called. */
export const momentsOf = (
  last: readonly Heard[],
  templates: ReadonlyMap<number, string>,
): readonly Moment[] =>
  last.map((one) => {
    const template = templateIn(one);
    const about = template === null ? aboutOf(one) : (templates.get(template) ?? null);
    return { at: isoOf(one.at), event: one.name, about, channel: one.channel, touchpoint: one.touchpoint };
  });

/** The template of a message that an event is about; null: it is about none of ours. */
export const templateIn = ({ name, properties: { template } }: Heard): number | null =>
  name.startsWith("$message.") && typeof template === "number" ? template : null;

/** What the products of orders are called, by id, as these events told it: the newest word counts. */
export function productNamesIn(events: readonly Heard[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { properties } of events.toSorted((a, b) => a.at - b.at))
    for (const one of Array.isArray(properties["products"])
      ? (properties["products"] as readonly Json[])
      : []) {
      const product = typeof one === "object" && one !== null ? productOf(one as JsonObject) : null;
      if (product?.name) names.set(product.id, product.name);
    }
  return names;
}

/** What an event was about, in a few words; null where it does not tell. */
function aboutOf({ properties }: Heard): string | null {
  const { products } = properties;
  const names = (Array.isArray(products) ? (products as readonly Json[]) : [])
    .map((one) => (typeof one === "object" && one !== null ? (one as JsonObject)["name"] : undefined))
    .filter((name) => typeof name === "string");
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  const text =
    (names.length > 0 ? `${names[0]}${more}` : null) ??
    textIn(properties, "promise", "note", "name", "title", "subject", "topic", "question", "query", "message", "text", "reason", "path"); // prettier-ignore
  return text === null ? null : text.slice(0, DESK_LIMITS.aboutChars);
}
