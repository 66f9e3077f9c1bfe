/** Laws of the door's steps, over any JSON. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BLOCKED_VALUES } from "../identity/model.ts";
import type { Json, WorkspaceId } from "../values.ts";
import { instantOf } from "./clock.ts";
import { arrivalFor } from "./envelope.ts";
import { blocked } from "./identifiers.ts";
import { CHANNELS, LIMITS, RefusalReason } from "./model.ts";
import { admit, type Admitted } from "./steps.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const silent = { count: () => undefined, time: () => undefined };
const by = { workspace: 1 as WorkspaceId, key: 7, receivedAt: NOW, newId: () => "made-here" };

function admitText(text: string, gpc = false): Admitted {
  const given = JSON.parse(text) as Json[];
  return admit(given, arrivalFor(by, { text, gpc }), silent, () => 0);
}

describe("laws", () => {
  const value = fc.jsonValue({ maxDepth: 6 }) as fc.Arbitrary<Json>;
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom("", "null", "\u0000", "\ud800", "2026-11-21T10:00:00Z", "a@b.co", "x\u0001y"),
  );
  const id = fc.oneof(text, fc.integer(), value);
  const event = fc.oneof(
    value,
    fc.record(
      {
        type: fc.oneof(fc.constantFrom("track", "identify", "page", "screen", "group", "alias"), value),
        event: fc.oneof(fc.constantFrom("Order Completed", "Unsubscribed"), text, value),
        userId: id, anonymousId: id, messageId: id, groupId: id, previousId: id,
        timestamp: fc.oneof(text, value), sentAt: fc.oneof(text, value), originalTimestamp: value, channel: value, name: value,
        properties: fc.oneof(value, fc.record({ email: text, url: fc.webUrl(), path: text, referrer: fc.oneof(fc.webUrl(), text), search: text, __proto__: value }, { requiredKeys: [] })),
        traits: fc.oneof(value, fc.record({ email: text, phone: text, unsubscribed: value }, { requiredKeys: [] })),
        context: fc.oneof(value, fc.record({ page: value, userAgent: text, campaign: value, consent: value, externalIds: value, traits: value, device: value, ip: text, channel: text, library: value }, { requiredKeys: [] })),
      },
      { requiredKeys: [] },
    ),
  ); // prettier-ignore

  test("any JSON comes out as an event or as a refusal, never both, and never throws", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), fc.boolean(), (events, gpc) => {
        const { accepted, refused } = admitText(JSON.stringify(events), gpc);
        expect(accepted.length + refused.length).toBe(events.length);
        for (const { reason, detail, body } of refused) {
          expect(RefusalReason.options).toContain(reason);
          expect(detail.length).toBeGreaterThan(0);
          expect(body.length).toBeLessThanOrEqual(LIMITS.eventBytesMax);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("an accepted event re-parses to itself, keeps the limits, and holds only text that stores can keep", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (events) => {
        for (const taken of admitText(JSON.stringify(events)).accepted) {
          const line = JSON.stringify(taken);
          expect(JSON.stringify(JSON.parse(line))).toBe(line);
          expect(line).not.toMatch(/\\u000[01]|\\u[dD][89a-fA-F]/);
          expect(line).not.toContain('"__proto__"');
          expect(taken.id.length).toBeGreaterThan(0);
          expect(taken.id.length).toBeLessThanOrEqual(LIMITS.messageIdCharsMax);
          expect(taken.identifiers.length).toBeGreaterThan(0);
          expect(taken.touchpoint.length).toBeGreaterThan(0);
          expect(taken.touchpoint.length).toBeLessThanOrEqual(LIMITS.touchpointCharsMax);
          expect(CHANNELS).toContain(taken.channel);
          expect(Number.isSafeInteger(taken.happenedAt)).toBe(true);
          expect(taken.happenedAt).toBeLessThanOrEqual(NOW + 86_400_000);
          expect(Object.keys({}).length).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("a refused event tried again as it was kept is refused for the same reason", () => {
    fc.assert(
      fc.property(event, fc.boolean(), (given, gpc) => {
        const first = admitText(JSON.stringify([given]), gpc).refused[0];
        if (!first) return;
        expect(admitText(`[${first.body}]`).refused[0]?.reason).toBe(first.reason);
      }),
      { numRuns: 300 },
    );
  });

  test("the quick look at blocked values says what the whole list says", () => {
    const candidate = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "null",
        "NULL",
        "0",
        "000-0",
        "-",
        "-1",
        "N/A",
        "[object Object]",
        "anonymous",
        "0".repeat(40),
        "guest",
      ),
    );
    fc.assert(
      fc.property(candidate, (text) => {
        expect(blocked(text)).toBe(BLOCKED_VALUES.some((p) => p.test(text.toLowerCase())));
      }),
    );
  });

  test("the quick reading of ISO times says what Date says", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-12-31") }),
        (date) => {
          expect(instantOf(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });
});
