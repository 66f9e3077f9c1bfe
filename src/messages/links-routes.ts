/**
 * HTTP of the links in messages: a click is told and led on, an opening is told by an image. What is told can wait; who
 * clicks is led on even while it cannot be told.
 *
 * Programs that look for harm open every link of a message. They cannot be told for sure from people, so nothing is
 * hidden: what looks like a program is told as one (`bot`), and conversions count the others.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Sql } from "../db/postgres.ts";
import { agentOf } from "../events/agents.ts";
import { PIXEL } from "../events/pixel.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import { CUSTOMER_PAGE_HEADERS } from "./customer-headers.ts";
import { speechFor } from "./customer-language.ts";
import { brokenLinkPage } from "./customer-page.ts";
import { isWebAddress } from "./links.ts";
import type { Happening, Tell } from "./model.ts";
import { type LinkKey, readToken } from "./tokens.ts";

export type LinkDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly key: LinkKey;
  readonly tell: Tell;
};

/** Event ids have at most so many characters (events/model.ts, LIMITS). */
const ID_CHARS_MAX = 100;
const open = { config: { access: "public" }, schema: { hide: true } } as const;

const REMEMBERED_MAX = 20_000;

/** Registers `/l/` and `/o/`; for anybody who holds a link. */
export function linkRoutes(app: App, deps: LinkDeps): void {
  const { sql, key, clock } = deps;
  const told = teller(deps);
  app.get<{ Params: { "*": string } }>("/l/*", open, async (request, reply) => {
    const said = readToken(key, "click", request.params["*"]);
    if (!said) return broken(request, reply);
    const [workspace, atom, message, channel, number, given] = said;
    const address = given ?? (await addressOf(sql, workspace, message, number));
    if (address === null || !isWebAddress(address)) return broken(request, reply);
    const bot = isProgram(request);
    await told(request, {
      id: idOf(`${message}:clicked:${number}`, bot), workspace, atom, name: "$message.clicked", at: clock(), message, channel,
      properties: { link: number, url: address, bot }, consents: [],
    }); // prettier-ignore
    return reply
      .code(302)
      .headers({
        location: new URL(address).href,
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
      })
      .send();
  });

  app.get<{ Params: { "*": string } }>("/o/*", open, async (request, reply) => {
    const said = readToken(key, "open", request.params["*"].replace(/\.gif$/, ""));
    // Whoever asks for an image gets one: a broken image in a message helps nobody.
    if (said) {
      const [workspace, atom, message] = said;
      const bot = isProgram(request);
      await told(request, {
        id: idOf(`${message}:opened`, bot), workspace, atom, name: "$message.opened", at: clock(), message, channel: "email", properties: { bot }, consents: [],
      }); // prettier-ignore
    }
    return reply.headers({ "content-type": "image/gif", "cross-origin-resource-policy": "cross-origin" }).send(PIXEL); // prettier-ignore
  });
}

/** Programs and people apart, so that a scanner's click does not take the place of the customer's. */
const idOf = (name: string, bot: boolean): string => `${name}${bot ? ":bot" : ""}`.slice(-ID_CHARS_MAX);

/** Where a link leads whose address lies with its message. */
async function addressOf(sql: Sql, workspace: number, message: string, number: number): Promise<string | null> {
  const [row] = await sql.query<{ address: string | null }>(
    "select content->'links'->>$3::int as address from messages where workspace = $1 and id = $2",
    [workspace, message, number],
  );
  return row?.address ?? null;
} // prettier-ignore

/** Whether it is likely no person who asks: a look ahead, a program by its name, or one without a name. */
function isProgram({ method, headers }: FastifyRequest): boolean {
  const purpose = ["purpose", "sec-purpose", "x-purpose", "x-moz"].map((name) => String(headers[name] ?? "")).join(" ");
  const agent = headers["user-agent"] ?? "";
  return method === "HEAD" || /prefetch|preview|prerender/i.test(purpose) || agent === "" || agentOf(agent).bot;
} // prettier-ignore

/** Tells each thing once, or writes into the log that it could not be told. */
function teller({ tell }: LinkDeps) {
  // A worker would drop what it has seen; but who opens one link a million times should not fill the inbox.
  const done = new LRUCache<string, true>({ max: REMEMBERED_MAX });
  return async (request: FastifyRequest, happening: Happening): Promise<void> => {
    if (done.has(happening.id)) return;
    try {
      await tell([happening]);
      done.set(happening.id, true);
    } catch (cause) {
      request.log.warn(
        { err: cause, name: happening.name },
        "what was done with a message could not be kept",
      );
    }
  };
}

const broken = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply
    .code(404)
    .headers(CUSTOMER_PAGE_HEADERS)
    .send(brokenLinkPage((request.params as { readonly "*": string })["*"], speechFor(request, [])));
