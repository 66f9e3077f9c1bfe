/** What the routes of feeds and of a shop's addresses take and answer. */
import { z } from "zod";
import { isoOf } from "../values.ts";
import type { FeedRow } from "./feed-store.ts";
import type { HookRow } from "./hook-store.ts";
import { CATALOGUE_LIMITS, FeedOutcome, HookKind, RowRefusal, ShopConfig } from "./model.ts";

const At = z.iso.datetime();

/** POST /v1/catalogue/feeds. */
export const FeedBody = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).max(CATALOGUE_LIMITS.urlChars).refine((text) => text.isWellFormed()).describe("CSV or lines of JSON, packed with gzip or not"),
    everyMinutes: z.int().min(CATALOGUE_LIMITS.feedEveryMinutesMin).max(CATALOGUE_LIMITS.feedEveryMinutesMax).default(60),
  })
  .meta({ examples: [{ url: "https://shop.example/feeds/products.csv", everyMinutes: 60 }] }); // prettier-ignore
const Reading = z.object({
  outcome: FeedOutcome, detail: z.string().nullable(), at: At, rows: z.int(), made: z.int(), changed: z.int(), same: z.int(),
  refused: z.int(), gone: z.int().describe("Items that were no longer in it, and are inactive from then on"),
  refusedRows: z.array(z.object({ line: z.int(), reason: RowRefusal, detail: z.string() })).describe("The first of the refused ones"),
}); // prettier-ignore
/** A feed, and what came of its last reading. */
export const FeedView = z.object({ id: z.int(), url: z.string(), everyMinutes: z.int(), createdAt: At, dueAt: At.describe("When it is read next"), items: z.int(), reading: Reading.nullable() }); // prettier-ignore
export type FeedView = z.infer<typeof FeedView>;
/** Puts a feed as the outside reads it. */
export const feedView = ({ createdAt, dueAt, reading, ...feed }: FeedRow): FeedView => ({
  ...feed, createdAt: isoOf(createdAt), dueAt: isoOf(dueAt), reading: reading && { ...reading, at: isoOf(reading.at), refusedRows: [...reading.refusedRows] },
}); // prettier-ignore

/** An address, and what was heard there last. */
export const HookView = z.object({
  id: z.int(), name: z.string(), kind: HookKind, config: ShopConfig.nullable(), url: z.string().describe("The address to tell at"), createdAt: At, heardAt: At.nullable(),
  heard: z.object({ type: z.string(), topic: z.string().optional(), items: z.int().optional(), detail: z.string().optional() }).nullable().describe("What was heard last"),
}); // prettier-ignore
export type HookView = z.infer<typeof HookView>;
/** Puts an address as the outside reads it; `base`: of this server. */
export const hookView = ({ createdAt, heardAt, ...hook }: HookRow, base: string): HookView => ({
  ...hook, config: hook.config ?? null, url: `${base}/hooks/catalogue/${hook.id}`, createdAt: isoOf(createdAt), heardAt: heardAt === null ? null : isoOf(heardAt),
}); // prettier-ignore
