/**
 * Letting messages leave. A claim locks the customers, asks for permission with all that is known at that moment, and writes
 * down the contacts that caps count, in one transaction. Whatever happens after, no second sender and no second message
 * can have passed the same cap.
 */
import { readStock } from "../catalogue/stock.ts";
import { type CustomerAtom, loadAtoms } from "../customers/store.ts";
import { type Database, type Sql, untilUndisturbed } from "../db/postgres.ts";
import { type MessageChannel, Preferences, type RefusalReason, type Suppression, type Upcoming } from "../permission/model.ts"; // prettier-ignore
import { lookBackMs } from "../permission/policy.ts";
import { recipientOf } from "../permission/recipient.ts";
import { readPolicy } from "../permission/store.ts";
import { type AtomId, type Instant, customerIdOf } from "../values.ts";
import { type PushAddress, addressOf } from "./address.ts";
import { type DueMessage, type Judged, type Known, judge } from "./judge.ts";
import { factsOf } from "./facts.ts";
import type { MessageState } from "./model.ts";
import type { ReceiptFacts } from "./receipt.ts";
import {
  type Lane,
  MESSAGE,
  type OutboxMessage,
  count,
  freeContacts,
  freeReserved,
  readNamed,
  TURNS,
} from "./outbox.ts";

export type Permitted = {
  readonly message: OutboxMessage;
  readonly address: string;
  readonly atoms: readonly CustomerAtom[];
  /** The workspace's zone. */
  readonly zone: string;
  /** What else of the customer's was due and did not leave, with why not. */
  readonly lost: readonly { readonly message: OutboxMessage; readonly detail: string }[];
};
export type Claimed = {
  /** May leave, and are marked as being sent. */
  readonly permitted: readonly Permitted[];
  /** Settled here: they do not leave. */
  readonly refused: readonly { readonly message: OutboxMessage; readonly reason: RefusalReason; readonly detail: string }[]; // prettier-ignore
  readonly delayed: number;
  /** Left for the next claim, because their customers were being written just then. */
  readonly busy: number;
};
export type ClaimAsked = {
  readonly lane: Lane;
  readonly now: Instant;
  readonly max: number;
  /** Whether what goes to many may leave now as well. */
  readonly toMany: boolean;
  readonly claimMs: number;
  /** What the customer's other runs wait to send. */
  readonly upcomingOf: (
    atoms: readonly CustomerAtom[],
    exceptRuns: ReadonlySet<string>,
  ) => readonly Upcoming[];
};

/** Takes messages of a lane that are due and decides each: it leaves, waits, or is refused. */
export async function claim(sql: Database, asked: ClaimAsked): Promise<Claimed> {
  return untilUndisturbed(() => sql.transaction((tx) => claimIn(tx, asked)));
}

async function claimIn(tx: Sql, asked: ClaimAsked): Promise<Claimed> {
  const due = await takeDue(tx, asked);
  if (due.length === 0) return { permitted: [], refused: [], delayed: 0, busy: 0 };
  const atoms = await lockCustomers(tx, due);
  const held = new Set(atoms.map(({ id }) => id));
  const messages = due.filter(({ atom }) => held.has(atom));
  const groups = groupsOf(messages, atoms);
  const policy = await readPolicy(tx, asked.lane.workspace);
  const facts = await readFacts(tx, asked, groups, lookBackMs(policy));
  const judged = [...groups].flatMap(([customer, group]) =>
    withOthers(
      judge(group.messages, knownOf(customer, group, facts, asked), policy, asked.now),
      group.atoms,
      policy.zone,
    ),
  );
  return { ...(await write(tx, judged, asked)), busy: due.length - messages.length };
}

/** Those whose turn comes first before all others, by when they were due. */
const takeDue = (tx: Sql, { lane, now, max, toMany }: ClaimAsked): Promise<readonly OutboxMessage[]> =>
  tx.query<OutboxMessage>(
    `with first as materialized (${dueSql(TURNS.transactional, "$4")}),
       second as materialized (${dueSql(TURNS.single, "$4 - (select count(*) from first)")}),
       third as materialized (${dueSql(TURNS.many, toMany ? "$4 - (select count(*) from first) - (select count(*) from second)" : "0")})
     select ${MESSAGE}, (select max(v.number) from template_versions v where v.template = messages.template) as "templateNo"
     from (select * from first union all select * from second union all select * from third) messages order by turn, due_at`,
    [lane.workspace, lane.channel, now, max],
  ); // prettier-ignore
const dueSql = (turn: number, limit: string): string =>
  `select * from messages where workspace = $1 and channel = $2 and state = 'due' and turn = ${turn} and due_at <= $3
   order by due_at limit ${limit} for update skip locked`;

/**
 * Locks all atoms of the customers these messages are for, until the transaction ends, and answers them. A customer who is
 * being written just now is left out and not waited for: the writer may come to wait for messages that are locked here.
 */
async function lockCustomers(tx: Sql, messages: readonly OutboxMessage[]): Promise<readonly CustomerAtom[]> {
  const ids = [...new Set(messages.map(({ atom }) => atom))];
  // Lists and no joins, so that each step goes by an index: joined customers' atoms are few, and all atoms are many.
  const rows = await tx.query<{ id: number }>(
    `with roots as materialized (select array(select distinct customer from atoms where id = any($1::bigint[])) as ids),
       all_of as materialized (select ids || array(select id from atoms where customer = any((select ids from roots)::bigint[]) and customer <> id) as ids from roots)
     select id from atoms where id = any((select ids from all_of)::bigint[]) order by id for update skip locked`,
    [ids],
  );
  const locked = new Set(rows.map(({ id }) => id));
  // Read after the locks, so as they are now: whoever joins or parts customers has to write all of their atoms.
  const atoms = await loadAtoms(tx, ids);
  const busy = new Set(atoms.flatMap(({ id, customer }) => (locked.has(id) ? [] : [customer])));
  return atoms.filter(({ customer }) => !busy.has(customer));
} // prettier-ignore

type Group = { readonly atoms: readonly CustomerAtom[]; readonly messages: readonly OutboxMessage[] };
function groupsOf(messages: readonly OutboxMessage[], atoms: readonly CustomerAtom[]): ReadonlyMap<AtomId, Group> {
  const customerOf = new Map(atoms.map(({ id, customer }) => [id, customer]));
  const groups = new Map<AtomId, { atoms: CustomerAtom[]; messages: OutboxMessage[] }>();
  for (const atom of atoms) {
    const group = groups.get(atom.customer) ?? { atoms: [], messages: [] };
    group.atoms.push(atom);
    groups.set(atom.customer, group);
  }
  for (const message of messages) groups.get(customerOf.get(message.atom)!)?.messages.push(message);
  return groups;
} // prettier-ignore

type Facts = {
  readonly contacts: readonly { readonly message: string; readonly atom: number; readonly at: Instant; readonly channel: MessageChannel; readonly purpose: string; readonly tags: readonly string[] }[];
  readonly waiting: readonly { readonly id: string; readonly atom: number; readonly channel: MessageChannel; readonly purpose: string; readonly asked: DueMessage["asked"]; readonly dueAt: Instant }[];
  readonly suppressions: ReadonlyMap<string, Suppression>;
  readonly preferences: readonly { readonly atom: number; readonly body: unknown; readonly updatedAt: Instant }[];
  readonly pushes: readonly (PushAddress & { readonly atom: number })[];
  readonly stock: ReadonlyMap<string, number>;
}; // prettier-ignore

async function readFacts(tx: Sql, { lane, now }: ClaimAsked, groups: ReadonlyMap<AtomId, Group>, spanMs: number): Promise<Facts> {
  const atoms = [...groups.values()].flatMap((group) => group.atoms.map(({ id }) => id));
  // In one statement: a sender on a busy machine waits for its turn after each.
  const listed = (name: string, sql: string): string => `(select coalesce(json_agg(x), '[]') from (${sql}) x) as ${name}`;
  const pushed = lane.channel === "web_push" || lane.channel === "mobile_push";
  const [row] = await tx.query<Pick<Facts, "contacts" | "waiting" | "preferences" | "pushes">>(
    `select ${[
      listed("contacts", "select message, atom, at, channel, purpose, tags from contacts where atom = any($1::bigint[]) and at > $2::bigint"),
      listed("waiting", `select id, atom, channel, purpose, asked, due_at as "dueAt" from messages where atom = any($1::bigint[]) and state = 'due'`),
      listed("preferences", `select atom, body, updated_at as "updatedAt" from preferences where atom = any($1::bigint[])`),
      pushed ? listed("pushes", `select atom, channel, address, told_at as "toldAt" from push_addresses where atom = any($1::bigint[]) and retired_at is null`) : "'[]'::json as pushes",
    ].join(", ")}`,
    [atoms, now - spanMs],
  );
  const { contacts, waiting, preferences, pushes } = row!;
  const products = [...groups.values()].flatMap(({ messages }) => messages.flatMap(({ asked }) => asked.products));
  return {
    contacts, waiting, preferences, pushes,
    suppressions: await readSuppressions(tx, lane, groups, pushes),
    stock: products.length > 0 ? await readStock(tx, lane.workspace, products) : new Map(),
  };
} // prettier-ignore

async function readSuppressions(tx: Sql, { workspace, channel }: Lane, groups: ReadonlyMap<AtomId, Group>, pushes: Facts["pushes"]): Promise<ReadonlyMap<string, Suppression>> {
  const addresses = [...groups].flatMap(([customer, { atoms }]) =>
    addressOf(channel, customerIdOf(customer), atoms.flatMap(({ identifiers }) => identifiers), pushes.filter(({ atom }) => atoms.some(({ id }) => id === atom))) ?? [],
  );
  const rows = await tx.query<{ address: string; purpose: string; reason: Suppression }>(
    "select address, purpose, reason from suppressions where workspace = $1 and channel = $2 and address = any($3::text[])",
    [workspace, channel, addresses],
  );
  return new Map(rows.map(({ address, purpose, reason }) => [`${address}\u0001${purpose}`, reason]));
} // prettier-ignore

function knownOf(customer: AtomId, { atoms, messages }: Group, facts: Facts, asked: ClaimAsked): Known {
  const ids = new Set<number>(atoms.map(({ id }) => id));
  const identifiers = atoms.flatMap((atom) => atom.identifiers);
  const pushes = facts.pushes.filter(({ atom }) => ids.has(atom));
  const wishes = facts.preferences.filter(({ atom }) => ids.has(atom)).toSorted((a, b) => b.updatedAt - a.updatedAt);
  const own = new Set(messages.map(({ id }) => id));
  const others = facts.waiting.filter(({ id, atom }) => ids.has(atom) && !own.has(id));
  const runs = new Set(messages.flatMap(({ run }) => run ?? []));
  const upcoming = [
    ...asked.upcomingOf(atoms, runs),
    ...others.map(({ channel, purpose, dueAt, asked: { tags, priority } }) => ({ at: Math.max(dueAt, asked.now), channel, purpose, tags, priority })),
  ];
  const contacts = facts.contacts.filter(({ atom }) => ids.has(atom));
  const recipient = recipientOf(atoms.map(({ knowledge }) => knowledge), {
    address: null, suppressed: null, contacts, upcoming, identifiers,
    preferences: wishes[0] ? Preferences.parse(wishes[0].body) : Preferences.parse({}),
    stock: (product) => facts.stock.get(product) ?? null,
  });
  return {
    ...recipient, contacts,
    address: (channel) => addressOf(channel, customerIdOf(customer), identifiers, pushes),
    suppressed: (_, address, purpose) =>
      facts.suppressions.get(`${address}\u0001`) ?? facts.suppressions.get(`${address}\u0001${purpose}`) ?? null,
  };
} // prettier-ignore

type JudgedHere = Judged<OutboxMessage> & Pick<Permitted, "atoms" | "zone" | "lost">;
function withOthers(
  judged: readonly Judged<OutboxMessage>[],
  atoms: readonly CustomerAtom[],
  zone: string,
): readonly JudgedHere[] {
  const lost = judged.flatMap(({ message, answer }) =>
    answer.type === "allowed" ? [] : [{ message, detail: answer.detail }],
  );
  return judged.map((one) => ({ ...one, atoms, zone, lost }));
}

async function write(tx: Sql, judged: readonly JudgedHere[], { lane, now, claimMs }: ClaimAsked): Promise<Omit<Claimed, "busy">> {
  const permitted: Permitted[] = [];
  const refused: Claimed["refused"][number][] = [];
  const rows: { id: string; state: MessageState; due_at: Instant; reason: string | null; detail: string | null; address: string | null; receipt: ReceiptFacts | null }[] = [];
  const named = await readNamed(tx, judged.flatMap(({ message, answer }) => (answer.type === "refused" ? (message.version ?? []) : [])));
  const counts = new Map<string, number>();
  for (const { message, address, answer, atoms, zone, lost } of judged) {
    const { id } = message;
    if (answer.type === "allowed") {
      permitted.push({ message: { ...message, attempts: message.attempts + 1 }, address: address!, atoms, zone, lost });
      rows.push({ id, state: "sending", due_at: now, reason: null, detail: null, address, receipt: null });
    } else {
      const { reason, detail } = answer;
      if (answer.type === "refused") refused.push({ message, reason, detail });
      const journey = named.get(message.version ?? 0) ?? null;
      const receipt = answer.type === "refused" ? factsOf({ message, atoms, journey, lost: lost.filter((one) => one.message !== message), fields: [], refusal: answer }) : null;
      rows.push({ id, state: answer.type === "refused" ? "refused" : "due", due_at: answer.type === "later" ? answer.at : now, reason, detail, address, receipt });
      const name = `${answer.type === "later" ? "delayed" : "refused"}\u0001${reason}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  await tx.query(
    `with written as (
       update messages m set state = t.state, due_at = t.due_at, reason = t.reason, detail = t.detail, address = t.address, receipt = coalesce(t.receipt, m.receipt),
         claimed_until = case when t.state = 'sending' then $2::bigint else 0 end, attempts = attempts + (t.state = 'sending')::int,
         settled_at = case when t.state = 'refused' then $3::bigint end
       from jsonb_to_recordset($1::jsonb) as t (id text, state text, due_at bigint, reason text, detail text, address text, receipt jsonb) where m.id = t.id)
     insert into contacts (message, workspace, atom, at, channel, purpose, tags)
     select message, $5, atom, $3, channel, purpose, array(select jsonb_array_elements_text(tags))
     from jsonb_to_recordset($4::jsonb) as t (message text, atom bigint, channel text, purpose text, tags jsonb)
     on conflict (message) do update set at = excluded.at`,
    [
      JSON.stringify(rows), now + claimMs, now,
      JSON.stringify(permitted.map(({ message: { id, atom, channel, purpose, asked } }) => ({ message: id, atom, channel, purpose, tags: asked.tags }))), lane.workspace,
    ],
  );
  await freeContacts(tx, judged.flatMap(({ message: { id, attempts }, answer }) => (answer.type === "allowed" || attempts === 0 ? [] : [id])));
  await freeReserved(tx, refused.map(({ message }) => message.atom), now);
  await count(tx, lane, counts, now);
  return { permitted, refused, delayed: judged.length - permitted.length - refused.length };
} // prettier-ignore
