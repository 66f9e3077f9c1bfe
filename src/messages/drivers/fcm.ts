/** Push messages to apps by Firebase Cloud Messaging's HTTP v1 API, as a service account. */
import { createPrivateKey, sign } from "node:crypto";
import { z } from "zod";
import type { Clock, Instant } from "../../values.ts";
import type { Delivery, Driver, Outgoing } from "../model.ts";
import {
  type Answer,
  type Caller,
  createCaller,
  isTaken,
  refusedBy,
  saidIn,
  trouble,
  wordsIn,
} from "./call.ts";
import { type ConfigOf, DRIVER_LIMITS, detailOf } from "./model.ts";

type Config = ConfigOf<"fcm">;
const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** The longest Google allows. */
const ASSERTION_SECONDS = 3600;
const COLLAPSE_BYTES_MAX = 64;

export function fcmDriver(config: Config, clock: Clock): Driver {
  const caller = createCaller();
  const access = accessTo(config, caller, clock);
  const url = `${config.baseUrl.replace(/\/+$/, "")}/v1/projects/${encodeURIComponent(config.projectId)}/messages:send`;
  return {
    channel: "mobile_push",
    async send(outgoing) {
      const body = bodyOf(outgoing, config);
      if (Buffer.byteLength(body) > DRIVER_LIMITS.fcmBytesMax)
        return { type: "failed", reason: "too_large", suppress: null, detail: `More than ${DRIVER_LIMITS.fcmBytesMax} bytes.` }; // prettier-ignore
      const granted = await access.token();
      if ("type" in granted) return granted;
      const answer = await caller.call({
        url, timeoutMs: config.timeoutMs, body,
        headers: { authorization: `Bearer ${granted.token}`, "content-type": "application/json" },
      }); // prettier-ignore
      // The token may have been taken back before its time.
      if (answer.type === "answered" && answer.status === 401) access.forget();
      return deliveryOf(answer);
    },
    close: async () => caller.close(),
  };
}

const Said = z.object({
  name: z.string().optional(),
  error: z.object({
    message: z.string().optional(),
    details: z.array(z.looseObject({ "@type": z.string().optional(), errorCode: z.string().optional() })).optional(),
  }).optional(),
}); // prettier-ignore
const Granted = z.object({ access_token: z.string(), expires_in: z.number().default(ASSERTION_SECONDS) });

/** Words of FCM's own by which a token is dead; without them an invalid argument is a mistake of ours. */
const DEAD_TOKEN = new Set(["UNREGISTERED", "SENDER_ID_MISMATCH", "INVALID_ARGUMENT"]);

function deliveryOf(answer: Answer): Delivery {
  const said = saidIn(Said, answer);
  if (isTaken(answer))
    return said?.name === undefined
      ? { type: "unknown", detail: `No name: ${wordsIn(answer)}` }
      : { type: "sent", providerId: said.name };
  const code = said?.error?.details?.find((one) => one["@type"]?.endsWith("FcmError"))?.errorCode ?? "";
  const detail = detailOf(`${code} ${said?.error?.message ?? wordsIn(answer)}`);
  if (DEAD_TOKEN.has(code)) return { type: "failed", reason: "bad_address", suppress: "invalid", detail };
  if (answer.type === "answered" && answer.status === 400)
    return { type: "failed", reason: "content", suppress: null, detail };
  return refusedBy(answer, false);
}

function bodyOf({ id, to, content }: Outgoing, { ttlSeconds }: Config): string {
  if (content.channel !== "mobile_push")
    throw new Error(`A driver for mobile push was given ${content.channel}.`);
  const { title, body, data } = content;
  return JSON.stringify({
    message: {
      token: to,
      notification: { title, body },
      data: { ...data, message_id: id },
      // Shown once, should it come twice.
      android: { ttl: `${ttlSeconds}s`, notification: { tag: id } },
      ...(Buffer.byteLength(id) <= COLLAPSE_BYTES_MAX && { apns: { headers: { "apns-collapse-id": id } } }),
    },
  });
}

type Access = {
  /** A token in force, or what its lack means for a message. */
  token(): Promise<{ readonly token: string } | Delivery>;
  forget(): void;
};

/** One access token for all messages, asked for once however many wait for it (RFC 7523). */
function accessTo(config: Config, caller: Caller, clock: Clock): Access {
  let kept: { readonly token: string; readonly untilAt: Instant } | null = null;
  let asking: Promise<{ readonly token: string } | Delivery> | null = null;
  const ask = async (): Promise<{ readonly token: string } | Delivery> => {
    const now = clock();
    const assertion = assertionOf(config, now);
    if (assertion === null)
      return trouble("The service account's private key cannot be read.", DRIVER_LIMITS.restMs);
    const answer = await caller.call({
      url: config.tokenUrl, timeoutMs: config.timeoutMs,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ grant_type: GRANT, assertion }).toString(),
    }); // prettier-ignore
    if (answer.type !== "answered")
      return trouble(`No access token: ${answer.detail}`, DRIVER_LIMITS.troubleMs);
    const granted = saidIn(Granted, answer);
    if (answer.status !== 200 || granted === null)
      return trouble(detailOf(`No access token: ${wordsIn(answer)}`), answer.retryAfterMs ?? (answer.status >= 500 ? DRIVER_LIMITS.troubleMs : DRIVER_LIMITS.restMs)); // prettier-ignore
    const token = granted.access_token;
    const lastsMs = granted.expires_in * 1000;
    kept = { token, untilAt: now + lastsMs - DRIVER_LIMITS.tokenSpareMs };
    return { token };
  };
  return {
    token: async () => {
      if (kept && clock() < kept.untilAt) return { token: kept.token };
      asking ??= ask().finally(() => (asking = null));
      return asking;
    },
    forget: () => void (kept = null),
  };
}

function assertionOf({ clientEmail, privateKey, tokenUrl }: Config, now: Instant): string | null {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const issuedAt = Math.floor(now / 1000);
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iss: clientEmail, scope: SCOPE, aud: tokenUrl, iat: issuedAt, exp: issuedAt + ASSERTION_SECONDS })}`;
  try {
    return `${text}.${sign("sha256", Buffer.from(text), createPrivateKey(privateKey ?? "")).toString("base64url")}`;
  } catch {
    return null;
  }
}
