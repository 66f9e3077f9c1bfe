/** The map over HTTP: every route, JSON and CSV, answers of a moment ago, and too little data. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { JourneyDraft } from "../../src/journeys/model.ts";
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

const file = async (path: string, body: object) => {
  const answer = await fetch(`${whole.address}${path}`, { method: "POST", headers: { authorization: `Bearer ${whole.first.secretKey}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  expect([path, answer.headers.get("content-type")]).toEqual([path, expect.stringContaining("text/csv")]);
  return (await answer.text()).trim().split("\r\n");
}; // prettier-ignore

test("nodes, edges and variants are files too", async () => {
  const nodes = await file("/v1/map?format=csv", { scope });
  expect(nodes[1]!.startsWith("web: Viewed,web,Viewed,,4,3,3,3,1,0,,1,")).toBe(true);
  const edges = await file("/v1/map?format=csv&part=edges", { scope });
  expect(edges).toContain("web: Added,store: Bought,1,1,1,60000,,yes");
  const variants = await file("/v1/map/variants?format=csv", { scope, most: 1 });
  expect(variants.at(-1)).toMatch(/^2 others,,,2,,0\.66/);
}); // prettier-ignore

/** A published journey of a message and a pause, with nobody in it yet. */
async function published(name: string): Promise<{ readonly journey: number; readonly version: number }> {
  const { sql } = whole.stores;
  const draft = JourneyDraft.parse({ name, entry: { type: "event", event: "Bought" }, start: "write", steps: { write: { type: "message", channel: "email", template: 1, purpose: "marketing", next: "rest" }, rest: { type: "wait", ms: 60_000, next: null } } });
  const [journey] = await sql.query<{ id: number }>("insert into journeys (workspace, name, state, draft, created_at, updated_at) values ($1, $3, 'live', $2, 0, 0) returning id", [whole.first.workspace, JSON.stringify(draft), name]);
  const [version] = await sql.query<{ id: number }>("insert into versions (workspace, kind, journey, number, body, context, state, created_at, live_at, published_by, former_runs) values ($1, 'journey', $2, 1, $3, '{}', 'live', 0, 0, 'Ada', 'pin') returning id", [whole.first.workspace, journey!.id, JSON.stringify({ draft })]);
  return { journey: journey!.id, version: version!.id };
} // prettier-ignore

test("a file of too little data has its header and nothing else", async () => {
  const { journey } = await published("Nobody comes");
  const empty = { from: "2020-01-01T00:00:00Z", to: "2020-02-01T00:00:00Z" };
  const goal = { type: "event", event: "Bought" };
  const asked: readonly (readonly [path: string, body: object, header: string])[] = [
    ["/v1/map?", { scope: empty }, "moment,channel"], ["/v1/map?part=edges&", { scope: empty }, "from,to,transitions"], ["/v1/map/variants?", { scope: empty }, "moments,cut"],
    ["/v1/map/path?", { scope: empty, of: { type: "moment", moment: "web: Viewed" } }, "customer,name"], ["/v1/map/durations?", { scope: empty }, "customer,key"],
    ["/v1/map/compare?", { scope: empty, against: { by: "goal", goal: "Bought" } }, "moment,people_a"], ["/v1/map/compare?part=edges&", { scope: empty, against: { by: "goal", goal: "Bought" } }, "from,to,people_a"],
    ["/v1/map/helps?", { scope: empty, goal }, "moment,people_with"], ["/v1/map/conformance?", { scope: empty, journey }, "after,moment"],
  ];
  for (const [path, body, header] of asked) {
    const lines = await file(`${path}format=csv`, body);
    expect([path, lines.length, lines[0]]).toEqual([path, 1, expect.stringContaining(header)]);
  }
}); // prettier-ignore

test("every part of a conformance and of durations is a file", async () => {
  const { journey, version } = await published("Thanks");
  const own = (atom: number, minute: number, name: string, properties: object = {}) => ({ workspace: whole.first.workspace, atom, at: T0 + minute * 60_000, name, channel: "other", properties: { journey, version, run: `r${atom}`, ...properties } });
  await tellHistory(whole.stores.log!, [
    own(1, 2, "$journey.entered"), own(1, 3, "$message.sent", { step: "write" }), own(1, 9, "$journey.left", { reason: "completed", step: "rest" }),
    own(2, 2, "$journey.entered"), own(2, 4, "$journey.left", { reason: "exited", step: "write" }),
  ]);
  await whole.stores.sql.query("insert into step_hours (version, step, path, hour_at, n) values ($1, 'write', 'next', $2, 1), ($1, 'rest', 'next', $2, 1)", [version, T0]);
  const parts = Object.fromEntries(await Promise.all(["runs", "steps", "ways", "deviations", "unmet", "between"].map(async (part) => [part, await file(`/v1/map/conformance?format=csv&part=${part}`, { scope, journey })] as const)));
  expect(parts["runs"]![1]).toMatch(/^2,0,2,0,1,0\.5,/);
  expect(parts["steps"]).toEqual(["step,type,title,passed,waiting,left", "write,message,,1,0,1", "rest,wait,,1,0,0"]);
  expect(parts["ways"]).toEqual(["step,path,next,passed,share", "write,next,rest,1,1", "rest,next,,1,1"]);
  expect(parts["deviations"]).toEqual(["step,end,detail,runs,share", "write,exited,Something happened that takes people out of the journey.,1,0.5"]);
  expect(parts["unmet"]).toEqual(["kind,step,path,of,at_most,words"]);
  expect(parts["between"]!.length).toBeGreaterThanOrEqual(1);
  const spread = await file("/v1/map/durations?format=csv&part=spread", { scope: { ...scope, channels: ["web"] }, case: { by: "goal", goal: "Bought" } });
  expect(spread).toEqual(["measure,cases,mean_ms,median_ms,p90_ms,least_ms,most_ms", expect.stringMatching(/^throughput,3,/)]);
}); // prettier-ignore

test("an id that no journey can have is refused with words, not by the database", async () => {
  const refused = await whole.answer<object>(whole.first, "POST", "/v1/map/conformance", { scope, journey: 3_000_000_000 }); // prettier-ignore
  expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining("journey")]);
  const segment = await whole.answer<object>(whole.first, "POST", "/v1/map", { scope: { ...scope, segment: 3_000_000_000 } }); // prettier-ignore
  expect(segment.status).toBe(400);
});

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
