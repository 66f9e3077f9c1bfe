/** What the journey stories share: a world with a template, drafts told shortly, and what became of people. */
import { changeState, createJourney, draftOf, publish } from "../../src/journeys/change.ts";
import type { FormerRuns } from "../../src/journeys/force.ts";
import { openSending } from "../../src/sending.ts";
import { type Said, WORKSPACE, anOwnWorld } from "../world.ts";
import { VAULT } from "../vault.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A template of this channel; its number. */
export async function aTemplate(world: OwnWorld, name: string, content: object): Promise<number> {
  const [row] = await world.sql.query<{ id: number }>(
    "insert into templates (workspace, name, created_at, updated_at) values ($1, $2, 0, 0) returning id",
    [WORKSPACE, name],
  );
  await world.sql.query(
    "insert into template_versions (template, number, body, created_at) values ($1, 1, $2, 0)",
    [
      row!.id,
      JSON.stringify({
        name,
        description: "",
        content,
        onMissing: "refuse",
        trackLinks: true,
        trackOpens: false,
      }),
    ],
  );
  return row!.id;
}
type OwnWorld = Awaited<ReturnType<typeof anOwnWorld>>;

/** `base`: the time on which the clock stands, where it is not to run. */
export async function aJourneyWorld(base?: () => number) {
  const world = await anOwnWorld(base);
  const sending = await openSending({
    sql: world.sql, vault: VAULT, clock: world.clock, inbox: world.inbox, base: "https://go.example", publicUrl: undefined, random: () => 0,
    onFault: (cause) => world.faults.push(cause),
  }); // prettier-ignore
  const sender = await sending.start();
  /**
   * Waits until nothing that is due is left to send, and everybody was told how it went. What waits for a provider that
   * rests is not waited for: by this clock, which stands, the rest never ends.
   */
  const sent = async () => {
    for (;;) {
      sender.wake();
      const [left] = await world.sql.query(
        `select 1 as one from messages m where state = 'sending' or (settled_at is not null and told_at is null)
         or (state = 'due' and due_at <= $1 and not exists (
           select 1 from providers p where p.workspace = m.workspace and p.channel = m.channel and p.rests_until > $1)) limit 1`,
        [world.clock()],
      );
      await world.handled();
      await world.woken();
      if (!left) return;
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };
  const template = await aTemplate(world, "Nudge", { channel: "email", subject: "Hello", html: "<p>Hello</p>" });
  let made = 0;
  const journey = async (draft: object, formerRuns: FormerRuns = "pin") => {
    const id = await createJourney(world.sql, WORKSPACE, draftOf({ name: `J${++made}`, holdoutRatio: 0, ...draft }), world.clock());
    await publish(world.sql, WORKSPACE, id, { formerRuns, by: "a tester", expected: null }, world.clock());
    await world.built();
    return id;
  };
  const atomsOf = async (who: string) =>
    (await world.identities(`user_id ${who}`))!.atoms.map(({ id }) => Number(id.slice(1)));
  return {
    ...world,
    template,
    journey,
    sent,
    async says(...events: readonly Said[]) {
      await world.says(...events);
      await sent();
    },
    async passes(ms: number) {
      await world.passes(ms);
      await sent();
    },
    /** Lays down a policy. */
    policy: (policy: object) =>
      world.sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', $2::jsonb) where id = $1", [WORKSPACE, JSON.stringify(policy)]),
    async close() {
      await sender.stop();
      await sending.close();
      await world.close();
    },
    stop: (id: number) => changeState(world.sql, WORKSPACE, id, "stopped", world.clock()),
    /** What was asked to be sent to somebody, oldest first: step and state. */
    messagesOf: async (who: string) =>
      (
        await world.sql.query<{ step: string; state: string }>(
          "select step, case when reason is null then state else state || ' ' || reason end as state from messages where atom = any($1::bigint[]) order by created_at, id",
          [await atomsOf(who)],
        )
      ).map(({ step, state }) => `${step} ${state}`),
    /** Somebody's runs, oldest first: where they stand, or how they ended. */
    runsOf: async (who: string) =>
      (
        await world.sql.query<{ step: string; state: string }>(
          "select step, state from runs where atom = any($1::bigint[]) order by entered_at, id",
          [await atomsOf(who)],
        )
      ).map(({ step, state }) => (state === "running" ? step : state)),
    /** What the log and the inbox tell of somebody's journeys, oldest first. */
    toldOf: async (who: string) =>
      (await world.moments(await atomsOf(who)))
        .filter(({ name }) => name.startsWith("$journey"))
        .map(({ name }) => name)
        .toReversed(),
  };
} // prettier-ignore
export type JourneyWorld = Awaited<ReturnType<typeof aJourneyWorld>>;

export const onEvent = (event: string) => ({ type: "event", event });
export const wait = (ms: number, next: string | null) => ({ type: "wait", ms, next });
