/** Bad input over real HTTP: a clear answer, nothing crashes, nothing is lost. */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientOf, type Door, OK, openDoor, track } from "../../test/sdk/door.ts";
import { readTallies } from "../telemetry/tally.ts";
import { LIMITS } from "./model.ts";

let door: Door;
const { basic, send } = clientOf(() => door);
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door?.stop());
beforeEach(() => door.clear());

describe("bad input", () => {
  test.each([
    ["not JSON", "{", "malformed"],
    ["nothing", "", "malformed"],
    ["a number", "5", "malformed"],
    ["a batch that is no list", '{"batch":{}}', "malformed"],
    ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), "malformed"],
    [
      "10 MB",
      JSON.stringify({ batch: [track({ properties: { text: "x".repeat(10_000_000) } })] }),
      "body_too_large",
    ],
  ] as const)("%s is 400 with a clear answer", async (_what, body, code) => {
    const { status, answer } = await send("/v1/batch", body);
    expect([status, answer.success, answer.code]).toEqual([400, false, code]);
    expect(answer.message!.length).toBeGreaterThan(10);
    expect(await door.events()).toEqual([]);
  });

  test("a body that is not what its Content-Encoding says, of an unknown one, or a bomb is 400", async () => {
    const bomb = gzipSync(Buffer.alloc(500_000_000, 32));
    expect(bomb.length).toBeLessThan(LIMITS.bodyBytesMax);
    const before = process.memoryUsage().rss;
    expect(await send("/v1/batch", bomb, { ...basic(), "content-encoding": "gzip" })).toMatchObject({
      status: 400,
      answer: { code: "body_too_large" },
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    for (const encoding of ["gzip", "deflate", "br"])
      expect(
        await send("/v1/batch", randomBytes(300), { ...basic(), "content-encoding": encoding }),
      ).toMatchObject({ status: 400, answer: { code: "malformed" } });
    expect(
      await send("/v1/batch", gzipSync(JSON.stringify({ batch: [] })).subarray(0, 15), {
        ...basic(),
        "content-encoding": "gzip",
      }),
    ).toMatchObject({ status: 400, answer: { code: "malformed" } });
    expect(await send("/v1/batch", "x", { ...basic(), "content-encoding": "zstd" })).toMatchObject({
      status: 400,
      answer: { code: "unknown_encoding" },
    });
  });

  test("a body without end is cut off, with an answer", async () => {
    const answer = await new Promise<string>((done, failed) => {
      const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
      let said = "";
      let ended = false;
      const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
      const more = () => {
        while (!ended && socket.write(chunk)) if (socket.writableLength > 1_000_000) break;
      };
      socket.on("connect", () => {
        socket.write("POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        more();
      });
      socket.on("drain", more);
      socket.on("data", (data) => {
        said += String(data);
        if (!said.includes("\r\n\r\n")) return;
        ended = true;
        socket.destroy();
        done(said);
      });
      // Writing on after the door has closed breaks the pipe; what it said before is still read.
      socket.on("error", (cause: NodeJS.ErrnoException) => (cause.code === "EPIPE" || cause.code === "ECONNRESET" ? (ended = true) : failed(cause))); // prettier-ignore
      socket.on("close", () => done(said));
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
  });

  test("what broken senders send in a batch is kept as refused with its reason, and the rest is accepted", async () => {
    const bad: [object | number | null, string][] = [
      [5, "not_an_object"], [null, "not_an_object"], [{ userId: "u" }, "unknown_type"], [{ type: "track", userId: "u" }, "missing_name"],
      [{ type: "track", event: "e" }, "missing_identifier"], [track({ userId: "x".repeat(100_000) }), "too_large"], [track({ properties: "x" }), "invalid_field"],
      [track({ properties: JSON.parse('{"a":'.repeat(1_000) + "1" + "}".repeat(1_000)) as object }), "too_deep"], [track({ messageId: "x".repeat(101) }), "message_id_too_long"],
    ]; // prettier-ignore
    const good = [
      track({
        properties: { "a\u0000b": "\u0000\ud800", constructor: 1 },
        timestamp: "1970-01-01T00:00:00Z",
      }),
      track({ timestamp: "2999-01-01T00:00:00Z" }),
    ];
    expect(await send("/v1/batch", { batch: [...good, ...bad.map(([event]) => event)] })).toMatchObject(OK);
    const events = await door.events();
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ happenedAt: 0, properties: { ab: "\ufffd", constructor: 1 } });
    expect(events[1]!.happenedAt).toBe(events[1]!.receivedAt);
    const refused = await door.refused();
    expect(refused.map(({ reason }) => reason).toSorted()).toEqual(
      bad.map(([, reason]) => reason).toSorted(),
    );
    const tallies = await readTallies(door.sql, door.workspace);
    expect(tallies.accepted).toBe(2);
    expect(Object.values(tallies.refused).reduce((sum, n) => sum + n, 0)).toBe(bad.length);
  });

  test("10,000 levels of nesting are refused, not a crash", async () => {
    const text = `{"batch":[{"type":"track","event":"e","userId":"u","properties":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}]}`;
    expect(await send("/v1/batch", text)).toMatchObject(OK);
    expect((await door.refused()).map(({ reason }) => reason)).toEqual(["too_deep"]);
  });

  test("3,000 events in one batch are taken", async () => {
    expect(
      await send("/v1/batch", {
        batch: Array.from({ length: 3_000 }, (_, i) => track({ messageId: `m${i}` })),
      }),
    ).toMatchObject(OK);
    expect(await door.events()).toHaveLength(3_000);
    expect(await send("/v1/batch", { batch: [] })).toMatchObject(OK);
  });
});
