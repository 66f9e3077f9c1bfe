/**
 * HTTP of what customers choose: unsubscribing by one click (RFC 8058), and the preference centre. The signed link is all
 * they need: no login, no cookie, no script; who does not hold it cannot make one, so no other site can send the form.
 *
 * A GET changes nothing, since programs follow links. What is chosen is in PostgreSQL when the answer leaves, in the table
 * that the sender asks in the transaction by which a message leaves; the events that tell of it follow.
 */
import { randomUUID } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { atomsOfCustomer } from "../customers/read.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { CONSENT_OF, MARKETING, Preferences, TRANSACTIONAL } from "../permission/model.ts";
import { type Clock, type WorkspaceId, CustomerId, atomOf, isoOf } from "../values.ts";
import { CUSTOMER_PAGE_HEADERS } from "./customer-headers.ts";
import { speechFor, speechOf } from "./customer-language.ts";
import { brokenLinkPage } from "./customer-page.ts";
import type { Happening, Tell } from "./model.ts";
import { type Form, Choices, after, cellsOf, decide, endAll, wishesIn } from "./preferences.ts";
import { changesOf, confirmPage, endedPage, preferencesPage, purposeName } from "./preferences-page.ts";
import {
  type Centre, addressOfMessage, addressesOf, endFor, holdPreferences, readCentre, readChoices, writeChoices, writeEnds, writePreferences,
} from "./preferences-store.ts"; // prettier-ignore
import { CHANNEL_WORDS } from "./receipt.ts";
import { readFromWhom } from "./render-read.ts";
import { type LinkKey, type Said, readToken, tokenOf } from "./tokens.ts";

export type PreferenceDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly key: LinkKey;
  readonly tell: Tell;
  /** The address this server is reached by, without a stroke at its end. */
  readonly base: string;
};

const FORM_BYTES_MAX = 64 * 1024;
const open = { config: { access: "public" }, schema: { hide: true }, bodyLimit: FORM_BYTES_MAX } as const;
type Token = { Params: { "*": string } };

/** Registers `/u/`, `/p/` and what the workspace lays down about them. */
export function preferenceRoutes(app: App, deps: PreferenceDeps): void {
  // Forms are read here and nowhere else of the management API.
  void app.register(async (scope) => {
    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data"])
      scope.addContentTypeParser(type, { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) => formOf(request, body));
    unsubscribeRoutes(scope as unknown as App, deps);
    centreRoutes(scope as unknown as App, deps);
  }); // prettier-ignore
  choiceRoutes(app, deps);
}

async function formOf({ headers }: FastifyRequest, body: Buffer): Promise<Form> {
  const answer = new Response(new Uint8Array(body), { headers: { "content-type": headers["content-type"] ?? "" } });
  let data: FormData;
  try {
    data = await answer.formData();
  } catch (cause) {
    throw new Failure("bad_request", "The form cannot be read.", { cause });
  }
  const form: { [field: string]: string[] } = Object.create(null) as { [field: string]: string[] };
  for (const [name, value] of data.entries()) if (typeof value === "string") (form[name] ??= []).push(value);
  return form;
} // prettier-ignore

const page = (reply: FastifyReply, status: number, html: string): FastifyReply => reply.code(status).headers(CUSTOMER_PAGE_HEADERS).send(html); // prettier-ignore
const broken = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  page(reply, 404, brokenLinkPage((request.params as { readonly "*": string })["*"], speechFor(request, [])));

function unsubscribeRoutes(app: App, deps: PreferenceDeps): void {
  const { sql, key } = deps;
  const endingOf = async (
    request: FastifyRequest,
    [workspace, atom, message, channel, purpose]: Said<"unsubscribe">,
  ) => ({
    speech: await speechOf(sql, request, workspace, atom),
    workspace: (await readFromWhom(sql, workspace)).name,
    what: purposeName(await readChoices(sql, workspace), purpose === TRANSACTIONAL ? MARKETING : purpose),
    by: CHANNEL_WORDS[channel],
    preferences: `/p/${tokenOf(key, "preferences", [workspace, atom, message])}`,
  });

  app.get<Token>("/u/*", open, async (request, reply) => {
    const said = readToken(key, "unsubscribe", request.params["*"]);
    return said ? page(reply, 200, confirmPage(await endingOf(request, said))) : broken(request, reply);
  });

  app.post<Token>("/u/*", open, async (request, reply) => {
    const said = readToken(key, "unsubscribe", request.params["*"]);
    if (!said) return broken(request, reply);
    const [asked] = (request.body as Form | undefined)?.["List-Unsubscribe"] ?? [];
    if (asked !== "One-Click") throw new Failure("bad_request", "To unsubscribe, the form says List-Unsubscribe=One-Click."); // prettier-ignore
    await unsubscribe(deps, said);
    return page(reply, 200, endedPage(await endingOf(request, said)));
  });
}

/**
 * Ends what the message was about, for the address it went to and the customer's others in that channel. Done twice it is
 * as done once; what could not be told is told when it is done again.
 */
async function unsubscribe({ sql, clock, tell }: PreferenceDeps, [workspace, atom, message, channel, given]: Said<"unsubscribe">): Promise<void> {
  const purpose = given === TRANSACTIONAL ? MARKETING : given;
  const now = clock();
  const atoms = await atomsOfCustomer(sql, workspace, atom);
  const own = (await addressesOf(sql, atoms, new Set([channel]))).get(channel) ?? [];
  const went = await addressOfMessage(sql, workspace, message);
  const addresses = [...new Set([...own, ...(went === null ? [] : [went])])];
  const since = await sql.transaction((tx) => endFor(tx, workspace, { channel, purpose }, addresses, { message, now }));
  const by = CONSENT_OF[channel];
  if (by === null || atoms.length === 0) return;
  await tell([{
    id: `unsubscribed:${since ?? 0}:${message}`.slice(0, 100), workspace, atom, name: "$consent.changed", at: now, message, channel: null,
    properties: { by: "unsubscribe", channel: by, purpose, answer: "denied" },
    consents: [{ channel: by, purpose, answer: "denied", source: "unsubscribe" }],
  }]);
} // prettier-ignore

function centreRoutes(app: App, deps: PreferenceDeps): void {
  const { sql, clock, key } = deps;
  app.get<Token>("/p/*", open, async (request, reply) => {
    const said = readToken(key, "preferences", request.params["*"]);
    const centre = said && (await readCentre(sql, said[0], said[1]));
    if (!centre) return broken(request, reply);
    const { name } = await readFromWhom(sql, said[0]);
    const cells = cellsOf(centre.standing, centre.purposes);
    return page(reply, 200, preferencesPage({ ...centre, speech: speechFor(request, centre.atoms), workspace: name, cells, now: clock(), changed: null, problems: [] })); // prettier-ignore
  });

  app.post<Token>("/p/*", open, async (request, reply) => {
    const said = readToken(key, "preferences", request.params["*"]);
    if (!said) return broken(request, reply);
    const answer = await sql.transaction((tx) => choose(deps, tx, said, request));
    return answer === null ? broken(request, reply) : page(reply, answer.status, answer.html);
  });
}

/** Takes a form in: the page that tells what came of it; null when the customer is no more. */
async function choose(deps: PreferenceDeps, tx: Sql, [workspace, atom, message]: Said<"preferences">, request: FastifyRequest): Promise<{ readonly status: number; readonly html: string } | null> {
  const now = deps.clock();
  const form = (request.body ?? {}) as Form;
  await holdPreferences(tx, workspace, atom);
  const centre = await readCentre(tx, workspace, atom);
  if (!centre) return null;
  const { name } = await readFromWhom(tx, workspace);
  const { standing, purposes, preferences: before, choices, zone } = centre;
  const speech = speechFor(request, centre.atoms);
  const cells = cellsOf(standing, purposes);
  const end = form["do"]?.[0] === "end";
  const wishes = end ? ({ type: "read", preferences: before } as const) : wishesIn(form, before, { zone, now });
  if (wishes.type === "wrong")
    return { status: 422, html: preferencesPage({ ...centre, speech, workspace: name, cells, now, changed: null, problems: wishes.problems }) };
  const [shown, on] = [new Set(form["shown"]), new Set(form["on"])];
  const wants = ({ channel, purpose, on: was }: { readonly channel: string; readonly purpose: string; readonly on: boolean }) =>
    shown.has(`${channel} ${purpose}`) ? on.has(`${channel} ${purpose}`) : was;
  const decision = end ? endAll(standing, cells) : decide(standing, cells, wants, now);
  await writeEnds(tx, workspace, decision, standing.addresses, { message, now });
  const changedWishes = JSON.stringify(wishes.preferences) !== JSON.stringify(before);
  if (changedWishes) await writePreferences(tx, atom, wishes.preferences, now);
  const told = happeningsOf({ workspace, atom, at: now, message }, decision.answers, changedWishes ? wishes.preferences : null);
  // Before the commit: what could not be told is not chosen either, and the customer is asked to try again.
  if (told.length > 0) await deps.tell(told);
  const afterwards = cellsOf(after(standing, decision.answers, now), purposes);
  const changed = changesOf(speech, choices, { cells, preferences: before }, { cells: afterwards, preferences: wishes.preferences, zone });
  return { status: 200, html: preferencesPage({ ...centre, speech, preferences: wishes.preferences, workspace: name, cells: afterwards, now, changed, problems: [] }) };
} // prettier-ignore

function happeningsOf(
  about: Pick<Happening, "workspace" | "atom" | "at" | "message">,
  answers: Happening["consents"],
  wishes: Preferences | null,
): readonly Happening[] {
  const happenings: Happening[] = [];
  if (answers.length > 0)
    happenings.push({
      ...about, channel: null, id: `consent:${randomUUID()}`, name: "$consent.changed",
      properties: { by: "preferences", answers: answers.map(({ channel, purpose, answer }) => ({ channel, purpose, answer })) }, consents: answers,
    }); // prettier-ignore
  if (wishes)
    happenings.push({
      ...about, channel: null, id: `preferences:${randomUUID()}`, name: "$preferences.changed", consents: [],
      properties: { pausedUntil: wishes.pausedUntil === null ? null : isoOf(wishes.pausedUntil), quietHours: wishes.quietHours, declinedTopics: [...wishes.declinedTopics] },
    }); // prettier-ignore
  return happenings;
}

const access = { access: "secret" } as const;
const tags = ["Preferences"];
const CustomerChoices = z.object({
  url: z.string().describe("The customer's own page, signed; whoever holds it may choose for the customer"),
  boxes: z.array(z.object({ channel: z.string(), purpose: z.string(), on: z.boolean(), locked: z.string().nullable() })),
  preferences: Preferences,
}); // prettier-ignore

function choiceRoutes(app: App, { sql, key, base }: PreferenceDeps): void {
  app.get("/v1/preference-centre", {
    config: access,
    schema: { operationId: "readPreferenceCentre", tags, summary: "What customers can choose from", response: { 200: Choices } },
  }, async ({ workspace }) => readChoices(sql, workspace)); // prettier-ignore

  app.put("/v1/preference-centre", {
    config: { access: "owner" },
    schema: {
      operationId: "putPreferenceCentre", tags, summary: "Lay down what customers can choose from", description: "In place of what held before: what is absent has its default.",
      body: Choices.meta({ examples: [{ topics: [{ tag: "running", name: "Running" }], purposes: [{ purpose: "marketing", name: "News and offers" }], postalAddress: "1 High Street, Springfield" }] }),
      response: { 200: Choices },
    },
  }, async ({ workspace, body }) => {
    await writeChoices(sql, workspace, body);
    return readChoices(sql, workspace);
  }); // prettier-ignore

  app.get("/v1/customers/:id/preferences", {
    config: access,
    schema: { operationId: "readCustomerPreferences", tags, summary: "What a customer chose, and the page to choose on", params: z.object({ id: CustomerId }), response: { 200: CustomerChoices } },
  }, async ({ workspace, params: { id } }) => {
    const centre = await centreOf(sql, workspace, id);
    const url = `${base}/p/${tokenOf(key, "preferences", [workspace, atomOf(id)!, null])}`;
    return { url, boxes: [...cellsOf(centre.standing, centre.purposes)], preferences: centre.preferences };
  }); // prettier-ignore
}

async function centreOf(sql: Sql, workspace: WorkspaceId, id: string): Promise<Centre> {
  const centre = await readCentre(sql, workspace, atomOf(id)!);
  if (!centre) throw new Failure("not_found", `There is no customer ${id}.`);
  return centre;
}
