/**
 * Places for hundreds of moments in an instant: rows by how many strong ways a moment is from the beginning. The ways are
 * those of the strongest tree from there (Prim, 1957); within a row moments stand by what leads to them. dagre takes half a
 * minute for what this does in milliseconds, and with so many moments nobody sees its finer order. Pure.
 */
type Point = { readonly x: number; readonly y: number };
type Line = { readonly from: string; readonly to: string; readonly n: number };
type Size = { readonly width: number; readonly height: number };

const GAP = { x: 34, y: 64 } as const;
const MARGIN = 32;
/** A row is so much wider than the square of all would be: screens are broad. */
const BROAD = 1.2;

type Found = { readonly depth: number; readonly parent: string | null };
/** Every place by its depth in the strongest tree from the first one; what nothing leads to begins a tree of its own. */
function treeOf(keys: readonly string[], lines: readonly Line[]): ReadonlyMap<string, Found> {
  const out = new Map<string, Line[]>();
  for (const line of lines) out.set(line.from, [...(out.get(line.from) ?? []), line]);
  const found = new Map<string, Found>();
  for (const root of keys) {
    if (found.has(root)) continue;
    found.set(root, { depth: found.size === 0 ? 0 : 1, parent: null });
    const open = [...(out.get(root) ?? [])];
    while (open.length > 0) {
      const at = open.reduce((best, line, i) => (line.n > open[best]!.n ? i : best), 0);
      const [line] = open.splice(at, 1);
      const { from, to } = line!;
      if (found.has(to)) continue;
      found.set(to, { depth: found.get(from)!.depth + 1, parent: from });
      open.push(...(out.get(to) ?? []));
    }
  }
  return found;
}

/** Rows of places, none longer than `most`, ordered by where their parents stand. */
function rowsOf(keys: readonly string[], tree: ReadonlyMap<string, Found>, most: number): readonly (readonly string[])[] {
  const deepest = Math.max(0, ...[...tree.values()].map(({ depth }) => depth));
  const place = new Map<string, number>();
  const rows: (readonly string[])[] = [];
  for (let depth = 0; depth <= deepest; depth += 1) {
    const parentAt = (key: string): number => place.get(tree.get(key)!.parent ?? "") ?? 1;
    const row = keys.filter((key) => tree.get(key)!.depth === depth).toSorted((a, b) => parentAt(a) - parentAt(b));
    for (const [i, key] of row.entries()) place.set(key, i / row.length);
    for (let from = 0; from < row.length; from += most) rows.push(row.slice(from, from + most));
  }
  return rows;
} // prettier-ignore

/** The upper left corner of each place, the first place on top. */
export function broadly(keys: readonly string[], lines: readonly Line[], sizeOf: (key: string) => Size): { readonly places: ReadonlyMap<string, Point>; readonly width: number; readonly height: number } {
  const rows = rowsOf(keys, treeOf(keys, lines), Math.ceil(BROAD * Math.sqrt(keys.length)));
  const widthOf = (row: readonly string[]): number => row.reduce((sum, key) => sum + sizeOf(key).width + GAP.x, -GAP.x);
  const widest = Math.max(0, ...rows.map(widthOf));
  const places = new Map<string, Point>();
  let y = MARGIN;
  for (const row of rows) {
    let x = MARGIN + (widest - widthOf(row)) / 2;
    for (const key of row) {
      places.set(key, { x, y });
      x += sizeOf(key).width + GAP.x;
    }
    y += Math.max(...row.map((key) => sizeOf(key).height)) + GAP.y;
  }
  return { places, width: widest + 2 * MARGIN, height: y - GAP.y + MARGIN };
} // prettier-ignore
