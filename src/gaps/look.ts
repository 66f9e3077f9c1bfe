/**
 * What a search for gaps looks at: the period and the one before it, and which event names stand for which role in this
 * workspace. One reading of the log's names serves all kinds.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Scoped } from "../analysis/scope.ts";
import { literal } from "../segments/sql-values.ts";
import type { Look } from "./kind.ts";
import { PRICE_PAGES, type Role, namesByRole } from "../questions/vocabulary.ts";

const NAMES_MAX = 5_000;
const PAGES = "name in ('$page.viewed', '$screen.viewed')";
const PRICING = `(${PAGES} and match(touchpoint, ${literal(PRICE_PAGES)}))`;

/** The names of a scope, from one period before its begin. */
export async function lookAt(log: EventLog, scoped: Scoped): Promise<Look> {
  const { from, to } = scoped.scope;
  const period = { from, to: Math.min(to, scoped.asOfAt) };
  const before = { from: from - (to - from), to: from };
  const [names, [pricing]] = await Promise.all([
    log.rows<{ name: string }>(
      `select name from (${scoped.rows("name", "1", { from: before.from, to })}) group by name order by count() desc, name limit ${NAMES_MAX}`,
      scoped.parameters.values,
    ),
    log.rows<{ n: number }>(
      `select count() as n from (${scoped.rows("", PRICING, { from: before.from, to })})`,
      scoped.parameters.values,
    ),
  ]);
  const byRole = namesByRole(names.map(({ name }) => name));
  const namesOf = (role: Role): readonly string[] => byRole.get(role) ?? [];
  const is = (role: Role): string => {
    const named = namesOf(role).length === 0 ? "0" : `name in ${scoped.parameters.texts(namesOf(role))}`;
    return role === "pricing" ? `(${named} or ${PRICING})` : `(${named})`;
  };
  return {
    scoped,
    period,
    before,
    knownUntil: scoped.asOfAt,
    namesOf,
    is,
    has: (role) => namesOf(role).length > 0 || (role === "pricing" && pricing!.n > 0),
    rows: (columns, roles, { backMs, aheadMs }) =>
      scoped.rows(columns, roles.map(is).join(" or "), {
        from: before.from - backMs,
        // What happened after the period tells how its last chances went.
        to: Math.min(Math.max(to, period.to + aheadMs), Math.max(scoped.asOfAt, period.to)),
      }),
  };
}
