/** WhatsApp's callbacks: how far a message came, what people answer, and whether they want marketing there at all. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { Instant } from "../../values.ts";
import { sameText } from "../../webhooks/sign.ts";
import type { Report } from "../model.ts";
import { DRIVER_LIMITS, detailOf } from "./model.ts";
import { askedBy } from "./stop-words.ts";

/** Whether Meta sent this body: X-Hub-Signature-256. */
export const isFromMeta = (appSecret: string, signature: string, body: Buffer): boolean =>
  sameText(signature, `sha256=${createHmac("sha256", appSecret).update(body).digest("hex")}`);

const Seconds = z.union([z.string(), z.number()]).transform((value) => Number(value) * 1000);
const Status = z.object({
  id: z.string(),
  status: z.string(),
  timestamp: Seconds,
  recipient_id: z.string(),
  biz_opaque_callback_data: z.string().optional(),
  errors: z.array(z.object({ code: z.number(), title: z.string().optional() })).optional(),
});
const Message = z.object({
  id: z.string(),
  from: z.string(),
  timestamp: Seconds,
  text: z.object({ body: z.string() }).optional(),
  button: z.object({ text: z.string() }).optional(),
  context: z.object({ id: z.string().optional() }).optional(),
});
const Preference = z.object({
  wa_id: z.string(),
  category: z.string(),
  value: z.string(),
  timestamp: Seconds,
});
const Value = z.object({
  metadata: z.object({ phone_number_id: z.string() }),
  statuses: z.array(Status).default([]),
  messages: z.array(Message).default([]),
  user_preferences: z.array(Preference).default([]),
});
const Body = z.object({
  entry: z.array(z.object({ changes: z.array(z.object({ value: z.unknown() })) })),
});

/** What a verified callback says of this number of the business; of its other numbers nothing. */
export function readWhatsapp(body: unknown, phoneNumberId: string, provider: number): readonly Report[] {
  const entries = Body.safeParse(body).data?.entry ?? [];
  return entries
    .flatMap(({ changes }) => changes)
    .flatMap(({ value }) => Value.safeParse(value).data ?? [])
    .filter(({ metadata }) => metadata.phone_number_id === phoneNumberId)
    .flatMap(({ statuses, messages, user_preferences: preferences }) => [
      ...statuses.flatMap((one) => statusOf(one, provider)),
      ...messages.map((one) => answerOf(one, provider)),
      ...preferences.flatMap((one) => preferenceOf(one, provider)),
    ])
    .filter(({ at }) => Number.isFinite(at))
    .slice(0, DRIVER_LIMITS.reportsPerHook);
}

const STATUSES: { readonly [status: string]: Report["what"] } = { delivered: "delivered", read: "opened", failed: "failed" }; // prettier-ignore
const numberOf = (waId: string): string => `+${waId.replace(/^\+/, "")}`;

function statusOf(one: z.infer<typeof Status>, provider: number): readonly Report[] {
  const what = STATUSES[one.status];
  if (!what) return [];
  const error = one.errors?.[0];
  const report = {
    provider, providerId: one.id, messageId: one.biz_opaque_callback_data ?? null, reportId: `whatsapp:${one.id}:${one.status}`,
    at: one.timestamp as Instant, address: numberOf(one.recipient_id), detail: detailOf(error ? `${error.code} ${error.title ?? ""}` : ""),
  };
  if (error?.code === 131050) return [{ ...report, what: "unsubscribed", permanent: true, purpose: "marketing" }];
  if (error?.code === 131026) return [{ ...report, what: "bounced", permanent: true }];
  return [{ ...report, what, permanent: false }];
} // prettier-ignore

function answerOf(one: z.infer<typeof Message>, provider: number): Report {
  const words = one.text?.body ?? one.button?.text ?? "";
  const asked = askedBy(words);
  return {
    provider, providerId: one.context?.id ?? null, messageId: null, reportId: `whatsapp:${one.id}:received`,
    what: asked === "stop" ? "unsubscribed" : asked === "start" ? "resubscribed" : "replied",
    at: one.timestamp, address: numberOf(one.from), permanent: false, detail: detailOf(words),
  };
} // prettier-ignore

function preferenceOf(one: z.infer<typeof Preference>, provider: number): readonly Report[] {
  if (one.category !== "marketing_messages") return [];
  const what = one.value === "stop" ? "unsubscribed" : one.value === "resume" ? "resubscribed" : null;
  if (what === null) return [];
  const reportId = `whatsapp:${one.wa_id}:${one.value}:${one.timestamp}`;
  return [{ provider, providerId: null, messageId: null, reportId, what, at: one.timestamp, address: numberOf(one.wa_id), permanent: false, purpose: "marketing", detail: one.category }]; // prettier-ignore
}
