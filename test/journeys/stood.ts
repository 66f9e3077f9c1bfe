/**
 * A world whose clock stands still but where a story moves it, and in which messages leave and calls are answered the
 * moment they may: what the worker, the sender and the log do there can be told to the millisecond.
 */
import { type Settled, eventOfCall } from "../../src/journeys/call-rules.ts";
import { isLettingIn } from "../../src/journeys/save.ts";
import { startSender } from "../../src/messages/send.ts";
import { readLanes } from "../../src/messages/outbox.ts";
import type { Policy } from "../../src/permission/model.ts";
import { writePolicy } from "../../src/permission/store.ts";
import { nextWake } from "../../src/segments/save.ts";
import { WORKSPACE } from "../world.ts";
import { aJourneyWorld } from "./story.ts";

type Call = Pick<Settled, "id" | "atom" | "kind" | "body" | "dueAt">;

export async function aStoodWorld(policy: Policy) {
  const began = Math.ceil(Date.now() / 3_600_000) * 3_600_000;
  const world = await aJourneyWorld(() => began);
  const { sql, clock } = world;
  await writePolicy(sql, WORKSPACE, policy);
  const sender = startSender({
    sql, clock, random: () => 0, isLettingIn: (workspace, now) => isLettingIn(sql, workspace, now), onFault: (cause) => world.faults.push(cause), upcomingOf: () => [],
    providerOf: async ({ workspace, channel }) => ({ id: 0, workspace, channel, driver: "local", name: "", config: {}, perSecond: null, createdAt: 0, updatedAt: 0, restsUntil: 0, problem: null }) as never,
    driverOf: () => ({ send: async ({ id }) => ({ type: "sent", providerId: id }) }),
    compose: async ({ message }) => ({ type: "ready", outgoing: { id: message.id } as never, templateNo: 1, content: {}, receipt: {} as never }),
    tell: (events) => world.inbox.append(events),
  }); // prettier-ignore
  const calls = async (): Promise<boolean> => {
    const rows = await sql.query<Call>(`update calls set state = 'done' where state = 'due' returning id, atom, kind, body, due_at as "dueAt"`); // prettier-ignore
    const told = rows.map((call) => eventOfCall({ ...call, workspace: WORKSPACE, state: "done", answer: {}, detail: null, settledAt: clock() })); // prettier-ignore
    if (told.length > 0) await world.sends(told);
    return told.length > 0;
  };
  const messages = async (): Promise<boolean> => {
    let any = false;
    for (;;) {
      const [left] = await sql.query(
        "select 1 as one from messages where (state = 'due' and due_at <= $1) or state = 'sending' or (settled_at is not null and told_at is null) limit 1",
        [clock()],
      );
      if (!left) return any;
      any = true;
      sender.wake();
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };
  /** Everything that is to be done at this instant. */
  const rests = async () => {
    do {
      await world.handled();
      await world.woken();
    } while ((await calls()) || (await messages()));
  };
  return {
    ...world,
    rests,
    /** Moves the clock to `at`, and on the way to each instant at which time does something. */
    async moves(at: number) {
      for (;;) {
        const [wake, lanes] = await Promise.all([nextWake(sql, null), readLanes(sql)]);
        const next = Math.min(wake ?? Infinity, ...lanes.map(({ dueAt }) => dueAt), at);
        await world.passes(Math.max(0, next - clock()));
        await rests();
        if (next === at) return;
      }
    },
    async close() {
      await sender.stop();
      await world.close();
    },
  };
}
export type StoodWorld = Awaited<ReturnType<typeof aStoodWorld>>;
