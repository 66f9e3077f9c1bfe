/** WhatsApp by Meta's Cloud API: templates at any time, free text within 24 hours of the customer's last word. */
import { z } from "zod";
import type { Delivery, Driver, Outgoing } from "../model.ts";
import { createCaller, isTaken, refusedBy, saidIn, trouble, wordsIn } from "./call.ts";
import { type ConfigOf, DRIVER_LIMITS, detailOf } from "./model.ts";

const Said = z.object({
  messages: z.array(z.object({ id: z.string() })).optional(),
  error: z.object({ code: z.number(), message: z.string().optional(), error_data: z.object({ details: z.string().optional() }).optional() }).optional(),
}); // prettier-ignore

export function whatsappDriver(config: ConfigOf<"whatsapp_cloud">): Driver {
  const caller = createCaller();
  const url = `${config.baseUrl.replace(/\/+$/, "")}/${config.version}/${config.phoneNumberId}/messages`;
  return {
    channel: "whatsapp",
    async send(outgoing) {
      const body = bodyOf(outgoing);
      const answer = await caller.call({
        url, timeoutMs: config.timeoutMs, body,
        headers: { authorization: `Bearer ${config.accessToken ?? ""}`, "content-type": "application/json" },
      }); // prettier-ignore
      const said = saidIn(Said, answer);
      const error = said?.error;
      const meant = error && meaningOf(error.code);
      if (meant && answer.type === "answered")
        return meant(
          detailOf(`${error.code} ${error.error_data?.details ?? error.message ?? ""}`),
          answer.retryAfterMs,
        );
      if (!isTaken(answer)) return refusedBy(answer, false);
      const id = said?.messages?.[0]?.id;
      if (id === undefined) return { type: "unknown", detail: `No message id: ${wordsIn(answer)}` };
      return { type: "sent", providerId: id };
    },
    close: async () => caller.close(),
  };
}

function bodyOf({ id, to, content }: Outgoing): string {
  if (content.channel !== "whatsapp") throw new Error(`A driver for WhatsApp was given ${content.channel}.`);
  const { name, language, values, text } = content;
  const parameters = values.map((value) => ({ type: "text", text: value }));
  return JSON.stringify({
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to: to.replace(/^\+/, ""),
    // Handed back with each status.
    biz_opaque_callback_data: id,
    ...(name === null
      ? { type: "text", text: { body: text ?? "", preview_url: true } }
      : {
          type: "template",
          template: { name, language: { code: language }, ...(parameters.length > 0 && { components: [{ type: "body", parameters }] }) },
        }),
  }); // prettier-ignore
}

type Meaning = (detail: string, retryAfterMs: number | null) => Delivery;
const failed =
  (reason: "bad_address" | "opted_out" | "rejected" | "content" | "too_large", suppress: "invalid" | "unsubscribed" | null = null): Meaning =>
  (detail) => ({ type: "failed", reason, suppress, detail }); // prettier-ignore
const rests: Meaning = (detail, retryAfterMs) => trouble(detail, retryAfterMs ?? DRIVER_LIMITS.restMs);
const slow: Meaning = (detail, retryAfterMs) => trouble(detail, retryAfterMs ?? DRIVER_LIMITS.troubleMs);
const again: Meaning = (detail, retryAfterMs) => ({
  type: "retry",
  afterMs: retryAfterMs,
  provider: false,
  detail,
});

/** Meta's codes with a meaning of their own. */
const CODES: { readonly [code: number]: Meaning } = {
  0: rests, 3: rests, 10: rests, 190: rests, 368: rests, 131005: rests, 131031: rests, 131042: rests, 131045: rests, 133010: rests,
  1: slow, 2: slow, 4: slow, 80007: slow, 130429: slow, 131016: slow, 131048: slow, 131057: slow, 133004: slow,
  131056: again,
  131026: failed("bad_address", "invalid"), 131021: failed("bad_address", "invalid"),
  131050: failed("opted_out", "unsubscribed"),
  // Meta's own cap on marketing for this person, and its experiments: another try would not be welcome.
  131049: failed("rejected"), 130472: failed("rejected"), 131047: failed("rejected"),
  100: failed("content"), 131008: failed("content"), 131009: failed("content"), 131051: failed("content"),
  132005: failed("too_large"),
}; // prettier-ignore

function meaningOf(code: number): Meaning | undefined {
  if (CODES[code]) return CODES[code];
  if (code >= 200 && code < 300) return rests;
  // The template: its parameters, its language, its state.
  return code >= 132000 && code < 132100 ? failed("content") : undefined;
}
