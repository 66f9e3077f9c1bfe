/**
 * In-app inboxes as they change, by server-sent events. One listener serves all streams of a process; when something
 * came into any inbox, one statement finds what is new for all who are looking.
 */
import type { ServerResponse } from "node:http";
import type { Database } from "../db/postgres.ts";
import type { AtomId } from "../values.ts";
import { DRIVER_LIMITS } from "./drivers/model.ts";
import { INBOX_CHANNEL, newIn, newestRow } from "./inbox-store.ts";
import { type InboxMessage, messageOf } from "./inbox-view.ts";

/** A stream ends after this and is opened again by the browser: its proof is looked at anew, and who the customer is. */
const STREAM_MS = 15 * 60_000;
const KEEP_ALIVE_MS = 20_000;
/** A viewer that does not read is let go rather than kept in memory. */
const UNREAD_BYTES_MAX = 1_000_000;
/** Rows may be committed in another order than they are numbered: the last so many are looked at again. */
const OVERLAP_ROWS = 1_000;

type Stream = {
  readonly atoms: readonly AtomId[];
  readonly place: string | null;
  readonly response: ServerResponse;
  /** Rows this viewer has, or had when it came. */
  readonly known: Set<number>;
  readonly timers: readonly NodeJS.Timeout[];
};
export type Streams = {
  /** Shows what comes into the inbox of these atoms from now on, and what is newer than `lastId`. False: there are too many streams. */
  open(response: ServerResponse, atoms: readonly AtomId[], place: string | null, known: readonly number[]): Promise<boolean>;
  close(): Promise<void>;
}; // prettier-ignore

/** Streams of one process. */
export function createStreams(sql: Database, onFault: (cause: unknown) => void): Streams {
  const streams = new Set<Stream>();
  let listening: Promise<{ stop(): Promise<void> }> | null = null;
  let looking: Promise<void> | null = null;
  let again = false;
  let floor = 0;

  const look = async (): Promise<void> => {
    const atoms = [...new Set([...streams].flatMap((stream) => stream.atoms))];
    if (atoms.length === 0) return;
    const newest = await newestRow(sql);
    const rows = await newIn(sql, atoms, Math.max(0, floor - OVERLAP_ROWS));
    floor = newest;
    for (const stream of streams)
      for (const row of rows) {
        if (!stream.atoms.includes(row.atom as AtomId) || stream.known.has(row.id)) continue;
        stream.known.add(row.id);
        if (stream.place === null || row.place === stream.place) show(stream, messageOf(row));
      }
  };
  const wake = () => {
    again = true;
    looking ??= (async () => {
      while (again) {
        again = false;
        await look().catch(onFault);
      }
    })().finally(() => (looking = null));
  };
  const leave = (stream: Stream) => {
    streams.delete(stream);
    for (const timer of stream.timers) clearTimeout(timer);
  };
  return {
    open: async (response, atoms, place, known) => {
      if (streams.size >= DRIVER_LIMITS.streamsMax) return false;
      if (listening === null) {
        floor = await newestRow(sql);
        listening ??= sql.listen(INBOX_CHANNEL, wake);
      }
      await listening;
      const timers = [
        setTimeout(() => response.end(), STREAM_MS).unref(),
        setInterval(() => response.write(": still here\n\n"), KEEP_ALIVE_MS).unref(),
      ];
      const stream: Stream = { atoms, place, response, known: new Set(known), timers };
      streams.add(stream);
      response.on("close", () => leave(stream));
      response.write("retry: 3000\n\n");
      // What came between reading the inbox and listening.
      wake();
      return true;
    },
    close: async () => {
      for (const { response } of streams) response.end();
      await (await listening)?.stop();
      await looking;
    },
  };
}

function show({ response }: Stream, message: InboxMessage): void {
  if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
  else response.write(`id: ${message.id}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`);
}
