/**
 * What learning takes, in a process of its own so that its memory is its own: of a log made in place, and of a decision.
 *
 *     tsx bench/learning-log.ts FOLDER fill EXPOSURES    makes two months of one place with eight candidates, and as many other events
 *     tsx bench/learning-log.ts FOLDER took              prints what looking, learning and evaluating took, as JSON
 *     tsx bench/learning-log.ts FOLDER decision          prints what learning adds to a decision, in microseconds, as JSON
 */
import { join } from "node:path";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { type Chooser, chancesOf, drawOf, drawn, readyModelOf } from "../src/learning/choose.ts";
import { slotsOf } from "../src/learning/encode.ts";
import { evaluate } from "../src/learning/learn.ts";
import { Learning, type LearningContext } from "../src/learning/model.ts";
import { type LearningPlace, readGuard, readKinds, readMark } from "../src/learning/store.ts";
import { modelOfKinds } from "../src/learning/workout.ts";
import type { WorkspaceId } from "../src/values.ts";
import { timed } from "./asked.ts";

const NOW = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;
const STEP = 1_000_000;
const IDS = ["boots", "care", "club", "socks", "news", "gift", "size", "store"];
const learning = Learning.parse({ reward: "clicked", withinMs: 3_600_000, guards: [{ type: "outcome", outcome: "dismissed" }] }); // prettier-ignore
const place: LearningPlace = { workspace: 1 as WorkspaceId, key: "home.top", number: 1, learning, candidates: IDS, isOn: true, versions: [1], laidAt: NOW - 90 * DAY_MS }; // prettier-ignore

const draw = (n: number, of: number): string => `cityHash64(number, ${n}) % ${of}`;
const texts = (all: readonly string[]): string => `[${all.map((one) => `'${one}'`).join(", ")}]`;
const PROPERTIES = `concat('{"decision":"', lower(hex(number)), '","place":"home.top","candidate":"', ${texts(IDS)}[1 + ${draw(2, 8)}], '","version":1,"ranking":"learning","propensity":0.125,"decidedAt":0,"learning":{"arm":"', if(${draw(3, 10)} = 0, 'holdout', 'learned'),
  '","context":{"stage":"', ${texts(["visitor", "looker", "buyer", "regular"])}[1 + ${draw(4, 4)}], '","device":"', ${texts(["phone", "desktop", "tablet"])}[1 + ${draw(5, 3)}], '","channel":"', ${texts(["search", "email", "direct", "social"])}[1 + ${draw(6, 4)}],
  '","known":"', ${texts(["named", "returning", "new"])}[1 + ${draw(7, 3)}], '","hour":', toString(${draw(8, 24)}), ',"segments":[', toString(1 + ${draw(9, 5)}), ']},"eligible":${JSON.stringify(IDS)}}}')`;

/** Each exposure, a click on a tenth of them, and another event. */
async function fill(log: EventLog, exposures: number): Promise<void> {
  const customers = Math.max(1, Math.floor(exposures / 5));
  const kinds = [["$decision.exposed", 0, "1", PROPERTIES], ["$decision.clicked", 60_000, `${draw(10, 10)} = 0`, PROPERTIES], ["Product Viewed", 90_000, "1", "'{}'"]] as const; // prettier-ignore
  for (const [name, laterMs, which, properties] of kinds)
    for (let from = 0; from < exposures; from += STEP)
      await log.command(
        `insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, properties)
         select 1, 1 + ${draw(1, customers)}, ${NOW - 60 * DAY_MS + laterMs} + toInt64(number * ${60 * DAY_MS} / ${exposures}) as happened, happened, concat('${name}', toString(number)), 'track', '${name}', 'web', 'home.top',
           ${name.startsWith("$") ? 0 : 1}, ${properties}
         from numbers(${from}, ${Math.min(STEP, exposures - from)}) where ${which} settings max_partitions_per_insert_block = 0`,
      );
} // prettier-ignore

/** The same work as in decide.ts, for a customer whose context nobody had before and for one as others were. */
function decisionMicroseconds(): readonly { readonly what: string; readonly us: number }[] {
  const random = (n: number, of: number): number => ((n * 2_654_435_761) >>> 8) % of;
  const contextOf = (n: number): LearningContext => ({ stage: `stage${random(n, 5)}`, device: "phone", channel: "email", known: "new", hour: random(n, 24), segments: [random(n, 97), random(n + 1, 89), 7] }); // prettier-ignore
  const kinds = Array.from({ length: 5_000 }, (_, n) => ({ candidate: IDS[n % 8]!, context: contextOf(n), half: 0 as const, n: 20, rewarded: 1 + random(n, 4), sum: 1 + random(n, 4), sumOfSquares: 4 })); // prettier-ignore
  const model = modelOfKinds(learning, kinds);
  const chooser: Chooser = { ...learning, model: readyModelOf(model, learning) };
  const decide = (n: number): number => {
    const slots = slotsOf(contextOf(n));
    return drawn(chancesOf(chooser, IDS, slots), chooser.holdoutRatio, false, drawOf(`anonymous_id:${n}`, "place:1:home.top", chooser, IDS, slots, NOW)).at; // prettier-ignore
  };
  const measured = (what: string, n: number, customerOf: (i: number) => number) => {
    for (let i = 0; i < 20_000; i += 1) decide(customerOf(i));
    const began = performance.now();
    for (let i = 0; i < n; i += 1) decide(customerOf(i));
    return { what, us: ((performance.now() - began) / n) * 1000 };
  };
  return [
    measured("8 candidates, a context as many have", 100_000, (i) => i % 500),
    // More contexts than are remembered, asked in turn.
    measured("8 candidates, a context nobody had", 20_000, (i) => i),
  ];
}

const [folder, what, ...rest] = process.argv.slice(2) as [string, string, ...string[]];
if (what === "decision") process.stdout.write(JSON.stringify(decisionMicroseconds()));
else {
  const log = openChdb(join(folder, "log"));
  try {
    if (what === "fill") {
      await migrateLog(log);
      await fill(log, Number(rest[0]));
    } else {
      const took = [
        await timed(
          "a place is looked at: is there more?",
          async () => `${(await readMark(log, place, NOW)).split(" ")[0]} told`,
        ),
        await timed("a guard is counted", async () => `${(await readGuard(log, place, learning.guards[0]!, NOW)).learned.customers.toLocaleString("en-US")} customers`), // prettier-ignore
        await timed("a place is learned", async () => {
          const kinds = await readKinds(log, place, NOW);
          return `${kinds.length.toLocaleString("en-US")} kinds, ${modelOfKinds(learning, kinds).exposures.toLocaleString("en-US")} exposures`; // prettier-ignore
        }),
        await timed("a place is evaluated", async () => `${(await evaluate({ log }, place, NOW))?.ways.length} ways`), // prettier-ignore
      ];
      process.stdout.write(JSON.stringify(took));
    }
  } finally {
    await log.close();
  }
}
