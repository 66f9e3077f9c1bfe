/** Chance that is the same whenever it is asked: uniform numbers named by a text. Pure; holds no state. */
import { hash } from "node:crypto";

/** The `i`-th number in (0, 1) of the sequence named `seed`. From SHA-256, 48 bits a number. */
export const drawsOf =
  (seed: string) =>
  (i: number): number =>
    (parseInt(hash("sha256", `${seed}/${i}`, "hex").slice(0, 12), 16) + 0.5) / 2 ** 48;
