/** Composes a digest: asks its views and puts the answers, with the open alerts, into one mail. */
import type { Period } from "../analysis/model.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { readFunnel } from "../metrics/funnel.ts";
import { readMetrics } from "../metrics/metrics.ts";
import { FunnelAsked, MetricsAsked, RetentionAsked } from "../metrics/model.ts";
import { readRetention } from "../metrics/retention.ts";
import { beginOf, periodOf } from "../metrics/calendar.ts";
import { type Instant, type JsonObject, isoOf } from "../values.ts";
import { DIGEST_LIMITS, DigestDraft, type View } from "./model.ts";
import { type DigestRow, listAlerts, listViews } from "./store.ts";
import {
  type Section,
  basisWords,
  funnelSection,
  mailOf,
  metricsSection,
  retentionSection,
} from "./words.ts";

export type ComposeDeps = { readonly sql: Sql; readonly log: EventLog };
type ComposedMail = { readonly subject: string; readonly text: string; readonly html: string };

/** The mail of a digest at `now`. */
export async function composeDigest(
  deps: ComposeDeps,
  digest: DigestRow,
  now: Instant,
): Promise<ComposedMail> {
  const { sql } = deps;
  const { workspace, zone } = digest;
  const draft = DigestDraft.parse(digest.draft);
  const [named, views] = [await sql.query<{ name: string }>("select name from workspaces where id = $1", [workspace]), await listViews(sql, workspace)]; // prettier-ignore
  const sections: Section[] = [];
  for (const id of draft.views) {
    const view = views.find((one) => one.id === id);
    if (view) sections.push(await sectionOf(deps, digest, view, bodyOf(view, zone, now), now));
  }
  const alerts = draft.alerts ? (await listAlerts(sql, workspace, { open: true, limit: DIGEST_LIMITS.alertsMax })).alerts : null; // prettier-ignore
  return mailOf(draft.name, named[0]!.name, sections, alerts);
}

/** A view's body with its scope: the last whole days there, where the view says so. */
export function bodyOf(
  { body, lastDays }: Pick<View, "body" | "lastDays">,
  zone: string,
  now: Instant,
): JsonObject {
  if (lastDays === null) return body;
  const today = periodOf(now, "day", zone);
  const [from, to] = [beginOf(today - lastDays, "day", zone), beginOf(today, "day", zone)];
  const scope = typeof body["scope"] === "object" && body["scope"] !== null && !Array.isArray(body["scope"]) ? body["scope"] : {}; // prettier-ignore
  return { ...body, scope: { ...(scope as JsonObject), from: isoOf(from), to: isoOf(to) } };
}

const NOT_UNDERSTOOD = "This view's question is not understood any more.";

/** One view's answer; a question that cannot be answered says why, and the others are still brought. */
async function sectionOf({ sql, log }: ComposeDeps, { workspace, zone }: DigestRow, { name, path }: View, body: JsonObject, now: Instant): Promise<Section> {
  const deps = { sql, log, workspace, now };
  const problem = (detail: string): Section => ({ title: name, basis: null, header: [], rows: [], note: detail });
  try {
    switch (path) {
      case "/v1/funnels": {
        const asked = FunnelAsked.safeParse(body);
        if (!asked.success) return problem(NOT_UNDERSTOOD);
        const found = await readFunnel(deps, asked.data);
        return funnelSection(name, found.answer, basisWords(scopeWords(asked.data.scope), found, zone, found.method));
      }
      case "/v1/retention": {
        const asked = RetentionAsked.safeParse(body);
        if (!asked.success) return problem(NOT_UNDERSTOOD);
        const found = await readRetention(deps, asked.data);
        return retentionSection(name, found.answer, basisWords(scopeWords(asked.data.scope), found, zone, found.method));
      }
      default: {
        const asked = MetricsAsked.safeParse(body);
        if (!asked.success) return problem(NOT_UNDERSTOOD);
        const found = await readMetrics(deps, asked.data);
        const methods = [...new Set(found.answer.metrics.map(({ method }) => method))].join(" ");
        return metricsSection(name, found.answer, basisWords(scopeWords(asked.data.scope), found, zone, methods));
      }
    }
  } catch (cause) {
    if (cause instanceof Failure && (cause.code === "not_found" || cause.code === "unprocessable")) return problem(cause.message);
    throw cause;
  }
} // prettier-ignore
const scopeWords = ({ from, to }: Period) => ({ from: isoOf(from), to: isoOf(to) });
