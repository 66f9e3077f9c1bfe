/** The map over HTTP: every route, JSON and CSV, answers of a moment ago, and too little data. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CompareAnswer, HelpsAnswer } from "../../src/map/judged-model.ts";
import type {
  DiscoveredMap,
  DurationsAnswer,
  MapAnswer,
  PathAnswer,
  VariantsAnswer,
} from "../../src/map/model.ts";
import { tellHistory } from "../analysis/history.ts";
import { type Whole, startWhole } from "../http/whole.ts";

let whole: Whole;
const T0 = Date.UTC(2026, 0, 10);
const scope = { from: "2026-01-01T00:00:00Z", to: "2026-03-01T00:00:00Z" };
beforeAll(async () => {
  whole = await startWhole();
  const at = (atom: number, minute: number, name: string, channel = "web") => ({ workspace: whole.first.workspace, atom, at: T0 + minute * 60_000, name, channel }); // prettier-ignore
  await tellHistory(whole.stores.log!, [
    at(1, 0, "Viewed"), at(1, 1, "Added"), at(1, 2, "Bought", "store"), at(2, 0, "Viewed"), at(2, 5, "Added"), at(3, 0, "Viewed"), at(3, 9, "Viewed"),
  ]); // prettier-ignore
});
afterAll(() => whole.end());
const ask = <T>(path: string, body: object): Promise<T> => whole.ask<T>(whole.first, "POST", path, body);

test("the map, its variants, durations and what is behind a drop-off agree with each other", async () => {
  const goal = { scope, case: { by: "goal", goal: "Bought" } };
  const { answer, basis } = await ask<MapAnswer>("/v1/map", goal);
  const map = answer as DiscoveredMap;
  expect(map.totals).toMatchObject({ cases: 3, people: 3, events: 7, transitions: 4, reached: 1, repeats: 1, channelSwitches: 1 }); // prettier-ignore
  expect(map.edges.find(({ switches }) => switches)).toMatchObject({ from: "web: Added", to: "store: Bought", people: 1, share: 1, medianMs: 60_000, p90Ms: null }); // prettier-ignore
  expect(map.nodes.find(({ key }) => key === "web: Added")).toMatchObject({
    dropOff: 1,
    ends: 1,
    reached: 0,
  });
  expect(basis).toMatchObject({ events: 7, customers: 3, reused: false });
  const hidden = await ask<MapAnswer>("/v1/map", { ...goal, show: { momentsMost: 1 } });
  expect(hidden.answer).toMatchObject({ hidden: { moments: 2, events: 3, edges: 2, transitions: 3 }, totals: map.totals }); // prettier-ignore
  expect(hidden.basis.reused).toBe(true);
  const variants = await ask<VariantsAnswer>("/v1/map/variants", { ...goal, repeats: "collapsed", most: 2 });
  expect(variants.answer).toMatchObject({ totals: { cases: 3, people: 3, variants: 3 }, others: { cases: 1, variants: 1 } }); // prettier-ignore
  const left = await ask<PathAnswer>("/v1/map/path", {
    ...goal,
    of: { type: "drop_off", moment: "web: Added" },
  });
  expect(left.answer).toMatchObject({ cases: 1, people: 1, left: { cases: 1, silent: 1, next: [] }, sample: [{ customerId: "c2", reached: false }] }); // prettier-ignore
  const durations = await ask<DurationsAnswer>("/v1/map/durations", goal);
  expect(durations.answer).toMatchObject({ cases: 3, throughput: { medianMs: 300_000, mostMs: 540_000 }, processing: null }); // prettier-ignore
});

test("too little data says so, and shows nothing else", async () => {
  const empty = { from: "2020-01-01T00:00:00Z", to: "2020-02-01T00:00:00Z" };
  for (const path of ["/v1/map", "/v1/map/variants", "/v1/map/durations"])
    expect((await ask<MapAnswer>(path, { scope: empty })).answer).toMatchObject({ type: "too_little_data", found: 0, needed: 1 }); // prettier-ignore
  const compared = await ask<CompareAnswer>("/v1/map/compare", {
    scope,
    against: { by: "goal", goal: "Bought" },
  });
  expect(compared.answer).toMatchObject({ type: "too_little_data", found: 1, needed: 30 });
  const helps = await ask<HelpsAnswer>("/v1/map/helps", { scope, goal: { type: "event", event: "Bought" } });
  // One of the three had reached it by the landmark.
  expect(helps.answer).toMatchObject({ type: "too_little_data", found: 2, needed: 200 });
  expect((await ask<HelpsAnswer>("/v1/map/helps", { scope: empty, goal: { type: "event", event: "Bought" } })).answer).toMatchObject({ found: 0 }); // prettier-ignore
  const path = await ask<PathAnswer>("/v1/map/path", { scope, of: { type: "moment", moment: "web: Never" } });
  expect(path.answer).toMatchObject({ type: "too_little_data" });
});

test("nodes, edges and variants are files too", async () => {
  const file = async (path: string, body: object) => {
    const answer = await fetch(`${whole.address}${path}`, { method: "POST", headers: { authorization: `Bearer ${whole.first.secretKey}`, "content-type": "application/json" }, body: JSON.stringify(body) });
    expect(answer.headers.get("content-type")).toContain("text/csv");
    return (await answer.text()).trim().split("\r\n");
  };
  const nodes = await file("/v1/map?format=csv", { scope });
  expect(nodes[1]!.startsWith("web: Viewed,web,Viewed,,4,3,3,3,1,0,,1,")).toBe(true);
  const edges = await file("/v1/map?format=csv&part=edges", { scope });
  expect(edges).toContain("web: Added,store: Bought,1,1,1,60000,,yes");
  const variants = await file("/v1/map/variants?format=csv", { scope, most: 1 });
  expect(variants.at(-1)).toMatch(/^2 others,,,2,,0\.66/);
}); // prettier-ignore

test("an answer of a moment ago is none any more when what was defined changed: the zone, or a version of a segment or of the stages", async () => {
  const { sql } = whole.stores;
  const { workspace } = whole.first;
  const reused = async () => (await ask<MapAnswer>("/v1/map", { scope, case: { by: "visit" } })).basis.reused;
  expect([await reused(), await reused()]).toEqual([false, true]);
  const changes = [
    () => sql.query(`update workspaces set settings = jsonb_set(settings, '{policy}', '{"zone": "Asia/Tokyo"}') where id = $1`, [workspace]),
    () => sql.query("insert into versions (workspace, kind, body, context, state, created_at) values ($1, 'stages', $2, '{}', 'waiting', 0)", [workspace, JSON.stringify({ stages: [{ key: "new", name: "New" }], backward: "allowed" })]),
    () => sql.query("update versions set state = 'live', live_at = 0 where workspace = $1 and kind = 'stages'", [workspace]),
  ];
  for (const change of changes) {
    await change();
    expect([await reused(), await reused()]).toEqual([false, true]);
  }
}); // prettier-ignore

test("another workspace sees nothing of it", async () => {
  const other = await whole.workspace("Other");
  const answer = await whole.ask<MapAnswer>(other, "POST", "/v1/map", { scope });
  expect(answer.answer).toMatchObject({ type: "too_little_data" });
});

test("what cannot be asked is refused with a reason", async () => {
  const lifecycle = { property: "status" };
  const refused = await whole.answer<{ detail: string }>(whole.first, "POST", "/v1/map/durations", { scope, case: { by: "visit" }, lifecycle }); // prettier-ignore
  expect(refused.status).toBe(400);
  expect(JSON.stringify(refused.body)).toContain("Processing time is told of cases by customer or by key");
});
