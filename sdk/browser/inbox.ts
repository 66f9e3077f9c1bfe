/**
 * The visitor's in-app messages on a page: what lies there, what comes while they look, and that it was seen. The page
 * draws them as it likes; the SDK draws nothing.
 */
import type { Inbox, InboxMessage, InboxOptions } from "./model.ts";

/** Opens the inbox. `at` gives the address for a path as this visitor. */
export function openInbox(
  at: (path: string, query?: object) => string,
  { place, onChange, onFault }: InboxOptions,
): Inbox {
  let messages: readonly InboxMessage[] = [];
  let unseen = 0;
  let isClosed = false;
  let stream: EventSource | undefined;
  const where = place === undefined ? {} : { place };
  const changed = (): void => onChange?.(inbox);
  const mark = async (id: number, what: "seen" | "dismissed"): Promise<boolean> => {
    const answer = await fetch(at(`messages/${id}/${what}`), {
      method: "POST",
      credentials: "omit",
      keepalive: true,
    }).catch(() => null);
    if (!answer?.ok) return false;
    const seenAt = new Date().toISOString();
    const marked = messages.find((message) => message.id === id);
    if (marked?.seenAt === null) unseen--;
    messages =
      what === "dismissed"
        ? messages.filter((message) => message !== marked)
        : messages.map((message) =>
            message === marked ? { ...message, seenAt: message.seenAt ?? seenAt } : message,
          );
    changed();
    return true;
  };
  const read = async (): Promise<void> => {
    const answer = await fetch(at("messages", where), { credentials: "omit" }).catch(() => null);
    if (isClosed) return;
    if (!answer?.ok) return onFault?.(answer?.status ?? 0);
    ({ messages, unseen } = (await answer.json()) as { messages: readonly InboxMessage[]; unseen: number });
    changed();
  };
  const inbox: Inbox = {
    messages: () => messages,
    unseen: () => unseen,
    seen: (id) => mark(id, "seen"),
    dismiss: (id) => mark(id, "dismissed"),
    close: () => {
      isClosed = true;
      stream?.close();
    },
  };
  stream = new EventSource(at("stream", where));
  // What came before the stream was open, or while it was broken, is read anew each time it opens.
  stream.onopen = () => void read();
  stream.onerror = () => {
    if (stream?.readyState === EventSource.CLOSED) void read();
  };
  stream.addEventListener("message", ({ data }: MessageEvent<string>) => {
    const message = JSON.parse(data) as InboxMessage;
    if (messages.some(({ id }) => id === message.id)) return;
    messages = [message, ...messages];
    unseen++;
    changed();
  });
  return inbox;
}
