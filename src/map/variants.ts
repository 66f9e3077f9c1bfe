/** Variants: which sequences of moments cases are, how many are each, and how long they take. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Asked } from "./discover.ts";
import { MAP_LIMITS, type Variants, type VariantsRequest } from "./model.ts";

/** One row a case: its moments, their instants, and whether it reached the goal. */
export const caseRowsSql = (cases: string): string =>
  `select customer, cm, ct, cg[-1] as reached, nthCase from (
     select customer, arraySplit((x, b) -> b, m, n) as ms, arraySplit((x, b) -> b, t, n) as ts, arraySplit((x, b) -> b, goal, n) as gs from (${cases}))
   array join ms as cm, ts as ct, gs as cg, arrayEnumerate(ms) as nthCase`;

/** The sequence that a case's moments are, as it is compared. */
export const sequenceSql = (repeats: VariantsRequest["repeats"]): string =>
  repeats === "collapsed" ? "arrayCompact(cm)" : "cm";

type Row = {
  readonly seq: readonly number[];
  readonly cut: number;
  readonly reached: number;
  readonly cases: number;
  readonly people: number;
  readonly medianMs: number;
  readonly variants: number;
  readonly allCases: number;
};

/** The variants of a question's cases, the most frequent first; null where there are no cases. */
export async function variantsOf(log: EventLog, { moments, by, cases, scoped }: Asked, request: VariantsRequest): Promise<Variants | null> {
  const whole = sequenceSql(request.repeats);
  // A person with several cases of one variant counts once in it.
  const text = `select any(seq) as seq, cut, reached, count() as cases, uniqExact(customer) as people, quantileExactInclusive(0.5)(lasted) as medianMs,
      count() over () as variants, sum(cases) over () as allCases
    from (select customer, cityHash64(seq) as h, arraySlice(${whole}, 1, ${MAP_LIMITS.variantMomentsMax}) as seq, length(${whole}) > ${MAP_LIMITS.variantMomentsMax} as cut, reached, ct[-1] - ct[1] as lasted
      from (${caseRowsSql(cases)}))
    group by h, cut, reached order by cases desc, seq, cut, reached limit ${request.most}`;
  const [rows, [counted]] = [
    await log.rows<Row>(text, scoped.parameters.values),
    await log.rows<{ people: number }>(`select uniqExact(customer) as people from (${cases})`, scoped.parameters.values),
  ];
  const first = rows[0];
  if (!first) return null;
  const told = rows.reduce((sum, row) => sum + row.cases, 0);
  const places = new Set(rows.flatMap(({ seq }) => seq));
  const keyOf = (place: number): string => moments.moments[place - 1]!.key;
  return {
    type: "variants",
    totals: { cases: first.allCases, people: counted!.people, variants: first.variants },
    variants: rows.map(({ seq, cut, reached, cases: n, people, medianMs }) => ({
      moments: seq.map(keyOf), cut: cut === 1, reached: by.by === "goal" ? reached === 1 : null, cases: n, people, share: n / first.allCases, medianMs,
    })),
    others: { cases: first.allCases - told, variants: first.variants - rows.length },
    moments: [...places].toSorted((a, b) => a - b).map((place) => {
      const { key, channel, name, stage } = moments.moments[place - 1]!;
      return { key, channel, name, stage };
    }),
    notes: [],
  };
} // prettier-ignore
