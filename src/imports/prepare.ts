/**
 * Groups of rows go through the mapping and then through the same door as requests over HTTP (events/steps.ts).
 */
import { hash } from "node:crypto";
import type { Arrival } from "../events/draft.ts";
import type { StepMeter } from "../events/meter.ts";
import type { Event } from "../events/model.ts";
import { admit } from "../events/steps.ts";
import { needsCleaning } from "../events/text.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import { type Group, refusedRow } from "./group.ts";
import type { RowMapper } from "./mapping.ts";
import type { RefusedRow } from "./model.ts";

/** What the door is told of an import: who it is for, and by which key it came. */
export type Importer = {
  readonly workspace: WorkspaceId;
  readonly key: number;
  readonly country: string | undefined;
  readonly keepIp: boolean;
};
/** What some groups became. */
export type Prepared = {
  readonly events: readonly Event[];
  readonly refused: readonly RefusedRow[];
  readonly rowsRead: number;
  readonly rowsRefused: number;
  readonly rowsSkipped: number;
  readonly eventsRefused: number;
};

const SILENT: StepMeter = { count: () => undefined, time: () => undefined };
/** A row of this many characters cannot become an event near the door's limit; longer ones are measured. */
const SMALL_CHARS = 2_000;

/** A short, stable name for a text: 132 bits of SHA-256. */
export const hashOf = (text: string): string => hash("sha256", text, "base64url").slice(0, 22);

/** Maps `groups` of the file named `file` and takes them through the door. Never throws. */
export function prepare(
  groups: readonly Group[],
  file: string,
  mapper: RowMapper,
  importer: Importer,
  receivedAt: Instant,
  meter: StepMeter,
  seconds: () => number,
): Prepared {
  const refused: RefusedRow[] = [];
  const bodies: JsonObject[] = [];
  const origins: Group[] = [];
  const counts = { rowsRead: 0, rowsRefused: 0, rowsSkipped: 0 };
  let unclean = false;
  let longest = 0;
  for (const group of groups) {
    counts.rowsRead += group.rows.length + group.refused.length;
    counts.rowsRefused += group.refused.length;
    refused.push(...group.refused);
    if (group.rows.length === 0) continue;
    unclean ||= isUnclean(group.text);
    longest = Math.max(longest, group.text.length * group.rows.length);
    const mapped = mapper.map(group.rows, { file, line: group.line, text: group.text });
    if (mapped.type === "refused") {
      counts.rowsRefused += group.rows.length;
      refused.push(refusedRow(group.line, mapped.reason, mapped.detail, group.text));
    } else if (mapped.bodies.length === 0) counts.rowsSkipped += group.rows.length;
    for (const body of mapped.type === "mapped" ? mapped.bodies : []) {
      bodies.push(body);
      origins.push(group);
    }
  }
  const sizeBytes =
    longest <= SMALL_CHARS && groups.every(({ rows }) => rows.length === 1) ? 0 : Number.MAX_SAFE_INTEGER;
  const arrival = arrivalOf(importer, receivedAt, sizeBytes, unclean);
  const admitted = admit(bodies, arrival, meter, seconds);
  if (admitted.refused.length > 0) refused.push(...whoWasRefused(bodies, origins, arrival, seconds));
  return {
    events: admitted.accepted,
    refused: refused.toSorted((a, b) => a.line - b.line),
    ...counts,
    eventsRefused: admitted.refused.length,
  };
}

const isUnclean = (text: string): boolean =>
  needsCleaning(text) || text.includes("\u0000") || text.includes("\u0001") || text.includes("__proto__");

/** The door says what it refused, not where it stood: the events of a batch with a bad one go through again alone. */
function whoWasRefused(
  bodies: readonly JsonObject[],
  origins: readonly Group[],
  arrival: Arrival,
  seconds: () => number,
): RefusedRow[] {
  return bodies.flatMap((body, index) =>
    admit([body], arrival, SILENT, seconds).refused.map((why) =>
      refusedRow(origins[index]!.line, why.reason, why.detail, why.body),
    ),
  );
}

function arrivalOf(importer: Importer, receivedAt: Instant, sizeBytes: number, unclean: boolean): Arrival {
  return {
    ...importer,
    receivedAt,
    type: null,
    sentAt: null,
    context: undefined,
    gpc: false,
    userAgent: null,
    ip: null,
    sizeBytes,
    unclean,
    newId: () => {
      // The mapping names every event; an id made here would differ from one import to the next.
      throw new Error("An imported event came to the door without a message id.");
    },
  };
}
