/** What rules ask of accounts: traits, and whether some member passes. Loaded for a batch, asked lazily. */
import { readAccounts } from "../customers/read.ts";
import { type CustomerAtom, loadAtoms } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import type { Directory } from "../identity/directory.ts";
import type { AtomId, Instant, Json, WorkspaceId } from "../values.ts";
import { soonest } from "./compare.ts";
import { type AccountFacts, NO_ACCOUNTS, factsOf, knowledgeOf, stageOf } from "./facts.ts";
import type { Force, WorkspaceForce } from "./force.ts";
import { match } from "./match.ts";
import { takeUp } from "./take-up.ts";

/** Members of one account that are asked. */
export const ACCOUNT_MEMBERS_MAX = 500;

/** The facts about accounts of the customers that the batch touched. */
export async function accountFactsOf(
  sql: Sql,
  force: Force,
  directory: Directory<CustomerAtom>,
  touched: Iterable<AtomId>,
  now: Instant,
): Promise<(customer: AtomId) => AccountFacts> {
  const found = new Map<AtomId, AccountFacts>();
  for (const id of touched) {
    const { customer, workspace } = directory.atoms.get(id)!;
    const of = force.of(workspace);
    if (!of?.asksAccounts || found.has(customer)) continue;
    found.set(customer, await accountsOf(sql, force, of, directory.membersOf(customer), now));
  }
  return (customer) => found.get(customer) ?? NO_ACCOUNTS;
}

/** The facts about the accounts of one customer. */
export async function accountsOf(
  sql: Sql,
  force: Force,
  of: WorkspaceForce,
  atoms: readonly CustomerAtom[],
  now: Instant,
): Promise<AccountFacts> {
  const { workspace } = atoms[0]!;
  const accountIds = Object.keys(knowledgeOf(atoms).accounts);
  if (accountIds.length === 0) return NO_ACCOUNTS;
  const traits = await readAccounts(sql, workspace, accountIds);
  const rules = of.accountRules;
  const passed = new Set<string>();
  // Whoever turns first may turn it for all: each member is woken then, and asks the others.
  const turns = new Map<string, Instant | null>();
  if (rules.size > 0)
    for (const members of [atoms, ...(await membersOf(sql, force, workspace, accountIds, atoms[0]!.customer))]) {
      const facts = factsOf(members, of, stageOf(members, of));
      for (const [key, node] of rules) {
        const answer = match(node, facts, now);
        if (answer.matches) passed.add(key);
        turns.set(key, soonest([turns.get(key) ?? null, answer.turnsAt]));
      }
    }
  return {
    accountTraits: (name) => Object.values(traits).flatMap((known): readonly Json[] => (Object.hasOwn(known, name) ? [known[name]![0]] : [])),
    accountMatches: (key) => passed.has(key),
    accountTurnsAt: (key) => turns.get(key) ?? null,
  };
} // prettier-ignore

/** The other members of these accounts, each as its atoms. */
async function membersOf(
  sql: Sql,
  force: Force,
  workspace: WorkspaceId,
  accountIds: readonly string[],
  except: AtomId,
): Promise<readonly (readonly CustomerAtom[])[]> {
  const rows = await sql.query<{ atom: AtomId }>(
    "select distinct atom from account_members where workspace = $1 and account_id = any($2::text[]) limit $3",
    [workspace, accountIds, ACCOUNT_MEMBERS_MAX],
  );
  const atoms = await loadAtoms(
    sql,
    rows.map(({ atom }) => atom),
  );
  await takeUp(sql, force, atoms);
  const groups = new Map<AtomId, CustomerAtom[]>();
  for (const atom of atoms) {
    if (atom.customer === except) continue;
    const held = groups.get(atom.customer);
    if (held) held.push(atom);
    else groups.set(atom.customer, [atom]);
  }
  return [...groups.values()];
}
