/** A preview counts who would be in without writing anything; and what people write never becomes part of a statement. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import type { Database } from "../../src/db/postgres.ts";
import { Rule } from "../../src/segments/model.ts";
import { NO_CONTEXT, type Plan, planOf } from "../../src/segments/plan.ts";
import { preview } from "../../src/segments/preview.ts";
import { membersSql } from "../../src/segments/sql.ts";
import { tracksSql } from "../../src/segments/sql-tracks.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";
import { eventOf } from "../world.ts";

const NOW = 1_767_225_600_000;
const workspace = 1 as WorkspaceId;
const HOSTILE = ["'; drop table events; --", "\\' or 1 = 1 --", "\\", "{p1:String}", "*/", "é😀\u2028", "\t\n\r\u0002", "%", "\\N", "$1", "a.b'\\.c"]; // prettier-ignore

let log: EventLog;
let sql: Database;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ sql, log, drop } = await bothStores());
  const lines = HOSTILE.map((text, i) => {
    const event = eventOf({ who: ["user_id x"], name: text, at: NOW - i, properties: { [text]: text } });
    return JSON.stringify({ atom: i + 1, ...event });
  });
  await log.insert("events", lines.join("\n"), "hostile");
});
afterAll(() => drop());

const planned = (rule: unknown): Plan => {
  const plan = planOf(Rule.parse(rule), { ...NO_CONTEXT, stages: new Set(["first", "second"]) });
  if (!plan.ok) throw new Error(JSON.stringify(plan.problems));
  return plan.plan;
};
const ask = (rule: unknown, size = 20) => preview(log, sql, workspace, planned(rule), NOW, size);

test.each(HOSTILE)(
  "an event named %j, with such a property, is found by its name and property",
  async (text) => {
    const place = HOSTILE.indexOf(text) + 1;
    const rules = [
    { type: "did", event: text },
    { type: "did", event: null, where: [{ property: text, is: { op: "equals", value: text } }] },
    { type: "did", event: null, measure: { of: "last", property: text }, is: { op: "in", values: ["nobody", text] } },
    { type: "did", event: null, measure: { of: "list", property: text }, is: { op: "contains", value: text } },
  ]; // prettier-ignore
    for (const rule of rules) expect(await ask(rule)).toMatchObject({ count: 1, customers: [place] });
  },
);

test("no text of a rule stands in its statements", () => {
  const secret = "zq'\\xw";
  const match = { event: secret, where: [{ property: secret, is: { op: "contains", value: secret } }] };
  const { root, tracks } = planned({
    type: "any",
    rules: [
      { type: "did", ...match, measure: { of: "last", property: secret }, is: { op: "starts_with", value: secret } }, { type: "without", ...match, without: match, forMs: 1000 },
      { type: "trait", name: secret, is: { op: "in", values: [secret] } }, { type: "consent", channel: "email", purpose: secret, is: "granted" },
      { type: "account", rule: { type: "account_trait", name: secret, is: { op: "ends_with", value: secret } } },
    ],
  }); // prettier-ignore
  for (const { text } of [membersSql({ workspace, root, now: NOW, firstStage: secret }), tracksSql({ workspace, tracks: [...tracks.values()] })])
    expect(text).not.toMatch(/zq|xw/);
}); // prettier-ignore

test("a rule with far more text than one statement may hold is still asked", async () => {
  const values = Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(200, "x"));
  const rules = Array.from({ length: 10 }, (_, i) => ({ type: "did", event: `E${i}`, where: [{ property: "p.q", is: { op: "not_in", values: [...values.slice(1), `${i}`] } }] })); // prettier-ignore
  expect(await ask({ type: "any", rules })).toMatchObject({ count: 0 });
});

test("a sample is some of the members, the same each time, and no more than was asked for", async () => {
  const everybody = await ask({ type: "not", rule: { type: "did", event: "Nothing" } }, 5);
  expect(everybody.count).toBe(HOSTILE.length);
  expect(everybody.customers).toHaveLength(5);
  expect(await ask({ type: "not", rule: { type: "did", event: "Nothing" } }, 5)).toMatchObject({ customers: everybody.customers }); // prettier-ignore
  expect((await ask({ type: "did", event: HOSTILE[0]! }, 0)).customers).toEqual([]);
});

test("whom no change of stage was told of is in the first stage of the model in force", async () => {
  expect(await ask({ type: "stage", in: ["first"] })).toMatchObject({ count: 0 });
  const body = {
    backward: "allowed",
    stages: [{ key: "first", name: "First", description: "", rule: null }],
  };
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values ($1, 'Test', 0) on conflict do nothing", [workspace]); // prettier-ignore
  await sql.query("insert into versions (workspace, kind, body, context, state, created_at) values ($1, 'stages', $2, '{}', 'live', 0)", [workspace, JSON.stringify(body)]); // prettier-ignore
  expect(await ask({ type: "stage", in: ["first"] })).toMatchObject({ count: HOSTILE.length });
  expect(await ask({ type: "stage", in: ["second"] })).toMatchObject({ count: 0 });
});
