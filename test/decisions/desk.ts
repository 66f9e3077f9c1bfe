/** The whole platform as the tests of decisions ask it: places laid down and served, events sent, questions asked. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { PlaceView } from "../../src/decisions/document.ts";
import type { Answered, Decision } from "../../src/decisions/model.ts";
import { userTokenOf } from "../../src/messages/inbox-token.ts";
import { type Answer, type Keys, type Whole, startWhole } from "../http/whole.ts";

export type Desk = Whole & {
  /** Lays a place down and waits until it serves. */
  place(key: string, candidates: readonly object[], more?: object, by?: Keys): Promise<PlaceView>;
  /** Sends events by the collection door and waits until they are handled. */
  tell(...events: readonly object[]): Promise<void>;
  /** Asks with the write key, as a page does. */
  visit(question: object, by?: Keys): Promise<Answer<Answered>>;
  /** Asks with the secret key. */
  decide(question: object, by?: Keys): Promise<Answer<Answered>>;
  /** What the page is shown at one place. */
  shown(question: object): Promise<Decision>;
  report(token: string, outcome: string, more?: object): Promise<Answer<unknown>>;
  /** The token that the business's server signs. */
  userToken(kind: string, value: string, lastsMs?: number): string;
};

/** Starts it; `more` as `startWhole` takes it. */
export async function startDesk(
  env: { readonly [name: string]: string } = {},
  more: Parameters<typeof startWhole>[1] = {},
): Promise<Desk> {
  const whole = await startWhole(env, more);
  const { first } = whole;
  const { made } = await whole.ask<{ made: { secret: string } }>(first, "POST", "/v1/providers", { channel: "in_app", driver: "in_app", name: "Site", config: {} }); // prettier-ignore
  const basic = ({ writeKey }: Keys) => ({ authorization: `Basic ${btoa(`${writeKey}:`)}` });
  const post = (path: string, body: unknown, by: Keys) => whole.answer<Answered>(by, "POST", path, body, basic(by)); // prettier-ignore
  const visit: Desk["visit"] = (question, by = first) => post("/v1/decide", question, by);
  return {
    ...whole,
    visit,
    decide: (question, by = first) => whole.answer(by, "POST", "/v1/decide", question),
    shown: async (question) => {
      const { status, body } = await visit(question);
      if (status !== 200) throw new Error(`A question was answered ${status}: ${JSON.stringify(body)}`);
      return body.decisions[0]!;
    },
    report: (token, outcome, more = {}) => post("/v1/decide/outcomes", { token, outcome, ...more }, first),
    userToken: (kind, value, lastsMs = 60_000) => userTokenOf(made.secret, kind, value, Date.now() + lastsMs),
    place: async (key, candidates, more = {}, by = first) => {
      const named = candidates.map((one) => ({ name: (one as { id: string }).id, kind: "content", ...one }));
      const laid = await whole.ask<PlaceView>(by, "PUT", `/v1/places/${key}`, { name: key, candidates: named, ...more });
      for (let seen = laid; ; seen = await whole.ask<PlaceView>(by, "GET", `/v1/places/${key}`)) {
        if (seen.state === "live" && seen.number === laid.number) return seen;
        if (seen.state === "failed") throw new Error(seen.problem!);
        await pause(10);
      }
    },
    tell: async (...events) => {
      const batch = events.map((event) => ({ type: "track", messageId: randomUUID(), ...event }));
      const answer = await fetch(`${whole.address}/v1/batch`, { method: "POST", headers: { "content-type": "application/json", ...basic(first) }, body: JSON.stringify({ batch }) });
      if (answer.status !== 200) throw new Error(await answer.text());
      await answer.text();
      await whole.drain();
    },
  }; // prettier-ignore
}
