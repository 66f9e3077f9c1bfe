/**
 * The pixel: an event in the address of an image, for e-mails and pages without scripts. Pure.
 *
 * `data` is the event as base64 (or base64url) JSON; or the event is written flat, `properties.plan=gold&userId=u1`.
 */
import type { Json, JsonObject } from "../values.ts";
import { envelopeOf } from "./envelope.ts";
import { objectOf } from "./text.ts";

/** A transparent GIF of one pixel. */
export const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
const FLAT_PARAMETERS_MAX = 100;

/** The event's JSON text, or null when the query holds none. Never throws. */
export function pixelEvent(query: URLSearchParams): string | null {
  const data = query.get("data");
  if (data !== null) {
    const text = Buffer.from(data.replaceAll(" ", "+"), "base64").toString("utf8");
    const envelope = envelopeOf(text);
    return typeof envelope === "string" ? null : text;
  }
  const event = Object.create(null) as { [name: string]: Json };
  let n = 0;
  for (const [name, value] of query) {
    if (++n > FLAT_PARAMETERS_MAX || value === "") continue;
    const [first, ...rest] = name.split(".", 2) as [string, ...string[]];
    if (name === "__proto__" || first === "" || first === "__proto__") continue;
    if (rest.length === 0) event[first] = value;
    else event[first] = { ...objectOf(event[first] as JsonObject), [rest[0]!]: value };
  }
  return n === 0 ? null : JSON.stringify(event);
}
