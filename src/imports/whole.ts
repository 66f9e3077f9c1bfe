/**
 * Lines that are whole events already: Segment's (from an SDK or Segment's archives) and those of our own export. Pure.
 *
 * An archived event carries the clocks of the day it was sent. The door corrects a sender's clock by the moment of
 * receipt, which for history is years off; so the correction is made here, from the archive's own receipt, and the
 * fields it was made from are left out.
 */
import { EVENT_NAMES } from "../events/model.ts";
import type { Json, JsonObject } from "../values.ts";
import { isObject, textOf } from "./sources.ts";

/** The body of one archived Segment event; `idOf` names it when it has no messageId. */
export function segmentBody(row: JsonObject, idOf: () => string): JsonObject {
  const { sentAt, originalTimestamp, receivedAt, timestamp, ...rest } = row;
  const at =
    timestamp ?? correctedOf(originalTimestamp, sentAt, receivedAt) ?? originalTimestamp ?? receivedAt;
  const id = textOf(row["messageId"]);
  return {
    ...rest,
    messageId: id === "" ? idOf() : id,
    ...(at !== undefined && at !== null && { timestamp: at }),
  };
}

function correctedOf(
  original: Json | undefined,
  sent: Json | undefined,
  received: Json | undefined,
): string | undefined {
  const [originalAt, sentAt, receivedAt] = [original, sent, received].map((text) =>
    typeof text === "string" ? Date.parse(text) : Number.NaN,
  );
  const at = receivedAt! - (sentAt! - originalAt!);
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : undefined;
}

/** The body of one line of `GET /v1/export/events`, such that importing it gives the same event again. */
export function throughlineBody(row: JsonObject, idOf: () => string): JsonObject {
  const more = objectOf(row["more"]);
  const type = textOf(row["type"]);
  const id = textOf(row["messageId"]);
  const usual = row["name"] === (EVENT_NAMES as { readonly [type: string]: string })[type];
  const { top, external } = namesOf(row["identifiers"]);
  return given({
    type,
    messageId: id === "" ? idOf() : id,
    [type === "track" ? "event" : "name"]: usual ? undefined : row["name"],
    timestamp: row["happenedAt"],
    properties: filled(row["properties"]),
    traits: filled(row["traits"]),
    groupId: more["accountId"],
    previousId: objectOf(more["previous"])["value"],
    ...top,
    context: given({
      ...objectOf(more["context"]),
      ...(more["referrer"] !== undefined && {
        page: { ...objectOf(objectOf(more["context"])["page"]), referrer: more["referrer"] },
      }),
      channel: row["channel"],
      touchpoint: row["touchpoint"],
      campaign: more["campaign"],
      ...consentsOf(row, more["consents"]),
      externalIds: external,
    }),
  });
}

/** Consent answers in the form the door reads them: those that it cannot read again from the event's name or traits. */
function consentsOf(row: JsonObject, consents: Json | undefined): JsonObject {
  const answers = Array.isArray(consents) ? (consents as readonly Json[]).map(objectOf) : [];
  const gpc = answers.some(({ source }) => source === "gpc");
  const told =
    /subscri|opt|spam|complain/i.test(textOf(row["name"])) ||
    objectOf(row["traits"])["cio_subscription_preferences"] !== undefined;
  const categories = told
    ? []
    : answers.filter(({ source, channel }) => source === "event" && channel === "all");
  return given({
    globalPrivacyControl: gpc ? true : undefined,
    consent:
      categories.length === 0
        ? undefined
        : {
            categoryPreferences: Object.fromEntries(
              categories.map(({ purpose, answer }) => [textOf(purpose), answer === "granted"]),
            ),
          },
  });
}

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const filled = (value: Json | undefined): Json | undefined =>
  isObject(value) && Object.keys(value).length > 0 ? value : undefined;
/** The fields that hold something. */
const given = (fields: { readonly [key: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined),
  );

function namesOf(identifiers: Json | undefined) {
  const top: { userId?: Json; anonymousId?: Json } = {};
  const external: JsonObject[] = [];
  for (const identifier of Array.isArray(identifiers) ? (identifiers as readonly Json[]) : []) {
    if (!isObject(identifier)) continue;
    const { kind = null, value = null } = identifier;
    if (kind === "user_id" && top.userId === undefined) top.userId = value;
    else if (kind === "anonymous_id" && top.anonymousId === undefined) top.anonymousId = value;
    else external.push({ id: value, type: kind, collection: "users", encoding: "none" });
  }
  return { top, external };
}
