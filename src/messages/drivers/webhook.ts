/** A message to a system of the business' own, as Standard Webhooks say: signed, and under one id however often it comes. */
import { signedHeaders } from "../../webhooks/sign.ts";
import type { Clock } from "../../values.ts";
import type { Delivery, Driver } from "../model.ts";
import { createCaller, isTaken, refusedBy, wordsIn } from "./call.ts";
import { type ConfigOf, DRIVER_LIMITS } from "./model.ts";

export function webhookDriver(config: ConfigOf<"webhook">, clock: Clock): Driver {
  const caller = createCaller();
  return {
    channel: "webhook",
    async send({ id, to, content }) {
      if (content.channel !== "webhook") throw new Error(`A driver for webhooks was given ${content.channel}.`);
      const { body } = content;
      if (Buffer.byteLength(body) > DRIVER_LIMITS.webhookBytesMax)
        return failed("too_large", null, `More than ${DRIVER_LIMITS.webhookBytesMax} bytes.`);
      if (!isJson(body)) return failed("content", null, "The body is not JSON.");
      const headers = { "content-type": "application/json", ...signedHeaders(config.secret ?? "", id, Math.floor(clock() / 1000), body) };
      const answer = await caller.call({ url: to, timeoutMs: config.timeoutMs, headers, body });
      if (isTaken(answer)) return { type: "sent", providerId: id };
      if (answer.type === "answered" && (answer.status === 404 || answer.status === 410))
        return failed("bad_address", answer.status === 410 ? "invalid" : null, wordsIn(answer));
      const delivery = refusedBy(answer, true);
      // One receiver's trouble is not that of the others: each address is its own.
      return delivery.type === "retry" ? { ...delivery, provider: false } : delivery;
    },
    close: async () => caller.close(),
  }; // prettier-ignore
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const failed = (
  reason: "bad_address" | "too_large" | "rejected" | "content",
  suppress: "invalid" | null,
  detail: string,
): Delivery => ({ type: "failed", reason, suppress, detail });
