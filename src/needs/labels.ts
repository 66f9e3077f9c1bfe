/** Who reached a goal after a cut-off, as one statement for all goals: from the cut-off on, until the time of the goal is over. An event at the cut-off itself came after it. */
import type { Trigger } from "../journeys/model.ts";
import { specOf } from "../journeys/results.ts";
import { EventRows } from "../segments/sql-rows.ts";
import { type Parameters, SQL_SETTINGS } from "../segments/sql-values.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { NeedGoal, Vocabulary } from "./model.ts";
import { type Which, whichSql } from "./features.ts";

/** What happens when a goal is reached, in the words of journeys. */
export function triggersOfGoal({ when }: Pick<NeedGoal, "when">, { orders, stages }: Pick<Vocabulary, "orders" | "stages">): readonly Trigger[] {
  if (when.type === "order") return orders.map((event) => ({ type: "event", event, where: [] }));
  if (when.type !== "stage") return [when];
  const further = stages.slice(Math.max(0, stages.indexOf(when.stage)));
  return [{ type: "event", event: "$stage.changed", where: [{ property: "stage", is: { op: "in", values: [...further] } }] }];
} // prettier-ignore

/** A statement that answers who reached anything (columns customer, reached by goal). */
export function reachedSql(workspace: WorkspaceId, goals: readonly NeedGoal[], vocabulary: Vocabulary, cutOffAt: Instant, which: Which, parameters: Parameters): string {
  const rows = new EventRows(parameters);
  const columns = goals.map((goal) => {
    const items = triggersOfGoal(goal, vocabulary).map((when) => rows.item(specOf({ when }, cutOffAt, cutOffAt + goal.withinMs - 1)).is);
    return `max(toUInt8(${items.join(" or ")}))`;
  });
  const events = rows.sql({ workspace, epochBelow: null, customers: null }, "customer");
  return `select customer, [${columns.join(", ")}] as reached from (${events}) where ${whichSql(which)} group by customer having has(reached, 1) ${SQL_SETTINGS}`;
} // prettier-ignore
