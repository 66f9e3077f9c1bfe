/** HTTP of receipts: for those who run the business by the API, and for the customer by the link in the message. */
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { TRANSACTIONAL } from "../permission/model.ts";
import type { WorkspaceId } from "../values.ts";
import { CUSTOMER_PAGE_HEADERS } from "./customer-headers.ts";
import { speechFor, speechOf } from "./customer-language.ts";
import { brokenLinkPage } from "./customer-page.ts";
import { MessageReceipt, ReceiptFacts, type ReceiptRow, receiptOf } from "./receipt.ts";
import { receiptPage } from "./receipt-page.ts";
import { readFromWhom } from "./render-read.ts";
import { type LinkKey, readToken, tokenOf } from "./tokens.ts";

export type ReceiptDeps = { readonly sql: Sql; readonly key: LinkKey };

/** Registers `/v1/messages/{id}/receipt` and `/r/`. */
export function receiptRoutes(app: App, { sql, key }: ReceiptDeps): void {
  app.get("/v1/messages/:id/receipt", {
    config: { access: "secret" },
    schema: {
      operationId: "readReceipt", tags: ["Messages"], summary: "Why a message was sent, or why it was not",
      description: "What held when it was decided: whatever was changed since, a receipt stays as it is.",
      params: z.object({ id: z.string().min(1).max(200) }), response: { 200: MessageReceipt },
    },
  }, async ({ workspace, params: { id } }) => {
    const row = await readReceipt(sql, workspace, id);
    if (!row) throw new Failure("not_found", `There is no message ${id}.`);
    return receiptOf(row);
  }); // prettier-ignore

  app.get<{ Params: { "*": string } }>("/r/*", { config: { access: "public" }, schema: { hide: true } }, async (request, reply) => {
    const said = readToken(key, "receipt", request.params["*"]);
    const row = said && (await readReceipt(sql, said[0], said[2]));
    if (!row) return reply.code(404).headers(CUSTOMER_PAGE_HEADERS).send(brokenLinkPage(request.params["*"], speechFor(request, [])));
    const [workspace, atom, message] = said;
    const { name } = await readFromWhom(sql, workspace);
    const unsubscribe = row.purpose === TRANSACTIONAL ? null : `/u/${tokenOf(key, "unsubscribe", [workspace, atom, message, row.channel, row.purpose])}`;
    const html = receiptPage(await speechOf(sql, request, workspace, atom), name, row, { preferences: `/p/${tokenOf(key, "preferences", [workspace, atom, message])}`, unsubscribe });
    return reply.headers(CUSTOMER_PAGE_HEADERS).send(html);
  }); // prettier-ignore
}

/** A message as its receipt tells it; null when there is none in the workspace. */
async function readReceipt(sql: Sql, workspace: WorkspaceId, id: string): Promise<(ReceiptRow & { readonly subject: string | null }) | null> {
  const [row] = await sql.query<ReceiptRow & { subject: string | null }>(
    `select id, atom, channel, template, template_no, purpose, state, reason, detail, created_at, settled_at, receipt,
       coalesce(content->>'subject', content->>'title') as subject
     from messages where workspace = $1 and id = $2`,
    [workspace, id],
  );
  if (!row) return null;
  const facts = ReceiptFacts.safeParse(row.receipt);
  return { ...row, receipt: facts.success ? facts.data : null };
} // prettier-ignore
