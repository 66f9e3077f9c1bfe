/**
 * Which atom an event hangs on, and what it shows about identity: pure, one event at a time.
 *
 * The event's strongest identifier names the atom (a new one when it is unknown). Each weaker identifier is then
 * attached to that atom when it is new, or joins its own customer to this one by a link, or is set aside:
 *  - *limit*: the joined customer would hold more values of a kind than the kind allows (Segment Unify's rule);
 *  - *shared_device*: a device met a second known person. A device is weak evidence: it never joins two customers who
 *    hold different values of the same person kind. From then on the device belongs to nobody: its anonymous activity
 *    starts an atom of its own, and it no longer joins anything;
 *  - *undone*: a person undid this very join before.
 * So a wrong merge needs two events that disagree, and every link can be undone (unlink in directory.ts).
 */
import type { AtomId } from "../values.ts";
import { type AsideReason, type Identifier, KIND_RULES, type LinkRule } from "./model.ts";

/** Most atoms one customer may be joined from; more is a sign of a broken identifier. */
export const ATOMS_MAX = 100;
/** Most names one customer may go by, of all kinds together: the bound of what aliases add. */
export const NAMES_MAX = 500;

/** What the resolver needs to know of an atom. */
export type AtomIdentity = {
  readonly id: AtomId;
  readonly customer: AtomId;
  readonly identifiers: readonly (readonly [kind: Identifier["kind"], value: string, since: number])[];
  /** Atoms this one must not be joined to again. */
  readonly apart: readonly AtomId[];
};
export type Pointer = { readonly atom: AtomId | 0; readonly shared: boolean };
export interface IdentityView {
  pointerOf(identifier: Identifier): Pointer | undefined;
  atom(id: AtomId): AtomIdentity;
  /** All atoms of a customer, itself included. */
  membersOf(customer: AtomId): readonly AtomIdentity[];
}

/** What one event shows. `atom` null: a new atom is to be made, and everything else refers to it. */
export type Resolution = {
  readonly atom: AtomId | null;
  readonly attach: readonly Identifier[];
  readonly links: readonly {
    readonly to: AtomId;
    readonly rule: LinkRule;
    readonly of: readonly [Identifier, Identifier];
  }[];
  readonly asides: readonly { readonly identifier: Identifier; readonly reason: AsideReason }[];
  /** Devices found to be shared by this event. */
  readonly share: readonly Identifier[];
};
export type Named = { readonly identifiers: readonly Identifier[]; readonly previous?: Identifier };

const NOTHING: Omit<Resolution, "atom"> = { attach: [], links: [], asides: [], share: [] };

/** Resolves one event's identifiers (strongest first, at least one) against what is known. Never throws. */
export function resolve(view: IdentityView, { identifiers, previous }: Named): Resolution {
  const base = identifiers[0]!;
  const pointer = view.pointerOf(base);
  const atom = pointer && pointer.atom !== 0 ? pointer.atom : null;
  // The usual case costs one look-up: a known identifier alone.
  if (atom !== null && identifiers.length === 1 && !previous) return { atom, ...NOTHING };

  const found = new Findings(view, atom, base);
  for (const identifier of identifiers.slice(1)) found.weigh(identifier);
  if (previous) found.alias(previous);
  return found.resolution();
}

/** Collects what the weaker identifiers show, keeping account of the customer they would make together. */
class Findings {
  readonly #view: IdentityView;
  readonly #atom: AtomId | null;
  readonly #base: Identifier;
  readonly #attach: Identifier[] = [];
  readonly #links: { to: AtomId; rule: LinkRule; of: readonly [Identifier, Identifier] }[] = [];
  readonly #asides: { identifier: Identifier; reason: AsideReason }[] = [];
  readonly #share: Identifier[] = [];
  /** The atoms of the customer as this event would make it. */
  readonly #members = new Map<AtomId, AtomIdentity>();

  constructor(view: IdentityView, atom: AtomId | null, base: Identifier) {
    this.#view = view;
    this.#atom = atom;
    this.#base = base;
    if (atom === null) this.#attach.push(base);
    else for (const member of view.membersOf(view.atom(atom).customer)) this.#members.set(member.id, member);
  }

  weigh(identifier: Identifier): void {
    const pointer = this.#view.pointerOf(identifier);
    if (pointer?.shared) return void this.#asides.push({ identifier, reason: "shared_device" });
    if (!pointer || pointer.atom === 0) return this.#attachWithin(identifier);
    if (this.#members.has(pointer.atom)) return;
    const other = this.#view.membersOf(this.#view.atom(pointer.atom).customer);
    const refused = this.#refusalOf(identifier, other);
    if (!refused) return this.#join(pointer.atom, other, "same_event", identifier);
    this.#asides.push({ identifier, reason: refused });
    if (refused === "shared_device") this.#share.push(identifier);
  }

  /**
   * An alias is the sender's own word that two names are one customer: limits per kind do not hold it back. A device
   * found to be shared stays nobody's all the same.
   */
  alias(previous: Identifier): void {
    const guesses = [
      previous,
      ...(["anonymous_id", "user_id", "email"] as const).map((kind) => ({ kind, value: previous.value })),
    ];
    const known = guesses.find((guess) => (this.#view.pointerOf(guess)?.atom ?? 0) !== 0);
    if (this.#view.pointerOf(known ?? previous)?.shared)
      return void this.#asides.push({ identifier: known ?? previous, reason: "shared_device" });
    if (!known) return this.#attachFormer(previous);
    const to = this.#view.pointerOf(known)!.atom as AtomId;
    if (this.#members.has(to)) return;
    const other = this.#view.membersOf(this.#view.atom(to).customer);
    if (this.#keptApart(other)) return void this.#asides.push({ identifier: known, reason: "undone" });
    if (this.#members.size + other.length > ATOMS_MAX)
      return void this.#asides.push({ identifier: known, reason: "limit" });
    this.#join(to, other, "alias", known);
  }

  resolution(): Resolution {
    return {
      atom: this.#atom,
      attach: this.#attach,
      links: this.#links,
      asides: this.#asides,
      share: this.#share,
    };
  }

  #attachWithin(identifier: Identifier): void {
    const held = this.#valuesOf([...this.#members.values()], identifier.kind);
    if (held.size < KIND_RULES[identifier.kind].limit) this.#attach.push(identifier);
    else this.#asides.push({ identifier, reason: "limit" });
  }

  #attachFormer(previous: Identifier): void {
    if (this.#attach.some(({ value }) => value === previous.value)) return;
    let names = this.#attach.length;
    for (const { identifiers } of this.#members.values()) names += identifiers.length;
    if (names < NAMES_MAX) this.#attach.push(previous);
    else this.#asides.push({ identifier: previous, reason: "limit" });
  }

  #refusalOf(identifier: Identifier, other: readonly AtomIdentity[]): AsideReason | null {
    if (this.#keptApart(other)) return "undone";
    const mine = [...this.#members.values()];
    const device = !KIND_RULES[identifier.kind].person;
    for (const [kind, rule] of Object.entries(KIND_RULES) as [
      Identifier["kind"],
      (typeof KIND_RULES)["email"],
    ][]) {
      const ours = this.#valuesOf(mine, kind);
      const theirs = this.#valuesOf(other, kind, false);
      if (ours.size === 0 || theirs.size === 0) continue;
      const strangers = ![...ours].some((value) => theirs.has(value));
      if (device && rule.person && strangers) return "shared_device";
      if (new Set([...ours, ...theirs]).size > rule.limit) return device ? "shared_device" : "limit";
    }
    return this.#members.size + other.length > ATOMS_MAX ? "limit" : null;
  }

  #keptApart(other: readonly AtomIdentity[]): boolean {
    return other.some(({ apart }) => apart.some((id) => this.#members.has(id)));
  }

  #join(to: AtomId, other: readonly AtomIdentity[], rule: LinkRule, by: Identifier): void {
    this.#links.push({ to, rule, of: [this.#base, by] });
    for (const member of other) this.#members.set(member.id, member);
  }

  /** The values of a kind among `atoms`, and among what this event attaches. */
  #valuesOf(atoms: readonly AtomIdentity[], kind: Identifier["kind"], attached = true): Set<string> {
    const values = new Set<string>();
    for (const { identifiers } of atoms)
      for (const [of, value] of identifiers) if (of === kind) values.add(value);
    if (attached) for (const { kind: of, value } of this.#attach) if (of === kind) values.add(value);
    return values;
  }
}
