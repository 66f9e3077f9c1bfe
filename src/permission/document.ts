/** What the routes of policy take and answer. */
import { z } from "zod";
import { Policy } from "./model.ts";

const EXAMPLE = {
  zone: "Europe/Berlin",
  optIn: ["sms", "whatsapp", "web_push", "mobile_push"],
  caps: [
    { name: "Two a day", most: 2, over: { calendar: "day" } },
    { name: "Advertising by e-mail", most: 3, over: { ms: 604_800_000 }, channels: ["email"], purposes: ["marketing"] },
  ],
  quietHours: [{ from: 1260, to: 480 }],
  sendingWindows: [{ from: 480, to: 1200, weekdays: [1, 2, 3, 4, 5, 6] }],
  holds: [
    { type: "bought_this", withinMs: 1_209_600_000 },
    { type: "open_case", opened: ["Complaint Received"], closed: ["Complaint Settled"] },
  ],
  lookAheadMs: 86_400_000,
}; // prettier-ignore

/** A policy as it is sent: what is absent is as before anybody laid something down. */
export const PolicyDraft = Policy.meta({ examples: [EXAMPLE as z.infer<typeof Policy>] });
/** POST /v1/policy/check. */
export const PolicyBody = z.object({ policy: z.unknown() }).meta({ examples: [{ policy: EXAMPLE }] });

export const PolicyView = z.object({
  policy: Policy,
  words: z.array(z.string()).describe("The policy in sentences"),
});
export type PolicyView = z.infer<typeof PolicyView>;
export const PolicyChecked = z.object({
  ok: z.boolean(),
  problems: z.array(z.object({ path: z.string().describe("caps/0/most"), message: z.string() })),
  words: z.array(z.string()).nullable().describe("The policy in sentences; null when it is not right"),
});
