/**
 * A rule read back as one plain sentence, in the words the server uses too. Pure. It begins in small letters where a name
 * does: names of traits and events are written as they are sent.
 */
import type { Rule } from "../../src/segments/model.ts";
import { type Names, wordsOf } from "../../src/segments/words.ts";

/** The whole rule: "did Order Completed at least 2 times in the last 30 days and plan is "pro".". */
export const sentenceOf = (rule: Rule, names: Names): string => `${wordsOf(rule, names)}.`;

/** One condition or group by itself, as a line of a list. */
export const lineOf = (rule: Rule, names: Names): string => wordsOf(rule, names);
