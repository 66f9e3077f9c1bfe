/**
 * The part of the identity graph that one batch of events needs: loaded, resolved against, changed in memory, and read
 * back as what has to be written. No I/O; the stores load and save it.
 *
 * A customer is a connected component of atoms under the links in force, named after its oldest (smallest) atom.
 */
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import type { Aside, Identifier, Link } from "./model.ts";
import type { IdentityView, Pointer, Resolution } from "./resolve.ts";

export type HeldIdentifier = readonly [kind: Identifier["kind"], value: string, since: Instant];
/** An atom as the batch works on it. `version` 0: not stored yet. */
export type Atom<Known> = {
  readonly id: AtomId;
  readonly workspace: WorkspaceId;
  customer: AtomId;
  size: number;
  version: number;
  identifiers: HeldIdentifier[];
  apart: AtomId[];
  knowledge: Known;
};
export type PointerChange = Pointer & {
  readonly key: string;
  readonly identifier: Identifier;
  readonly workspace: WorkspaceId;
};

/** The name of an identifier within all workspaces. */
export const keyOf = (workspace: WorkspaceId, { kind, value }: Identifier): string =>
  `${workspace}\u0001${kind}\u0001${value}`;

export class Directory<One extends Atom<unknown>> {
  readonly atoms = new Map<AtomId, One>();
  readonly pointers = new Map<string, Pointer>();
  readonly #members = new Map<AtomId, Set<AtomId>>();
  readonly changedAtoms = new Set<AtomId>();
  /** Atoms of which nothing changed but what rules and journeys know of them; they may be among `changedAtoms` as well. */
  readonly changedStandings = new Set<AtomId>();
  readonly changedPointers = new Map<string, PointerChange>();
  readonly links: (Link & { readonly workspace: WorkspaceId })[] = [];
  readonly asides: (Aside & { readonly atom: AtomId; readonly workspace: WorkspaceId })[] = [];
  /** Atoms whose customer changed, for the event log's mapping. */
  readonly remapped = new Set<AtomId>();

  /** Makes a loaded atom known. All atoms of its customer must be added too. */
  add(atom: One): void {
    this.atoms.set(atom.id, atom);
    const members = this.#members.get(atom.customer);
    if (members) members.add(atom.id);
    else this.#members.set(atom.customer, new Set([atom.id]));
  }

  /** The atoms of a customer, in no order. */
  membersOf(customer: AtomId): readonly One[] {
    return [...(this.#members.get(customer) ?? [])].map((id) => this.#known(id));
  }

  /** What `resolve` may see of one workspace. */
  viewOf(workspace: WorkspaceId): IdentityView {
    return {
      pointerOf: (identifier) => this.pointers.get(keyOf(workspace, identifier)),
      atom: (id) => this.#known(id),
      membersOf: (customer) => this.membersOf(customer),
    };
  }

  /**
   * Applies what an event showed. `newAtom` is called when the event needs one. Answers the atom it hangs on.
   */
  apply(
    workspace: WorkspaceId,
    { atom: found, attach, links, asides, share }: Resolution,
    event: { readonly id: string; readonly receivedAt: Instant },
    newAtom: () => One,
  ): One {
    const atom = found === null ? newAtom() : this.atoms.get(found)!;
    if (found === null) this.add(atom);
    this.changedAtoms.add(atom.id);
    for (const identifier of attach) {
      atom.identifiers.push([identifier.kind, identifier.value, event.receivedAt]);
      this.#point(
        workspace,
        identifier,
        atom.id,
        this.pointers.get(keyOf(workspace, identifier))?.shared ?? false,
      );
    }
    for (const { to, rule, of } of links) {
      this.links.push({
        workspace,
        a: atom.id,
        b: to,
        rule,
        of,
        messageId: event.id,
        madeAt: event.receivedAt,
      });
      this.#join(atom.customer, this.#known(to).customer);
    }
    for (const { identifier, reason } of asides)
      this.asides.push({
        workspace,
        atom: atom.id,
        identifier,
        reason,
        messageId: event.id,
        at: event.receivedAt,
      });
    for (const identifier of share) {
      const former = this.pointers.get(keyOf(workspace, identifier));
      // The former owner's version grows, so that another worker that still points there notices.
      if (former && former.atom !== 0) this.changedAtoms.add(former.atom);
      this.#point(workspace, identifier, 0, true);
    }
    return atom;
  }

  #point(workspace: WorkspaceId, identifier: Identifier, atom: AtomId | 0, shared: boolean): void {
    const key = keyOf(workspace, identifier);
    this.pointers.set(key, { atom, shared });
    this.changedPointers.set(key, { key, identifier, workspace, atom, shared });
  }

  #join(a: AtomId, b: AtomId): void {
    if (a === b) return;
    const members = new Set([...this.#members.get(a)!, ...this.#members.get(b)!]);
    const customer = Math.min(a, b) as AtomId;
    this.#members.delete(Math.max(a, b) as AtomId);
    this.#members.set(customer, members);
    for (const id of members) {
      const atom = this.atoms.get(id)!;
      if (atom.customer !== customer) this.remapped.add(id);
      atom.customer = customer;
      atom.size = members.size;
      this.changedAtoms.add(id);
    }
  }

  #known(id: AtomId): One {
    const atom = this.atoms.get(id);
    if (!atom) throw new Error(`Atom ${id} is pointed at but was not loaded.`);
    return atom;
  }
}

/** Which customer each atom belongs to under `links`: the smallest atom of its component. */
export function componentsOf(
  atoms: readonly AtomId[],
  links: readonly { readonly a: AtomId; readonly b: AtomId }[],
): Map<AtomId, AtomId> {
  const parent = new Map(atoms.map((id) => [id, id]));
  const rootOf = (id: AtomId): AtomId => {
    let at = id;
    while (parent.get(at) !== at) at = parent.get(at)!;
    return at;
  };
  for (const { a, b } of links) {
    const [one, other] = [rootOf(a), rootOf(b)];
    parent.set(Math.max(one, other) as AtomId, Math.min(one, other) as AtomId);
  }
  return new Map(atoms.map((id) => [id, rootOf(id)]));
}
