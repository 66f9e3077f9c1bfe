/**
 * The live events as a bounded list: connects, reconnects with growing patience, holds the newest while paused, and
 * redraws at most four times a second however many arrive. At high rates the server shows some and counts the rest.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import type { LiveEvent, LiveRefusal } from "../api.ts";
import { type Client, Problem } from "../http.ts";
import { type Frame, framesOf } from "./frames.ts";

/** The most rows kept and drawn; older ones are in the event log. */
export const ROWS_MAX = 200;
const DRAW_MS = 250;
const PATIENCE_MS = [500, 1000, 2000, 5000, 10_000] as const;
/** A frame that never ends is a fault of the other side; nothing grows without bound. */
const REST_CHARS_MAX = 1_000_000;

/** A row of the live list: an event, or the news of a refusal. `key` is unique on this page. */
export type LiveRow = { readonly key: number } & (
  | { readonly type: "event"; readonly event: LiveEvent }
  | { readonly type: "refused"; readonly refusal: LiveRefusal; readonly at: number }
);
export type Connection =
  | { readonly state: "connecting" | "open" }
  | { readonly state: "broken"; readonly fault: Error };

/** Reads the stream until it ends or `signal` says so; each frame goes to `onFrame`. */
async function read(
  client: Client,
  signal: AbortSignal,
  onOpen: () => void,
  onFrame: (frame: Frame) => void,
) {
  const answer = await client.raw("/v1/events/live", { signal });
  if (answer.body === null)
    throw new Problem(0, "The stream is empty", "The server sent no stream of events.");
  onOpen();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { frames, rest } = framesOf(text + value);
    text = rest.length > REST_CHARS_MAX ? "" : rest;
    for (const frame of frames) onFrame(frame);
  }
}

/** Waits, or returns early when the signal says so. */
const patience = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

async function follow(
  client: Client,
  signal: AbortSignal,
  onState: (state: Connection) => void,
  onFrame: (frame: Frame) => void,
) {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      onState({ state: "connecting" });
      await read(client, signal, () => ((failures = 0), onState({ state: "open" })), onFrame);
    } catch (fault) {
      if (signal.aborted) return;
      onState({ state: "broken", fault: fault instanceof Error ? fault : new Error(String(fault)) });
      // A refusal (signed out, not allowed) does not go away by asking again.
      if (fault instanceof Problem && !fault.passing) return;
    }
    await patience(PATIENCE_MS[Math.min(failures, PATIENCE_MS.length - 1)]!, signal);
  }
}

function rowOf(frame: Frame, key: number, at: number): LiveRow | null {
  if (frame.event === "event") return { key, type: "event", event: JSON.parse(frame.data) as LiveEvent };
  if (frame.event === "refused")
    return { key, type: "refused", refusal: JSON.parse(frame.data) as LiveRefusal, at };
  return null;
}

/** The live rows, newest first. While `paused` the list stands still and `waiting` counts what arrived meanwhile. */
export function useLive(client: Client, paused: boolean) {
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const [shown, setShown] = useState<{ rows: readonly LiveRow[]; total: number }>({ rows: [], total: 0 });
  const [waiting, setWaiting] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const buffer = useRef<{ rows: LiveRow[]; made: number; total: number; drawn: number }>({
    rows: [],
    made: 0,
    total: 0,
    drawn: 0,
  });
  useEffect(() => {
    const stop = new AbortController();
    void follow(client, stop.signal, setConnection, (frame) => {
      const held = buffer.current;
      if (frame.event === "skipped") held.total += (JSON.parse(frame.data) as { events: number }).events;
      const row = rowOf(frame, (held.made += 1), Date.now());
      if (row === null) return;
      held.rows = [row, ...held.rows.slice(0, ROWS_MAX - 1)];
      held.total += 1;
    });
    return () => stop.abort();
  }, [client, attempt]);
  useEffect(() => {
    const timer = setInterval(() => {
      const held = buffer.current;
      if (held.total === held.drawn && !paused) return setWaiting(0);
      if (paused) return setWaiting(held.total - held.drawn);
      held.drawn = held.total;
      setWaiting(0);
      setShown({ rows: held.rows, total: held.total });
    }, DRAW_MS);
    return () => clearInterval(timer);
  }, [paused]);
  const reconnect = useCallback(() => setAttempt((n) => n + 1), []);
  return { connection, rows: shown.rows, total: shown.total, waiting, reconnect };
}
