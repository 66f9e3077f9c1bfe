/** The events that wait, within their bounds: what is beyond them is given up and counted. It reaches no clock and sends nothing. */
import * as LIMITS from "./limits.ts";

/** An event as it will travel. */
export type Item = { readonly id: string; readonly json: string; readonly bytes: number };

/** An empty list. */
export function createWaiting() {
  let items: readonly Item[] = [];
  let bytesAll = 0;
  const lost = { dropped: 0, tooLarge: 0 };
  const remain = (those: readonly Item[]): void => {
    items = those;
    bytesAll = those.reduce((sum, { bytes }) => sum + bytes, 0);
  };
  return {
    /** Takes an event; one whose id is there already is the same event. The oldest make room for it. */
    put: (event: object): void => {
      const json = JSON.stringify(event);
      const bytes = new TextEncoder().encode(json).length;
      const { messageId: id } = event as { readonly messageId: string };
      if (bytes > LIMITS.eventBytesMax) return void lost.tooLarge++;
      if (items.some((item) => item.id === id)) return;
      remain([...items, { id, json, bytes }]);
      while (items.length > LIMITS.waitingMax || bytesAll > LIMITS.waitingBytesMax) {
        remain(items.slice(1));
        lost.dropped++;
      }
    },
    /** The oldest that are not under way, as many as the browser lets outlive the page together with those that are. */
    next: (flying: ReadonlySet<Item>): readonly Item[] => {
      const batch: Item[] = [];
      let roomBytes: number = LIMITS.batchBytesMax;
      for (const { bytes } of flying) roomBytes -= bytes + 1;
      for (const item of items) {
        if (flying.has(item)) continue;
        roomBytes -= item.bytes + 1;
        if (roomBytes < 0 || batch.push(item) >= LIMITS.batchEventsMax) break;
      }
      return batch;
    },
    /** These were answered. */
    take: (gone: readonly Item[]): void => remain(items.filter((item) => !gone.includes(item))),
    clear: (): void => remain([]),
    /** Each event's JSON, oldest first. */
    all: (): readonly string[] => items.map(({ json }) => json),
    lost: () => lost,
  };
}
