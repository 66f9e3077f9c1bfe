/**
 * Customers' stages over time, from what was noted when a stage changed. Each customer is in the first stage from the
 * first event on; what a new stage model found in history, or what an import of history brought about, is known from then on
 * and began at no known time.
 */
import type { Scoped } from "../analysis/scope.ts";
import { literal } from "../segments/sql-values.ts";
import type { Given } from "./measure.ts";

/** A change that was noted longer than this after what caused it is one of history that came late. */
const LATE_MS = 86_400_000;

/** SQL of rows (customer, spells): [(at, stage, 1 where its begin is known)], in order. */
export function spellsSql({ stages }: Given, scoped: Scoped): string {
  const { to } = scoped.scope;
  const noted = "name = '$stage.changed' and key = 0";
  const because = "cityHash64(JSONExtractString(properties, 'messageId'))";
  const notes = scoped.own(`JSONExtractString(properties, 'stage') as stage, JSONExtractString(properties, 'from') as former, startsWith(id, 'stage-') as found, ${because} as because`, noted, { from: 0, to });
  const causes = scoped.own("cityHash64(id) as cause", `cityHash64(id) in (select ${because} from events where workspace = ${scoped.workspace} and ${noted})`, { from: 0, to });
  const changes = `select n.customer as customer, n.at as at, n.stage as stage, n.former as former, toUInt8(not n.found and (c.causedAt = 0 or n.at - c.causedAt <= ${LATE_MS})) as known
    from (${notes}) n left any join (select cause, min(at) as causedAt from (${causes}) group by cause) c on n.because = c.cause`;
  const seen = `select customer, min(at) as seenAt from (${scoped.rows("", "1", { from: 0, to })}) group by customer`;
  const turned = `select customer, arraySort(groupArray((at, stage, known, former))) as c from (${changes}) group by customer`;
  const first = literal(stages[0]?.key ?? "");
  return `select customer, arrayConcat(
      multiIf(empty(c), [(seenAt, ${first}, toUInt8(1))], c[1].3 = 1 and c[1].4 != '', [(least(seenAt, c[1].1), c[1].4, toUInt8(1))], []),
      arrayMap(x -> (x.1, x.2, x.3), c)) as spells
    from (select s.customer as customer, s.seenAt as seenAt, t.c as c from (${seen}) s left any join (${turned}) t on s.customer = t.customer)`;
} // prettier-ignore

/** SQL of a stage's place (from 1); 0 of one that is no longer there. */
export const placeSql = (stage: string, { stages }: Given): string =>
  stages.length === 0 ? "0" : `indexOf([${stages.map(({ key }) => literal(key)).join(", ")}], ${stage})`;

/** SQL of whether a customer came into the stage at `place` (from 0) or a further one, later than `from` and until `to`; or was there already. */
export const reachedSql = (spells: string, place: number, from: string, to: string, given: Given): string =>
  `(arrayExists(x -> ${placeSql("x.2", given)} > ${place} and x.1 > ${from} and x.1 <= ${to}, ${spells}) or ${placeSql(`arrayLast(x -> x.1 <= ${from}, ${spells}).2`, given)} > ${place})`;
