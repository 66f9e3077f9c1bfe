/**
 * The small values every room shares: branded identifiers, instants and JSON.
 *
 * An instant is an integer count of milliseconds since 1970-01-01T00:00:00Z. Names carry the unit: `...At` is an
 * instant, `...Ms` a duration, `...Ratio` lies in [0, 1]. Nothing here reads the clock or draws a random number.
 */
import { z } from "zod";

declare const brand: unique symbol;
/** A `T` that only its parser can make; `Brand<number, "AtomId">` is not assignable from `number`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A workspace's number; every row, key and query carries it. */
export type WorkspaceId = Brand<number, "WorkspaceId">;
/** An atom's number: the body of events that always belong together. A customer is named by its oldest atom. */
export type AtomId = Brand<number, "AtomId">;

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;
/** A length of time in milliseconds, never negative. */
export type DurationMs = number;
/** The source of the present moment; passed in, so that tests can move it. */
export type Clock = () => Instant;
/**
 * `clock`, ahead by the milliseconds that lie in `ahead` (one Float64, shared by threads). A story that takes days is told
 * by it in a minute; without `ahead` it is the clock as it is.
 */
export function clockAhead(clock: Clock, ahead: SharedArrayBuffer | undefined): Clock {
  if (ahead === undefined) return clock;
  const ms = new Float64Array(ahead);
  return () => clock() + ms[0]!;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** `c1042`: how the outside names the customer whose oldest atom is 1042. */
export const customerIdOf = (atom: AtomId | number): string => `c${atom}`;

/** The atom number in a public customer id, or null when the text is no customer id. Never throws. */
export function atomOf(customerId: string): AtomId | null {
  const digits = /^c([1-9][0-9]{0,14})$/.exec(customerId);
  return digits ? (Number(digits[1]) as AtomId) : null;
}

/** Any JSON, where it is told rather than checked; spelled as unknown so that the OpenAPI document stays small. */
export const AnyJson = z.unknown() as z.ZodType<Json>;

/** A public customer id as it stands in addresses and answers. */
export const CustomerId = z
  .string()
  .regex(/^c[1-9][0-9]{0,14}$/)
  .describe("A customer: the letter c and the number of the oldest atom, e.g. c1042");

/** The instant as ISO 8601 in UTC with milliseconds. Throws RangeError outside the years a Date can hold. */
export const isoOf = (at: Instant): string => new Date(at).toISOString();

/** Fastify's `serializerCompiler` of routes that are asked hundreds of times a second: what is built by functions whose types are the schema's is not parsed once more. */
export const asBuilt = () => (answer: unknown) => JSON.stringify(answer);
