/** What a customer chooses, over any history of answers and ends. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConsentChannel } from "../consent/model.ts";
import type { Consent, MessageChannel } from "../permission/model.ts";
import {
  type Cell,
  type Standing,
  type Suppressed,
  after,
  cellsOf,
  decide,
  endAll,
  wishesIn,
} from "./preferences.ts";

const NOW = Date.UTC(2026, 6, 1, 12);
const PURPOSES = ["marketing", "newsletter", "advertising"];
const ADDRESSES = new Map<MessageChannel, readonly string[]>([
  ["email", ["a@example.com", "b@example.com"]], ["sms", ["+1"]], ["web_push", ["w"]], ["mobile_push", ["m"]],
]); // prettier-ignore
const standingOf = (answers: { readonly [key: string]: Consent }, suppressed: readonly Suppressed[], optIn: readonly MessageChannel[]): Standing => ({
  consent: (channel: ConsentChannel, purpose: string) => (Object.hasOwn(answers, `${channel} ${purpose}`) ? answers[`${channel} ${purpose}`] : undefined),
  suppressed, addresses: ADDRESSES, policy: { optIn: [...optIn] },
}); // prettier-ignore

const answer = fc.record({ answer: fc.constantFrom("granted" as const, "denied" as const), at: fc.integer({ min: 0, max: NOW }), source: fc.constantFrom("event" as const, "unsubscribe" as const, "preferences" as const, "gpc" as const) }); // prettier-ignore
const answers = fc.dictionary(
  fc.tuple(fc.constantFrom("all", "email", "sms", "push", "ads"), fc.constantFrom(...PURPOSES)).map((pair) => pair.join(" ")),
  answer,
  { maxKeys: 10 },
); // prettier-ignore
const suppression: fc.Arbitrary<Suppressed> = fc.constantFrom(...[...ADDRESSES].flatMap(([channel, own]) => own.map((address) => ({ channel, address })))).chain((where) => fc.record({ purpose: fc.constantFrom("", ...PURPOSES), reason: fc.constantFrom("unsubscribed" as const, "unsubscribed" as const, "bounced" as const, "complained" as const) }).map((what) => ({ ...where, ...what }))); // prettier-ignore
const standings = fc.record({ answers, suppressed: fc.uniqueArray(suppression, { maxLength: 6, selector: ({ channel, address, purpose }) => `${channel} ${address} ${purpose}` }), optIn: fc.subarray<MessageChannel>(["email", "sms", "web_push", "mobile_push"]) })
  .map((given) => standingOf(given.answers, given.suppressed, given.optIn)); // prettier-ignore
const wishes = fc.array(fc.boolean(), { minLength: 9, maxLength: 9 });
const wanting = (cells: readonly Cell[], wish: readonly boolean[]) => (cell: Cell) => wish[cells.findIndex(({ channel, purpose }) => channel === cell.channel && purpose === cell.purpose)]!; // prettier-ignore
const standing = (cells: readonly Cell[]) => cells.map(({ on }) => on);

describe("choosing", () => {
  test("makes every box that is open stand as the customer wants it, and leaves the others", () => {
    fc.assert(
      fc.property(standings, wishes, (before, wish) => {
        const cells = cellsOf(before, PURPOSES);
        const wants = wanting(cells, wish);
        const decision = decide(before, cells, wants, NOW + 1);
        const now = cellsOf(after(before, decision.answers, NOW + 1), PURPOSES);
        expect(standing(now)).toEqual(cells.map((cell) => (cell.locked === null ? wants(cell) : cell.on)));
      }),
      { numRuns: 3000 },
    );
  });

  test("once more the same changes nothing more", () => {
    fc.assert(
      fc.property(standings, wishes, (before, wish) => {
        const cells = cellsOf(before, PURPOSES);
        const once = after(before, decide(before, cells, wanting(cells, wish), NOW + 1).answers, NOW + 1);
        const again = cellsOf(once, PURPOSES);
        expect(decide(once, again, wanting(cells, standing(again)), NOW + 2).answers).toEqual([]);
      }),
    );
  });

  test("never turns on what a customer did not turn on, also when others are turned on or off", () => {
    fc.assert(
      fc.property(standings, wishes, (before, wish) => {
        const cells = cellsOf(before, PURPOSES);
        const { answers: given, lift } = decide(before, cells, wanting(cells, wish), NOW + 1);
        const on = new Set(cells.filter((cell) => cell.locked === null && wanting(cells, wish)(cell)).map(({ channel, purpose }) => `${channel} ${purpose}`)); // prettier-ignore
        for (const { channel, purpose, answer: said } of given) if (said === "granted") expect(on).toContain(`${channel} ${purpose}`); // prettier-ignore
        expect(lift.filter(({ channel, purpose }) => purpose === "" && channel === "sms")).toEqual([]);
      }),
    );
  });

  test("to end everything ends everything, whatever was granted before", () => {
    fc.assert(
      fc.property(standings, (before) => {
        const cells = cellsOf(before, PURPOSES);
        const now = after(before, endAll(before, cells).answers, NOW + 1);
        expect(standing(cellsOf(now, [...PURPOSES, "something_new"])).slice(0, 3)).not.toContain(true);
        expect(cellsOf(now, PURPOSES).filter(({ on }) => on)).toEqual([]);
      }),
    );
  });

  test("cannot undo Global Privacy Control: advertising stays off, and the page says why", () => {
    const gpc = standingOf({ "ads advertising": { answer: "denied", at: 0, source: "gpc" } }, [], []);
    const [cell] = cellsOf(gpc, ["advertising"]);
    expect(cell).toMatchObject({ on: false, locked: expect.stringContaining("browser") });
  });

  test("is of one channel for push messages to browsers and to apps", () => {
    const cells = cellsOf(
      standingOf({}, [{ channel: "web_push", address: "w", purpose: "", reason: "bounced" }], []),
      ["marketing"],
    );
    expect(cells.map(({ channel, on }) => `${channel} ${on}`)).toEqual([
      "email true",
      "sms true",
      "push true",
    ]);
  });
});

test("a form is read or refused, never anything else, whatever it holds", () => {
  const field = fc.constantFrom("pause", "until", "quiet", "from", "to", "topic", "topic_shown", "on", "shown", "do");
  const value = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("date", "own", "week", "2026-02-30", "9999-12-31", "21:00", "24:00", "none"));
  fc.assert(
    fc.property(fc.dictionary(field, fc.array(value, { maxLength: 3 })), (form) => {
      const before = { pausedUntil: null, quietHours: null, declinedTopics: ["a"] };
      const read = wishesIn(form, before, { zone: "Pacific/Apia", now: NOW });
      if (read.type === "wrong") expect(read.problems.length).toBeGreaterThan(0);
      const pausedUntil = read.type === "wrong" ? null : read.preferences.pausedUntil;
      if (pausedUntil !== null) expect(pausedUntil).toBeGreaterThan(NOW);
    }),
  );
}); // prettier-ignore
