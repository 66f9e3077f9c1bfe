/** Rules that mean harm: whatever is sent is refused or means what it says, and nothing stored stops the workers. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWhole, type Whole } from "../http/whole.ts";

let whole: Whole;
beforeAll(async () => void (whole = await startWhole()));
afterAll(() => whole.end());

async function ask(method: string, path: string, body?: string) {
  const answer = await fetch(whole.address + path, {
    method,
    headers: { authorization: `Bearer ${whole.first.secretKey}`, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body }),
  }); // prettier-ignore
  return { status: answer.status, text: await answer.text() };
}
const did = (extra: object) => ({ type: "did", event: "A", ...extra });
const trait = (name: string, is: object) => ({ type: "trait", name, is });
const nested = (depth: number, inner: string): string =>
  '{"type":"not","rule":'.repeat(depth) + inner + "}".repeat(depth);
const RULES: readonly string[] = [
  '{"type":"did","event":"A","when":{"from":{"at":-62135596800000},"to":{"at":253402300799999}}}',
  nested(5_000, '{"type":"trait","name":"a","is":{"op":"exists"}}'),
  nested(8, '{"type":"trait","name":"a","is":{"op":"exists"}}'),
  JSON.stringify({
    type: "all",
    rules: Array.from({ length: 50 }, () =>
      trait("t".repeat(200), { op: "in", values: Array.from({ length: 10 }, (_, i) => `${i}`.repeat(100)) }),
    ),
  }),
  JSON.stringify(trait("a\u0000b", { op: "exists" })),
  JSON.stringify(trait("a", { op: "equals", value: "\u0000" })),
  String.raw`{"type":"trait","name":"a","is":{"op":"equals","value":"\ud800"}}`,
  String.raw`{"type":"did","event":"\udc00"}`,
  JSON.stringify(did({ event: "a\u0001b" })),
  '{"type":"trait","name":"__proto__","is":{"op":"exists"}}',
  '{"type":"trait","name":"constructor","is":{"op":"not_exists"}}',
  '{"type":"account_trait","name":"constructor","is":{"op":"not_exists"}}',
  '{"type":"did","event":"__proto__","__proto__":{"x":1}}',
  '{"type":"did","event":"A","where":[{"property":"__proto__.x.constructor","is":{"op":"exists"}}]}',
  '{"type":"did","event":"A","is":{"op":"at_least","value":1e308}}',
  '{"type":"did","event":"A","is":{"op":"equals","value":1e300},"when":{"from":{"agoMs":1000}}}',
  '{"type":"did","event":"A","is":{"op":"between","from":1e308,"to":-1e308}}',
  '{"type":"did","event":"A","is":{"op":"at_least","value":1e999}}',
  '{"type":"did","event":"A","when":{"from":{"at":9007199254740991},"to":{"at":-9007199254740991}}}',
  '{"type":"did","event":"A","when":{"from":{"at":-9007199254740991},"to":{"at":9007199254740991}}}',
  '{"type":"did","event":"A","is":{"op":"before","at":-9007199254740991},"measure":{"of":"last","property":"p"}}',
  '{"type":"did","event":"A","is":{"op":"equals","value":-0},"measure":{"of":"sum","property":"p"}}',
  '{"type":"did","event":"A","is":{"op":"equals","value":5e-324},"measure":{"of":"average","property":"a\'b\\\\c{p:String}"}}',
  '{"type":"segment","id":9007199254740991}',
  '{"type":"segment","id":2147483648}',
  '{"type":"journey","id":9007199254740991,"state":"in"}',
  '{"type":"consent","channel":"email","purpose":"\u0027 or 1=1 --","is":"granted"}',
  '{"type":"did","event":"A","where":[{"property":"...","is":{"op":"exists"}},{"property":".","is":{"op":"not_exists"}}]}',
  '{"type":"computed","name":"constructor","is":{"op":"exists"}}',
  '{"type":"stage","in":["constructor"]}',
  "[]",
  "null",
  '"x"',
];

test("each is refused or served; none is a fault, and none stops what comes after it", async () => {
  const names: { [status: string]: number } = {};
  for (const [i, rule] of RULES.entries()) {
    for (const path of ["/v1/segments/check", "/v1/segments/preview"]) {
      const { status, text } = await ask("POST", path, `{"rule":${rule}}`);
      expect([200, 400, 422], `${path} ${rule.slice(0, 150)}: ${text.slice(0, 200)}`).toContain(status);
    }
    const { status, text } = await ask("POST", "/v1/segments", `{"name":"rule ${i}","rule":${rule}}`);
    expect([201, 400, 422], `${rule.slice(0, 150)}: ${text.slice(0, 300)}`).toContain(status);
    names[status] = (names[status] ?? 0) + 1;
  }
  expect(names["201"]).toBeGreaterThan(5);
  const batch = [
    {
      type: "identify",
      userId: "eve",
      traits: JSON.parse('{"__proto__":"x","constructor":"y","toString":1,"a":"b"}') as object,
    },
    {
      type: "track",
      userId: "eve",
      event: "A",
      properties: JSON.parse('{"__proto__":{"x":{"constructor":1}},"p":1e300}') as object,
    },
    { type: "track", userId: "eve", event: "__proto__" },
    { type: "group", userId: "eve", groupId: "__proto__", traits: JSON.parse('{"__proto__":"x"}') as object },
  ];
  const sent = await fetch(`${whole.address}/v1/batch`, {
    method: "POST",
    body: JSON.stringify({ writeKey: whole.first.writeKey, batch }),
  });
  expect(sent.status).toBe(200);
  await whole.drain();
  for (;;) {
    const { segments } = JSON.parse((await ask("GET", "/v1/segments")).text) as {
      segments: { id: number; state: string; problem: string | null; members: number; name: string }[];
    };
    if (segments.some(({ state }) => state === "building")) {
      await pause(50);
      continue;
    }
    expect(segments.filter(({ state }) => state !== "live")).toEqual([]);
    // What the members are by the log is what the live customer is in.
    for (const { id, name, members } of segments) {
      const rule = RULES[Number(name.slice(5))]!;
      const { count } = JSON.parse((await ask("POST", "/v1/segments/preview", `{"rule":${rule}}`)).text) as {
        count: number;
      };
      expect(members, `${id} ${rule}`).toBe(count);
    }
    break;
  }
});
