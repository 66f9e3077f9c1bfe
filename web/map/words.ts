/** Moments and parts of the map in words. Pure. */
import type { PartAsked } from "./calls.ts";

type Named = { readonly key: string; readonly name: string; readonly stage: string | null };

/** A moment's name; its stage where moments are told apart by it. */
export const nameOfMoment = ({ name, stage }: Omit<Named, "key">): string =>
  stage === null ? name : `${name} (${stage.replaceAll("_", " ")})`;

/** What is chosen, as the panel's heading; `nameOf` turns keys into names. */
export function partWords(part: PartAsked, nameOf: (key: string) => string): string {
  switch (part.type) {
    case "edge":
      return `${nameOf(part.from)} → ${nameOf(part.to)}`;
    case "moment":
      return nameOf(part.moment);
    case "start":
      return `Begins with ${nameOf(part.moment)}`;
    case "end":
      return `Ends with ${nameOf(part.moment)}`;
    case "drop_off":
      return `Stopped at ${nameOf(part.moment)}`;
    case "variant":
      return part.moments.map(nameOf).join(" → ");
  }
}

/** A part of a whole as people write it: "62 %"; 0 of 0 is 0 %. */
export const ofAll = (part: number, whole: number): string => {
  const ratio = whole === 0 ? 0 : part / whole;
  // Nearly all is not all, and a few are not none.
  if (ratio > 0 && ratio < 0.01) return "under 1 %";
  return `${ratio < 1 ? Math.min(99, Math.round(100 * ratio)) : 100} %`;
};
