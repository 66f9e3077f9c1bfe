/**
 * Undoing a join of two customers, and redoing it. Only the mapping changes: knowledge hangs on the atoms, so each
 * customer has again what its own history gives. The two are kept apart until a person joins them again.
 */
import { type Database, type Sql, untilUndisturbed } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { componentsOf } from "../identity/directory.ts";
import { ATOMS_MAX } from "../identity/resolve.ts";
import { type StoredLink, linksOf, markLink } from "../identity/store.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf } from "../values.ts";
import { type CustomerAtom, changedAtom, loadAtoms, prepareRows, rowOf } from "./store.ts";

/** Undoes link `linkId` of the customer of `atom`; the customers that came out of it, smallest number first. */
export async function unmerge(
  sql: Database,
  workspace: WorkspaceId,
  atom: AtomId,
  linkId: number,
  by: string,
  now: Instant,
): Promise<readonly string[]> {
  return untilUndisturbed(() =>
    sql.transaction(async (tx) => {
      const { link, atoms, links } = await locked(tx, workspace, atom, linkId);
      if (!(await markLink(tx, link.id, now, by)))
        throw new Failure("conflict", "This join is undone already.");
      const apart = atoms.map((one) => keptApart(one, link));
      return remap(
        tx,
        apart,
        links.filter(({ id, undoneAt }) => id !== link.id && undoneAt === null),
        link,
      );
    }),
  );
}

/** Puts an undone link in force again; the customer that came out of it. */
export async function relink(
  sql: Database,
  workspace: WorkspaceId,
  atom: AtomId,
  linkId: number,
  now: Instant,
): Promise<string> {
  return untilUndisturbed(() =>
    sql.transaction(async (tx) => {
      const { link, atoms, links } = await locked(tx, workspace, atom, linkId);
      if (!(await markLink(tx, link.id, now, null)))
        throw new Failure("conflict", "This join is in force already.");
      // Links in force make no circles, so that undoing one always separates.
      const [one, other] = [link.a, link.b].map((id) => atoms.find((of) => of.id === id)?.customer);
      if (one === other) throw new Failure("conflict", "The two are one customer already, by other joins.");
      const together = madeOne(atoms);
      const [customer] = await remap(
        tx,
        together,
        links.filter(({ id, undoneAt }) => id === link.id || undoneAt === null),
        link,
      );
      return customer!;
    }),
  );
}

/**
 * The atoms without what keeps them apart from each other: who puts a join in force again says that the two customers,
 * as they are now, are one.
 */
function madeOne(atoms: readonly CustomerAtom[]): readonly CustomerAtom[] {
  if (atoms.length > ATOMS_MAX)
    throw new Failure(
      "conflict",
      `A customer may be joined from ${ATOMS_MAX} at most; this would be one of ${atoms.length}.`,
    );
  const ids = new Set(atoms.map(({ id }) => id));
  return atoms.map((atom) => changedAtom(atom, { apart: atom.apart.filter((id) => !ids.has(id)) }));
}

/** The link and every atom that it may touch, locked against the workers until the transaction ends. */
async function locked(tx: Sql, workspace: WorkspaceId, atom: AtomId, linkId: number) {
  const own = (await loadAtoms(tx, [atom])).filter((one) => one.workspace === workspace);
  const link = (
    await linksOf(
      tx,
      workspace,
      own.map(({ id }) => id),
    )
  ).find(({ id }) => id === linkId);
  if (!link) throw new Failure("not_found", `Customer ${customerIdOf(atom)} has no join ${linkId}.`);
  const both = await loadAtoms(tx, [link.a, link.b]);
  const ids = both.map(({ id }) => id).toSorted((a, b) => a - b);
  await tx.query("select id from atoms where id = any($1::bigint[]) order by id for update", [ids]);
  // Read again under the lock: a worker may have written meanwhile, or joined one of them to a third.
  const atoms = await loadAtoms(tx, [link.a, link.b]);
  if (atoms.length !== both.length)
    throw new Failure("conflict", "This customer is changing just now. Try again.", { retryAfterSeconds: 1 });
  return { link, atoms, links: await linksOf(tx, workspace, ids) };
}

function keptApart(atom: CustomerAtom, { a, b }: StoredLink): CustomerAtom {
  const other = atom.id === a ? b : atom.id === b ? a : null;
  return other === null
    ? atom
    : changedAtom(atom, { apart: [...atom.apart.filter((id) => id !== other), other] });
}

async function remap(
  tx: Sql,
  atoms: readonly CustomerAtom[],
  inForce: readonly StoredLink[],
  link: StoredLink,
): Promise<readonly string[]> {
  const ids = new Set(atoms.map(({ id }) => id));
  const customers = componentsOf(
    [...ids],
    inForce.filter(({ a, b }) => ids.has(a) && ids.has(b)),
  );
  const sizes = new Map<AtomId, number>();
  for (const customer of customers.values()) sizes.set(customer, (sizes.get(customer) ?? 0) + 1);
  const mapped = atoms.map((atom) =>
    changedAtom(atom, {
      customer: customers.get(atom.id)!,
      size: sizes.get(customers.get(atom.id)!)!,
    }),
  );
  if (!(await prepareRows(mapped.map((atom) => rowOf(atom)))(tx)))
    throw new Failure("conflict", "This customer is changing just now. Try again.", { retryAfterSeconds: 1 });
  const moved = mapped.filter((atom, i) => atom.customer !== atoms[i]!.customer);
  for (const { id, workspace, customer } of moved)
    await tx.query("insert into remaps (workspace, atom, customer) values ($1, $2, $3)", [
      workspace,
      id,
      customer,
    ]);
  // The rules in force are asked again of each customer that came out of it.
  await tx.query(
    `insert into wakes (workspace, customer, due_at, cause) select $1, customer, 0, 'identity' from unnest($2::bigint[]) customer order by 2
     on conflict (customer) do update set due_at = 0, cause = 'identity', n = nextval('wake_n')`,
    [atoms[0]!.workspace, [...new Set(customers.values())]],
  );
  return [...new Set([customers.get(link.a)!, customers.get(link.b)!])]
    .toSorted((a, b) => a - b)
    .map((id) => customerIdOf(id));
}
