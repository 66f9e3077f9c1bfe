/**
 * One question answered: whose customer it is, the events along through the door, what is known, the decision of each
 * place. A page never waits: what is slow or away gives its default after `budgetMs`, and is counted.
 */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Arrival } from "../events/draft.ts";
import { normalised } from "../events/identifiers.ts";
import type { StepMeter } from "../events/meter.ts";
import type { Event, Inbox } from "../events/model.ts";
import type { RefusedStore } from "../events/refused.ts";
import { admit } from "../events/steps.ts";
import type { Identifier } from "../identity/model.ts";
import { type ReadSeeds, rememberedSeeds, seedsIn } from "../segments/take-up.ts";
import { type Clock, isoOf } from "../values.ts";
import type { Vault } from "../vault.ts";
import { chances } from "./chance.ts";
import { decide } from "./decide.ts";
import { type InForceReader, inForceReader } from "./force.ts";
import { type Asked, hashesOf, seenOf } from "./known.ts";
import { type Answered, DECISION_LIMITS, type Decision, type Question } from "./model.ts";
import { type Claim, createProofs, type Prove } from "./proof.ts";
import { type ReadSnapshot, snapshotReader } from "./snapshots.ts";
import { type DecisionKey, decisionTokenOf } from "./token.ts";
import { visitOf } from "./visit.ts";

export type AskDeps = {
  /** Asked hundreds of times a second: statements that are prepared. */
  readonly prepared: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly inbox: Inbox;
  readonly refused: RefusedStore;
  readonly meter: StepMeter;
  readonly key: DecisionKey;
  /** Counts what became of questions, and the time they took. */
  readonly count: (outcome: "decided" | "slow" | "away" | "busy", seconds: number) => void;
  readonly onFault: (cause: unknown) => void;
  readonly budgetMs?: number;
};
/** A question with who asks it. `trusted`: by a secret key, which may name anybody. */
export type Asking = {
  readonly question: Question & { readonly identifier?: Identifier | undefined };
  readonly trusted: boolean;
  /** All places that serve, in place of those named. */
  readonly everyPlace?: boolean;
  readonly arrival: Arrival;
};
export type Ask = (asking: Asking) => Promise<Answered>;

/** Answers questions. Throws `Failure` only for what the asker did wrong, and when every place was asked for and none could be read. */
export function createAsk(deps: AskDeps): Ask {
  const { clock, count, onFault, budgetMs = DECISION_LIMITS.budgetMs } = deps;
  const read = inForceReader(deps.prepared, budgetMs * DECISION_LIMITS.staleRatio);
  const readSnapshot = snapshotReader(deps.prepared);
  const readSeeds = rememberedSeeds(seedsIn(deps.prepared));
  const prove = createProofs(deps.prepared, deps.vault);
  let underWay = 0;
  return async (asking) => {
    const { question } = asking;
    const names = namesOf(asking);
    const began = performance.now();
    const done = (outcome: Parameters<typeof count>[0]) => count(outcome, (performance.now() - began) / 1000);
    const along: Along = { told: null, isLate: false };
    const fallback = (): Answered => {
      // Which places there are is what could not be read.
      if (asking.everyPlace) throw new Failure("store_unavailable", "It could not be decided in time.", { retryAfterSeconds: 1 });
      return { decisions: question.places.map(fallbackOf), at: isoOf(clock()), events: along.told };
    };
    if (underWay >= DECISION_LIMITS.underWay && question.events.length === 0) return done("busy"), fallback();
    underWay++;
    const away = (cause: unknown): "away" => {
      if (isAskers(cause)) throw cause;
      if (!(cause instanceof Failure)) onFault(cause);
      return "away";
    };
    const work = answer({ deps, read, readSnapshot, readSeeds, prove }, asking, names, along).finally(() => underWay--).catch(away);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"slow">((resolve) => (timer = setTimeout(resolve, budgetMs, "slow")));
    const ended = await Promise.race([work, late]).finally(() => clearTimeout(timer));
    along.isLate = ended === "slow";
    done(typeof ended === "string" ? ended : "decided");
    return typeof ended === "string" ? fallback() : ended;
  };
} // prettier-ignore

/** What the asker did wrong, and not what is slow or away. */
const isAskers = (cause: unknown): boolean =>
  cause instanceof Failure && cause.status < 500 && cause.code !== "too_many";

type Working = {
  readonly deps: AskDeps;
  readonly read: InForceReader;
  readonly readSnapshot: ReadSnapshot;
  readonly readSeeds: ReadSeeds;
  readonly prove: Prove;
};
/** What became of the events along, once that is known; and whether the page has its default already. */
type Along = { told: Answered["events"]; isLate: boolean };

const fallbackOf = (place: string): Decision => ({ place, choice: null, reason: "fallback", version: null, token: null }); // prettier-ignore

function namesOf({ question: { identifier, userId, anonymousId }, trusted }: Asking): readonly Identifier[] {
  const given: Identifier[] = [];
  if (identifier && trusted) given.push(identifier);
  if (userId !== undefined) given.push({ kind: "user_id", value: userId });
  if (anonymousId !== undefined) given.push({ kind: "anonymous_id", value: anonymousId });
  const names = given.flatMap(({ kind, value }) => {
    const name = normalised(kind, value);
    return name === null ? [] : [{ kind, value: name }];
  });
  if (names.length === 0) throw new Failure("unprocessable", "Name the customer: an anonymousId or a userId.");
  return names;
} // prettier-ignore

async function answer({ deps, read, readSnapshot, readSeeds, prove }: Working, asking: Asking, names: readonly Identifier[], along: Along): Promise<Answered> {
  const { prepared: sql, clock, meter, key } = deps;
  const { question, arrival, trusted } = asking;
  const { workspace } = arrival;
  const { accepted, refused } = admit(question.events, arrival, meter, () => performance.now() / 1000);
  const asked: Asked = { workspace, names, events: accepted };
  const hashes = hashesOf(asked);
  // What places are about is known from the question before; where that is no longer so the rest is read later.
  const before = read.held()?.placesOf(workspace);
  const products = [...(before?.values() ?? [])].flatMap((place) => (asking.everyPlace || question.places.includes(place.key) ? place.products : []));
  const reading = readSnapshot({ workspace, ...hashes, products });
  // Who has to be proven is proven before anything of the question is taken.
  const mustProve = !trusted && (question.userId !== undefined || question.userToken !== undefined);
  const claim: Claim = { workspace, names, mustProve, userToken: question.userToken };
  const proving = trusted ? Promise.resolve(new Set(names)) : reading.then((snapshot) => prove(claim, snapshot?.inAppAt ?? null, clock()));
  const keeping = mustProve ? proving.then(() => keep(deps, accepted, refused, arrival)) : keep(deps, accepted, refused, arrival);
  keeping.then(() => (along.told = { accepted: accepted.length, refused: refused.length }), () => undefined);
  const [snapshot, proven] = await Promise.all([reading, proving, keeping]);
  const now = clock();
  const at = isoOf(now);
  const told = along.told;
  if (!snapshot) throw new Failure("not_found", "There is no such workspace.");
  // Nobody waits for it any more: its share of the machine is for those who do.
  if (along.isLate) return { decisions: [], at, events: told };
  const inForce = await read.at(snapshot.epoch);
  const places = inForce.placesOf(workspace);
  const wanted = asking.everyPlace ? [...places.keys()] : question.places;
  const served = wanted.flatMap((one) => places.get(one) ?? []);
  if (served.length === 0) return { decisions: wanted.map((place) => ({ ...fallbackOf(place), reason: "not_served" })), at, events: told };
  const seen = await seenOf({ sql, readSeeds }, asked, snapshot, inForce.force, proven, now);
  const { visit, fill } = await visitOf({ sql, snapshot, products, inForce, seen, places: served, workspace, context: question.context }, now);
  const chance = chances({ workspace, snapshot, inForce, seen, context: question.context, userAgent: arrival.userAgent }, now);
  const decisions = wanted.map((name): Decision => {
    const place = places.get(name);
    if (!place) return { ...fallbackOf(name), reason: "not_served" };
    const { chosen, others } = decide(place, visit, fill(place), now, () => chance(place));
    const more = question.explain && trusted ? { others } : {};
    if (!chosen) return { place: name, choice: place.default && { id: "default", kind: "content", content: place.default }, reason: "default", version: place.version, token: null, ...more };
    const { candidate, content, by, propensityRatio, learning } = chosen;
    const { ranking, version, kind } = place;
    const token = decisionTokenOf(key, { workspace, place: name, placeKind: kind, candidate: candidate.id, version, ranking, propensityRatio, who: seen.who, at: now, learning });
    return { place: name, choice: { id: candidate.id, kind: candidate.kind, content }, reason: by, version, token, ...more };
  });
  return { decisions, at, events: told };
} // prettier-ignore

/** The events along: the same durable way as through the door. */
async function keep({ inbox, refused: store }: AskDeps, accepted: readonly Event[], refused: ReturnType<typeof admit>["refused"], { workspace, key, receivedAt }: Arrival): Promise<void> {
  if (accepted.length > 0) await inbox.append(accepted);
  if (refused.length > 0) await store.append(refused.map((entry) => ({ ...entry, workspace, key, refusedAt: receivedAt })));
} // prettier-ignore
