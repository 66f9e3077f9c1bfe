/**
 * What the SDK keeps in the browser: one small record of who the visitor is, and the events that were not sent yet. All
 * of it lies in localStorage under names of our own; a browser that lets nothing be kept is as good as one that forgets.
 */
import type { ConsentAnswers } from "./model.ts";

const RECORD = "throughline";
const QUEUE = "throughline.queue.";

/** One letter each, because it is read and written by this file and `visitor.ts` alone. */
export type Kept = {
  /** The anonymous id. */
  a?: string | undefined;
  /** The user id. */
  u?: string | undefined;
  /** The consent answers. */
  c?: ConsentAnswers | undefined;
  /** An id of analytics.js that belongs to whoever was here before `reset`. */
  x?: string | undefined;
};

/** What `get` gives; undefined where it throws: browsers that block site data, sandboxed frames, broken texts. */
export function safely<Value>(get: () => Value): Value | undefined {
  try {
    return get();
  } catch {
    // Whatever could not be had is as good as not there: a page goes on without it.
    return undefined;
  }
}

const shelf = (): Storage | undefined => safely(() => localStorage);

/** The text kept under a name; null when there is none. */
export const read = (name: string): string | null => shelf()?.getItem(name) ?? null;

/** Keeps a text; null takes it away. A store that the page has filled keeps what it had: the events are in memory still. */
export const write = (name: string, text: string | null): void =>
  safely(() => (text === null ? shelf()?.removeItem(name) : shelf()?.setItem(name, text)));

/** A value that was kept as JSON; `otherwise` when there is none or somebody broke it. */
const parsed = <Value>(text: string | null, otherwise: Value): Value =>
  safely(() => JSON.parse(text!) as Value | null) ?? otherwise;

export const readRecord = (): Kept => parsed<Kept>(read(RECORD), {});
export const writeRecord = (record: Kept | null): void =>
  write(RECORD, record === null ? null : JSON.stringify(record));

/** The name under which one page keeps its events: pages that are open side by side must not write over each other. */
export const queueName = (page: string): string => QUEUE + page;

/** Takes over what other pages could not send. Twice sent is once received, by the events' ids. */
export function adopt(own: string, take: (events: readonly object[]) => void): void {
  const names = Object.keys(shelf() ?? {});
  for (const name of names) {
    const text = name.startsWith(QUEUE) && name !== own ? read(name) : null;
    if (text === null) continue;
    take(parsed<readonly object[]>(text, []));
    // A page that is still open may have written in between; what it wrote stays.
    if (read(name) === text) write(name, null);
  }
}

/** Forgets everything this SDK ever kept here. */
export function forgetAll(): void {
  for (const name of Object.keys(shelf() ?? {}))
    if (name === RECORD || name.startsWith(QUEUE)) write(name, null);
}
