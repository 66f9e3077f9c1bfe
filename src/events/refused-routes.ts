/**
 * Refused events over HTTP: what was refused and why, and trying again after a fix (of the sender's data, of the event by
 * hand, or of this program).
 */
import { z } from "zod";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { isoOf } from "../values.ts";
import { LIMITS, RefusalReason } from "./model.ts";
import type { RefusedRow } from "./refused.ts";
import { type ReplayDeps, replay, type Replayed } from "./replay.ts";

const At = z.iso.datetime().describe("ISO 8601, UTC");
/** A refused event as the API shows it. */
const RefusedView = z.object({
  id: z.number().int(),
  reason: RefusalReason,
  detail: z.string().describe("The reason in one sentence"),
  messageId: z.string().nullable(),
  key: z.number().int().nullable().describe("The key it came in by"),
  refusedAt: At.describe("When it was received"),
  replayedAt: At.nullable().describe("When it became an event after all, or null"),
  body: z.string().describe(`The event as it came, cut to ${LIMITS.eventBytesMax / 1024} KB`),
});
type RefusedView = z.infer<typeof RefusedView>;
/** GET /v1/refused: newest first. */
const RefusedList = z.object({ refused: z.array(RefusedView), nextCursor: z.string().nullable() });
/** What trying one again came to. */
const ReplayOutcome = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("accepted"), id: z.number(), messageId: z.string() }),
  z.object({ outcome: z.literal("refused"), id: z.number(), reason: RefusalReason, detail: z.string() }),
  z.object({ outcome: z.literal("already_replayed"), id: z.number() }),
]);
/** What trying many again came to. */
const ReplayedMany = z.object({
  accepted: z.number().int(),
  refused: z.number().int().describe("Still refused, with the reason of today"),
  more: z.boolean().describe("Older ones were not tried for the limit; pass nextCursor to go on"),
  nextCursor: z.string().nullable(),
});

const Id = z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
const REPLAY_MAX = 1_000;

/** Registers them; each needs a secret key or a session. */
export function refusedRoutes(app: App, deps: ReplayDeps): void {
  readRoutes(app, deps);
  replayRoutes(app, deps);
}

function readRoutes(app: App, { refused }: ReplayDeps): void {
  app.get(
    "/v1/refused",
    {
      config: { access: "secret" },
      schema: {
        operationId: "listRefused",
        summary: "Refused events",
        tags: ["Events"],
        querystring: z.object({
          ...pageQuery(500),
          reason: RefusalReason.optional(),
          waiting: z
            .enum(["true", "false"])
            .optional()
            .describe("true: only those not replayed; false: only those replayed"),
        }),
        response: { 200: RefusedList },
      },
    },
    async ({ workspace, query: { limit, cursor, reason, waiting } }) => {
      const place = placeOf(cursor, ["number"]);
      const filter = { reason, waiting: waiting === undefined ? undefined : waiting === "true" };
      const rows = await refused.list(workspace, filter, limit, place?.[0]);
      return {
        refused: rows.map(viewOf),
        nextCursor: rows.length === limit ? cursorOf([rows.at(-1)!.id]) : null,
      };
    },
  );
  app.get(
    "/v1/refused/:id",
    {
      config: { access: "secret" },
      schema: {
        operationId: "readRefused",
        summary: "One refused event",
        tags: ["Events"],
        params: Id,
        response: { 200: RefusedView },
      },
    },
    async ({ workspace, params: { id } }) => {
      const row = await refused.read(workspace, id);
      if (!row) throw new Failure("not_found", `There is no refused event ${id}.`);
      return viewOf(row);
    },
  );
}

function replayRoutes(app: App, deps: ReplayDeps): void {
  app.post(
    "/v1/refused/:id/replay",
    {
      config: { access: "secret" },
      schema: {
        operationId: "replayRefused",
        summary: "Try one again, as it came or corrected",
        tags: ["Events"],
        params: Id,
        body: z
          .object({ event: z.record(z.string(), z.unknown()).optional().describe("The corrected event") })
          .nullish()
          .meta({ examples: [{ event: { type: "track", userId: "ada", event: "Order Completed" } }] }),
        response: { 200: ReplayOutcome },
      },
    },
    async ({ workspace, params: { id }, body }) => {
      const row = await deps.refused.read(workspace, id);
      if (!row) throw new Failure("not_found", `There is no refused event ${id}.`);
      if (row.replayedAt !== null) return { outcome: "already_replayed" as const, id };
      const [outcome] = await replay(workspace, [{ row, corrected: body?.event }], deps);
      return answerOf(outcome!);
    },
  );
  app.post(
    "/v1/refused/replay",
    {
      config: { access: "secret" },
      schema: {
        operationId: "replayManyRefused",
        summary: "Try many again, newest first",
        tags: ["Events"],
        body: z
          .object({
            reason: RefusalReason.optional(),
            limit: z.number().int().min(1).max(REPLAY_MAX).default(REPLAY_MAX),
            cursor: z.string().optional().describe("nextCursor of the call before"),
          })
          .meta({ examples: [{ reason: "missing_name", limit: 100 }] }),
        response: { 200: ReplayedMany },
      },
    },
    async ({ workspace, body: { reason, limit, cursor } }) => {
      const rows = await deps.refused.list(
        workspace,
        { reason, waiting: true },
        limit,
        placeOf(cursor, ["number"])?.[0],
      );
      const outcomes = await replay(
        workspace,
        rows.map((row) => ({ row })),
        deps,
      );
      const accepted = outcomes.filter(({ event }) => event).length;
      const more = rows.length === limit;
      return {
        accepted,
        refused: outcomes.length - accepted,
        more,
        nextCursor: more ? cursorOf([rows.at(-1)!.id]) : null,
      };
    },
  );
}

const viewOf = ({ refusedAt, replayedAt, ...row }: RefusedRow): RefusedView => ({
  ...row,
  refusedAt: isoOf(refusedAt),
  replayedAt: replayedAt === null ? null : isoOf(replayedAt),
});

const answerOf = ({ id, event, refusal }: Replayed) =>
  event
    ? { outcome: "accepted" as const, id, messageId: event.id }
    : { outcome: "refused" as const, id, reason: refusal!.reason, detail: refusal!.detail };
