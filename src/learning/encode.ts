/**
 * A context as slots of a vector: each part that applies is a 1 in its slot, everything else a 0. Parts with few values
 * have a slot for each; stages, channels and segments are hashed to a few (Weinberger and others 2009, ICML: "Feature
 * hashing for large scale multitask learning"), so that the vector stays short whatever a workspace defines. Pure.
 */
import { placeOf } from "../experiments/hash.ts";
import type { LearningContext } from "./model.ts";

/** Moves when slots mean something else: what was learned before is learned again from the event log. */
export const ENCODING = 1;
const HASHED = 8;
const DEVICES = ["phone", "tablet", "desktop", "other"] as const;
const KNOWN = ["named", "returning", "new"] as const;
const PARTS_OF_DAY = 4;
/** Hours of one part of the day are one slot. */
export const HOURS_OF_PART = 6;
const [DEVICE, STANDING, HOUR, STAGE] = [1, 1 + DEVICES.length, 1 + DEVICES.length + KNOWN.length, 1 + DEVICES.length + KNOWN.length + PARTS_OF_DAY]; // prettier-ignore
const CHANNEL = STAGE + HASHED;
const SEGMENT = CHANNEL + HASHED;
/** The length of the vector. Slot 0 is in every context. */
export const DIMENSIONS = SEGMENT + HASHED;

/** The slots of a context, rising, each once. */
export function slotsOf({ device, known, hour, stage, channel, segments }: LearningContext): readonly number[] {
  const slots = [0, DEVICE + DEVICES.indexOf(device), STANDING + KNOWN.indexOf(known), HOUR + Math.floor(hour / HOURS_OF_PART)];
  if (stage !== null) slots.push(STAGE + hashed("stage", stage));
  if (channel !== null) slots.push(CHANNEL + hashed("channel", channel));
  if (segments.length === 0) return slots;
  const ofSegments = new Set(segments.map((id) => SEGMENT + hashed("segment", String(id))));
  return [...slots, ...[...ofSegments].toSorted((a, b) => a - b)];
} // prettier-ignore

const hashed = (part: string, value: string): number => Math.floor(placeOf(part, value) * HASHED);
