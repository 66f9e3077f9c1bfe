/** What is known of rehearsed customers beside events: addresses, wishes, suppressions and what they were sent before. */
import type { Sql } from "../db/postgres.ts";
import type { HeldIdentifier } from "../identity/directory.ts";
import { type PushAddress, addressOf } from "../messages/address.ts";
import { type Contact, PERMISSION_LIMITS, Preferences, type Suppression } from "../permission/model.ts";
import { lookBackMs } from "../permission/policy.ts";
import { customerIdOf } from "../values.ts";
import type { Told } from "./replay-log.ts";
import type { Play } from "./replay-plan.ts";
import type { Person } from "./replay-note.ts";

type Of<T> = T & { readonly atom: number };
/** Suppressions that are held in memory for a replay. */
const SUPPRESSIONS_MAX = 500_000;
const SEPARATOR = "\u0001";

/** What holds for all customers of a replay. */
export type Common = {
  readonly suppressions: ReadonlyMap<string, Suppression>;
  /** By key of the condition: who passes. */
  readonly accounts: ReadonlyMap<string, ReadonlySet<number>>;
  /** Whether there is anything at all in these tables: most workspaces need not be asked customer by customer. */
  readonly contacts: boolean;
  readonly preferences: boolean;
  readonly pushes: boolean;
};

/** Reads what holds for all customers. */
export async function readCommon(sql: Sql, { workspace, needs }: Play, accounts: Common["accounts"]): Promise<Common> {
  if (!needs.messages) return { suppressions: new Map(), accounts, contacts: false, preferences: false, pushes: false };
  const suppressions = await sql.query<{ channel: string; address: string; purpose: string; reason: Suppression }>(
    "select channel, address, purpose, reason from suppressions where workspace = $1 limit $2",
    [workspace, SUPPRESSIONS_MAX],
  );
  const [any] = await sql.query<Pick<Common, "contacts" | "preferences" | "pushes">>(
    `select exists (select 1 from contacts) as contacts, exists (select 1 from preferences where workspace = $1) as preferences,
       exists (select 1 from push_addresses where workspace = $1) as pushes`,
    [workspace],
  );
  return {
    ...any!, accounts,
    suppressions: new Map(suppressions.map(({ channel, address, purpose, reason }) => [[channel, address, purpose].join(SEPARATOR), reason])),
  };
} // prettier-ignore

/** The persons of these customers, in their order. */
export async function readPeople(
  sql: Sql,
  play: Play,
  common: Common,
  told: readonly Told[],
): Promise<readonly Person[]> {
  const { needs, policy, from, until, journey } = play;
  const atoms = needs.identifies || needs.messages ? told.flatMap((one) => one.atoms) : [];
  const list = atoms.join(",");
  const ours = "atom = any(string_to_array($1, ',')::bigint[])";
  const read = async <Row extends Of<object>>(
    wanted: boolean,
    text: string,
    ...more: readonly unknown[]
  ): Promise<ReadonlyMap<number, readonly Row[]>> => {
    const found = new Map<number, Row[]>();
    if (!wanted || atoms.length === 0) return found;
    for (const row of await sql.query<Row>(text, [list, ...more]))
      found.set(row.atom, [...(found.get(row.atom) ?? []), row]);
    return found;
  };
  const identifiers = await read<Of<{ identifiers: string }>>(true, "select id as atom, identifiers from atoms where id = any(string_to_array($1, ',')::bigint[])"); // prettier-ignore
  const preferences = await read<Of<{ body: unknown; at: number }>>(common.preferences, `select atom, body, updated_at as at from preferences where ${ours}`); // prettier-ignore
  const pushes = await read<Of<PushAddress>>(common.pushes, `select atom, channel, address, told_at as "toldAt" from push_addresses where retired_at is null and ${ours}`); // prettier-ignore
  // What this very journey sent while it was live would have been sent by the draft: it does not count twice.
  const contacts = await read<Of<Contact>>(
    common.contacts,
    `select c.atom, c.at, c.channel, c.purpose, c.tags from contacts c left join messages m on m.id = c.message
     where c.${ours} and c.at >= $2 and c.at < $3 and m.journey is distinct from $4 order by c.at`,
    from - Math.min(PERMISSION_LIMITS.spanMsMax, lookBackMs(policy)), until, journey,
  ); // prettier-ignore
  return told.map(({ customer, atoms: own }) => {
    const of = <Row>(rows: ReadonlyMap<number, readonly Row[]>) => own.flatMap((atom) => rows.get(atom) ?? []);
    const held = of(identifiers).flatMap((row) => JSON.parse(row.identifiers) as HeldIdentifier[]);
    return personOf(customer, held, of(pushes), latest(of(preferences)), of(contacts).toSorted((a, b) => a.at - b.at), common);
  });

  function latest(rows: readonly { readonly body: unknown; readonly at: number }[]): unknown {
    return rows.toSorted((a, b) => b.at - a.at)[0]?.body ?? {};
  }
} // prettier-ignore

const NO_ACCOUNTS: ReadonlySet<string> = new Set();
const NO_WISHES = Preferences.parse({});

/** A customer as permission asks of them. Stock is kept for today only, so it is not known. */
export function personOf(
  customer: number,
  identifiers: readonly HeldIdentifier[],
  pushes: readonly PushAddress[],
  preferences: unknown,
  contacts: readonly Contact[],
  { suppressions, accounts }: Pick<Common, "suppressions" | "accounts">,
): Person {
  const wishes = Object.keys(preferences as object).length === 0 ? NO_WISHES : Preferences.parse(preferences);
  return {
    customer,
    identifiers,
    preferences: wishes,
    contacts,
    accounts:
      accounts.size === 0
        ? NO_ACCOUNTS
        : new Set([...accounts].flatMap(([key, members]) => (members.has(customer) ? [key] : []))),
    address: (channel) => addressOf(channel, customerIdOf(customer), identifiers, pushes),
    suppressed: (channel, address, purpose) =>
      suppressions.get([channel, address, ""].join(SEPARATOR)) ??
      suppressions.get([channel, address, purpose].join(SEPARATOR)) ??
      null,
    stock: () => null,
  };
}
