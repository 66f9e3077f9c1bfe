/** Fits laws in a thread of its own: with a million customers it takes seconds, in which nobody else should have to wait. */
import { answerAside } from "../aside.ts";
import type { Purchases, Worked } from "./workout.ts";

/** What `workOut` says. Throws what the thread threw. */
export const workOutAside = (purchases: Purchases): Promise<Worked> =>
  answerAside(new URL("./thread.ts", import.meta.url), purchases);
