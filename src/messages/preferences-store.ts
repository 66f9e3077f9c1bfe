/** The statements on what customers choose: their wishes, the addresses that get nothing any more, and what there is to choose from. */
import { atomsOfCustomer } from "../customers/read.ts";
import type { CustomerAtom } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import { MessageChannel, Preferences, TRANSACTIONAL } from "../permission/model.ts";
import { recipientOf, zoneOf } from "../permission/recipient.ts";
import { readPolicy } from "../permission/store.ts";
import { absorb, nothing } from "../customers/fold.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf } from "../values.ts";
import { Choices, type Decision, PREFERENCE_LIMITS, type Standing, type Suppressed } from "./preferences.ts";

/** What there is to choose from in a workspace; the defaults before it said. */
export async function readChoices(sql: Sql, workspace: WorkspaceId): Promise<Choices> {
  const [row] = await sql.query<{ topics: unknown; purposes: unknown; address: string | null }>(
    "select settings->'topics' as topics, settings->'purposes' as purposes, settings->>'postalAddress' as address from workspaces where id = $1",
    [workspace],
  );
  return Choices.parse({ topics: row?.topics ?? undefined, purposes: row?.purposes ?? undefined, postalAddress: row?.address ?? null }); // prettier-ignore
}

/** Lays down what there is to choose from. */
export async function writeChoices(sql: Sql, workspace: WorkspaceId, choices: Choices): Promise<void> {
  await sql.query("update workspaces set settings = settings || $2::jsonb where id = $1", [workspace, JSON.stringify(choices)]); // prettier-ignore
}

/** All the preference centre shows of a customer. */
export type Centre = {
  readonly atoms: readonly CustomerAtom[];
  readonly standing: Standing;
  readonly preferences: Preferences;
  readonly choices: Choices;
  /** What is offered: those laid down, and those the customer got messages of. */
  readonly purposes: readonly string[];
  readonly zone: string;
};

/** Reads it; null when there is no such customer any more. */
export async function readCentre(sql: Sql, workspace: WorkspaceId, atom: AtomId): Promise<Centre | null> {
  const atoms = await atomsOfCustomer(sql, workspace, atom);
  if (atoms.length === 0) return null;
  const ids = atoms.map(({ id }) => id);
  // One after the other: in a transaction they share a connection.
  const choices = await readChoices(sql, workspace);
  const policy = await readPolicy(sql, workspace);
  const preferences = await readPreferences(sql, ids);
  const used = await channelsUsed(sql, workspace);
  const got = await messagesGot(sql, ids);
  const addresses = await addressesOf(sql, atoms, new Set([...used, ...got.map(({ channel }) => channel)]));
  const identifiers = atoms.flatMap((one) => one.identifiers);
  const known = atoms.map(({ knowledge }) => knowledge);
  const recipient = recipientOf(known, { identifiers, address: null, suppressed: null, contacts: [], upcoming: [], preferences, stock: () => null });
  const listed = choices.purposes.map(({ purpose }) => purpose);
  const purposes = [...new Set([...listed, ...got.map(({ purpose }) => purpose)])].filter((one) => one !== TRANSACTIONAL);
  return {
    atoms,
    standing: { consent: (channel, purpose) => recipient.consent(channel, purpose), suppressed: await suppressionsOf(sql, workspace, addresses), addresses, policy },
    preferences,
    choices,
    purposes: purposes.slice(0, PREFERENCE_LIMITS.purposes),
    zone: zoneOf(known.reduce(absorb, nothing()), identifiers)?.name ?? policy.zone,
  };
} // prettier-ignore

/** The wishes of a customer: of several atoms those told last. */
export async function readPreferences(sql: Sql, atoms: readonly AtomId[]): Promise<Preferences> {
  const [row] = await sql.query<{ body: unknown }>(
    "select body from preferences where atom = any($1::bigint[]) order by updated_at desc, atom limit 1",
    [atoms],
  );
  return Preferences.parse(row?.body ?? {});
}

async function channelsUsed(sql: Sql, workspace: WorkspaceId): Promise<readonly MessageChannel[]> {
  const rows = await sql.query<{ channel: string }>(
    `select distinct v.body->'content'->>'channel' as channel from templates t
     join lateral (select body from template_versions where template = t.id order by number desc limit 1) v on true where t.workspace = $1`,
    [workspace],
  );
  return rows.flatMap(({ channel }) => MessageChannel.safeParse(channel).data ?? []);
}

/** Of which channels and purposes a customer's newest messages were. */
async function messagesGot(sql: Sql, atoms: readonly AtomId[]) {
  const rows = await sql.query<{ channel: string; purpose: string }>(
    "select distinct channel, purpose from (select channel, purpose from messages where atom = any($1::bigint[]) order by created_at desc limit 200) m",
    [atoms],
  );
  return rows.flatMap(({ channel, purpose }) => {
    const parsed = MessageChannel.safeParse(channel);
    return parsed.success ? [{ channel: parsed.data, purpose }] : [];
  });
}

/** The customer's addresses in these channels; a channel without one is left out. */
export async function addressesOf(
  sql: Sql,
  atoms: readonly CustomerAtom[],
  channels: ReadonlySet<MessageChannel>,
): Promise<ReadonlyMap<MessageChannel, readonly string[]>> {
  const pushes = await sql.query<{ channel: string; address: string }>(
    "select channel, address from push_addresses where atom = any($1::bigint[]) and retired_at is null order by told_at desc limit 50",
    [atoms.map(({ id }) => id)],
  );
  const held = (kind: string) => atoms.flatMap(({ identifiers }) => identifiers.flatMap(([own, value]) => (own === kind ? [value] : []))); // prettier-ignore
  const pushed = (channel: string) => pushes.flatMap((one) => (one.channel === channel ? [one.address] : []));
  const all: readonly (readonly [MessageChannel, readonly string[]])[] = [
    ["email", held("email")], ["sms", held("phone")], ["whatsapp", held("phone")], ["web_push", pushed("web_push")],
    ["mobile_push", pushed("mobile_push")], ["in_app", atoms.slice(0, 1).map(({ customer }) => customerIdOf(customer))],
  ]; // prettier-ignore
  return new Map(all.filter(([channel, own]) => channels.has(channel) && own.length > 0).map(([channel, own]) => [channel, [...new Set(own)].slice(0, PREFERENCE_LIMITS.addresses)])); // prettier-ignore
}

async function suppressionsOf(
  sql: Sql,
  workspace: WorkspaceId,
  addresses: ReadonlyMap<MessageChannel, readonly string[]>,
): Promise<readonly Suppressed[]> {
  const found: Suppressed[] = [];
  for (const [channel, own] of addresses)
    found.push(
      ...(await sql.query<Suppressed>(
        "select channel, address, purpose, reason from suppressions where workspace = $1 and channel = $2 and address = any($3::text[])",
        [workspace, channel, own],
      )),
    );
  return found;
}

/** The message an end came by; null where none is known. */
export type By = { readonly message: string | null; readonly now: Instant };

/** Takes the turn of everybody who chooses for this customer, until the transaction ends. */
export async function holdPreferences(tx: Sql, workspace: WorkspaceId, atom: AtomId): Promise<void> {
  await tx.query("insert into preferences (atom, workspace, body, updated_at) values ($1, $2, '{}', 0) on conflict do nothing", [atom, workspace]); // prettier-ignore
  await tx.query("select atom from preferences where atom = $1 for update", [atom]);
}

/** Writes the wishes down. */
export async function writePreferences(
  tx: Sql,
  atom: AtomId,
  preferences: Preferences,
  now: Instant,
): Promise<void> {
  await tx.query("update preferences set body = $2, updated_at = $3 where atom = $1", [atom, JSON.stringify(preferences), now]); // prettier-ignore
}

/** Ends and lifts, for the addresses of the customer; in force for every message that leaves after the commit. */
export async function writeEnds(
  tx: Sql,
  workspace: WorkspaceId,
  { suppress, lift }: Pick<Decision, "suppress" | "lift">,
  addresses: ReadonlyMap<MessageChannel, readonly string[]>,
  by: By,
): Promise<void> {
  for (const { channel, purpose } of lift)
    await tx.query("delete from suppressions where workspace = $1 and channel = $2 and purpose = $3 and reason = 'unsubscribed' and address = any($4::text[])", [workspace, channel, purpose, addresses.get(channel) ?? []]); // prettier-ignore
  for (const { channel, purpose } of suppress) await endFor(tx, workspace, { channel, purpose }, addresses.get(channel) ?? [], by); // prettier-ignore
}

/** Ends a channel and purpose for these addresses. When the first of the ends began; null when there is no address. */
export async function endFor(
  tx: Sql,
  workspace: WorkspaceId,
  { channel, purpose }: { readonly channel: MessageChannel; readonly purpose: string },
  addresses: readonly string[],
  { message, now }: By,
): Promise<Instant | null> {
  if (addresses.length === 0) return null;
  // What ended before stays as it was, with its own reason.
  const rows = await tx.query<{ since: Instant }>(
    `insert into suppressions (workspace, channel, address, purpose, reason, since_at, message, detail)
     select $1, $2, address, $3, 'unsubscribed', $4, $5, 'The customer said so.' from (select distinct unnest($6::text[]) as address order by 1) a
     on conflict (workspace, channel, address, purpose) do update set purpose = excluded.purpose returning since_at as since`,
    [workspace, channel, purpose, now, message, addresses],
  );
  return Math.min(...rows.map(({ since }) => since));
}

/** Where a message went; null when there is no such message, or it has not left yet. */
export async function addressOfMessage(
  sql: Sql,
  workspace: WorkspaceId,
  message: string,
): Promise<string | null> {
  const [row] = await sql.query<{ address: string | null }>("select address from messages where workspace = $1 and id = $2", [workspace, message]); // prettier-ignore
  return row?.address ?? null;
}
