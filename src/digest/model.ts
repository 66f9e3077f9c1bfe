/** Saved views, the digest that brings them by mail, and alerts of what changed: shapes and limits. Pure. */
import { z } from "zod";
import { MetricKey } from "../metrics/model.ts";
import { AnyJson } from "../values.ts";

export const DIGEST_LIMITS = {
  viewsMax: 500,
  bodyCharsMax: 50_000,
  digestsMax: 50,
  toMax: 50,
  viewsPerDigestMax: 20,
  /** Rows of one view's table in a mail; the rest is on the screen. */
  rowsMax: 30,
  alertsMax: 1_000,
  alertsInMailMax: 20,
  /** An occasion missed longer ago than this is not made up for. */
  missedMsMax: 6 * 3_600_000,
  /** How long history is that alerts are sought in. */
  watchedDays: 180,
  /** A change that began longer ago than this raises no alert any more. */
  newsDays: 30,
} as const;

const At = z.iso.datetime();
const Id = z.int().min(1);

/** A question that is kept: where it is asked, and with what. */
export const ViewDraft = z.strictObject({
  name: z.string().trim().min(1).max(200),
  path: z.string().regex(/^\/v1\/[a-z][a-z/-]{0,98}$/).describe("Where the question is posted, as /v1/metrics"),
  body: z.record(z.string().max(100), AnyJson),
  lastDays: z.int().min(1).max(3_660).nullable().default(null).describe("The scope is the last so many whole days before the one on which it is opened, by the workspace's clock: the same on screen and in a digest; null: as it stands in the body"),
}).meta({ examples: [{ name: "Recognition, four weeks", path: "/v1/metrics", body: { metrics: ["recognition"] }, lastDays: 28 }] }); // prettier-ignore
export type ViewDraft = z.infer<typeof ViewDraft>;
export const View = ViewDraft.extend({ id: Id, createdAt: At, updatedAt: At, by: z.string() });
export type View = z.infer<typeof View>;
export const ViewList = z.object({ views: z.array(View) });

export const DigestDraft = z.strictObject({
  name: z.string().trim().min(1).max(200),
  to: z.array(z.email().max(320)).min(1).max(DIGEST_LIMITS.toMax).describe("Addresses of people of this workspace"),
  every: z.enum(["day", "week"]).default("week"),
  weekday: z.int().min(1).max(7).default(1).describe("Of a weekly one: 1 is Monday"),
  hour: z.int().min(0).max(23).default(8).describe("By the workspace's clock"),
  views: z.array(Id).min(1).max(DIGEST_LIMITS.viewsPerDigestMax).describe("Saved views of metrics, funnels and retention"),
  alerts: z.boolean().default(true).describe("With the alerts nobody has seen yet"),
  on: z.boolean().default(true),
}).meta({ examples: [{ name: "Monday morning", to: ["ann@example.com"], every: "week", weekday: 1, hour: 8, views: [1] }] }); // prettier-ignore
export type DigestDraft = z.infer<typeof DigestDraft>;
export const Digest = DigestDraft.extend({
  id: Id,
  createdAt: At,
  last: z.object({ at: At, sent: z.int(), problem: z.string().nullable() }).nullable().describe("The occasion before; null: there was none"),
  nextAt: At.nullable().describe("null: it is off"),
}); // prettier-ignore
export type Digest = z.infer<typeof Digest>;
export const DigestList = z.object({ digests: z.array(Digest) });

/** Something changed that chance and the days of the week do not explain. */
export const Alert = z.object({
  id: Id,
  metric: MetricKey,
  part: z.string().nullable(),
  name: z.string(),
  words: z.string().describe("What changed, in a sentence"),
  direction: z.enum(["up", "down"]),
  worse: z.boolean().nullable().describe("null: neither is better"),
  since: At,
  before: z.number(),
  after: z.number(),
  pValue: z.number(),
  foundAt: At,
  seenAt: At.nullable(),
  seenBy: z.string().nullable(),
});
export type Alert = z.infer<typeof Alert>;
export const AlertList = z.object({ alerts: z.array(Alert), nextCursor: z.string().nullable() });
export const AlertSeen = z.strictObject({ seen: z.boolean() });
