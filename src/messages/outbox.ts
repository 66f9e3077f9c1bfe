/**
 * The statements of the outbox. A message leaves only through `claim`: it locks the customer, asks for permission with all
 * that is known at that moment, and writes down the contact that caps count, in one transaction. Whatever happens after,
 * no second sender and no second message can have passed the same cap.
 */
import { type CustomerAtom, loadAtoms } from "../customers/store.ts";
import { type Database, type Sql, untilUndisturbed } from "../db/postgres.ts";
import { type MessageChannel, Preferences, type RefusalReason, type Suppression, type Upcoming } from "../permission/model.ts"; // prettier-ignore
import { lookBackMs } from "../permission/policy.ts";
import { recipientOf } from "../permission/recipient.ts";
import { readPolicy, readStock } from "../permission/store.ts";
import { type AtomId, type Instant, type JsonObject, type WorkspaceId, customerIdOf } from "../values.ts";
import { type PushAddress, addressOf } from "./address.ts";
import { type DueMessage, type Judged, type Known, judge } from "./judge.ts";
import { MESSAGE_LIMITS, type MessageState } from "./model.ts";
import { suppress as takeOut } from "./reports.ts";

/** A row of `messages` that is due. */
export type OutboxMessage = DueMessage & {
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly journey: number | null;
  readonly version: number | null;
  readonly run: string | null;
  readonly step: string | null;
  readonly template: number;
  /** The newest version of it; null when it is gone. */
  readonly templateNo: number | null;
  readonly createdAt: Instant;
  /** This attempt, 1 first. */
  readonly attempts: number;
};
const MESSAGE = `id, workspace, atom, journey, version, run, step, channel, template, purpose, asked, created_at as "createdAt", expires_at as "expiresAt", attempts`;

/** A workspace's channel with messages that are due: each is served for itself, so that none waits for another. */
export type Lane = { readonly workspace: WorkspaceId; readonly channel: MessageChannel };
export const readDueLanes = (sql: Sql, now: Instant): Promise<readonly Lane[]> =>
  sql.query<Lane>(
    `select w.id as workspace, c.channel from workspaces w, unnest($2::text[]) as c (channel)
     where exists (select 1 from messages m where m.workspace = w.id and m.channel = c.channel and m.state = 'due' and m.purpose = 'transactional' and m.due_at <= $1)
        or exists (select 1 from messages m where m.workspace = w.id and m.channel = c.channel and m.state = 'due' and not (m.purpose = 'transactional') and m.due_at <= $1)`,
    [now, ["email", "sms", "whatsapp", "web_push", "mobile_push", "in_app", "webhook"]],
  );

/** When the next message is due; null: none waits. */
export async function nextDue(sql: Sql): Promise<Instant | null> {
  const [row] = await sql.query<{ dueAt: Instant | null }>(
    `select min(due_at) as "dueAt" from (select due_at from messages where state = 'due' order by due_at limit 1) m`,
  );
  return row?.dueAt ?? null;
}

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

async function takeDue(tx: Sql, { lane, now, max }: ClaimAsked): Promise<readonly OutboxMessage[]> {
  const take = (transactional: boolean, limit: number) =>
    tx.query<OutboxMessage>(
      `select ${MESSAGE}, (select max(v.number) from template_versions v where v.template = messages.template) as "templateNo"
       from messages where workspace = $1 and channel = $2 and state = 'due' and (purpose = 'transactional') = $3 and due_at <= $4
       order by due_at limit $5 for update skip locked`,
      [lane.workspace, lane.channel, transactional, now, limit],
    );
  const first = await take(true, max);
  return first.length < max ? [...first, ...(await take(false, max - first.length))] : first;
}

/**
 * Locks all atoms of the customers these messages are for, until the transaction ends, and answers them. A customer who is
 * being written just now is left out and not waited for: the writer may come to wait for messages that are locked here.
 */
async function lockCustomers(tx: Sql, messages: readonly OutboxMessage[]): Promise<readonly CustomerAtom[]> {
  const ids = [...new Set(messages.map(({ atom }) => atom))];
  const rows = await tx.query<{ id: number }>(
    "select id from atoms where customer in (select customer from atoms where id = any($1::bigint[])) order by id for update skip locked",
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
  const contacts = await tx.query<Facts["contacts"][number]>(
    `select message, atom, at, channel, purpose, tags from contacts where atom = any($1::bigint[]) and at > $2::bigint`,
    [atoms, now - spanMs],
  );
  const waiting = await tx.query<Facts["waiting"][number]>(
    `select id, atom, channel, purpose, asked, due_at as "dueAt" from messages where atom = any($1::bigint[]) and state = 'due'`,
    [atoms],
  );
  const preferences = await tx.query<Facts["preferences"][number]>(
    `select atom, body, updated_at as "updatedAt" from preferences where atom = any($1::bigint[])`,
    [atoms],
  );
  const pushes =
    lane.channel === "web_push" || lane.channel === "mobile_push"
      ? await tx.query<Facts["pushes"][number]>(
          `select atom, channel, address, told_at as "toldAt" from push_addresses where atom = any($1::bigint[]) and retired_at is null`,
          [atoms],
        )
      : [];
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
  const rows: { id: string; state: MessageState; due_at: Instant; reason: string | null; detail: string | null; address: string | null }[] = [];
  const counts = new Map<string, number>();
  for (const { message, address, answer, atoms, zone, lost } of judged) {
    const { id } = message;
    if (answer.type === "allowed") {
      permitted.push({ message: { ...message, attempts: message.attempts + 1 }, address: address!, atoms, zone, lost });
      rows.push({ id, state: "sending", due_at: now, reason: null, detail: null, address });
    } else {
      const { reason, detail } = answer;
      if (answer.type === "refused") refused.push({ message, reason, detail });
      rows.push({ id, state: answer.type === "refused" ? "refused" : "due", due_at: answer.type === "later" ? answer.at : now, reason, detail, address });
      const name = `${answer.type === "later" ? "delayed" : "refused"}\u0001${reason}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  await tx.query(
    `update messages m set state = t.state, due_at = t.due_at, reason = t.reason, detail = t.detail, address = t.address,
       claimed_until = case when t.state = 'sending' then $2::bigint else 0 end, attempts = attempts + (t.state = 'sending')::int,
       settled_at = case when t.state = 'refused' then $3::bigint end
     from jsonb_to_recordset($1::jsonb) as t (id text, state text, due_at bigint, reason text, detail text, address text) where m.id = t.id`,
    [JSON.stringify(rows), now + claimMs, now],
  );
  await tx.query(
    `insert into contacts (message, workspace, atom, at, channel, purpose, tags)
     select message, $2, atom, $3, channel, purpose, array(select jsonb_array_elements_text(tags))
     from jsonb_to_recordset($1::jsonb) as t (message text, atom bigint, channel text, purpose text, tags jsonb)
     on conflict (message) do update set at = excluded.at`,
    [JSON.stringify(permitted.map(({ message: { id, atom, channel, purpose, asked } }) => ({ message: id, atom, channel, purpose, tags: asked.tags }))), lane.workspace, now],
  );
  await freeContacts(tx, judged.flatMap(({ message: { id, attempts }, answer }) => (answer.type === "allowed" || attempts === 0 ? [] : [id])));
  await freeReserved(tx, refused.map(({ message }) => message.atom), now);
  await count(tx, lane, counts, now);
  return { permitted, refused, delayed: judged.length - permitted.length - refused.length };
} // prettier-ignore

/**
 * Messages that were tried, never taken, and do not leave now take no place under a cap. Of transactional ones nobody can
 * say that: they are handed over again even where the answer was lost.
 */
export async function freeContacts(tx: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.query("delete from contacts where message = any($1::text[]) and purpose <> 'transactional'", [ids]); // prettier-ignore
}

/** What waits for a more valuable message of these atoms' customers is looked at again: that one does not leave. */
export async function freeReserved(tx: Sql, atoms: readonly AtomId[], now: Instant): Promise<void> {
  if (atoms.length === 0) return;
  await tx.query(
    `update messages set due_at = $2 where id in (
       select m.id from atoms one join atoms a on a.customer = one.customer join messages m on m.atom = a.id
       where one.id = any($1::bigint[]) and m.state = 'due' and m.reason = 'reserved' and m.due_at > $2 order by m.id for update of m)`,
    [atoms, now],
  );
}

const DAY_MS = 86_400_000;
/** Counts outcomes with their reasons, by day. */
export async function count(sql: Sql, { workspace, channel }: Lane, counts: ReadonlyMap<string, number>, now: Instant): Promise<void> {
  if (counts.size === 0) return;
  const rows = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => ({ outcome: name.split("\u0001")[0], reason: name.split("\u0001")[1] ?? "", n }));
  await sql.query(
    `insert into message_counts (workspace, day_at, channel, outcome, reason, n)
     select $2, $3, $4, outcome, reason, n from jsonb_to_recordset($1::jsonb) as t (outcome text, reason text, n bigint)
     on conflict (workspace, day_at, channel, outcome, reason) do update set n = message_counts.n + excluded.n`,
    [JSON.stringify(rows), workspace, Math.floor(now / DAY_MS) * DAY_MS, channel],
  );
} // prettier-ignore

/** How handing a message over ended, or that it is to be tried again at `dueAt`. */
export type Settlement = {
  readonly message: OutboxMessage;
  readonly state: "sent" | "failed" | "unknown" | "refused" | "due";
  readonly dueAt: Instant;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly provider: number | null;
  readonly providerId: string | null;
  readonly templateNo: number | null;
  readonly content: JsonObject | null;
  readonly receipt: JsonObject | null;
  /** The provider's own trouble: this attempt does not count. */
  readonly uncounted: boolean;
  readonly suppress: { readonly address: string; readonly reason: Suppression } | null;
};

/** Writes how messages of one lane ended. A message whose claim had passed to somebody else is left alone. */
export async function settle(
  sql: Database,
  lane: Lane,
  settlements: readonly Settlement[],
  now: Instant,
): Promise<void> {
  const rows = settlements
    .toSorted((a, b) => (a.message.id < b.message.id ? -1 : 1))
    .map(({ message, ...rest }) => ({
      id: message.id,
      attempts: message.attempts,
      state: rest.state,
      due_at: rest.dueAt,
      reason: rest.reason,
      detail: rest.detail?.slice(0, MESSAGE_LIMITS.detailCharsMax) ?? null,
      provider: rest.provider,
      provider_id: rest.providerId,
      template_no: rest.templateNo,
      content: rest.content,
      receipt: rest.receipt,
      uncounted: rest.uncounted,
    }));
  await untilUndisturbed(() =>
    sql.transaction(async (tx) => {
      const written = await tx.query<{ id: string }>(
        `update messages m set state = t.state, due_at = t.due_at, reason = t.reason, detail = t.detail, provider = coalesce(t.provider, m.provider),
           provider_id = coalesce(t.provider_id, m.provider_id), template_no = coalesce(t.template_no, m.template_no), content = coalesce(t.content, m.content),
           receipt = coalesce(t.receipt, m.receipt), attempts = m.attempts - t.uncounted::int, claimed_until = 0,
           settled_at = case when t.state = 'due' then null else $2::bigint end
         from jsonb_to_recordset($1::jsonb) as t (id text, attempts int, state text, due_at bigint, reason text, detail text, provider int, provider_id text,
           template_no int, content jsonb, receipt jsonb, uncounted boolean)
         where m.id = t.id and m.state = 'sending' and m.attempts = t.attempts returning m.id`,
        [JSON.stringify(rows), now],
      );
      const ids = new Set(written.map(({ id }) => id));
      await settled(tx, lane, settlements.filter(({ message }) => ids.has(message.id)), now); // prettier-ignore
    }),
  );
}

/** What follows from settlements that were written. */
async function settled(tx: Sql, lane: Lane, settlements: readonly Settlement[], now: Instant): Promise<void> {
  const counts = new Map<string, number>();
  for (const { state, reason } of settlements) {
    const name = `${state === "due" ? "retried" : state}\u0001${reason ?? ""}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const stayed = settlements.filter(({ state }) => state === "failed" || state === "refused").map(({ message }) => message);
  // What never left takes no place under a cap.
  if (stayed.length > 0) await tx.query("delete from contacts where message = any($1::text[])", [stayed.map(({ id }) => id)]);
  await freeReserved(tx, stayed.map(({ atom }) => atom), now);
  for (const { message, suppress, detail } of settlements)
    if (suppress) await takeOut(tx, { ...lane, ...suppress, purpose: "", message: message.id, detail: detail ?? "", at: now }, now);
  await count(tx, lane, counts, now);
} // prettier-ignore

/**
 * Messages whose sender died between handing them over and hearing of it: transactional ones are sent again under the
 * same id, for the others nobody can say whether they were sent, and they are not sent twice.
 */
export const recover = (sql: Sql, now: Instant): Promise<readonly { readonly id: string }[]> =>
  sql.query<{ id: string }>(
    `update messages m set state = case when m.purpose = 'transactional' and m.attempts < $2 then 'due' else 'unknown' end, claimed_until = 0, due_at = $1,
       reason = case when m.purpose = 'transactional' and m.attempts < $2 then m.reason else 'sender_died' end,
       settled_at = case when m.purpose = 'transactional' and m.attempts < $2 then null else $1::bigint end
     from (select id from messages where state = 'sending' and claimed_until < $1 order by id limit 1000 for update skip locked) lost
     where m.id = lost.id returning m.id`,
    [now, MESSAGE_LIMITS.attemptsMax],
  ); // prettier-ignore

/** A settled message whose run was not told yet. */
export type Untold = Omit<OutboxMessage, "asked" | "expiresAt" | "attempts" | "templateNo"> & {
  readonly state: MessageState;
  readonly reason: string | null;
  readonly settledAt: Instant;
};
export const readUntold = (sql: Sql, max: number): Promise<readonly Untold[]> =>
  sql.query<Untold>(
    `select ${MESSAGE}, state, reason, settled_at as "settledAt" from messages where settled_at is not null and told_at is null order by settled_at limit $1`,
    [max],
  ); // prettier-ignore
export const markTold = (sql: Sql, ids: readonly string[], now: Instant) =>
  sql.query("update messages set told_at = $2 where id = any($1::text[])", [ids, now]);
