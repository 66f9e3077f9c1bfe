/**
 * What an atom holds for the rules in force (segments/): the states of its tracks, and, where it names its customer, the
 * customer's segments and stage. Kept beside the knowledge as JSON text, which is parsed when first asked for and written
 * again as it stands when nobody changed it.
 */
import type { Instant, Json } from "../values.ts";

export type StandingData = {
  /** History that was read for tracks and versions ready up to this number is in here already. */
  r: number;
  /** Track number to its state (segments/track.ts). */
  t: { [track: string]: Json };
  /** Version number of a segment to since when the customer is in. */
  s: { [version: string]: Instant };
  /** The stage and since when. */
  g?: readonly [stage: string, since: Instant];
  /** When time alone may next change something: a wake is due then or before. */
  d?: Instant;
  /** Live runs that began on this atom (journeys/model.ts). */
  j?: readonly Json[];
  /** Journey to how often it was entered from this atom, when last, by which keys, and those given up by joins (journeys/entered.ts). */
  e?: { readonly [journey: string]: readonly [n: number, at: Instant, keys?: readonly string[], joined?: readonly string[]] }; // prettier-ignore
};

export class Standing {
  #text: string | null;
  #data: StandingData | null = null;

  /** `text` as stored; empty for an atom that no rule knows anything of. */
  constructor(text: string) {
    this.#text = text;
  }

  /** For reading; a change must go through `change`. */
  get data(): Readonly<StandingData> {
    return (this.#data ??= this.#text ? (JSON.parse(this.#text) as StandingData) : { r: 0, t: {}, s: {} });
  }

  /** For changing. */
  change(): StandingData {
    const data = this.data;
    this.#text = null;
    return data;
  }

  /** As it is to be stored. */
  text(): string {
    if (this.#text !== null) return this.#text;
    const { r, t, s, g, d, j, e } = this.data;
    return (this.#text = JSON.stringify({
      r, t, s, ...(g && { g }), ...(d !== undefined && { d }), ...(j && j.length > 0 && { j }), ...(e && { e }),
    })); // prettier-ignore
  }

  /** Whether somebody is in a journey from here, told without parsing. */
  get hasRuns(): boolean {
    return this.#data ? (this.#data.j?.length ?? 0) > 0 : this.#text!.includes('"j":[');
  }

  /** Whether it was changed since it was read or last written. */
  get isChanged(): boolean {
    return this.#text === null;
  }
}
