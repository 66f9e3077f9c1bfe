/** The live view: what one workspace sends at a high rate shows in another's neither as events nor as a number. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Keys, startWhole, type Whole } from "../http/whole.ts";

let whole: Whole;
let other: Keys;
beforeAll(async () => {
  whole = await startWhole();
  other = await whole.workspace("other");
});
afterAll(() => whole.end());

const send = async ({ writeKey }: Keys, batch: readonly object[]) => {
  const body = JSON.stringify({ writeKey, batch });
  expect((await fetch(`${whole.address}/v1/batch`, { method: "POST", body })).status).toBe(200);
};
/** What a viewer of the workspace hears until `end` is in it. */
async function hears({ secretKey }: Keys, end: string, meanwhile: () => Promise<void>): Promise<string> {
  const leaving = new AbortController();
  const answer = await fetch(`${whole.address}/v1/events/live`, {
    headers: { authorization: `Bearer ${secretKey}` },
    signal: leaving.signal,
  });
  await meanwhile();
  let text = "";
  for await (const chunk of answer.body! as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    if (text.includes(end)) break;
  }
  leaving.abort();
  return text;
}

test("events and numbers are the workspace's own", async () => {
  const many = (mark: string) =>
    Array.from({ length: 400 }, (_, i) => ({
      type: "track",
      event: mark,
      userId: `u${i}`,
      messageId: `${mark}${i}`,
    }));
  const burst = async () => {
    for (let i = 0; i < 4; i++) await send(whole.first, many(`Secret ${i} `));
    await send(other, [{ type: "track", event: "Own", userId: "u" }]);
  };
  const foreign = await hears(other, "Own", burst);
  expect(foreign).not.toContain("Secret");
  expect(foreign).not.toContain("skipped");
  const own = await hears(whole.first, "Last", async () => {
    for (let i = 4; i < 8; i++) await send(whole.first, many(`Secret ${i} `));
    await send(whole.first, [{ type: "track", event: "Last", userId: "u" }]);
  });
  expect(own).toContain("event: skipped");
});
