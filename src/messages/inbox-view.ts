/** An in-app message as a site or an app is given it. Pure. */
import { z } from "zod";
import { isoOf } from "../values.ts";
import type { InboxRow } from "./inbox-store.ts";

export const InboxMessage = z.object({
  id: z.int(),
  place: z.string().describe("Where it is to be shown, as its template says"),
  title: z.string(),
  body: z.string(),
  url: z.string().nullable(),
  createdAt: z.iso.datetime(),
  seenAt: z.iso.datetime().nullable(),
});
export type InboxMessage = z.infer<typeof InboxMessage>;
export const InboxPage = z.object({
  messages: z.array(InboxMessage).describe("Newest first, without those dismissed"),
  unseen: z.int().describe("How many in all were not seen yet"),
  nextCursor: z.string().nullable(),
});

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A row as it is shown. */
export const messageOf = ({ id, place, body, createdAt, seenAt }: InboxRow): InboxMessage => ({
  id, place, title: textOf(body["title"]), body: textOf(body["body"]), url: typeof body["url"] === "string" ? body["url"] : null,
  createdAt: isoOf(createdAt), seenAt: seenAt === null ? null : isoOf(seenAt),
}); // prettier-ignore
