/** Wrong policies with their places, and right ones in words. */
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS } from "../../test/permission.ts";
import { MessageChannel, PERMISSION_LIMITS, Policy } from "./model.ts";
import { checkPolicy, lookBackMs, policyWords } from "./policy.ts";

const wrong = (value: unknown) => {
  const checked = checkPolicy(value);
  return checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`);
};
const cap = { name: "One", most: 1, over: { ms: DAY_MS } };

describe("a policy", () => {
  test("is right when nothing is said, with quiet nights and consent where the law wants it", () => {
    expect(checkPolicy({})).toEqual({ ok: true, policy: Policy.parse({}) });
    expect(Policy.parse({})).toMatchObject({ zone: "UTC", quietHours: [{ from: 1260, to: 480 }], optIn: ["sms", "whatsapp", "web_push", "mobile_push"], caps: [], holds: [] }); // prettier-ignore
  });

  test.each([
    ["no object", 5, [/^: .*object/]],
    ["a word that is not known", { cap: [] }, [/^: Not known here: cap\.$/]],
    ["a zone that is none", { zone: "Mars/Olympus" }, [/^zone: "Mars\/Olympus" is no time zone/]],
    ["an abbreviation for a zone", { zone: "IST" }, [/^zone: /]],
    ["a cap of nothing", { caps: [{ ...cap, most: 0 }] }, [/^caps\/0\/most: /]],
    ["a cap of more than is counted", { caps: [{ ...cap, most: PERMISSION_LIMITS.contactsMax + 1 }] }, [/^caps\/0\/most: /]],
    ["a cap over longer than contacts are kept", { caps: [{ ...cap, over: { ms: 367 * DAY_MS } }] }, [/^caps\/0\/over(\/ms)?: .*366|^caps\/0\/over\/ms: /]],
    ["a cap over something else", { caps: [{ ...cap, over: { calendar: "year" } }] }, [/^caps\/0\/over/]],
    ["two caps of one name", { caps: [cap, { ...cap, most: 2 }] }, [/^caps\/1\/name: There are two caps named "One"/]],
    ["a hold that is not known", { holds: [{ type: "full_moon" }] }, [/^holds\/0\/type: Expected one of: bought_this/]],
    ["a channel that is not known", { optIn: ["fax"] }, [/^optIn\/0: Expected one of: email/]],
    ["a minute after the day", { quietHours: [{ from: 1440, to: 5 }] }, [/^quietHours\/0\/from: /]],
    ["no weekdays", { sendingWindows: [{ from: 1, to: 5, weekdays: [] }] }, [/^sendingWindows\/0\/weekdays: /]],
  ] as const)("with %s is told where", (_, value, expected) => {
    const problems = wrong(value);
    expect(problems.length).toBe(expected.length);
    for (const [i, pattern] of expected.entries()) expect(problems[i]).toMatch(pattern);
  }); // prettier-ignore

  test("by which nothing would ever leave is told for each channel", () => {
    expect(wrong({ quietHours: [{ from: 0, to: 0 }] }).length).toBe(MessageChannel.options.length - 1);
    expect(wrong({ quietHours: [{ from: 480, to: 1260 }, { from: 1260, to: 480 }] })[0]).toBe("quietHours: The quiet hours are the whole week. No message would ever leave by email."); // prettier-ignore
    expect(wrong({ sendingWindows: [{ from: 1300, to: 300, channels: ["sms"] }] })).toEqual(["sendingWindows: The sending windows lie in the quiet hours. No message would ever leave by sms."]); // prettier-ignore
    expect(wrong({ sendingWindows: [{ from: 1300, to: 481 }] })).toEqual([]);
    expect(wrong({ quietHours: [{ from: 0, to: 0, weekdays: [1, 2, 3, 4, 5, 6] }] })).toEqual([]);
    expect(wrong({ quietHours: [{ from: 1320, to: 240, weekdays: [7] }], sendingWindows: [{ from: 0, to: 240, weekdays: [1] }] }).length).toBe(MessageChannel.options.length - 1); // prettier-ignore
  });

  test("says in words what it lays down, in the order in which it is asked", () => {
    const words = policyWords(Policy.parse({
      zone: "Europe/Berlin", optIn: ["sms"], caps: [{ name: "Calm", most: 2, over: { calendar: "week" }, channels: ["email", "web_push"], purposes: ["marketing"], tags: ["sale"] }, cap],
      quietHours: [{ from: 1260, to: 480 }], sendingWindows: [{ from: 540, to: 1020, weekdays: [5, 1], channels: ["sms"] }],
      holds: [{ type: "bought_this", withinMs: 14 * DAY_MS }, { type: "open_case", opened: ["Complaint Received"], closed: ["Complaint Settled"] }], lookAheadMs: 36 * HOUR_MS,
    })); // prettier-ignore
    expect(words).toEqual([
      "Transactional messages are not held back by any of this.",
      "Messages by sms need the customer's agreement; by other channels they need that nobody said no.",
      "Nothing about a product leaves for 14 days after the customer bought it.",
      'Nothing leaves after "Complaint Received" until "Complaint Settled".',
      "Calm: at most 2 messages for marketing by email or web push about sale a week where the customer lives.",
      "One: at most 1 message within 1 day.",
      "A more valuable message that is due within 36 hours keeps its place under a cap.",
      "Nothing leaves from 21:00 to 08:00, where the customer lives.",
      "Messages by sms leave from 09:00 to 17:00 on Mondays and Fridays (Europe/Berlin).",
      "Who lives where is not known is taken to live in Europe/Berlin.",
    ]);
  });

  test("tells how far back contacts must be known", () => {
    expect(lookBackMs(Policy.parse({}))).toBe(0);
    expect(lookBackMs(Policy.parse({ caps: [cap, { ...cap, over: { calendar: "month" } }] }))).toBe(32 * DAY_MS); // prettier-ignore
    expect(lookBackMs(Policy.parse({ caps: [{ ...cap, over: { ms: 40 * DAY_MS } }] }))).toBe(40 * DAY_MS);
  });
});
