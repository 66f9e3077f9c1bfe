/**
 * The loop that does what journeys ask of the world beside messages: webhooks, traits, audiences. Each call is settled
 * once, in the store, and told after that by an event which is named by the call; so a crash between doing and telling
 * tells again what is one event, and a crash before settling repeats a webhook under the same webhook-id.
 */
import { randomBytes } from "node:crypto";
import type { Database, Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { isFlaw, parseLiquid, renderLiquid } from "../messages/liquid.ts";
import { readTemplateData } from "../messages/render-read.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import { type ForceReader, forceReader } from "../segments/customer.ts";
import type { Clock, Instant, Json, JsonObject, WorkspaceId } from "../values.ts";
import { type Vault, ownSecretOf } from "../vault.ts";
import { post } from "../webhooks/post.ts";
import { SECRET_BYTES, secretOf, signedHeaders } from "../webhooks/sign.ts";
import { CALL_LIMITS, type CallFailure, callOutcome, type CallOutcome, eventOfCall } from "./call-rules.ts";
import { type ClaimedCall, claimCalls, doQuickCalls, forgetCalls, markCallsTold, nextCallDue, readUntoldCalls, settleCall } from "./call-store.ts"; // prettier-ignore
import { CALLS_CHANNEL } from "./save.ts";

export type CallerDeps = {
  readonly sql: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Makes events of our own durable; the same may be told again. */
  readonly tell: (events: readonly Event[]) => Promise<void>;
  readonly onFault: (cause: unknown) => void;
  /** In [0, 1): spreads what is tried again. */
  readonly random?: () => number;
};
export type Caller = {
  /** Looks for something to do now. */
  wake(): void;
  /** Finishes what is under way. */
  stop(): Promise<void>;
};

const IDLE_MS = 60_000;
const FAULT_MS = 1_000;
const FORGET_MS = 3_600_000;
/** What was told is kept so long, to be looked up. */
const KEEP_MS = 7 * 86_400_000;
const TELL_MAX = 500;

/** Starts the loop. */
export function startCaller(deps: CallerDeps): Caller {
  const running = new Calling(deps);
  return { wake: () => running.wake(), stop: () => running.stop() };
}

class Calling {
  readonly #deps: CallerDeps;
  readonly #force: ForceReader;
  readonly #underWay = new Map<string, number>();
  readonly #calls = new Set<Promise<void>>();
  readonly #listening: Promise<{ stop(): Promise<void> }>;
  readonly #rounds: Rounds;
  #forgottenAt = -Infinity;

  constructor(deps: CallerDeps) {
    this.#deps = deps;
    this.#force = forceReader(deps.sql);
    this.#listening = deps.sql.listen(CALLS_CHANNEL, () => this.wake());
    this.#rounds = startRounds({ round: () => this.#round(), onFault: deps.onFault, faultMs: FAULT_MS });
  }

  wake(): void {
    this.#rounds.wake();
  }

  async stop(): Promise<void> {
    const ended = this.#rounds.stop();
    await (await this.#listening).stop();
    await ended;
    await Promise.allSettled(this.#calls);
    // What is settled by now is told by the next process at the latest.
    await this.#tell().catch(this.#deps.onFault);
  }

  async #round(): Promise<number> {
    const { sql, clock } = this.#deps;
    const now = clock();
    if (now - this.#forgottenAt > FORGET_MS) {
      this.#forgottenAt = now;
      await forgetCalls(sql, now - KEEP_MS);
    }
    const quick = await doQuickCalls(sql, now);
    await this.#tell();
    const room = CALL_LIMITS.atOnce - this.#calls.size;
    const claimed = room > 0 ? await claimCalls(sql, { now, max: room, busy: this.#underWay }) : [];
    for (const one of claimed) this.#begin(one);
    if (quick + claimed.length > 0) return 0;
    const dueAt = await nextCallDue(sql, now);
    // What is due but not taken waits for one under way, whose end wakes the loop.
    return dueAt === null ? IDLE_MS : Math.min(IDLE_MS, dueAt > now ? dueAt - now : FAULT_MS);
  }

  #begin(call: ClaimedCall): void {
    this.#count(call.url, 1);
    const made = this.#make(call).finally(() => {
      this.#count(call.url, -1);
      this.#calls.delete(made);
      this.wake();
    });
    this.#calls.add(made);
  }

  #count(url: string, by: number): void {
    const n = (this.#underWay.get(url) ?? 0) + by;
    if (n > 0) this.#underWay.set(url, n);
    else this.#underWay.delete(url);
  }

  async #make(call: ClaimedCall): Promise<void> {
    const { sql, vault, clock, random = Math.random } = this.#deps;
    try {
      const outcome = await callOnce({ sql, vault, clock }, this.#force, call, random());
      await settleCall(sql, call, outcome, clock());
    } catch (cause) {
      // The claim runs out, and the call is made again.
      this.#deps.onFault(cause);
    }
  }

  /** Tells what was settled; what was not told before a crash is told by the next one to look. */
  async #tell(): Promise<void> {
    const { sql, clock, tell } = this.#deps;
    for (;;) {
      const untold = await readUntoldCalls(sql, TELL_MAX);
      for (const workspace of new Set(untold.map((one) => one.workspace)))
        await tell(untold.filter((one) => one.workspace === workspace).map(eventOfCall));
      if (untold.length > 0)
        await markCallsTold(
          sql,
          untold.map(({ id }) => id),
          clock(),
        );
      if (untold.length < TELL_MAX) return;
    }
  }
}

async function callOnce({ sql, vault, clock }: Pick<CallerDeps, "sql" | "vault" | "clock">, force: ForceReader, call: ClaimedCall, random: number): Promise<CallOutcome> {
  if (call.attempts > CALL_LIMITS.attemptsMax) return { type: "failed", reason: "unreachable", detail: "Given up." };
  const body = await bodyOfCall(sql, force, call, clock());
  if (body.type === "failed") return body;
  const answer = await post({
    url: call.url, body: body.text, headers: signedHeaders(await callSecretOf(sql, vault, call.workspace, clock()), call.id, Math.floor(clock() / 1000), body.text),
    timeoutMs: CALL_LIMITS.timeoutMs, detailCharsMax: CALL_LIMITS.answerCharsMax,
  });
  return callOutcome(answer, call.keep, call.attempts, clock(), random);
} // prettier-ignore

type Body = { readonly type: "rendered"; readonly text: string } | { readonly type: "failed"; readonly reason: CallFailure; readonly detail: string }; // prettier-ignore
const NO_LINKS = { unsubscribe: "", preferences: "", receipt: "" };

/** What is posted: the step's Liquid over what is known, or, where it has none, all of it as it stands. */
async function bodyOfCall(
  sql: Sql,
  force: ForceReader,
  { id, workspace, atom, run, body, context }: ClaimedCall,
  now: Instant,
): Promise<Body> {
  const failed = (reason: CallFailure, detail: string): Body => ({ type: "failed", reason, detail: detail.slice(0, CALL_LIMITS.detailCharsMax) }); // prettier-ignore
  const read = await readTemplateData(sql, force, { workspace, atom, context, links: NO_LINKS, now });
  if (!read) return failed("no_customer", "There is no such customer any more.");
  // Links to the preference centre are the customer's alone.
  const { links: _, ...data } = read.data as JsonObject;
  const known: JsonObject = { ...data, call: { id, run } };
  if (body.trim() === "") return { type: "rendered", text: JSON.stringify(known) };
  const parsed = parseLiquid(body, "json");
  if (isFlaw(parsed)) return failed("template_error", parsed.message);
  const rendered = renderLiquid(parsed, known, read.manner, "refuse");
  if (rendered.type === "refused") return failed(rendered.reason, rendered.flaw.message);
  return isJson(rendered.text)
    ? { type: "rendered", text: rendered.text }
    : failed("template_error", "Rendered, the body is no JSON.");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text) satisfies Json;
    return true;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof RangeError) return false;
    throw cause;
  }
}

/** The secret that a workspace's journeys sign their webhooks with; made when it is asked for the first time. */
export const callSecretOf = (sql: Sql, vault: Vault, workspace: WorkspaceId, now: Instant): Promise<string> =>
  ownSecretOf(sql, vault, `calls ${workspace}`, () => secretOf(randomBytes(SECRET_BYTES)), now);
