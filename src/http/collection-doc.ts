/**
 * The collection routes as the OpenAPI document tells them. Pure.
 *
 * They are Segment's: the body is read as JSON whatever its content type, unknown fields are kept, and a batch with a
 * bad event is answered 200 (the bad one is kept under `/v1/refused`). So no schema guards them, and this is what a
 * developer may rely on when sending.
 */
import { z } from "zod";
import { EVENT_TYPES, LIMITS } from "../events/model.ts";

const Text = z.string().max(LIMITS.nameCharsMax);
const Time = z.iso.datetime({ offset: true });
const Anything = z.record(z.string(), z.unknown());

const common = {
  userId: z.string().optional().describe("Your own id of a known customer"),
  anonymousId: z.string().optional().describe("The device's id before the customer is known"),
  messageId: z
    .string()
    .max(LIMITS.messageIdCharsMax)
    .optional()
    .describe("Unique per event: the same id again changes nothing. Made here when absent"),
  timestamp: Time.optional().describe("When it happened; now when absent"),
  sentAt: Time.optional().describe("When it was sent, by the sender's clock: corrects its skew"),
  context: Anything.optional().describe(
    "campaign, page, device, locale, consent.categoryPreferences, channel, ...",
  ),
};
const Track = z.object({ event: Text, properties: Anything.optional(), ...common }).meta({
  examples: [
    {
      userId: "u-1",
      event: "Product Viewed",
      properties: { product_id: "boots-42", name: "Boots", price: 129 },
    },
  ],
});
const Identify = z
  .object({ traits: Anything.optional(), ...common })
  .meta({ examples: [{ userId: "u-1", traits: { email: "ann@example.com", name: "Ann" } }] });
const Page = z
  .object({ name: Text.optional(), category: Text.optional(), properties: Anything.optional(), ...common })
  .meta({
    examples: [
      {
        anonymousId: "3f6c",
        name: "Boots",
        properties: { path: "/boots", referrer: "https://www.google.com/" },
      },
    ],
  });
const Group = z
  .object({ groupId: z.string(), traits: Anything.optional(), ...common })
  .meta({ examples: [{ userId: "u-1", groupId: "acme", traits: { name: "Acme" } }] });
const Alias = z
  .object({ previousId: z.string(), ...common })
  .meta({ examples: [{ previousId: "3f6c", userId: "u-1" }] });
const Batch = z
  .object({
    batch: z.array(z.looseObject({ type: z.enum(EVENT_TYPES), ...common })).max(LIMITS.batchEventsMax),
    sentAt: Time.optional(),
    writeKey: z.string().optional(),
    context: Anything.optional(),
  })
  .meta({
    examples: [
      {
        batch: [
          {
            type: "track",
            userId: "u-1",
            event: "Order Completed",
            properties: { order_id: "o-7", total: 129, currency: "EUR" },
          },
        ],
      },
    ],
  });

const Accepted = z.object({ success: z.literal(true) });
const Rejected = z.object({ success: z.literal(false), message: z.string() });

type Operation = { readonly [key: string]: unknown };
const schemaOf = (schema: z.ZodType): Operation => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" }) as { [key: string]: unknown };
  return rest;
};
const answer = (description: string, schema: z.ZodType) => ({
  description,
  content: { "application/json": { schema: schemaOf(schema) } },
});
const retryAfter = { "Retry-After": { description: "Whole seconds to wait", schema: { type: "integer" } } };

const operation = (
  operationId: string,
  summary: string,
  description: string,
  body: z.ZodType,
): Operation => ({
  operationId,
  summary,
  description,
  tags: ["Collection"],
  security: [{ writeKey: [] }],
  requestBody: { required: true, content: { "application/json": { schema: schemaOf(body) } } },
  responses: {
    "200": answer(
      "Kept durably: every good event is accepted, every other is kept with its reason.",
      Accepted,
    ),
    "400": answer("Not JSON, or larger than the limit: nothing was kept.", Rejected),
    "401": answer("No such write key.", Rejected),
    "429": { ...answer("Too much for now: send again after the wait.", Rejected), headers: retryAfter },
    "503": { ...answer("The store cannot take events for now: send again.", Rejected), headers: retryAfter },
  },
});

const one =
  "One event in Segment's shape. The write key goes as the user name of HTTP Basic, or as `writeKey` in the body.";
const limits = `A body has at most ${LIMITS.bodyBytesMax / 1024 / 1024} MB, an event ${LIMITS.eventBytesMax / 1024} KB; gzip, deflate and br are read.`;

/** The collection's paths. Segment's short forms (`/v1/t`, `/v1/b`, ...), pixels and SDK settings are in the manual. */
export const COLLECTION_PATHS: { readonly [path: string]: { readonly post: Operation } } = {
  "/v1/batch": {
    post: operation(
      "sendBatch",
      "Send many events",
      `${limits} Also as /v1/b, /v1/import and /beacon/v1/batch.`,
      Batch,
    ),
  },
  "/v1/track": { post: operation("track", "Something a customer did", one, Track) },
  "/v1/identify": { post: operation("identify", "What is known of a customer", one, Identify) },
  "/v1/page": { post: operation("page", "A page was seen", one, Page) },
  "/v1/screen": { post: operation("screen", "A screen of the app was seen", one, Page) },
  "/v1/group": { post: operation("group", "A customer belongs to an account", one, Group) },
  "/v1/alias": { post: operation("alias", "Two names are one customer", one, Alias) },
};
