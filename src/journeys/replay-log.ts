/**
 * Reads of the event log what a rehearsal needs and nothing else: the events that can make a difference, of the customers
 * who may come in, customer by customer. A part of the customers is read at a time; all of a customer is in one part.
 */
import type { EventLog, LogParameters } from "../db/clickhouse.ts";
import type { Channel, Event, EventType } from "../events/model.ts";
import type { ConsentAnswer } from "../consent/model.ts";
import { EventRows, NOT_OWN } from "../segments/sql-rows.ts";
import { Parameters, SQL_SETTINGS } from "../segments/sql-values.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import { REPLAY_LIMITS } from "./replay-model.ts";
import { type Play, UPDATED } from "./replay-plan.ts";

/** [at, receivedAt, flags, id, name's place (0: none that is named), properties, traits, consents, channel, touchpoint] */
type Row = readonly [Instant, Instant, number, string, number, string, string, string, string, string];
type AtomRow = { readonly atom: number; readonly events: readonly Row[] };
/** A customer with the events that count, in order. */
export type Told = {
  readonly customer: number;
  readonly atoms: readonly number[];
  readonly events: readonly Event[];
};
/** What is read: `oneIn` customers by chance that is the same each time. */
export type Reading = {
  readonly log: EventLog;
  readonly play: Play;
  readonly oneIn: number;
  /** Only this customer's atoms. */
  readonly only?: { readonly customer: number; readonly atoms: readonly number[] };
};
/** How much there is to read. */
export type Extent = {
  readonly events: number;
  /** What may let somebody in; customers, where that is not told by an event. */
  readonly entries: number;
  readonly first: number;
  readonly last: number;
  /** The atoms whose events may let somebody in, in order, where that took looking into properties and they are not too many. */
  readonly entering: readonly number[];
};

/** Rows of one instant lie in the order of their flags: what we did ourselves then came of what happened. */
const OF_OURS = 2;
const IDENTIFY = 1;

/** An event as it was read; its JSON is parsed when somebody asks. */
class LoggedEvent {
  readonly workspace: WorkspaceId;
  readonly id: string;
  readonly type: EventType;
  readonly name: string;
  readonly happenedAt: Instant;
  readonly receivedAt: Instant;
  readonly originalAt = null;
  readonly sentAt = null;
  readonly identifiers = [];
  readonly channel: Channel;
  readonly touchpoint: string;
  readonly key: number;
  readonly consents?: readonly ConsentAnswer[];
  readonly #properties: string;
  readonly #traits: string;
  #parsed: JsonObject | null = null;

  constructor(workspace: WorkspaceId, name: string, row: Row) {
    const [at, receivedAt, flags, id, , properties, traits, consents, channel, touchpoint] = row;
    this.workspace = workspace;
    this.id = id;
    this.type = (flags & IDENTIFY) === 0 ? "track" : "identify";
    this.name = name;
    this.happenedAt = at;
    this.receivedAt = receivedAt;
    this.channel = channel as Channel;
    this.touchpoint = touchpoint;
    this.key = (flags & OF_OURS) === 0 ? 1 : 0;
    if (consents !== "") this.consents = JSON.parse(consents) as readonly ConsentAnswer[];
    this.#properties = properties;
    this.#traits = traits;
  }

  get properties(): JsonObject {
    return (this.#parsed ??=
      this.#properties === "" ? NOTHING : (JSON.parse(this.#properties) as JsonObject));
  }

  get traits(): JsonObject {
    return this.#traits === "" ? NOTHING : (JSON.parse(this.#traits) as JsonObject);
  }
}
const NOTHING: JsonObject = {};

/** The text of what is read, put together once for a replay. */
class Statements {
  readonly parameters = new Parameters();
  readonly names: readonly string[];
  readonly #play: Play;

  constructor(play: Play) {
    this.#play = play;
    this.names = [...play.needs.names.keys()];
  }

  /** Which events can make a difference, before the period's end. */
  which(): string {
    const { names, everything, identifies, consents } = this.#play.needs;
    const parts: string[] = [];
    const bySince = new Map<Instant | null, string[]>();
    for (const [name, { since }] of names) bySince.set(since, [...(bySince.get(since) ?? []), name]);
    for (const [since, of] of bySince)
      parts.push(
        `name in ${this.parameters.texts(of)}${since === null ? "" : ` and happenedAt >= ${since}`}`,
      );
    if (everything) parts.push(NOT_OWN);
    if (identifies) parts.push("type = 'identify'");
    if (consents) parts.push("consents != ''");
    return `happenedAt < ${this.#play.until} and (${parts.length === 0 ? "0" : parts.map((part) => `(${part})`).join(" or ")})`;
  }

  /** Whether an event may let its customer in, as columns of the log tell it; null: anybody may come in. */
  entry(): string | null {
    const { plan, from } = this.#play;
    const { entry } = plan.draft;
    return entry.type === "event"
      ? `(name = ${this.parameters.text(entry.event)} and happenedAt >= ${from})`
      : null;
  }

  /** A row (atom) for each event that passes the entry's conditions; null where there are none to pass. */
  passing(atoms: string): string | null {
    const { plan, from, until, workspace } = this.#play;
    const { entry } = plan.draft;
    if (entry.type !== "event" || entry.where.length === 0) return null;
    const rows = new EventRows(this.parameters);
    const keep = { kind: "total" } as const;
    const { is } = rows.item({ event: entry.event, where: entry.where, since: from, until, property: null, numeric: false, keep });
    const source = { workspace, epochBelow: null, customers: null };
    return `select atom from (${rows.sql(source, "atom")}) where ${is} and (${atoms})`;
  } // prettier-ignore

  /** One event as a row. What nobody asks for is empty. */
  row(): string {
    const { needs, asksChannels, tracks, plan } = this.#play;
    const asked = [...needs.names].flatMap(([name, { properties }]) => (properties ? [name] : []));
    const wheres = [...tracks.flatMap(({ spec }) => spec.where), ...wheresIn(plan.draft)];
    const place = asksChannels || wheres.some(({ property }) => property.startsWith("$"));
    // Of any name that rules ask something of, properties may count.
    const any = tracks.some(({ spec }) => spec.event === null && (spec.where.length > 0 || spec.property !== null));
    const properties = any ? "properties" : `if(name in ${this.parameters.texts(asked)}, properties, '')`;
    const traits = needs.identifies ? "if(type = 'identify', traits, '')" : "''";
    const consents = needs.consents ? "consents" : "''";
    const flags = `toUInt8((key = 0) * ${OF_OURS} + (type = 'identify') * ${IDENTIFY})`;
    const channel = place ? "toString(channel), toString(touchpoint)" : "'', ''";
    const id = needs.messages || needs.identifies || needs.consents ? `if(type = 'identify' or consents != '' or startsWith(name, 'Order '), id, '')` : "''";
    return `(happenedAt, receivedAt, ${flags}, ${id}, toUInt16(indexOf(${this.parameters.texts(this.names)}, toString(name))), ${properties}, ${traits}, ${consents}, ${channel})`;
  } // prettier-ignore
}

const wheresIn = (draft: Play["plan"]["draft"]) =>
  [
    ...draft.exits,
    ...(draft.entry.type === "event" ? [draft.entry] : []),
    ...(draft.goal ? [draft.goal.when] : []),
    ...Object.values(draft.steps).flatMap((step) => (step.type === "wait_until" ? step.paths.map(({ when }) => when) : [])),
  ].flatMap((trigger) => (trigger.type === "event" ? trigger.where : [])); // prettier-ignore

/** Atoms that belong to another one's customer, and those customers. */
const joinedSql = (workspace: WorkspaceId): string =>
  `(select arrayJoin([atom, customer]) from (${mappingSql(workspace)}) where atom != customer)`;
const mappingSql = (workspace: WorkspaceId): string =>
  `select atom, argMax(customer, version) as customer from customersOfAtoms where workspace = ${workspace} group by atom`;

/** How much there is to read and to rehearse, at most. Conditions on properties cost most: each event's are looked into once. */
export async function extentOf(log: EventLog, play: Play): Promise<Extent> {
  const statements = new Statements(play);
  const entry = statements.entry();
  const passing = statements.passing("1");
  const told = `from events where workspace = ${play.workspace} and ${statements.which()}`;
  const text = passing
    ? `select atom, sum(n) as n, sum(enters) as enters
       from (select atom, count() as n, 0 as enters ${told} group by atom union all select atom, 0 as n, count() as enters from (${passing}) group by atom)
       group by atom`
    : `select atom, count() as n, ${entry ? `countIf(${entry})` : "1"} as enters ${told} group by atom`;
  const [row] = await log.rows<Extent>(
    `select toUInt64(sum(n)) as events, toUInt64(sum(enters)) as entries, min(atom) as first, max(atom) as last,
       ${passing ? `if(count() <= ${REPLAY_LIMITS.enteringMax}, arraySort(groupArray(atom)), [])` : "[]"} as entering
     from (${text}) where enters > 0`,
    statements.parameters.values,
  );
  return row!;
} // prettier-ignore

/** Reads part after part; `doneRatio` says how far it is. While one is rehearsed the log already reads the next. */
export async function* readParts(reading: Reading, extent: Extent): AsyncGenerator<{ readonly told: readonly Told[]; readonly doneRatio: number }> {
  const statements = new Statements(reading.play);
  const parts = reading.only ? [onlyPart(reading.only)] : [...singleParts(reading, extent), ...(await joinedParts(reading))];
  let next = parts[0] ? readPart(reading, statements, parts[0]) : null;
  for (let i = 0; next !== null; i++) {
    const told = await next;
    const following = parts[i + 1];
    next = following ? readPart(reading, statements, following) : null;
    // Whoever stops listening does not wait for it.
    next?.catch(() => undefined);
    yield { told, doneRatio: (i + 1) / parts.length };
  }
} // prettier-ignore

/** Atoms as SQL, of which customer each is where it is not its own, and whether only atoms that enter are among them. */
type Part = {
  readonly atoms: string;
  readonly customerOf: ReadonlyMap<number, number> | null;
  readonly entering: boolean;
};

const onlyPart = ({ customer, atoms }: NonNullable<Reading["only"]>): Part => ({
  atoms: `atom in (${atoms.join(", ")})`,
  customerOf: new Map(atoms.map((atom) => [atom, customer])),
  entering: false,
});

/** Customers of one atom, by ranges: these lie side by side in the log. By name, where it is known who may come in. */
function singleParts({ play, oneIn }: Reading, { events, first, last, entering }: Extent): readonly Part[] {
  if (events === 0) return [];
  const many = Math.max(1, Math.ceil(events / oneIn / REPLAY_LIMITS.chunkEvents));
  const single = ` and atom not in ${joinedSql(play.workspace)}${sampledSql("atom", oneIn)}`;
  const partOf = (atoms: string): Part => ({ atoms: `${atoms}${single}`, customerOf: null, entering: entering.length > 0 });
  const parts: Part[] = [];
  if (entering.length > 0) {
    const step = Math.min(NAMED_AT_ONCE, Math.max(1, Math.ceil(entering.length / many)));
    for (let i = 0; i < entering.length; i += step) {
      const named = entering.slice(i, i + step);
      // The range is what tells the log quickly which pieces to open.
      parts.push(partOf(`atom >= ${named[0]} and atom <= ${named.at(-1)} and atom in (${named.join(", ")})`));
    }
    return parts;
  }
  const step = Math.max(1, Math.ceil((last - first + 1) / many));
  for (let from = first; from <= last; from += step) parts.push(partOf(`atom >= ${from} and atom < ${from + step}`));
  return parts;
} // prettier-ignore

const sampledSql = (column: string, oneIn: number): string =>
  oneIn === 1 ? "" : ` and intHash64(${column}) % ${oneIn} = 0`;
/** Customers of several atoms read at once, and atoms of a statement that names them. */
const JOINED_AT_ONCE = 4_000;
const NAMED_AT_ONCE = 10_000;

async function joinedParts({ log, play, oneIn }: Reading): Promise<readonly Part[]> {
  const rows = await log.rows<{ customer: number; atoms: readonly number[] }>(
    `select customer, groupArray(atom) as atoms from (${mappingSql(play.workspace)}) where atom != customer${sampledSql("customer", oneIn)} group by customer order by customer`,
  );
  const parts: Part[] = [];
  for (let from = 0; from < rows.length; from += JOINED_AT_ONCE) {
    const of = rows.slice(from, from + JOINED_AT_ONCE);
    const customerOf = new Map(of.flatMap(({ customer, atoms }) => [customer, ...atoms].map((atom) => [atom, customer] as const))); // prettier-ignore
    parts.push({ atoms: `atom in (${[...customerOf.keys()].join(", ")})`, customerOf, entering: false });
  }
  return parts;
}

async function readPart(
  { log, play, only }: Reading,
  statements: Statements,
  part: Part,
): Promise<readonly Told[]> {
  const known = only || part.entering;
  const entry = known ? null : statements.entry();
  const passing = known ? null : statements.passing(part.atoms);
  // Of a customer of several atoms one may come in and another tell the rest.
  const having = entry && part.customerOf === null ? ` having max(${entry})` : "";
  const among = passing && part.customerOf === null ? ` and atom in (${passing})` : "";
  const rows = await log.rows<AtomRow>(
    `select atom, arraySort(groupArray(${statements.row()})) as events from events
     where workspace = ${play.workspace} and (${part.atoms}) and ${statements.which()}${among} group by atom${having} ${SQL_SETTINGS}`,
    statements.parameters.values as LogParameters,
  );
  return toldOf(rows, play, statements.names, part.customerOf);
}

function toldOf(
  rows: readonly AtomRow[],
  play: Play,
  names: readonly string[],
  customerOf: Part["customerOf"],
): readonly Told[] {
  const made = (events: readonly Row[]): readonly Event[] =>
    events
      .map((row) => new LoggedEvent(play.workspace, row[4] === 0 ? "" : names[row[4] - 1]!, row))
      .filter((event) => !isOfThisJourney(event, play));
  if (customerOf === null)
    return rows.map(({ atom, events }) => ({ customer: atom, atoms: [atom], events: made(events) }));
  const gathered = new Map<number, { atoms: number[]; events: Row[] }>();
  for (const { atom, events } of rows) {
    const customer = customerOf.get(atom)!;
    const held = gathered.get(customer) ?? { atoms: [], events: [] };
    held.atoms.push(atom);
    held.events.push(...events);
    gathered.set(customer, held);
  }
  return [...gathered].map(([customer, { atoms, events }]) => ({
    customer,
    atoms,
    events: made(
      events.toSorted(
        (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || (a[3] < b[3] ? -1 : a[3] > b[3] ? 1 : 0),
      ),
    ),
  }));
}

/** What the journey itself did while it was live is not history to its own replay; traits it had set by then are. */
const isOfThisJourney = (
  { name, key, properties, happenedAt }: LoggedEvent,
  { journey, from }: Play,
): boolean =>
  key === 0 &&
  name.startsWith("$") &&
  properties["journey"] === journey &&
  !(name === UPDATED && happenedAt < from);
