/** Gaps that speak of a place on the map. Pure. */
import type { GapView } from "../../src/gaps/model.ts";

/** Those that name one of the events, the ranked order kept. */
export const titled = <Gap extends Pick<GapView, "title" | "subject">>(
  gaps: readonly Gap[],
  events: readonly string[],
): readonly Gap[] =>
  gaps.filter(({ title, subject }) =>
    events.some((name) => name !== "" && (title.includes(name) || subject.includes(name))),
  );
