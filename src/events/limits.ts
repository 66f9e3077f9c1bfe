/**
 * Whether an event keeps to the door's limits (LIMITS of model.ts). Pure; bounded work for any input.
 */
import type { Json, JsonObject } from "../values.ts";
import { type Draft, type Refusal, refusal } from "./draft.ts";
import { LIMITS } from "./model.ts";

/** One character is at most this many bytes of JSON (`\u0007`), so a lighter event needs no exact count. */
const CHAR_BYTES_MAX = 6;
const LIGHT_CHARS = LIMITS.eventBytesMax / CHAR_BYTES_MAX;

/** The refusal of a draft that is beyond a limit, or null. `small`: the whole body is within the limit of one event. */
export function overLimit(draft: Draft, small: boolean): Refusal | null {
  const chars = weigh(draft.raw, LIMITS.depthMax);
  if (chars < 0) return refusal("too_deep", `Nested deeper than ${LIMITS.depthMax} levels.`);
  if (!small && chars > LIGHT_CHARS) {
    const sizeBytes = Buffer.byteLength(JSON.stringify(draft.raw));
    if (sizeBytes > LIMITS.eventBytesMax)
      return refusal("too_large", `${sizeBytes} bytes; an event may have ${LIMITS.eventBytesMax}.`);
  }
  if (draft.id.length > LIMITS.messageIdCharsMax)
    return refusal(
      "message_id_too_long",
      `messageId has ${draft.id.length} characters; it may have ${LIMITS.messageIdCharsMax}.`,
    );
  if (draft.name.length > LIMITS.nameCharsMax)
    return refusal(
      "invalid_field",
      `The event's name has ${draft.name.length} characters; it may have ${LIMITS.nameCharsMax}.`,
    );
  return tooManyKeys("properties", draft.properties) ?? tooManyKeys("traits", draft.traits);
}

function tooManyKeys(field: string, value: JsonObject | undefined): Refusal | null {
  if (!value) return null;
  let keys = 0;
  for (const name in value) if (name !== "" || keys >= 0) keys++;
  return keys > LIMITS.keysMax
    ? refusal("too_many_keys", `${field} have ${keys} names; they may have ${LIMITS.keysMax}.`)
    : null;
}

/** About how many characters the value prints as, or -1 when it is nested deeper than `depthLeft`. */
function weigh(value: Json, depthLeft: number): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 8;
  if (depthLeft === 0) return -1;
  let chars = 2;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      const inner = weigh(item, depthLeft - 1);
      if (inner < 0) return -1;
      chars += inner + 1;
    }
    return chars;
  }
  for (const name in value as JsonObject) {
    const inner = weigh((value as JsonObject)[name]!, depthLeft - 1);
    if (inner < 0) return -1;
    chars += inner + name.length + 4;
  }
  return chars;
}
