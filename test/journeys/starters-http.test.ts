/** Starting journeys, the next times of a cron expression and the signing secret, as the API answers them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JourneyView } from "../../src/journeys/document.ts";
import { type Keys, type Whole, startWhole } from "../http/whole.ts";

let whole: Whole;
let other: Keys;
beforeAll(async () => {
  whole = await startWhole();
  other = await whole.workspace("Other");
});
afterAll(() => whole.end());

const ask = <T>(method: string, path: string, body?: unknown, by = whole.first) =>
  whole.answer<T>(by, method, path, body);
type Starters = { readonly starters: readonly { readonly key: string; readonly draft: object; readonly templates: readonly object[] }[] }; // prettier-ignore

test("each starting journey is shown whole, and made as a draft that nobody enters", async () => {
  const { body: list } = await ask<Starters>("GET", "/v1/journeys/starters");
  expect(list.starters.map(({ key }) => key)).toEqual([
    "saved_cart", "browse", "welcome", "win_back", "after_purchase", "lead_follow_up", "appointment", "complaint",
  ]); // prettier-ignore
  for (const { key } of list.starters) {
    const made = await ask<JourneyView>("POST", "/v1/journeys/starters", { key, site: "https://shop.example" }); // prettier-ignore
    expect([key, made.status, made.body.state, made.body.problems]).toEqual([key, 201, "draft", []]);
  }
  expect((await ask("POST", "/v1/journeys/starters", { key: "none" })).status).toBe(404);
  for (const site of ['https://x.example/"onclick="', "https://x.example/{{ secret }}", "ftp://x.example", "javascript:alert(1)"])
    expect([site, (await ask("POST", "/v1/journeys/starters", { key: "welcome", site })).status]).toEqual([site, 400]); // prettier-ignore
});

test("the next times of a cron expression are told in the workspace's zone, or what is wrong with it", async () => {
  expect((await ask("PUT", "/v1/policy", { zone: "Asia/Tokyo" })).status).toBe(200);
  type Times = { readonly problem: string | null; readonly zone: string; readonly times: readonly string[] };
  const { body } = await ask<Times>("GET", `/v1/journeys/times?n=3&cron=${encodeURIComponent("0 9 * * *")}`);
  expect([body.problem, body.zone, body.times.map((time) => time.slice(11))]).toEqual([null, "Asia/Tokyo", Array.from({ length: 3 }, () => "00:00:00.000Z")]); // prettier-ignore
  const wrong = await ask<Times>("GET", `/v1/journeys/times?cron=${encodeURIComponent("0 0 30 2 *")}`);
  expect(wrong.body).toMatchObject({ problem: "This time never comes.", times: [] });
});

test("each workspace signs with a secret of its own, the same whenever it is asked for", async () => {
  const read = async (by: Keys) => (await ask<{ secret: string }>("GET", "/v1/journeys/signing-secret", undefined, by)).body.secret; // prettier-ignore
  const [first, again, others] = [await read(whole.first), await read(whole.first), await read(other)];
  expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect([again === first, others === first]).toEqual([true, false]);
});
