/** The layout of a scene, found by a worker while the screen stays alive; the layout before stays until the next is there. */
import { useEffect, useRef, useState } from "react";
import type { Arranged, ToArrange } from "./arrange.ts";
import { END, type Scene, START } from "./scene.ts";

type Found = { readonly scene: Scene; readonly arranged: Arranged };

const toArrange = ({ moments, lines }: Scene): ToArrange => ({
  places: [
    { key: START, outer: true },
    ...moments.map(({ key }) => ({ key, outer: false })),
    { key: END, outer: true },
  ],
  lines: lines.map(({ id, from, to, n, kind }) => ({
    id,
    from,
    to,
    n,
    outer: kind === "start" || kind === "end",
  })),
});

/** A scene with its layout: the latest that is ready. Null until the first one is. */
export function useArranged(scene: Scene): Found | null {
  const [found, setFound] = useState<Found | null>(null);
  const worker = useRef<Worker | null>(null);
  const asked = useRef(0);
  useEffect(() => {
    // A layout that is overtaken is stopped, however long it would have taken.
    worker.current?.terminate();
    const made = new Worker(new URL("./arrange-worker.ts", import.meta.url), { type: "module" });
    worker.current = made;
    asked.current += 1;
    const no = asked.current;
    made.addEventListener("message", ({ data }: MessageEvent<{ no: number; arranged: Arranged }>) => {
      if (data.no === no) setFound({ scene, arranged: data.arranged });
    });
    made.postMessage({ no, given: toArrange(scene) });
    return () => made.terminate();
  }, [scene]);
  return found;
}
