/**
 * Cursors of paged lists: an opaque base64url text around the place where the next page begins.
 *
 * A cursor is made of the last row's sort values, so that rows that come or go between pages are neither skipped nor
 * repeated. Callers keep it as it is; what is in it may change.
 */
import { z } from "zod";
import { Failure } from "./errors.ts";

/** The parts of a place, in the list's sort order. */
export type Place = readonly (string | number)[];

// Numbers of rows and instants: a fraction or 1e300 would be a fault in a store rather than an answer.
const Parts = z.array(z.union([z.string().max(500), z.int()])).max(8);
const CURSOR_CHARS_MAX = 2_000;

/** The cursor for the page after `place`. */
export const cursorOf = (place: Place): string => Buffer.from(JSON.stringify(place)).toString("base64url");

/**
 * The place a cursor names, as the types in `shape` say; null for no cursor. Throws `Failure("bad_request")` for a
 * text that is none of ours.
 */
export function placeOf<const Shape extends readonly ("string" | "number")[]>(
  cursor: string | undefined,
  shape: Shape,
): { [i in keyof Shape]: Shape[i] extends "string" ? string : number } | null {
  if (cursor === undefined || cursor === "") return null;
  let parts: unknown = null;
  try {
    if (cursor.length <= CURSOR_CHARS_MAX)
      parts = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch (cause) {
    throw new Failure("bad_request", "The cursor is none this list has given. Begin again without one.", {
      cause,
    });
  }
  const place = Parts.safeParse(parts);
  if (
    !place.success ||
    place.data.length !== shape.length ||
    shape.some((type, i) => typeof place.data[i] !== type)
  )
    throw new Failure("bad_request", "The cursor is none this list has given. Begin again without one.");
  return place.data as { [i in keyof Shape]: Shape[i] extends "string" ? string : number };
}

/** The query of a paged list, to spread into a route's own: `z.object({ ...pageQuery(100), channel: ... })`. */
export const pageQuery = (limitMax: number, limitDefault = Math.min(50, limitMax)) => ({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limitMax)
    .default(limitDefault)
    .describe(`At most this many, up to ${limitMax}`),
  cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("nextCursor of the page before"),
});
