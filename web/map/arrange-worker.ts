/** The layout off the main thread: a map to place comes in, with a number; its places go back with the same number. */
import { arrange, type ToArrange } from "./arrange.ts";

self.addEventListener("message", ({ data }: MessageEvent<{ no: number; given: ToArrange }>) => {
  self.postMessage({ no: data.no, arranged: arrange(data.given) });
});
