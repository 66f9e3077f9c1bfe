/** From what was asked to what is rehearsed: the draft, what it refers to, and what the workspace lays down. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { atomsOfCustomer } from "../customers/read.ts";
import type { Event } from "../events/model.ts";
import { type HeldIdentifier } from "../identity/directory.ts";
import { Policy } from "../permission/model.ts";
import { refuse } from "../segments/change.ts";
import { readDefinitions } from "../segments/store.ts";
import { type Clock, type Instant, type JsonObject, type WorkspaceId, atomOf } from "../values.ts";
import type { SharedHours } from "./best-time.ts";
import { draftOf, readJourneyContext } from "./change.ts";
import { nextOccurrences } from "./cron.ts";
import type { JourneyDraft } from "./model.ts";
import { accountsOf } from "./replay.ts";
import { readParts } from "./replay-log.ts";
import { REPLAY_LIMITS, type ReplayAsk } from "./replay-model.ts";
import { personOf, readCommon, readPeople } from "./replay-people.ts";
import { type Play, playOf } from "./replay-plan.ts";
import { readJourney } from "./store.ts";
import type { TryAsk, TryCustomer } from "./try.ts";

/** The play of a replay. Throws what is wrong with what was asked. */
export async function askedReplay(sql: Sql, workspace: WorkspaceId, asked: ReplayAsk, now: Instant): Promise<Play> {
  const [from, until] = [Date.parse(asked.from), Math.min(Date.parse(asked.to), now)];
  if (until <= from) throw new Failure("bad_request", "The period ends before it begins.");
  if (until - from > REPLAY_LIMITS.periodMsMax)
    throw new Failure("bad_request", `A period has at most ${REPLAY_LIMITS.periodMsMax / 86_400_000} days.`);
  return playFor(sql, workspace, asked, { from, until, batch: asked.batch ?? null });
} // prettier-ignore

type Period = {
  readonly from: Instant;
  readonly until: Instant;
  readonly batch: ReplayAsk["batch"] | null;
};
async function playFor(
  sql: Sql,
  workspace: WorkspaceId,
  asked: Pick<ReplayAsk, "draft" | "journey">,
  { from, until, batch }: Period,
): Promise<Play> {
  if (asked.draft === undefined && asked.journey === undefined)
    throw new Failure("bad_request", "Name a draft, or the journey whose draft it is.");
  const stored = asked.journey === undefined ? null : await readJourney(sql, workspace, asked.journey);
  const draft = asked.draft === undefined ? stored!.draft : draftOf(asked.draft);
  const { policy, hours, globalHoldoutRatio } = await readLaidDown(sql, workspace);
  const { stages } = await readDefinitions(sql, workspace);
  const planned = playOf({
    workspace, journey: asked.journey ?? 0, draft, context: await readJourneyContext(sql, workspace), policy, hours, globalHoldoutRatio, from, until,
    firstStage: stages?.model.stages[0]?.key ?? null,
    rounds: roundsOf(draft, batch ?? null, policy.zone, from, until),
  }); // prettier-ignore
  if (!planned.ok) refuse(planned.problems, "draft");
  return planned.play;
}

type LaidDown = {
  readonly policy: unknown;
  readonly holdout: number | null;
  readonly hours: SharedHours | null;
};
/** What the workspace lays down for all its journeys, and when its customers are likely to be there. */
async function readLaidDown(sql: Sql, workspace: WorkspaceId): Promise<Pick<Play, "policy" | "hours" | "globalHoldoutRatio">> {
  const [row] = await sql.query<LaidDown>(
    `select settings->'policy' as policy, (settings->>'globalHoldoutRatio')::real as holdout, h.shared as hours
     from workspaces w left join send_hours_shared h on h.workspace = w.id where id = $1`,
    [workspace],
  );
  return { policy: Policy.parse(row?.policy ?? {}), hours: row?.hours ?? null, globalHoldoutRatio: row?.holdout ?? 0 };
} // prettier-ignore

/** When members of a segment come in together. */
function roundsOf({ entry }: JourneyDraft, batch: ReplayAsk["batch"] | null, zone: string, from: Instant, until: Instant): Play["rounds"] {
  if (entry.type === "batch") return batch ? { segment: batch.segment, at: [Date.parse(batch.at)].filter((at) => at >= from && at < until) } : null;
  if (entry.type !== "schedule") return null;
  const at: Instant[] = [];
  for (let last = from - 1; at.length < REPLAY_LIMITS.roundsMax;) {
    const next = nextOccurrences(entry.cron, zone, 100, last);
    at.push(...next.filter((one) => one < until));
    if (next.length === 0 || next.at(-1)! >= until) break;
    last = next.at(-1)!;
  }
  return { segment: entry.segment, at: at.slice(0, REPLAY_LIMITS.roundsMax) };
} // prettier-ignore

/** The play and the customer of a test run. Throws what is wrong with what was asked. */
export async function askedTry(sql: Sql, log: EventLog, workspace: WorkspaceId, asked: TryAsk, clock: Clock): Promise<{ readonly play: Play; readonly customer: TryCustomer }> {
  const from = asked.at === undefined ? clock() : Date.parse(asked.at);
  // History is what was before; from there on only what the steps say happens.
  const play = await playFor(sql, workspace, asked, { from, until: from, batch: null });
  const customer = asked.customerId === undefined ? invented(play, asked.traits as JsonObject) : await known(sql, log, play, asked.customerId);
  return { play: { ...play, until: from + 10 * REPLAY_LIMITS.periodMsMax }, customer };
} // prettier-ignore

const NONE = { suppressions: new Map(), accounts: new Map() } as const;

/** Somebody of whom nothing is known but these traits. */
function invented({ workspace, from }: Play, traits: JsonObject): TryCustomer {
  const identifiers = (["email", "phone"] as const).flatMap((kind): readonly HeldIdentifier[] => (typeof traits[kind] === "string" ? [[kind, traits[kind], from]] : []));
  const told: Event = {
    workspace, id: "try", type: "identify", name: "$customer.identified", happenedAt: from - 1, receivedAt: from - 1, originalAt: null, sentAt: null,
    identifiers: [], channel: "other", touchpoint: "try", traits, key: 1,
  };
  return { person: personOf(1, identifiers, [], {}, [], NONE), events: [told] };
} // prettier-ignore

async function known(sql: Sql, log: EventLog, play: Play, customerId: string): Promise<TryCustomer> {
  const atoms = await atomsOfCustomer(sql, play.workspace, atomOf(customerId)!);
  if (atoms.length === 0) throw new Failure("not_found", `There is no customer ${customerId}.`);
  const only = { customer: atoms[0]!.customer, atoms: atoms.map(({ id }) => id) };
  const common = await readCommon(sql, play, await accountsOf(log, play));
  for await (const { told } of readParts({ log, play, oneIn: 1, only }, { events: 0, entries: 0, first: 0, last: 0, entering: [] })) {
    const one = told[0] ?? { ...only, events: [] };
    const [person] = await readPeople(sql, play, common, [{ ...one, atoms: only.atoms }]);
    return { person: person!, events: one.events };
  }
  throw new Error("A customer is one part.");
} // prettier-ignore
