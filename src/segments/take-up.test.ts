/** Seeds that are remembered are those of the store, each told once. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { WorkspaceId } from "../values.ts";
import type { TrackInForce } from "./force.ts";
import { type ReadSeeds, rememberedSeeds } from "./take-up.ts";

const WORKSPACE = 1 as WorkspaceId;
const trackOf = (id: number) => ({ id, key: `k${id}`, ready: id * 7 }) as TrackInForce;
const few = (max: number) => fc.uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 4 });

test("what is remembered of seeds answers as the store does, and the store is asked for each once", async () => {
  await fc.assert(
    fc.asyncProperty(few(30), fc.array(fc.record({ chunks: few(5), tracks: few(5) }), { maxLength: 12 }), async (there, asks) => {
      const isThere = (chunk: number, track: number) => there.includes(chunk * 6 + track);
      const asked = new Set<string>();
      let fresh = 0;
      const store: ReadSeeds = (_, chunks, tracks) => {
        fresh++;
        const pairs = chunks.flatMap((chunk) => tracks.map(({ id }) => ({ chunk, track: id, body: `${chunk}/${id}` })));
        return Promise.resolve(pairs.filter(({ chunk, track }) => isThere(chunk, track)));
      };
      const remembered = rememberedSeeds(store);
      for (const { chunks, tracks } of asks) {
        const before = fresh;
        const told = (await remembered(WORKSPACE, chunks, tracks.map(trackOf))).map(({ body }) => body);
        const all = chunks.flatMap((chunk) => tracks.map((track) => ({ chunk, track })));
        expect(told.toSorted()).toEqual(all.filter(({ chunk, track }) => isThere(chunk, track)).map(({ chunk, track }) => `${chunk}/${track}`).toSorted());
        expect(fresh - before).toBe(all.some(({ chunk, track }) => !asked.has(`${chunk}/${track}`)) ? 1 : 0);
        for (const { chunk, track } of all) asked.add(`${chunk}/${track}`);
      }
    }),
  );
}); // prettier-ignore
