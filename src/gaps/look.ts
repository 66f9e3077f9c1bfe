/**
 * What a search for gaps looks at: the period and the one before it, and which event names stand for which role in this
 * workspace. One reading of the log's names serves all kinds. What the workspace laid down about messages counts as well:
 * its stock, and which events open and settle a case.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Scoped } from "../analysis/scope.ts";
import { literal } from "../segments/sql-values.ts";
import type { Sql } from "../db/postgres.ts";
import { listStock } from "../catalogue/stock.ts";
import { readPolicy } from "../permission/store.ts";
import type { Look } from "./kind.ts";
import { PRICE_PAGES, type Role, namesByRole } from "../questions/vocabulary.ts";

const NAMES_MAX = 5_000;
/** Products whose stock is looked at. */
const STOCK_MAX = 5_000;
const PAGES = "name in ('$page.viewed', '$screen.viewed')";
const PRICING = `(${PAGES} and match(touchpoint, ${literal(PRICE_PAGES)}))`;

/** The names of a scope, from one period before its begin. */
export async function lookAt(sql: Sql, log: EventLog, scoped: Scoped): Promise<Look> {
  const { workspace, scope } = scoped;
  const { from, to } = scope;
  const period = { from, to: Math.min(to, scoped.asOfAt) };
  const before = { from: from - (to - from), to: from };
  const [policy, stock, names, [pricing]] = await Promise.all([
    readPolicy(sql, workspace),
    listStock(sql, workspace, { after: "", only: null, limit: STOCK_MAX }),
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
  const there = new Set(names.map(({ name }) => name));
  const cases = policy.holds.filter((hold) => hold.type === "open_case");
  const ofPolicy: { readonly [role in Role]?: readonly string[] } = {
    complained: cases.flatMap(({ opened }) => opened),
    settled: cases.flatMap(({ closed }) => closed),
  };
  const namesOf = (role: Role): readonly string[] =>
    [...new Set([...(byRole.get(role) ?? []), ...(ofPolicy[role] ?? []).filter((name) => there.has(name))])]; // prettier-ignore
  const is = (role: Role): string => {
    const named = namesOf(role).length === 0 ? "0" : `name in ${scoped.parameters.texts(namesOf(role))}`;
    return role === "pricing" ? `(${named} or ${PRICING})` : `(${named})`;
  };
  return {
    scoped,
    period,
    before,
    knownUntil: scoped.asOfAt,
    zone: policy.zone,
    namesOf,
    is,
    stock: stock.map(({ product, pieces, updatedAt }) => ({ product, at: updatedAt, isOut: pieces <= 0 })),
    has: (role) => namesOf(role).length > 0 || (role === "pricing" && pricing!.n > 0),
    rows: (columns, roles, { backMs, aheadMs }) =>
      scoped.rows(columns, roles.map(is).join(" or "), {
        from: before.from - backMs,
        // What happened after the period tells how its last chances went.
        to: Math.min(Math.max(to, period.to + aheadMs), Math.max(scoped.asOfAt, period.to)),
      }),
  };
}
