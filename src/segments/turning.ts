/**
 * Whom a new version may turn without an event of theirs: customers in whose tracks a window runs out, whose dates come,
 * or who had events while it was being built. They are woken; to be woken early does no harm, late would.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Database, Sql } from "../db/postgres.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import type { BuildTrack, BuildVersion } from "./build.ts";
import { NOBODY, planned, stagePlans } from "./force.ts";
import { eachRange, joinedAtoms } from "./history.ts";
import { match } from "./match.ts";
import type { Rule, StageModel, Test } from "./model.ts";
import type { Node } from "./plan.ts";
import { saveWakes } from "./save.ts";
import { soonest } from "./compare.ts";
import { type TrackState, joined } from "./track.ts";

const WAKES_AT_ONCE = 20_000;

type Turning = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly versions: readonly BuildVersion[];
  readonly tracks: readonly BuildTrack[];
  readonly now: Instant;
};

/** Asks for wakes at the instants at which time may turn a condition of the version after `now`. */
export async function wakeTurning({ sql, log, workspace, versions, tracks, now }: Turning, progress: (ratio: number) => Promise<void>): Promise<void> {
  const leaves = versions.flatMap(leavesOf);
  const timed = leaves.filter((leaf): leaf is Timed => (leaf.type === "did" || leaf.type === "sequence" || leaf.type === "without") && isTimed(leaf));
  const asked = new Set(timed.flatMap(keysOf));
  const of = tracks.filter(({ key }) => asked.has(key));
  if (of.length > 0) await wakeByTracks(sql, log, workspace, of, timed, now, progress);
  await wakeByDates(sql, log, workspace, leaves);
} // prettier-ignore

type Timed = Extract<Node, { type: "did" | "sequence" | "without" }>;
const DATES: readonly Test["op"][] = ["within_last", "longer_ago", "within_next"];

function isTimed(leaf: Timed): boolean {
  if (leaf.type === "without") return true;
  if (leaf.type === "sequence") return leaf.window.fromMs !== null || leaf.window.toMs !== null;
  const { window, measure } = leaf.what;
  return (
    window.fromMs !== null || window.toMs !== null || measure.of === "trend" || measure.of.startsWith("days_since") || DATES.includes(leaf.is.op)
  ); // prettier-ignore
}

const keysOf = (leaf: Timed): readonly string[] =>
  leaf.type === "did"
    ? [leaf.what.track.key]
    : leaf.type === "sequence"
      ? leaf.tracks.map(({ key }) => key)
      : [leaf.track.key, leaf.without.key];

function leavesOf({ kind, body, context }: BuildVersion): readonly Node[] {
  const plans =
    kind === "segment" ? [planned(body as Rule, context)] : stagePlans(body as StageModel, context);
  const leaves: Node[] = [];
  const look = (node: Node): void => {
    if (node.type === "all" || node.type === "any") node.nodes.forEach(look);
    else if (node.type === "not") look(node.node);
    else {
      leaves.push(node);
      if (node.type === "account") look(node.node);
    }
  };
  for (const { root } of plans) look(root);
  return leaves;
}

async function wakeByTracks(
  sql: Database,
  log: EventLog,
  workspace: WorkspaceId,
  tracks: readonly BuildTrack[],
  leaves: readonly Timed[],
  now: Instant,
  progress: (ratio: number) => Promise<void>,
): Promise<void> {
  const joins = await joinedAtoms(sql, workspace);
  const customerOf = new Map(joins.map(({ id, customer }) => [id, customer]));
  const roots = new Set(joins.map(({ customer }) => customer));
  /** Customers of several atoms, whose states come from several places. */
  const gathered = new Map<number, Map<string, TrackState>>();
  const turns = (states: ReadonlyMap<string, TrackState>): Instant | null => {
    const facts = { ...NOBODY, track: (key: string) => states.get(key) };
    return soonest(leaves.map((leaf) => match(leaf, facts, now).turnsAt));
  };
  await eachRange(sql, log, { workspace, tracks, now }, async (rows) => {
    const known = new Map<number, Map<string, TrackState>>();
    for (const { track, body } of rows) {
      const { key, spec } = tracks[track]!;
      for (const [name, state] of Object.entries(JSON.parse(body) as { [atom: string]: TrackState })) {
        const atom = Number(name);
        const customer = customerOf.get(atom) ?? atom;
        const into = roots.has(customer) ? gathered : known;
        let states = into.get(customer);
        if (!states) into.set(customer, (states = new Map()));
        states.set(key, joined(spec, states.get(key), state));
      }
    }
    await wakeAt(sql, workspace, [...known].map(([customer, states]) => [customer, turns(states)]));
  }, progress);
  await wakeAt(sql, workspace, [...gathered].map(([customer, states]) => [customer, turns(states)]));
} // prettier-ignore

async function wakeAt(
  sql: Sql,
  workspace: WorkspaceId,
  turns: readonly (readonly [customer: number, at: Instant | null])[],
): Promise<void> {
  const wakes = turns.flatMap(([customer, at]) => (at === null ? [] : [{ workspace, customer: customer as AtomId, dueAt: at }])); // prettier-ignore
  for (let from = 0; from < wakes.length; from += WAKES_AT_ONCE)
    await saveWakes(sql, wakes.slice(from, from + WAKES_AT_ONCE));
}

/** Conditions on dates in traits: everybody who has the trait is asked, which says when to ask next. */
async function wakeByDates(sql: Sql, log: EventLog, workspace: WorkspaceId, leaves: readonly Node[]): Promise<void> {
  const names = leaves.flatMap((leaf) => (leaf.type === "trait" && DATES.includes(leaf.is.op) ? [leaf.name] : []));
  if (names.length > 0)
    await wakeAtoms(
      sql,
      await log.rows<{ atoms: readonly number[] }>(
        `select groupUniqArray(atom) as atoms from events
         where workspace = {workspace:UInt32} and type = 'identify' and arrayExists(name -> JSONHas(traits, name), {names:Array(String)}) group by intDiv(atom, 100000)`,
        { workspace, names },
      ),
      workspace,
    );
  // Also what an account was told while this was built: no event of its members' says so.
  const accounts = leaves.some(({ type }) => type === "account" || type === "account_trait");
  if (accounts)
    await sql.query(
      `insert into wakes (workspace, customer, due_at, cause)
       select distinct a.workspace, a.customer, 0, 'rule' from account_members m join atoms a on a.id = m.atom where m.workspace = $1
       order by 2 on conflict (customer) do update set due_at = 0, cause = 'rule', n = nextval('wake_n')`,
      [workspace],
    );
} // prettier-ignore

/** Wakes the customers who had events under the epochs [from, until). */
export async function wakeTouched(sql: Sql, log: EventLog, workspace: WorkspaceId, from: number, until: number): Promise<void> {
  const parts = await log.rows<{ atoms: readonly number[] }>(
    `select groupUniqArray(atom) as atoms from events
     where workspace = {workspace:UInt32} and epoch >= {from:UInt32} and epoch < {until:UInt32} group by intDiv(atom, 100000)`,
    { workspace, from, until },
  );
  await wakeAtoms(sql, parts, workspace);
} // prettier-ignore

/** Changes of the mapping may become visible in another order than they are numbered in: so many are looked at again. */
const MAPPINGS_AGAIN = 1_000;
/** Clocks of several machines differ by less. */
const CLOCKS_APART_MS = 60_000;

/** The last change of the customers' mapping that the log knows. */
export async function lastMapping(log: EventLog, workspace: WorkspaceId): Promise<number> {
  const [row] = await log.rows<{ last: number }>(
    "select max(version) as last from customersOfAtoms where workspace = {workspace:UInt32}",
    { workspace },
  );
  return Number(row?.last ?? 0);
}

/** Wakes the customers who were joined or parted since the change `after`: parting is no event, so `wakeTouched` misses it. */
export async function wakeRemapped(sql: Sql, log: EventLog, workspace: WorkspaceId, after: number, since: Instant): Promise<void> {
  const parts = await log.rows<{ atoms: readonly number[] }>(
    "select groupUniqArray(a) as atoms from (select arrayJoin([atom, customer]) as a from customersOfAtoms where workspace = {workspace:UInt32} and version > {after:Int64})",
    { workspace, after: after - MAPPINGS_AGAIN },
  );
  // The log tells where the one that was parted is now, the link who it was parted from.
  const former = await sql.query<{ a: number; b: number }>(
    "select a, b from links where workspace = $1 and undone_at >= $2",
    [workspace, since - CLOCKS_APART_MS],
  );
  await wakeAtoms(sql, [...parts, { atoms: former.flatMap(({ a, b }) => [a, b]) }], workspace);
} // prettier-ignore

async function wakeAtoms(sql: Sql, parts: readonly { readonly atoms: readonly number[] }[], workspace: WorkspaceId): Promise<void> {
  for (const { atoms } of parts)
    for (let from = 0; from < atoms.length; from += WAKES_AT_ONCE)
      await sql.query(
        `insert into wakes (workspace, customer, due_at, cause)
         select distinct workspace, customer, 0, 'rule' from atoms where workspace = $1 and id = any(string_to_array($2, ',')::bigint[])
         order by 2 on conflict (customer) do update set due_at = 0, cause = 'rule', n = nextval('wake_n')`,
        [workspace, atoms.slice(from, from + WAKES_AT_ONCE).join(",")],
      );
} // prettier-ignore
