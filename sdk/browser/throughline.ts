/**
 * The browser SDK: Segment's calls, consent before anything is stored or sent, and what a page can show of a customer's
 * journey. One instance a page; calls made before `load` wait in memory.
 */
import { type Calls, createCalls } from "./calls.ts";
import { type Cart, createCart } from "./cart.ts";
import { type Core, createCore } from "./core.ts";
import { decide, type Way } from "./decide.ts";
import { watchForms } from "./forms.ts";
import { takeOver, watchLinks } from "./handover.ts";
import { openInbox } from "./inbox.ts";
import { readRecord } from "./keep.ts";
import * as LIMITS from "./limits.ts";
import type {
  ConsentAnswers,
  Counts,
  DecideOptions,
  Decision,
  Inbox,
  InboxOptions,
  Options,
} from "./model.ts";
import { moveOn, pageNow, zoneNow } from "./page.ts";
import { tell } from "./post.ts";
import { bodyOf } from "./queue.ts";
import { watchRouting } from "./routing.ts";
import { asksForPrivacy } from "./visitor.ts";

export type * from "./model.ts";
export type { Calls } from "./calls.ts";
export type { Cart } from "./cart.ts";

export type Throughline = Calls & {
  /** Begins. A second call changes nothing. */
  readonly load: (options: Options) => void;
  /** The visitor's answers; each call adds to those before. Denying the purpose forgets everything kept here. */
  readonly consent: (answers: ConsentAnswers) => void;
  readonly decide: (places: readonly string[], options?: DecideOptions) => Promise<readonly Decision[]>;
  /** Null before `load`, and while consent is missing. */
  readonly inbox: (options?: InboxOptions) => Inbox | null;
  readonly cart: Cart;
  /** The ids events carry now; null before `load`, and while consent is missing. */
  readonly visitor: () => { readonly anonymousId: string; readonly userId: string | undefined } | null;
  /** Sends what waits now rather than in a moment; resolves when that was tried. */
  readonly flush: () => Promise<void>;
  readonly counts: () => Counts;
};

/** Makes it; begins with `load`. Needs a browser's page: importing the package does nothing by itself. */
export function createThroughline(): Throughline {
  const core = createCore();
  const { visitor, queue, ifOpen, who, at } = core;
  const inboxes: Inbox[] = [];
  /** Answers given before `load` said what they are for. */
  let early: ConsentAnswers = {};
  /** The app itself told of the page that is shown. */
  let isTold = false;
  const calls = createCalls(core, () => (isTold = true));
  const moved = (from: string): void => {
    moveOn(from);
    isTold = false;
  };
  return {
    ...calls,
    load: (given) => {
      if (core.options()) return;
      core.begin(given);
      begin(core, given, early);
      watchForms(calls.track);
      if (given.handover)
        watchLinks(given.handover, () => (asksForPrivacy() ? null : ifOpen(() => who().anonymousId)));
      if (given.routing !== false) watchRouting(moved, () => isTold || calls.page());
    },
    consent: (answers) => {
      if (!core.options()) return void (early = { ...early, ...answers });
      answer(core, answers);
      if (visitor.isDenied()) for (const inbox of inboxes) inbox.close();
    },
    decide: (places, more) =>
      decide(
        ifOpen(() => wayOf(core)),
        places,
        more,
      ),
    inbox: (more = {}) =>
      ifOpen(() => {
        const { anonymousId, userId, ...proof } = who();
        const name = { kind: userId ? "user_id" : "anonymous_id", value: userId ?? anonymousId, ...proof };
        const inbox = openInbox((path, query) => at(`/in-app/${path}`, { ...name, ...query }), more);
        inboxes.push(inbox);
        return inbox;
      }),
    cart: createCart(calls.track, () => ifOpen(() => at("/v1/cart", who()))),
    visitor: () => ifOpen(() => ({ anonymousId: who().anonymousId, userId: visitor.userId() })),
    flush: queue.flush,
    counts: queue.counts,
  };
}

/** The first moment: who comes from another of our sites, what they allow, and what waited for that. */
function begin(core: Core, { handover, consent }: Options, early: ConsentAnswers): void {
  const { visitor, queue } = core;
  const handed = handover && takeOver(handover);
  const isTaken = handed && visitor.become(handed);
  const answers = typeof consent === "object" ? { ...early, ...consent } : early;
  if (Object.keys(answers).length > 0) answer(core, answers);
  if (visitor.isDenied()) queue.clear();
  if (handed && !isTaken && handed !== visitor.anonymous().id) core.record("alias", { previousId: handed });
  visitor.save();
  if (visitor.isOpen()) queue.open();
}

/** The visitor's answers come in, and the collection opens or ends with them. */
function answer({ visitor, queue, door, eventOf, record }: Core, answers: ConsentAnswers): void {
  const before = door();
  const isNew = visitor.answer(answers);
  const event = "Segment Consent Preference Updated";
  if (visitor.isOpen()) {
    if (!before) queue.open();
    if (isNew) record("track", { event });
  } else if (visitor.isDenied()) {
    // Of all that waits only the denial itself still leaves, and only where a visitor was known before.
    if (before && readRecord().a) void tell(before, bodyOf([JSON.stringify(eventOf("track", { event }))]));
    queue.clear();
    visitor.forget();
  }
}

/** How a question reaches the server. */
const wayOf = ({ queue, at, who, ifOpen }: Core): Way => ({
  url: at("/v1/decide"),
  about: () => ({
    ...who(),
    events: queue.newest(LIMITS.decideEventsMax).map((json) => JSON.parse(json) as unknown),
    context: { url: pageNow().url.slice(0, LIMITS.urlChars), ...zoneNow() },
  }),
  tell: (outcome) => void ifOpen(() => tell(at("/v1/decide/outcomes"), JSON.stringify(outcome))),
});
