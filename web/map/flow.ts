/**
 * The first steps of all cases as a flow: from column to column, how many went from which moment to which. It is read from
 * the ways gone (variants): those told one by one are followed, the others are one band of their own, so that each column
 * adds up to all cases. Pure; flow.test.ts holds that it does.
 */
import type { Variants } from "../../src/map/model.ts";

/** What a block of the flow stands for. */
export type BlockKind = "moment" | "rest" | "untold" | "ended";
export type Block = {
  readonly id: string;
  readonly kind: BlockKind;
  /** A moment's key; empty for the others. */
  readonly key: string;
  readonly column: number;
  readonly cases: number;
  /** Cases above it in its column, in drawing order. */
  readonly above: number;
};
export type Band = {
  readonly from: Block;
  readonly to: Block;
  readonly cases: number;
  readonly fromAbove: number;
  readonly toAbove: number;
};
export type Flow = {
  readonly blocks: readonly Block[];
  readonly bands: readonly Band[];
  readonly cases: number;
};

type At = { readonly kind: BlockKind; readonly key: string };
const ORDER: { readonly [kind in BlockKind]: number } = { moment: 0, rest: 1, untold: 2, ended: 3 };
const idOf = ({ kind, key }: At, column: number): string => `${column} ${kind} ${key}`;

/** The flow of the first `columns` moments, at most `most` of them told apart in each column. */
export function flowOf({ variants, others, totals }: Pick<Variants, "variants" | "others" | "totals">, columns: number, most: number): Flow {
  const kept = Array.from({ length: columns }, (_, column) => keptIn(variants, column, most));
  const at = (moments: readonly string[], column: number): At => {
    const key = moments[column];
    if (key === undefined) return { kind: "ended", key: "" };
    return kept[column]!.has(key) ? { kind: "moment", key } : { kind: "rest", key: "" };
  };
  const ways = [
    ...variants.map(({ moments, cases }) => ({ cases, steps: kept.map((_, column) => at(moments, column)) })),
    ...(others.cases > 0 ? [{ cases: others.cases, steps: kept.map((): At => ({ kind: "untold", key: "" })) }] : []),
  ];
  const blocks = blocksOf(ways, columns);
  return { blocks, bands: bandsOf(ways, blocks), cases: totals.cases };
} // prettier-ignore

function keptIn(variants: Variants["variants"], column: number, most: number): ReadonlySet<string> {
  const cases = new Map<string, number>();
  for (const { moments, cases: n } of variants) {
    const key = moments[column];
    if (key !== undefined) cases.set(key, (cases.get(key) ?? 0) + n);
  }
  const sorted = [...cases].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return new Set(sorted.slice(0, most).map(([key]) => key));
}

type Way = { readonly cases: number; readonly steps: readonly At[] };
function blocksOf(ways: readonly Way[], columns: number): readonly Block[] {
  return Array.from({ length: columns }, (_, column) => {
    const sums = new Map<string, { at: At; cases: number }>();
    for (const { cases, steps } of ways) {
      const id = idOf(steps[column]!, column);
      sums.set(id, { at: steps[column]!, cases: (sums.get(id)?.cases ?? 0) + cases });
    }
    const sorted = [...sums].toSorted(([a, one], [b, other]) => ORDER[one.at.kind] - ORDER[other.at.kind] || other.cases - one.cases || (a < b ? -1 : 1));
    let above = 0;
    return sorted.map(([id, { at, cases }]): Block => {
      above += cases;
      return { id, ...at, column, cases, above: above - cases };
    });
  }).flat();
} // prettier-ignore

function bandsOf(ways: readonly Way[], blocks: readonly Block[]): readonly Band[] {
  const byId = new Map(blocks.map((block) => [block.id, block]));
  const sums = new Map<string, { from: Block; to: Block; cases: number }>();
  for (const { cases, steps } of ways)
    for (let column = 0; column + 1 < steps.length; column += 1) {
      const [from, to] = [byId.get(idOf(steps[column]!, column))!, byId.get(idOf(steps[column + 1]!, column + 1))!];
      const id = `${from.id} ${to.id}`;
      sums.set(id, { from, to, cases: (sums.get(id)?.cases ?? 0) + cases });
    }
  // Bands leave a block in the order of where they go, and arrive in the order of where they come from, so they cross least.
  const stacked = (own: (one: { from: Block; to: Block }) => Block, other: (one: { from: Block; to: Block }) => Block) => {
    const filled = new Map<string, number>();
    const places = new Map<string, number>();
    const sorted = [...sums].toSorted(([, a], [, b]) => other(a).above - other(b).above);
    for (const [id, one] of sorted) {
      const before = filled.get(own(one).id) ?? 0;
      places.set(id, before);
      filled.set(own(one).id, before + one.cases);
    }
    return places;
  };
  const leaving = stacked(({ from }) => from, ({ to }) => to);
  const arriving = stacked(({ to }) => to, ({ from }) => from);
  return [...sums].map(([id, { from, to, cases }]) => ({ from, to, cases, fromAbove: leaving.get(id)!, toAbove: arriving.get(id)! }));
} // prettier-ignore
