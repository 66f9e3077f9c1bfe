/**
 * The visitor's in-app messages on a page: what lies there, what comes while they look, and that it was seen. The page
 * draws them as it likes; the SDK draws nothing.
 */
import type { Inbox, InboxMessage, InboxOptions } from "./model.ts";
import { ask } from "./post.ts";

/** Opens the inbox. `at` gives the address for a path as this visitor. */
export function openInbox(
  at: (path: string, query?: object) => string,
  { place, onChange, onFault }: InboxOptions,
): Inbox {
  let page: { readonly messages: readonly InboxMessage[]; readonly unseen: number } = {
    messages: [],
    unseen: 0,
  };
  let reads = 0;
  let isClosed = false;
  const where = place === undefined ? {} : { place };
  const read = async (): Promise<void> => {
    const turn = ++reads;
    const answer = await ask(at("messages", where));
    // Only the newest question's answer counts: an older one may come later and know less.
    if (isClosed || turn !== reads) return;
    if (!answer?.ok) return onFault?.(answer?.status ?? 0);
    page = (await answer.json()) as typeof page;
    onChange?.(inbox);
  };
  const mark = async (id: number, what: "seen" | "dismissed"): Promise<boolean> => {
    const answer = isClosed
      ? null
      : await ask(at(`messages/${id}/${what}`), { method: "POST", keepalive: true });
    if (!answer?.ok) return false;
    await read();
    return true;
  };
  const stream = new EventSource(at("stream", where));
  // What came before the stream was open, or while it was broken, is read anew each time it opens.
  stream.onopen = stream.onmessage = () => void read();
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) void read();
  };
  const inbox: Inbox = {
    messages: () => page.messages,
    unseen: () => page.unseen,
    seen: (id) => mark(id, "seen"),
    dismiss: (id) => mark(id, "dismissed"),
    close: () => {
      isClosed = true;
      stream.close();
    },
  };
  return inbox;
}
