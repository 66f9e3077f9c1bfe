/**
 * Events on their way from a server: gathered for a moment, sent in batches, tried again until the answer says that they
 * are durable. Each has its id before the first try, so a batch that comes twice counts once.
 */

/** What Segment's calls hold. At least one of `userId` and `anonymousId`. */
export type Event = {
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly messageId?: string;
  readonly timestamp?: string | Date;
  readonly context?: { readonly [name: string]: unknown };
};
type Values = { readonly [name: string]: unknown };

export type Events = {
  readonly track: (event: Event & { readonly event: string; readonly properties?: Values }) => void;
  readonly identify: (event: Event & { readonly traits?: Values }) => void;
  readonly page: (
    event: Event & { readonly name?: string; readonly category?: string; readonly properties?: Values },
  ) => void;
  readonly screen: (event: Event & { readonly name?: string; readonly properties?: Values }) => void;
  readonly group: (event: Event & { readonly groupId: string; readonly traits?: Values }) => void;
  readonly alias: (event: Event & { readonly previousId: string }) => void;
};
/** How many events wait, were taken by the server, and were given up. */
export type SenderCounts = { readonly waiting: number; readonly sent: number; readonly lost: number };

export type SenderOptions = {
  readonly host: string;
  readonly writeKey?: string | undefined;
  readonly timeoutMs: number;
  readonly onLost?: (events: readonly object[], why: "no_room" | "too_large" | "refused") => void;
};

const WAITING_MAX = 10_000;
const BATCH_EVENTS_MAX = 200;
const BATCH_CHARS_MAX = 500_000;
const EVENT_CHARS_MAX = 32_000;
const GATHER_MS = 500;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 60_000;
const RETRY_AFTER_SECONDS_MAX = 3_600;
/** So often is a batch tried while the client is being closed. */
const CLOSING_TRIES_MAX = 4;

type Sender = Events & {
  readonly flush: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly counts: () => SenderCounts;
};

/** The sender of one client. */
export function createSender({ host, writeKey, timeoutMs, onLost }: SenderOptions): Sender {
  let waiting: string[] = [];
  let sent = 0;
  let lost = 0;
  let isClosing = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | null = null;

  const lose = (events: readonly string[], why: "no_room" | "too_large" | "refused"): void => {
    lost += events.length;
    onLost?.(
      events.map((json) => JSON.parse(json) as object),
      why,
    );
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    running ??= drain().finally(() => (running = null));
    return running;
  };
  const add = (type: string, event: Event): void => {
    if (writeKey === undefined) throw new Error("Events need a write key.");
    if (isClosing) throw new Error("The client is closed.");
    const json = JSON.stringify({ messageId: crypto.randomUUID(), timestamp: new Date(), ...event, type });
    if (json.length > EVENT_CHARS_MAX) return lose([json], "too_large");
    waiting.push(json);
    if (waiting.length > WAITING_MAX) lose(waiting.splice(0, 1), "no_room");
    if (waiting.length >= BATCH_EVENTS_MAX) void flush();
    else timer ??= setTimeout(() => void flush(), GATHER_MS);
  };

  async function drain(): Promise<void> {
    for (let tries = 0; waiting.length > 0;) {
      const batch = firstOf(waiting);
      const answer = await post({ host, writeKey, timeoutMs }, batch);
      if (answer?.ok || (answer && answer.status < 500 && answer.status !== 429 && answer.status !== 408)) {
        tries = 0;
        const gone = new Set(batch);
        waiting = waiting.filter((json) => !gone.has(json));
        if (answer.ok) sent += batch.length;
        else lose(batch, "refused");
        continue;
      }
      if (isClosing && tries >= CLOSING_TRIES_MAX) return;
      const askedSeconds = Math.min(Number(answer?.headers.get("retry-after")) || 0, RETRY_AFTER_SECONDS_MAX);
      const stepMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** tries++);
      await new Promise((done) =>
        setTimeout(done, askedSeconds * 1_000 + (stepMs / 2) * (1 + Math.random())),
      );
    }
  }

  return {
    track: (event) => add("track", event),
    identify: (event) => add("identify", event),
    page: (event) => add("page", event),
    screen: (event) => add("screen", event),
    group: (event) => add("group", event),
    alias: (event) => add("alias", event),
    flush,
    close: () => {
      isClosing = true;
      return flush();
    },
    counts: () => ({ waiting: waiting.length, sent, lost }),
  };
}

/** The answer to a batch; null when none came. */
const post = (
  { host, writeKey, timeoutMs }: SenderOptions,
  batch: readonly string[],
): Promise<Response | null> =>
  fetch(`${host}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${writeKey}:`)}` },
    body: `{"sentAt":"${new Date().toISOString()}","batch":[${batch.join()}]}`,
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => null);

/** The oldest, as many as one request should hold; at least one. */
function firstOf(waiting: readonly string[]): readonly string[] {
  let chars = 0;
  const end = waiting.findIndex(
    (json, i) => i >= BATCH_EVENTS_MAX || (chars += json.length) > BATCH_CHARS_MAX,
  );
  return end < 0 ? waiting.slice() : waiting.slice(0, Math.max(1, end));
}
