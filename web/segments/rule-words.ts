/** A rule read back as one plain sentence, in the words the server uses too. Pure. */
import type { Rule } from "../../src/segments/model.ts";
import { type Names, wordsOf } from "../../src/segments/words.ts";

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The whole rule: "Did Order Completed at least 2 times in the last 30 days and plan is "pro".". */
export const sentenceOf = (rule: Rule, names: Names): string => `${capital(wordsOf(rule, names))}.`;

/** One condition or group by itself, as a line of a list. */
export const lineOf = (rule: Rule, names: Names): string => capital(wordsOf(rule, names));
