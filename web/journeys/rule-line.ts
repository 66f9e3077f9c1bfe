/** A rule in a line, also while it has no condition yet. Pure. */
import type { Rule } from "../../src/segments/model.ts";
import { type Names, wordsOf } from "../../src/segments/words.ts";

/** "did Order Completed and plan is "pro"", or that nothing is asked yet. */
export const wordsOfRule = (rule: Rule, names: Names): string => wordsOf(rule, names) || "Set the conditions";
