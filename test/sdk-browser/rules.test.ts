/** The browser SDK's rules that need no browser: which fields are read, how long to wait, what waits. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSecret } from "../../sdk/browser/field.ts";
import * as LIMITS from "../../sdk/browser/limits.ts";
import { mayHelp, waitMs } from "../../sdk/browser/wait.ts";
import { createWaiting, type Item } from "../../sdk/browser/waiting.ts";

const field = (more: Partial<Parameters<typeof isSecret>[0]>) =>
  isSecret({ type: "text", name: "town", autocomplete: "", value: "", ...more });
/** Puts the check digit behind digits, as card issuers do. */
function carded(digits: string): string {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((all, digit, back) => {
      const twice = Number(digit) * (back % 2 === 0 ? 2 : 1);
      return all + (twice > 9 ? twice - 9 : twice);
    }, 0);
  return digits + String((10 - (sum % 10)) % 10);
}

describe("a form's field", () => {
  test.each([
    [{ type: "password" }],
    [{ type: "hidden" }],
    [{ type: "file" }],
    [{ autocomplete: "section-pay cc-number" }],
    [{ autocomplete: "CC-CSC" }],
    [{ autocomplete: "current-password" }],
    [{ autocomplete: "one-time-code" }],
    [{ name: "userPassword" }],
    [{ name: "card_number" }],
    [{ name: "cvv" }],
    [{ name: "iban" }],
    [{ value: "4111 1111 1111 1111" }],
    [{ value: "it is 5500-0000-0000-0004, thank you" }],
  ])("%o is never read", (more) => expect(field(more)).toBe(true));

  test.each([
    [{ value: "Lisbon" }],
    [{ type: "email", name: "email", autocomplete: "email", value: "ann@example.com" }],
    [{ type: "tel", name: "phone", value: "+351 912 345 678" }],
    [{ name: "shipping_town", value: "1000-001" }],
    [{ name: "order", value: "12345" }],
  ])("%o is read", (more) => expect(field(more)).toBe(false));

  test("that holds a card number is never read, whatever stands around the number and between its digits", () => {
    const number = fc.tuple(fc.constantFrom("4", "51", "55", "34", "37", "6011", "2221"), fc.integer({ min: 12, max: 18 }), fc.infiniteStream(fc.integer({ min: 0, max: 9 }))).map(
      ([start, length, more]) => carded((start + [...more.take(18)].join("")).slice(0, length)),
    ); // prettier-ignore
    fc.assert(
      fc.property(number, fc.constantFrom("", " ", "-"), fc.stringMatching(/^[a-z ,.]{0,10}$/), fc.stringMatching(/^[a-z ,.]{0,10}$/), (digits, between, before, after) => {
        const value = before + digits.replace(/(\d{4})(?=\d)/g, `$1${between}`) + after;
        expect(field({ value })).toBe(true);
      }),
    ); // prettier-ignore
  });
});

describe("the wait before another try", () => {
  test("grows, has a bound, and is never shorter than the server asked for", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 0, max: 3_600 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, askedSeconds, chance) => {
        const ms = waitMs(tries, askedSeconds, chance);
        expect(ms).toBeGreaterThanOrEqual(Math.max(askedSeconds * 1_000, LIMITS.retryMsMin / 2));
        expect(ms).toBeLessThanOrEqual(askedSeconds * 1_000 + LIMITS.retryMsMax);
        expect(waitMs(tries + 1, askedSeconds, chance)).toBeGreaterThanOrEqual(ms);
      }),
    ); // prettier-ignore
    expect(waitMs(0, 1e12, 0)).toBeLessThanOrEqual(LIMITS.retryAfterMsMax + LIMITS.retryMsMin);
    expect(waitMs(3, Number.NaN, 0.5)).toBe(6_000);
  });

  test("is for busy and absent servers only", () => {
    expect([408, 429, 500, 502, 503].map(mayHelp)).not.toContain(false);
    expect([200, 204, 400, 401, 404, 413].map(mayHelp)).not.toContain(true);
  });
});

describe("what waits", () => {
  const event = fc.record({ messageId: fc.nat(400).map((n) => `m${n}`), text: fc.string({ unit: "grapheme", maxLength: 40 }), times: fc.integer({ min: 1, max: 2_000 }) }); // prettier-ignore
  const made = ({ messageId, text, times }: { messageId: string; text: string; times: number }) => ({ messageId, text: text.repeat(times) }); // prettier-ignore
  const bytesOf = (json: readonly string[]) => json.reduce((sum, one) => sum + Buffer.byteLength(one), 0);

  test("keeps to its bounds, holds each id once, and counts everything it gave up", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const waiting = createWaiting();
        const ids = new Set<string>();
        let again = 0;
        for (const one of events.map(made)) {
          if (waiting.all().some((json) => (JSON.parse(json) as { messageId: string }).messageId === one.messageId) && Buffer.byteLength(JSON.stringify(one)) <= LIMITS.eventBytesMax) again++; // prettier-ignore
          waiting.put(one);
          ids.add(one.messageId);
        }
        const all = waiting.all();
        expect(all.length).toBeLessThanOrEqual(LIMITS.waitingMax);
        expect(bytesOf(all)).toBeLessThanOrEqual(LIMITS.waitingBytesMax);
        const { dropped, tooLarge } = waiting.lost();
        expect(all.length + dropped + tooLarge + again).toBe(events.length);
        expect(new Set(all.map((json) => (JSON.parse(json) as { messageId: string }).messageId)).size).toBe(
          all.length,
        );
      }),
    );
  });

  test("goes out oldest first, in batches a browser delivers when the page is gone, and nothing goes twice at once", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), (events) => {
        const waiting = createWaiting();
        for (const one of events.map(made)) waiting.put(one);
        const all = waiting.all();
        const flying = new Set<Item>();
        const first = waiting.next(flying);
        for (const item of first) flying.add(item);
        const second = waiting.next(flying);
        expect([...first, ...second].map(({ json }) => json)).toEqual(
          all.slice(0, first.length + second.length),
        );
        expect(bytesOf([...first, ...second].map(({ json }) => json))).toBeLessThanOrEqual(
          LIMITS.batchBytesMax,
        );
        expect(first.length > 0).toBe(all.length > 0);
        waiting.take(first);
        expect(waiting.all()).toEqual(all.slice(first.length));
      }),
    );
  });
});
