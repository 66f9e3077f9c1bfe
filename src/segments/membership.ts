/** How membership went: a segment's numbers over time, and one customer's entries, exits and stages. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { type LoggedEvent, momentsOf } from "../log/read.ts";
import { cursorOf, placeOf } from "../paging.ts";
import { type AtomId, type Instant, type JsonObject, type WorkspaceId, isoOf } from "../values.ts";
import type { MembershipHistory, SegmentHistory } from "./document.ts";
import type { StoredContext } from "./force.ts";
import type { Rule, StageModel } from "./model.ts";
import { type Names, wordsOf } from "./words.ts";

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Up to this range there is a point for every hour, else for every day. */
const HOURLY_MS_MAX = 14 * DAY_MS;
export const HISTORY_MS_MAX = 2 * 366 * DAY_MS;
const CHANGES = ["$segment.entered", "$segment.left", "$stage.changed"];

type Range = { readonly fromAt: Instant; readonly toAt: Instant };
/** What is known of one hour; `members`: at its end, where it was written down. */
export type HourRow = {
  readonly at: Instant;
  readonly entered: number;
  readonly left: number;
  readonly members: number | null;
};

/** A segment's numbers between two instants. */
export async function readHistory(sql: Sql, segment: number, range: Range): Promise<SegmentHistory> {
  const hours = await sql.query<HourRow>(
    `select hour_at as at, entered, "left", members from segment_hours where segment = $1 and hour_at < $3
       and hour_at >= coalesce((select max(hour_at) from segment_hours where segment = $1 and hour_at < $2), 0) order by hour_at`,
    [segment, Math.floor(range.fromAt / DAY_MS) * DAY_MS, range.toAt],
  );
  return historyOf(hours, range);
}

/**
 * The points of a history, from the hours in which something changed, in order: each has the members at its end, and
 * nothing changed since until the next. Pure.
 */
export function historyOf(hours: readonly HourRow[], { fromAt, toAt }: Range): SegmentHistory {
  const step = toAt - fromAt <= HOURLY_MS_MAX ? "hour" : "day";
  const stepMs = step === "hour" ? HOUR_MS : DAY_MS;
  const points: SegmentHistory["points"] = [];
  let members: number | null = null;
  let next = 0;
  const firstAt = Math.floor(fromAt / stepMs) * stepMs;
  for (; next < hours.length && hours[next]!.at < firstAt; next++) members = hours[next]!.members ?? members;
  for (let at = firstAt; at < toAt; at += stepMs) {
    const point = { at: isoOf(at), members, entered: 0, left: 0 };
    for (; next < hours.length && hours[next]!.at < at + stepMs; next++) {
      point.entered += hours[next]!.entered;
      point.left += hours[next]!.left;
      members = hours[next]!.members ?? members;
    }
    points.push({ ...point, members });
  }
  return { step, points };
}

/** A customer's entries, exits and stages, newest first; also those not in the log yet. */
export async function readCustomerHistory(
  sql: Sql,
  log: EventLog,
  query: {
    readonly workspace: WorkspaceId;
    readonly atoms: readonly AtomId[];
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
  names: Names,
): Promise<MembershipHistory> {
  const { workspace, atoms, limit, cursor } = query;
  const after = placeOf(cursor, ["number", "string"]);
  const events = await momentsOf(sql, log, { workspace, atoms, limit: limit + 1, after, channel: null, names: CHANGES }); // prettier-ignore
  const page = events.slice(0, limit);
  const last = page.at(-1);
  const rules = await versionsOf(sql, workspace, page);
  return {
    entries: page.map((event) => entryOf(event, rules, names)),
    nextCursor: events.length > limit && last ? cursorOf([last.happenedAt, last.id]) : null,
  };
}

type VersionRule = {
  readonly id: number;
  readonly kind: string;
  readonly body: unknown;
  readonly context: StoredContext;
};

async function versionsOf(sql: Sql, workspace: WorkspaceId, events: readonly LoggedEvent[]) {
  const ids = events.map((event) => Number(propertiesOf(event)["version"])).filter(Number.isInteger);
  const rows = await sql.query<VersionRule>(
    "select id, kind, body, context from versions where workspace = $1 and id = any($2::int[])",
    [workspace, [...new Set(ids)]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

const propertiesOf = ({ properties }: LoggedEvent): JsonObject =>
  properties === "" ? {} : (JSON.parse(properties) as JsonObject);
const textIn = (value: unknown): string | null => (typeof value === "string" ? value : null);
const BY = ["event", "time", "identity", "account", "rule"] as const;

function entryOf(
  event: LoggedEvent,
  rules: ReadonlyMap<number, VersionRule>,
  names: Names,
): MembershipHistory["entries"][number] {
  const told = propertiesOf(event);
  const version = rules.get(Number(told["version"]));
  const common = {
    at: isoOf(event.happenedAt),
    by: BY.find((one) => one === told["by"]) ?? ("rule" as const),
    messageId: textIn(told["messageId"]),
    because: becauseOf(textIn(told["because"]), version, told, names),
  };
  if (event.name === "$stage.changed")
    return { ...common, what: "stage", segment: null, stage: { from: textIn(told["from"]), to: textIn(told["stage"]) ?? "" } }; // prettier-ignore
  const segment = { id: Number(told["segment"]), name: textIn(told["name"]) ?? "" };
  return { ...common, what: event.name === "$segment.left" ? "left" : "entered", segment, stage: null };
}

function becauseOf(path: string | null, version: VersionRule | undefined, told: JsonObject, names: Names) {
  if (path === null) return null;
  const rule = version && ruleIn(version, told);
  const condition = rule && version ? conditionAt(rule, path, version.context) : null;
  return { path, words: condition && wordsOf(condition, names) };
}

/** The rule a change was decided by: a segment's, or that of the further one of two stages. */
function ruleIn({ kind, body }: VersionRule, told: JsonObject): Rule | null {
  if (kind === "segment") return body as Rule;
  const { stages } = body as StageModel;
  const at = (key: unknown) => stages.findIndex((stage) => stage.key === key);
  return stages[Math.max(at(told["from"]), at(told["stage"]))]?.rule ?? null;
}

/** The condition at a path of the plan: a reference stands where the rule it names begins. Null where there is none. */
export function conditionAt(rule: Rule, path: string, context: Pick<StoredContext, "segments">): Rule | null {
  if (rule.type === "segment") {
    const inner = context.segments[rule.id];
    return path === "" || !inner ? rule : conditionAt(inner, path, context);
  }
  if (path === "") return rule;
  const [step, ...rest] = path.split("/");
  if (rule.type === "all" || rule.type === "any") {
    const inner = step === "rules" ? rule.rules[Number(rest[0])] : undefined;
    return inner ? conditionAt(inner, rest.slice(1).join("/"), context) : null;
  }
  if (rule.type === "not" || rule.type === "account") return step === "rule" ? conditionAt(rule.rule, rest.join("/"), context) : null; // prettier-ignore
  // Within bands: the bands themselves tell it.
  return rule;
}
