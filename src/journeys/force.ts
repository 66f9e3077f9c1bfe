/**
 * The journeys in force, ready to be walked with every event. Read again with the rules in force whenever the epoch moved.
 */
import type { Sql } from "../db/postgres.ts";
import { STILL_WALKED, type StoredContext, contextFrom } from "../segments/force.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { Policy } from "../permission/model.ts";
import type { SharedHours } from "./best-time.ts";
import type { Entry, JourneyDraft, Trigger } from "./model.ts";
import { type PlannedJourney, planJourney } from "./plan.ts";
import { triggersOf } from "./ways.ts";

/** What happens to runs of an older version when a newer one is published. */
export type FormerRuns = "pin" | "migrate" | "end";
/** A journey's version that somebody is in, or may enter. */
export type JourneyInForce = {
  readonly version: number;
  readonly journey: number;
  readonly name: string;
  readonly plan: PlannedJourney;
  /** Whether customers may enter this version: it is the newest, and the journey is live. */
  readonly open: boolean;
  /** The version its runs are moved to, or null: they stay. */
  readonly successor: { readonly version: number; readonly how: "migrate" | "end" } | null;
  readonly stopped: boolean;
  /** Since when customers enter it. */
  readonly liveAt: Instant;
};
/** What is in force in one workspace. */
export type JourneysOfWorkspace = {
  readonly byVersion: ReadonlyMap<number, JourneyInForce>;
  /** The version that customers enter, by journey. */
  readonly open: ReadonlyMap<number, JourneyInForce>;
  /** Journeys entered by an event of this name; `$segment.entered` for segments. */
  readonly enteredBy: ReadonlyMap<string, readonly JourneyInForce[]>;
  /** Journeys entered by a date, by its trait. */
  readonly byDate: readonly JourneyInForce[];
  readonly globalHoldoutRatio: number;
  readonly zone: string;
  /** By which a time is chosen for a message; when it leaves, permission asks the one of that moment. */
  readonly policy: Policy;
  /** When those customers are likely to be there who have no hours of their own; null: not known. */
  readonly hours: SharedHours | null;
};
export type Journeys = {
  readonly epoch: number;
  /** Versions with steps that learn. */
  readonly learning: readonly number[];
  of(workspace: WorkspaceId): JourneysOfWorkspace | undefined;
};
/** What a candidate of a learning step showed so far. */
export type ArmRow = {
  readonly version: number;
  readonly step: string;
  readonly key: string;
  readonly shown: number;
  readonly converted: number;
};
export const readArms = (sql: Sql, versions: readonly number[]): Promise<readonly ArmRow[]> =>
  sql.query<ArmRow>(
    "select version, step, arm as key, shown, converted from arms where version = any($1::int[])",
    [versions],
  );

/** What the body of a version of the kind `journey` holds. `rules`: all rules in it, whose tracks history is read for. */
export type JourneyBody = { readonly draft: JourneyDraft; readonly rules: readonly unknown[] };
type VersionRow = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly journey: number;
  readonly name: string;
  readonly body: JourneyBody;
  readonly context: StoredContext;
  readonly state: string;
  readonly journeyState: string;
  readonly formerRuns: FormerRuns | null;
  readonly liveAt: Instant | null;
};
/** All journeys in force, at the epoch the caller holds. Versions of one journey come in order. */
export async function loadJourneys(sql: Sql, epoch: number): Promise<Journeys> {
  const rows = await sql.query<VersionRow>(
    `select v.id, v.workspace, v.journey, j.name, v.body, v.context, v.state, j.state as "journeyState", v.former_runs as "formerRuns", v.live_at as "liveAt"
     from versions v join journeys j on j.id = v.journey where v.kind = 'journey' and (v.state = 'live' or ${STILL_WALKED}) order by v.id`,
  );
  const settings = new Map(
    (
      await sql.query<SettingsRow>(
        `select id, settings->'policy' as policy, (settings->>'globalHoldoutRatio')::float8 as holdout, h.shared as hours
         from workspaces w left join send_hours_shared h on h.workspace = w.id where id = any($1::int[])`,
        [[...new Set(rows.map(({ workspace }) => workspace))]],
      )
    ).map((row) => [row.id, row]),
  );
  const forces = new Map(
    [...settings].map(([workspace, row]) => [workspace, journeysOf(rows.filter((one) => one.workspace === workspace), row)]),
  ); // prettier-ignore
  const learns = ({ body }: VersionRow) => Object.values(body.draft.steps).some((step) => step.type === "decide" && step.by === "learning"); // prettier-ignore
  return {
    epoch,
    learning: rows.filter(learns).map(({ id }) => id),
    of: (workspace) => forces.get(workspace),
  };
}

type SettingsRow = { readonly id: WorkspaceId; readonly policy: unknown; readonly holdout: number | null; readonly hours: SharedHours | null }; // prettier-ignore
function journeysOf(rows: readonly VersionRow[], { policy: told, holdout, hours }: SettingsRow): JourneysOfWorkspace {
  const policy = Policy.parse(told ?? {});
  const all = rows.map((row) => inForce(row, rows));
  const open = all.filter((one) => one.open);
  const enteredBy = new Map<string, JourneyInForce[]>();
  for (const one of open)
    for (const name of namesOf(one.plan.draft.entry)) enteredBy.set(name, [...(enteredBy.get(name) ?? []), one]);
  return {
    byVersion: new Map(all.map((one) => [one.version, one])),
    open: new Map(open.map((one) => [one.journey, one])),
    enteredBy, zone: policy.zone, policy, hours, globalHoldoutRatio: holdout ?? 0,
    byDate: open.filter(({ plan }) => plan.draft.entry.type === "date"),
  };
} // prettier-ignore

const namesOf = (entry: Entry): readonly string[] =>
  entry.type === "event" || entry.type === "segment" ? [eventNameOf(entry)] : [];
/** The name of the events a trigger is about. */
export const eventNameOf = (trigger: Trigger): string =>
  trigger.type === "event" ? trigger.event : `$segment.${trigger.on}`;

function inForce(row: VersionRow, rows: readonly VersionRow[]): JourneyInForce {
  const planned = planJourney(row.body.draft, contextFrom(row.context));
  if (!planned.ok)
    throw new Error(`A stored journey cannot be planned: ${planned.problems.map(({ path, message }) => `${path}: ${message}`).join(" ")}`); // prettier-ignore
  const next = rows.find((one) => one.journey === row.journey && one.id > row.id && one.formerRuns !== "pin" && one.formerRuns !== null);
  return {
    version: row.id, journey: row.journey, name: row.name, plan: planned.plan,
    open: row.state === "live" && row.journeyState === "live",
    successor: next ? { version: next.id, how: next.formerRuns as "migrate" | "end" } : null,
    stopped: row.journeyState === "stopped",
    liveAt: row.liveAt ?? Infinity,
  };
} // prettier-ignore

/** The names of all events that may move somebody who is in this journey. */
export const movedBy = (plan: PlannedJourney): ReadonlySet<string> =>
  new Set(triggersOf(plan.draft).map(([, trigger]) => eventNameOf(trigger)));
