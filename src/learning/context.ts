/** The context of a decision, from what is known of the customer. Pure. */
import type { Knowledge } from "../customers/model.ts";
import type { Instant } from "../values.ts";
import { LEARNING_LIMITS, type LearningContext } from "./model.ts";

/** Whoever was first seen longer ago has come back. */
const VISIT_MS = 30 * 60_000;

/** What a context is made of. `isNamed`: by a name of a person's; `minute`: on the customer's clock. */
export type Circumstances = {
  readonly stage: string | null;
  readonly segments: Iterable<number>;
  readonly knowledge: Pick<Knowledge, "firstSeenAt" | "lastTouch">;
  readonly isNamed: boolean;
  readonly userAgent: string | null;
  readonly minute: number;
};

/** The context now. */
export function contextOf({ stage, segments, knowledge, isNamed, userAgent, minute }: Circumstances, now: Instant): LearningContext {
  const { firstSeenAt, lastTouch } = knowledge;
  return {
    stage, device: deviceOf(userAgent), channel: lastTouch?.channel ?? null,
    known: isNamed ? "named" : now - firstSeenAt > VISIT_MS ? "returning" : "new",
    hour: Math.floor(minute / 60),
    segments: [...segments].toSorted((a, b) => a - b).slice(0, LEARNING_LIMITS.segments),
  };
} // prettier-ignore

/** The class of device that a browser says it runs on. What is no browser, or asks through a server, is `other`. */
export function deviceOf(userAgent: string | null): LearningContext["device"] {
  if (userAgent === null) return "other";
  if (/iPad|Tablet|PlayBook|Silk(?!.*Mobile)|Android(?!.*Mobile)/i.test(userAgent)) return "tablet";
  if (/Mobi|iPhone|iPod|Android/i.test(userAgent)) return "phone";
  return /Windows|Macintosh|X11|CrOS|Linux/i.test(userAgent) ? "desktop" : "other";
}
