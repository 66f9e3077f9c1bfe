/** Refused events: listed, tried again, bounded. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientOf, type Door, openDoor, track } from "../../test/sdk/door.ts";
import { readTallies } from "../telemetry/tally.ts";
import { createRefusedStore } from "./refused.ts";

let door: Door;
const { send } = clientOf(() => door);
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door?.stop());
beforeEach(() => door.clear());

describe("refused events over the API", () => {
  const api = async (method: string, path: string, body?: object) => {
    const response = await fetch(door.url + path, {
      method,
      headers: {
        authorization: `Bearer ${door.secretKey}`,
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      answer: (await response.json()) as {
        refused: { id: number; reason: string; replayedAt: string | null }[];
        nextCursor: string | null;
        outcome: string;
        accepted: number;
        reason: string;
      },
    };
  };
  test("they are listed page by page and by reason, and only with a secret key", async () => {
    await send("/v1/batch", { batch: [{ type: "track" }, { type: "sing" }, { type: "track" }] });
    const first = await api("GET", "/v1/refused?limit=2");
    expect(first.answer.refused.map(({ reason }) => reason)).toEqual(["missing_name", "unknown_type"]);
    const second = await api("GET", `/v1/refused?limit=2&cursor=${first.answer.nextCursor}`);
    expect([second.answer.refused.length, second.answer.nextCursor]).toEqual([1, null]);
    expect((await api("GET", "/v1/refused?reason=unknown_type")).answer.refused).toHaveLength(1);
    expect((await api("GET", `/v1/refused/${first.answer.refused[0]!.id}`)).answer.reason).toBe(
      "missing_name",
    );
    expect((await api("GET", "/v1/refused/999999999")).status).toBe(404);
    expect((await fetch(`${door.url}/v1/refused`)).status).toBe(401);
  });

  test("a corrected one becomes an event of the time it was received, once", async () => {
    await send("/v1/batch", { batch: [{ type: "track", userId: "u1", messageId: "m1" }] });
    const [row] = await door.refused();
    expect((await api("POST", `/v1/refused/${row!.id}/replay`)).answer).toMatchObject({
      outcome: "refused",
      reason: "missing_name",
    });
    const event = { type: "track", event: "Fixed", userId: "u1", messageId: "m1" };
    expect((await api("POST", `/v1/refused/${row!.id}/replay`, { event })).answer).toEqual({
      outcome: "accepted",
      id: row!.id,
      messageId: "m1",
    });
    expect((await api("POST", `/v1/refused/${row!.id}/replay`, { event })).answer).toMatchObject({
      outcome: "already_replayed",
    });
    expect(await door.events()).toMatchObject([
      { id: "m1", name: "Fixed", receivedAt: row!.refusedAt, happenedAt: row!.refusedAt },
    ]);
    expect((await readTallies(door.sql, door.workspace)).replayed).toBe(1);
    expect((await api("GET", "/v1/refused?waiting=true")).answer.refused).toEqual([]);
  });

  test("many are tried again at once, and those still bad say why today", async () => {
    await send("/v1/batch", {
      batch: [{ type: "track", userId: "u1" }, track({ context: { userAgent: "Googlebot/2.1" } })],
    });
    // As after a fix of the program: what was called a bot is one no more.
    await door.sql.query(
      "update refused set body = replace(body, 'Googlebot/2.1', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36')",
    );
    expect((await api("POST", "/v1/refused/replay", {})).answer).toMatchObject({
      accepted: 1,
      refused: 1,
      more: false,
    });
    expect(await door.events()).toHaveLength(1);
    const [waiting] = (await api("GET", "/v1/refused?waiting=true")).answer.refused;
    expect(waiting!.reason).toBe("missing_name");
  });
});

test("beyond the bound the oldest of the workspace go, and are counted", async () => {
  await send("/v1/batch", { batch: Array.from({ length: 10 }, () => ({ type: "track" })) });
  const store = createRefusedStore(door.sql);
  const before = await door.refused();
  expect(await store.prune(door.workspace, 4)).toBe(6);
  expect((await door.refused()).map(({ id }) => id)).toEqual(before.slice(0, 4).map(({ id }) => id));
  const [tally] = await door.sql.query<{ n: number }>("select n from tallies where name = 'pruned'");
  expect(tally!.n).toBe(6);
  expect(await store.prune(door.workspace, 4)).toBe(0);
});
