/**
 * The loop that sends: of each workspace's channel by itself it claims what is due, composes it, hands it to the driver
 * and settles it by what the provider answers. A channel whose provider rests, or is slow, holds up no other one.
 *
 * Permission is asked in the claim and nowhere else. After a crash between the provider and the settlement a transactional
 * message is handed over again under the same id, and any other is "unknown": never silently twice.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { happeningOf, productsOf } from "./happenings.ts";
import { type Delivery, MESSAGE_LIMITS, type Outgoing } from "./model.ts";
import { type ClaimAsked, type Permitted, claim } from "./claim.ts";
import { type Lane, type Settlement, markTold, keepLinks, readLanes, readUntold, recover, settle } from "./outbox.ts"; // prettier-ignore
import { type Waiting, GIVE_WAY, NOT_WAITING, giveWay } from "./give-way.ts";
import { allowanceOf } from "./pace.ts";
import { type ProviderRow, restProvider } from "./provider-store.ts";
import { type Composed, attemptOf, composedRefusal, settlementOf } from "./settlement.ts";

export type SenderDeps = {
  readonly sql: Database;
  readonly clock: Clock;
  /** Whether many customers of a workspace are still to be let into a journey. */
  readonly isLettingIn: (workspace: WorkspaceId, now: Instant) => Promise<boolean>;
  /** The provider a lane is sent by now. */
  readonly providerOf: (lane: Lane) => Promise<ProviderRow>;
  readonly driverOf: (provider: ProviderRow) => { send(outgoing: Outgoing): Promise<Delivery> };
  /** Renders a permitted message, or says why it cannot be. */
  readonly compose: (permitted: Permitted) => Promise<Composed>;
  readonly upcomingOf: ClaimAsked["upcomingOf"];
  /** Appends events of our own to the inbox. */
  readonly tell: (events: readonly Event[]) => Promise<void>;
  readonly onFault: (cause: unknown) => void;
  /** In [0, 1): spreads what is tried again. */
  readonly random?: () => number;
};
export interface Sender {
  /** Says that there may be something to send. */
  wake(): void;
  /** Finishes what is under way. */
  stop(): Promise<void>;
}

/** Messages of one lane that are under way at once, and how many a claim takes. */
const AT_ONCE = 100;
const CLAIM = 100;
/** Claims of one lane that are made beside each other: what comes while one is made need not wait for its end. */
const CLAIMS_AT_ONCE = 3;
const IDLE_MS = 5_000;
const FAULT_MS = 1_000;
const RECOVER_MS = 5_000;
const TELL_MAX = 500;
/** Settlements of a lane that end within this share a transaction; within the longer while as many as `MANY` are under way. */
const SETTLE_MS = 5;
const SETTLE_MANY_MS = 50;
const MANY = 20;
/** What could not be written is tried again so often, a second apart; by then the claim has run out, and `recover` decides. */
const SETTLE_TRIES = 60;
/** So soon it is looked again for customers who were being written. */
const BUSY_MS = 20;

/** Starts sending. */
export function startSender(deps: SenderDeps): Sender {
  const running = new Sending(deps);
  return { wake: () => running.wake(), stop: () => running.stop() };
}

class Sending {
  readonly #deps: SenderDeps;
  readonly #lanes = new Map<string, LaneWork>();
  readonly #rounds: Rounds;
  #recoveredAt = -Infinity;
  #telling: Promise<void> = Promise.resolve();

  constructor(deps: SenderDeps) {
    this.#deps = deps;
    this.#rounds = startRounds({ round: () => this.#round(), onFault: deps.onFault, faultMs: FAULT_MS });
  }

  wake(): void {
    this.#rounds.wake();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.finished()));
    await this.#telling;
  }

  async #round(): Promise<number> {
    const { sql, clock } = this.#deps;
    const now = clock();
    if (now - this.#recoveredAt >= RECOVER_MS) {
      this.#recoveredAt = now;
      await recover(sql, now);
      this.#tellSoon();
    }
    let dueAt = Infinity;
    for (const { dueAt: first, ...lane } of await readLanes(sql)) {
      dueAt = Math.min(dueAt, first);
      if (first > now) continue;
      const name = `${lane.workspace} ${lane.channel}`;
      let work = this.#lanes.get(name);
      if (!work) this.#lanes.set(name, (work = new LaneWork(this.#deps, lane, () => this.#settled())));
      work.wake();
    }
    return dueAt <= now ? IDLE_MS : Math.min(IDLE_MS, dueAt - now);
  }

  #settled(): void {
    this.#tellSoon();
  }

  /** Tells runs what became of their messages; what was not told before a crash is told by the next one to look. */
  #tellSoon(): void {
    this.#telling = this.#telling.then(() => this.#tell()).catch(this.#deps.onFault);
  }

  async #tell(): Promise<void> {
    const { sql, tell, clock } = this.#deps;
    for (;;) {
      const untold = await readUntold(sql, TELL_MAX);
      if (untold.length === 0) return;
      const byWorkspace = new Map<number, Event[]>();
      for (const one of untold) {
        if (one.state === "cancelled") continue;
        const event = happeningOf(
          one,
          one.state,
          one.settledAt,
          one.state === "sent"
            ? productsOf(one.asked.products)
            : one.reason === null
              ? {}
              : { reason: one.reason },
        );
        byWorkspace.set(one.workspace, [...(byWorkspace.get(one.workspace) ?? []), event]);
      }
      for (const events of byWorkspace.values()) await tell(events);
      await markTold(sql, untold.map(({ id }) => id), clock()); // prettier-ignore
      if (untold.length < TELL_MAX) return;
    }
  }
}

/** One workspace's channel being worked off. */
class LaneWork {
  readonly #deps: SenderDeps;
  readonly #lane: Lane;
  readonly #onSettled: () => void;
  readonly #working = new Set<Promise<void>>();
  #again = false;
  /** A provider's rate is kept by one claim after the other. */
  #paced = false;
  #underWay = 0;
  #roomAwaited: (() => void)[] = [];
  #settlements: Settlement[] = [];
  #settling: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopping = false;
  #waiting: Waiting = NOT_WAITING;

  constructor(deps: SenderDeps, lane: Lane, onSettled: () => void) {
    this.#deps = deps;
    this.#lane = lane;
    this.#onSettled = onSettled;
  }

  wake(): void {
    this.#again = true;
    if (this.#stopping || this.#working.size >= (this.#paced ? 1 : CLAIMS_AT_ONCE)) return;
    const working = this.#work().catch(this.#deps.onFault).finally(() => this.#working.delete(working)); // prettier-ignore
    this.#working.add(working);
  }

  async finished(): Promise<void> {
    this.#stopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    await Promise.all(this.#working);
    while (this.#underWay > 0 || this.#settling) {
      await this.#settling;
      if (this.#underWay > 0) await this.#room(0);
    }
  }

  /** Claims until nothing more is due, the provider takes no more for now, or the sender is to stop. */
  async #work(): Promise<void> {
    while (this.#again && !this.#stopping) {
      this.#again = false;
      const { sql, clock, providerOf, upcomingOf } = this.#deps;
      const provider = await providerOf(this.#lane);
      this.#paced = provider.perSecond !== null;
      if (this.#paced && this.#working.size > 1) return this.#lookAgain(BUSY_MS);
      const now = clock();
      if (provider.restsUntil > now) return this.#lookAgain(provider.restsUntil - now);
      await this.#room(AT_ONCE - 1);
      const turns = await allowanceOf(sql, provider, CLAIM, clock());
      if (turns.n < 1) return this.#lookAgain(turns.nextAt - clock());
      const toMany = await this.#mayGoToMany();
      const claimed = await claim(sql, { lane: this.#lane, now: clock(), max: turns.n, toMany, claimMs: MESSAGE_LIMITS.claimMs, upcomingOf });
      if (claimed.refused.length > 0) this.#onSettled();
      // First what was claimed: were the store away just now, nobody could say later whether it was sent.
      for (const permitted of claimed.permitted) void this.#send(permitted, provider);
      await turns.unused(turns.n - claimed.permitted.length);
      if (claimed.permitted.length + claimed.refused.length + claimed.delayed > 0) this.#again = true;
      else if (claimed.busy > 0) this.#lookAgain(BUSY_MS);
      else if (!toMany) this.#lookAgain(GIVE_WAY.lookMs);
    }
  } // prettier-ignore

  /** What goes to many leaves once those it is for were let in: that is done sooner so, and can be stopped until then. */
  async #mayGoToMany(): Promise<boolean> {
    const now = this.#deps.clock();
    if (now >= this.#waiting.lookAt || now < this.#waiting.lookedAt)
      this.#waiting = giveWay(this.#waiting, await this.#deps.isLettingIn(this.#lane.workspace, now), now);
    return this.#waiting.mayGo;
  }

  #lookAgain(afterMs: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#stopping) return;
    // The sender's rounds come by as well; this is for what is due before the next of them.
    this.#timer = setTimeout(() => this.wake(), Math.min(IDLE_MS, Math.max(1, Math.ceil(afterMs))));
    this.#timer.unref();
  }

  /** Resolves when at most `most` messages are under way. */
  async #room(most: number): Promise<void> {
    while (this.#underWay > most) await new Promise<void>((made) => this.#roomAwaited.push(made));
  }

  async #send(permitted: Permitted, provider: ProviderRow): Promise<void> {
    this.#underWay++;
    try {
      const composed = await this.#deps.compose(permitted);
      const now = () => this.#deps.clock();
      if (composed.type === "refused") return this.#settle(composedRefusal(permitted, composed, now()));
      await keepLinks(this.#deps.sql, permitted.message, composed);
      const delivery = await this.#deps.driverOf(provider).send(composed.outgoing);
      if (delivery.type === "retry" && delivery.provider && provider.id !== 0)
        await restProvider(this.#deps.sql, provider.id, now() + attemptOf(delivery, 1), delivery.detail);
      this.#settle(settlementOf(permitted, composed, delivery, provider.id, now(), (this.#deps.random ?? Math.random)()));
    } catch (cause) {
      // The claim runs out, and the message is recovered by what it is for.
      this.#deps.onFault(cause);
    } finally {
      this.#underWay--;
      for (const made of this.#roomAwaited.splice(0)) made();
    }
  } // prettier-ignore

  #settle(settlement: Settlement): void {
    this.#settlements.push(settlement);
    this.#settling ??= this.#settleAll();
  }

  /** Writes what there is to settle, and what comes meanwhile. What was handed over is not forgotten for a moment's trouble. */
  async #settleAll(): Promise<void> {
    for (let tries = 0; this.#settlements.length > 0;) {
      await pause(this.#underWay < MANY || this.#stopping ? SETTLE_MS : SETTLE_MANY_MS);
      const some = this.#settlements.splice(0);
      try {
        await settle(this.#deps.sql, this.#lane, some, this.#deps.clock());
      } catch (cause) {
        this.#deps.onFault(cause);
        if (++tries >= SETTLE_TRIES || this.#stopping) continue;
        this.#settlements.unshift(...some);
        await pause(FAULT_MS);
      }
    }
    // Nothing may come between the last look and this, or it would wait for the next message's end.
    this.#settling = null;
    this.#onSettled();
  }
}
