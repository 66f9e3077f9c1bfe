/** What tests of rehearsals share: a draft ready to be rehearsed, a person, and events told shortly. */
import type { Event } from "../../src/events/model.ts";
import { JourneyDraft } from "../../src/journeys/model.ts";
import { type Play, playOf } from "../../src/journeys/replay-plan.ts";
import { type Common, personOf } from "../../src/journeys/replay-people.ts";
import type { Note, Person } from "../../src/journeys/replay-note.ts";
import { type Answer, type Contact, Policy } from "../../src/permission/model.ts";
import { Rule } from "../../src/segments/model.ts";
import { NO_CONTEXT } from "../../src/segments/plan.ts";
import { type Instant, isoOf } from "../../src/values.ts";
import { WORKSPACE } from "../world.ts";
import { DAY_MS } from "./story.ts";

/** A Monday, at noon in UTC. */
export const NOON = Date.UTC(2026, 9, 5, 12);
export const OPEN = { quietHours: [] };

type Told = {
  readonly policy?: object;
  readonly segments?: { readonly [id: number]: unknown };
  readonly until?: Instant;
  readonly rounds?: Play["rounds"];
};
/** A draft over ten days from NOON on. */
export function aPlay(draft: object, { policy = OPEN, segments = {}, until = NOON + 10 * DAY_MS, rounds = null }: Told = {}): Play {
  const context = { ...NO_CONTEXT, segments: new Map(Object.entries(segments).map(([id, rule]) => [Number(id), Rule.parse(rule)])) };
  const planned = playOf({
    workspace: WORKSPACE, journey: 1, draft: JourneyDraft.parse({ name: "J", holdoutRatio: 0, ...draft }), context, policy: Policy.parse(policy),
    globalHoldoutRatio: 0, firstStage: null, from: NOON, until, rounds,
  });
  if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
  return planned.play;
} // prettier-ignore

export const aPerson = (
  contacts: readonly Contact[] = [],
  common: Partial<Common> = {},
  wishes: object = {},
): Person =>
  personOf(1, [["email", "ann@example.com", 0]], [], wishes, contacts, {
    suppressions: new Map(),
    accounts: new Map(),
    ...common,
  });

export const did = (afterMs: number, name: string, properties: object = {}, rest: Partial<Event> = {}): Event => ({
  workspace: WORKSPACE, id: `${name} ${afterMs}`, type: "track", name, happenedAt: NOON + afterMs, receivedAt: NOON + afterMs, originalAt: null, sentAt: null,
  identifiers: [], channel: "web", touchpoint: "/", properties: properties as never, key: 1, ...rest,
}); // prettier-ignore
export const told = (afterMs: number, traits: object): Event => did(afterMs, "$customer.identified", {}, { type: "identify", traits: traits as never }); // prettier-ignore

/** Notes as short lines: when (hours and minutes since NOON), and what. */
export function lines(notes: readonly Note[]): readonly string[] {
  return notes.flatMap((note) => {
    const minutes = (note.at - NOON) / 60_000;
    const when = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    const text = textOf(note);
    return text === null ? [] : [`${when} ${text}`];
  });
}
/** What is told by what comes of it. */
const QUIET: readonly string[] = ["message", "webhook", "update"];
function answerOf(answer: Answer): string {
  if (answer.type === "allowed") return "leaves";
  return `${answer.type} ${answer.reason}${answer.type === "later" ? ` ${isoOf(answer.at).slice(5, 16)}` : ""}`;
}
function textOf(note: Note): string | null {
  switch (note.type) {
    case "refused":
      return `refused ${note.reason}`;
    case "entered":
    case "held_out":
      return `${note.type}${note.key === "" ? "" : ` ${note.key}`}`;
    case "passed":
      return `${note.step} ${note.path}`;
    case "message":
      return `${note.step} ${answerOf(note.answer)}`;
    case "asked":
      return QUIET.includes(note.what) ? null : `${note.what} asked`;
    case "cancelled":
      return `${note.what} cancelled`;
    case "ended":
      return note.state;
    case "converted":
      return `converted ${note.value}${note.afterMessage ? " after a message" : ""}`;
    case "segment":
      return `segment ${note.segment} ${note.entered ? "entered" : "left"}`;
  }
} // prettier-ignore
