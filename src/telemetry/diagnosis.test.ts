import { describe, expect, test } from "vitest";
import { finding, ofClock, ofLanes, ofNode, ofSchema, ofSpace, sizeOf, tableOf } from "./diagnosis.ts";

const now = Date.UTC(2026, 10, 21);

describe("the doctor", () => {
  test.each([
    ["20.19.0", "ok"],
    ["22.1.0", "ok"],
    ["20.18.3", "broken"],
    ["18.20.0", "broken"],
  ])("finds Node %s %s", (version, state) => {
    expect(ofNode(version).state).toBe(state);
  });

  test("warns before a disk is full and calls a full one broken", () => {
    expect([100e9, 2e9, 1e8].map((free) => ofSpace(free, "/data").state)).toEqual(["ok", "note", "broken"]);
  });

  test("calls a lane with waiting events and no worker broken, and an idle one fine", () => {
    const idle = { lane: 0, owner: null, leaseUntil: 0, waiting: 0, oldestAt: null };
    const left = { lane: 1, owner: "gone", leaseUntil: now - 1, waiting: 7, oldestAt: now - 90_000 };
    const late = { ...left, leaseUntil: now + 1 };
    expect(ofLanes([idle], now).state).toBe("ok");
    expect(ofLanes([idle, left], now)).toMatchObject({
      state: "broken",
      found: expect.stringContaining("lanes 1"),
    });
    expect(ofLanes([idle, late], now)).toMatchObject({
      state: "note",
      found: "7 events wait in 2 lanes, the oldest for 90 s",
    });
  });

  test("compares the schema with this program", () => {
    expect(ofSchema({ pending: [], unknown: [] }).state).toBe("ok");
    expect(ofSchema({ pending: [2], unknown: [] }).todo).toContain("next start");
    expect(ofSchema({ pending: [], unknown: [9] }).found).toContain("9");
  });

  test("distrusts a clock that is behind this program or beside the database", () => {
    expect(ofClock(0, null).state).toBe("broken");
    expect(ofClock(now, now - 60_000).state).toBe("note");
    expect(ofClock(now, now).state).toBe("ok");
  });

  test("prints what to do under what is wrong", () => {
    const table = tableOf([
      finding.ok("Disk", "9 GB free"),
      finding.broken("Server", "port 3000 is taken", "Stop it."),
    ]);
    expect(table).toBe(
      "ok      Disk    9 GB free\nBROKEN  Server  port 3000 is taken\n                -> Stop it.\n\n1 thing is broken; begin with the first.\n",
    );
  });

  test("writes sizes as people do", () => {
    expect([0, 512, 1536, 5 * 1024 ** 3, 12_345_678].map(sizeOf)).toEqual([
      "0 bytes",
      "512 bytes",
      "1.5 KB",
      "5.0 GB",
      "12 MB",
    ]);
  });
});
