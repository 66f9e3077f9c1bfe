/**
 * Push messages to browsers (RFC 8030). Where they go was told by browsers, which is to say by anybody: endpoints in
 * private networks are not called, and only a push service that is known can make the whole provider rest.
 */
import { createECDH, createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { guardedLookup, publicLookup, publicRefusalOf, refusalOf } from "../../webhooks/post.ts";
import type { Clock } from "../../values.ts";
import type { Delivery, Driver, Outgoing } from "../model.ts";
import { type Answer, createCaller, isTaken, refusedBy, wordsIn } from "./call.ts";
import { type ConfigOf, DRIVER_LIMITS } from "./model.ts";
import { encryptPush, vapidHeader } from "./push-encryption.ts";

const Subscription = z.object({
  endpoint: z.url({ protocol: /^https?$/ }).max(2_000),
  keys: z.object({ p256dh: z.string().max(200), auth: z.string().max(100) }),
});
/** The services behind the browsers in use. */
const KNOWN = /(^|\.)(googleapis\.com|push\.services\.mozilla\.com|notify\.windows\.com|push\.apple\.com)$/;
/** At most 24 hours are allowed (RFC 8292, section 2). */
const TOKEN_SECONDS = 12 * 3600;

export function webPushDriver(config: ConfigOf<"vapid">, clock: Clock): Driver {
  const any = config.endpoints === "any";
  const caller = any ? createCaller(guardedLookup, refusalOf) : createCaller(publicLookup, publicRefusalOf);
  return {
    channel: "web_push",
    async send(outgoing) {
      const subscription = subscriptionOf(outgoing.to);
      const plain = payloadOf(outgoing);
      if (plain.length > DRIVER_LIMITS.pushBytesMax)
        return failed("too_large", null, `${plain.length} bytes are more than ${DRIVER_LIMITS.pushBytesMax}.`);
      if (!subscription) return failed("bad_address", "invalid", "The address is no push subscription.");
      const url = new URL(subscription.endpoint);
      if (!any && url.protocol !== "https:") return failed("bad_address", "invalid", "A push service is reached by https.");
      let body: Buffer;
      try {
        const pair = createECDH("prime256v1");
        pair.generateKeys();
        body = encryptPush(plain, subscription.keys, { salt: randomBytes(16), privateKey: pair.getPrivateKey() });
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        return failed("bad_address", "invalid", cause.message);
      }
      const keys = { publicKey: config.publicKey ?? "", privateKey: config.privateKey ?? "" };
      const answer = await caller.call({
        url: subscription.endpoint, timeoutMs: config.timeoutMs, body,
        headers: {
          ttl: String(config.ttlSeconds), urgency: config.urgency,
          // One still waiting at the push service is replaced by a message of the same id.
          topic: createHash("sha256").update(outgoing.id).digest("base64url").slice(0, 32),
          "content-encoding": "aes128gcm", "content-type": "application/octet-stream",
          authorization: vapidHeader(keys, url.origin, config.subject, Math.floor(clock() / 1000) + TOKEN_SECONDS),
        },
      });
      return deliveryOf(answer, outgoing.id, any || KNOWN.test(url.hostname));
    },
    close: async () => caller.close(),
  }; // prettier-ignore
}

function deliveryOf(answer: Answer, id: string, known: boolean): Delivery {
  if (isTaken(answer) && answer.type === "answered")
    return { type: "sent", providerId: answer.headers.location ?? id };
  if (answer.type === "answered" && isGone(answer.status, answer.text))
    return failed("bad_address", "invalid", wordsIn(answer));
  const delivery = refusedBy(answer, false);
  if (delivery.type !== "retry") return delivery;
  // One push service of several: only a refusal of our own keys is the whole provider's trouble.
  return { ...delivery, provider: known && answer.type === "answered" && [401, 403].includes(answer.status) };
}

/** The subscription ended, or was made with another public key than ours of today. */
const isGone = (status: number, text: string): boolean =>
  status === 404 ||
  status === 410 ||
  ([400, 401, 403].includes(status) && /mismatch|do(es)? not correspond/i.test(text));

function subscriptionOf(text: string): z.infer<typeof Subscription> | null {
  try {
    return Subscription.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** What the page's service worker is given; `id` to tell of seeing it and to show it once. */
function payloadOf({ id, content }: Outgoing): Buffer {
  if (content.channel !== "web_push") throw new Error(`A driver for web push was given ${content.channel}.`);
  const { title, body, url, icon } = content;
  return Buffer.from(JSON.stringify({ id, title, body, ...(url !== null && { url }), ...(icon !== null && { icon }) })); // prettier-ignore
}

const failed = (
  reason: "bad_address" | "too_large" | "rejected",
  suppress: "invalid" | null,
  detail: string,
): Delivery => ({ type: "failed", reason, suppress, detail });
