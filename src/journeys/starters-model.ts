/** What a starting journey is, and the few words its drafts are written with. Pure. */
import type { SegmentDraft } from "../segments/model.ts";
import { JourneyDraft } from "./model.ts";
import type { StarterTemplate } from "./starters-mail.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The numbers that a draft's names got where it was made. */
export type Numbers = {
  readonly template: (key: string) => number;
  readonly segment: (key: string) => number;
};
/** A journey to begin with. */
export type JourneyStarter = {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** The events it goes by: whoever names them otherwise changes the names. */
  readonly events: readonly string[];
  /** What else one should do, in a sentence or two. */
  readonly advice: string;
  readonly segments: readonly { readonly key: string; readonly draft: SegmentDraft }[];
  /** `site`: where the business is on the web. */
  readonly templates: (site: string) => readonly StarterTemplate[];
  readonly draft: (numbers: Numbers) => JourneyDraft;
};

export const happens = (event: string) => ({ type: "event" as const, event });
/** What ends selling in most of them. */
export const BOUGHT = happens("Order Completed");
export const COMPLAINED = happens("Complaint Received");
export const wait = (ms: number, next: string | null, title: string) => ({ type: "wait", ms, next, title });
/** Sends an email; other members of a message step go into `more`. */
export const mail = (template: number, next: string | null, title: string, more: object = {}) => ({
  type: "message", channel: "email", template, next, title, ...more,
}); // prettier-ignore
/** Did it so often, within the last days where some are told. */
export const did = (event: string, atLeast = 1, days: number | null = null, where: readonly object[] = []) => ({
  type: "did" as const, event, where, is: { op: "at_least" as const, value: atLeast }, ...(days !== null && { when: { from: { agoMs: days * DAY_MS } } }),
}); // prettier-ignore
export const all = (...rules: readonly object[]) => ({ type: "all" as const, rules });
export const not = (rule: object) => ({ type: "not" as const, rule });
/** The draft of these members. Throws where it is none, which a test sees. */
export const draftOf = (given: object): JourneyDraft => JourneyDraft.parse(given);
