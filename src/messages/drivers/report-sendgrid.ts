/** SendGrid's event webhook: signed with a key pair, over the very bytes of the body. */
import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import type { Report } from "../model.ts";
import { idOfMail } from "./mail.ts";
import { DRIVER_LIMITS, detailOf } from "./model.ts";

/** Whether SendGrid sent these bytes: ECDSA over the timestamp and the body. False for keys and signatures that are none. */
export function isFromSendgrid(
  publicKey: string,
  signature: string,
  timestamp: string,
  body: Buffer,
): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    return verify(
      "sha256",
      Buffer.concat([Buffer.from(timestamp), body]),
      key,
      Buffer.from(signature, "base64"),
    );
  } catch {
    return false;
  }
}

const Event = z.object({
  event: z.string(),
  email: z.string(),
  timestamp: z.number(),
  sg_event_id: z.string(),
  sg_message_id: z.string().optional(),
  "smtp-id": z.string().optional(),
  /** Our unique argument. */
  message: z.string().optional(),
  type: z.string().optional(),
  reason: z.string().optional(),
  status: z.string().optional(),
  url: z.string().optional(),
});

/** What a verified body says. */
export function readSendgrid(body: unknown, provider: number): readonly Report[] {
  if (!Array.isArray(body)) return [];
  return body.slice(0, DRIVER_LIMITS.reportsPerHook).flatMap((item): readonly Report[] => {
    const { data: event } = Event.safeParse(item);
    const meant = event && meaningOf(event);
    if (!event || !meant) return [];
    return [
      {
        provider, providerId: event.sg_message_id?.split(".")[0] ?? null, messageId: event.message ?? idOfMail(event["smtp-id"]),
        reportId: `sendgrid:${event.sg_event_id}`, at: event.timestamp * 1000, address: event.email.toLowerCase(),
        detail: detailOf(event.url ?? event.reason ?? event.status ?? ""), ...meant,
      },
    ];
  });
} // prettier-ignore

type Meaning = Pick<Report, "what" | "permanent">;
const EVENTS: { readonly [event: string]: Meaning } = {
  delivered: { what: "delivered", permanent: false }, deferred: { what: "deferred", permanent: false },
  open: { what: "opened", permanent: false }, click: { what: "clicked", permanent: false },
  spamreport: { what: "complained", permanent: true }, unsubscribe: { what: "unsubscribed", permanent: true },
  group_unsubscribe: { what: "unsubscribed", permanent: true }, group_resubscribe: { what: "resubscribed", permanent: false },
}; // prettier-ignore

function meaningOf({ event, type, reason = "" }: z.infer<typeof Event>): Meaning | undefined {
  // "blocked": this mail was refused, the address was not.
  if (event === "bounce") return { what: "bounced", permanent: type !== "blocked" };
  if (event !== "dropped") return EVENTS[event];
  // What SendGrid did not even try, because of what it knows of the address.
  if (/bounced|invalid/i.test(reason)) return { what: "bounced", permanent: true };
  if (/spam report/i.test(reason)) return { what: "complained", permanent: true };
  return { what: /unsubscribed/i.test(reason) ? "unsubscribed" : "failed", permanent: false };
}
