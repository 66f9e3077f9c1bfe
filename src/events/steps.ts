/**
 * The door's steps, in the form of Plausible's ingestion: each has a name, takes a draft and lets it pass or says why not,
 * and is counted and timed by its name. `authenticate` happens before (routes.ts); these are parse, limit, fix_clock,
 * detect_bots, classify, normalise and consent.
 *
 * Each step runs over the whole batch before the next, so the meter costs per batch. Laws (steps.test.ts): any JSON comes
 * out as an event or as a refusal, never both, never an exception; an accepted event re-parses to itself.
 */
import { IDENTIFIER_MAX } from "../identity/model.ts";
import { agentOf, isLocal } from "./agents.ts";
import { classify } from "./classify.ts";
import { happenedAtOf, instantOf } from "./clock.ts";
import { consentsOf } from "./consents.ts";
import { contextOf } from "./context.ts";
import {
  type Arrival,
  type Draft,
  draftOf,
  eventOf,
  isRefusal,
  type Refusal,
  refusal,
  refusedOf,
} from "./draft.ts";
import { idOf, namesOf, previousOf } from "./identifiers.ts";
import { overLimit } from "./limits.ts";
import type { StepMeter, StepName } from "./meter.ts";
import { type Event, LIMITS, type RefusalReason, type Refused } from "./model.ts";
import { partsOf } from "./referrers.ts";
import { objectOf, textOf } from "./text.ts";

/** What the door made of a batch: every event given is in one of the two lists, each in the order given. */
export type Admitted = { readonly accepted: readonly Event[]; readonly refused: readonly Refused[] };

/** Null lets the draft pass. */
type Step = (draft: Draft, arrival: Arrival) => Refusal | null;

const STEPS: readonly (readonly [StepName, Step])[] = [
  ["limit", (draft, arrival) => overLimit(draft, arrival.sizeBytes <= LIMITS.eventBytesMax)],
  ["fix_clock", fixClock],
  ["detect_bots", detectBots],
  ["classify", (draft) => (classify(draft), null)],
  ["normalise", normalise],
  ["consent", readConsent],
];

/** Takes the events of one request through the steps. `seconds` is a clock that only runs forward. Never throws. */
export function admit(
  given: readonly unknown[],
  arrival: Arrival,
  meter: StepMeter,
  seconds: () => number,
): Admitted {
  const refused: Refused[] = [];
  let startedAt = seconds();
  let drafts: Draft[] = [];
  const counts = new Map<RefusalReason, number>();
  const refuse = (raw: unknown, why: Refusal) => {
    refused.push(refusedOf(raw, why, arrival));
    counts.set(why.reason, (counts.get(why.reason) ?? 0) + 1);
  };
  for (const raw of given) {
    const draft = draftOf(raw, arrival);
    if (isRefusal(draft)) refuse(raw, draft);
    else drafts.push(draft);
  }
  startedAt = report(meter, "parse", drafts.length, counts, startedAt, seconds);
  for (const [name, step] of STEPS) {
    const before = refused.length;
    const passed: Draft[] = [];
    for (const draft of drafts) {
      const why = step(draft, arrival);
      if (why === null) passed.push(draft);
      else refuse(draft.raw, why);
    }
    if (refused.length > before) drafts = passed;
    startedAt = report(meter, name, drafts.length, counts, startedAt, seconds);
  }
  return { accepted: drafts.map((draft) => finished(draft, arrival)), refused };
}

function report(
  meter: StepMeter, name: StepName, passed: number, counts: Map<RefusalReason, number>, startedAt: number, seconds: () => number,
): number {
  const now = seconds();
  if (passed > 0) meter.count(name, "passed", passed);
  if (counts.size > 0) for (const [reason, n] of counts) meter.count(name, reason, n);
  counts.clear();
  meter.time(name, now - startedAt);
  return now;
} // prettier-ignore

function fixClock(draft: Draft, arrival: Arrival): null {
  const { raw } = draft;
  draft.originalAt = instantOf(raw["originalTimestamp"]) ?? instantOf(raw["timestamp"]);
  draft.sentAt = instantOf(raw["sentAt"]) ?? arrival.sentAt;
  draft.happenedAt = happenedAtOf(draft.originalAt, draft.sentAt, arrival.receivedAt);
  return null;
}

function detectBots(draft: Draft, arrival: Arrival): Refusal | null {
  const given = draft.context?.["userAgent"];
  const userAgent = typeof given === "string" && given !== "" ? given : arrival.userAgent;
  if (userAgent === null) return null;
  const agent = agentOf(userAgent);
  draft.browser = agent.browser;
  if (!agent.bot || onLocalPage(draft)) return null;
  return refusal("bot", `The user agent is a bot's: ${userAgent.slice(0, 200)}`);
}

function onLocalPage({ context, properties }: Draft): boolean {
  const url = textOf(objectOf(context?.["page"])?.["url"] ?? properties?.["url"]);
  const parts = url === undefined ? null : partsOf(url);
  return parts !== null && isLocal(parts.host);
}

function normalise(draft: Draft, arrival: Arrival): Refusal | null {
  const long = tooLongId(draft);
  if (long) return long;
  const { type, name, userId, anonymousId, traits, properties, context } = draft;
  const names = namesOf({
    type,
    name,
    userId,
    anonymousId,
    traits,
    properties,
    context,
    country: arrival.country,
  });
  if (names.identifiers.length === 0)
    return names.told > 0
      ? refusal(
          "blocked_identifier",
          `No identifier is one a customer can own; userId is ${JSON.stringify(userId ?? null)}, anonymousId ${JSON.stringify(anonymousId ?? null)}.`,
        )
      : refusal("missing_identifier", "An event needs a userId, an anonymousId or another identifier.");
  draft.identifiers = names.identifiers;
  if (type === "group") {
    draft.accountId = idOf(draft.raw["groupId"]);
    if (draft.accountId === undefined) return refusal("missing_account", "A group event needs a groupId.");
  }
  return type === "alias" ? readPrevious(draft) : null;
}

function tooLongId({ userId, anonymousId, raw }: Draft): Refusal | null {
  for (const [field, id] of [["userId", userId], ["anonymousId", anonymousId], ["groupId", idOf(raw["groupId"])], ["previousId", idOf(raw["previousId"])]] as const)
    if (id !== undefined && id.length > IDENTIFIER_MAX) return refusal("invalid_field", `${field} is longer than ${IDENTIFIER_MAX} characters.`);
  return null;
} // prettier-ignore

function readPrevious(draft: Draft): Refusal | null {
  const previousId = idOf(draft.raw["previousId"]);
  if (previousId === undefined) return refusal("missing_previous", "An alias event needs a previousId.");
  const previous = previousOf(previousId, draft.anonymousId);
  if (!previous)
    return refusal(
      "blocked_identifier",
      `The previousId ${JSON.stringify(previousId)} is one nobody can own.`,
    );
  draft.previous = previous;
  return null;
}

function readConsent(draft: Draft, arrival: Arrival): null {
  const { name, type, context, properties, traits } = draft;
  draft.consents = consentsOf({
    name,
    track: type === "track",
    gpc: arrival.gpc,
    context,
    properties,
    traits: type === "identify" ? traits : undefined,
  });
  return null;
}

function finished(draft: Draft, arrival: Arrival): Event {
  const { context, browser, type, properties } = draft;
  const told = type === "page" && properties !== undefined && properties["path"] !== undefined;
  const ip = arrival.keepIp ? (textOf(context?.["ip"], 45) ?? arrival.ip ?? undefined) : undefined;
  return eventOf(draft, arrival, contextOf({ context, browser, ip, pageTold: told }));
}
