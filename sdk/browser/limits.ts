/**
 * Everything the SDK keeps or sends has a bound, and this is where it stands. Single constants, imported together as
 * `LIMITS`, because a bundler writes them in where they are used.

 */

/** Events that wait to be sent; beyond it the oldest are given up. */
export const waitingMax = 1_000;
export const waitingBytesMax = 500_000;
/** The server takes no larger event. */
export const eventBytesMax = 32_000;
export const batchEventsMax = 100;
/** Browsers let all requests that outlive their page hold 64 KiB together; the envelope needs some of it. */
export const batchBytesMax = 60_000;
/** Events of one moment travel together. */
export const gatherMs = 150;
export const answerMs = 20_000;
export const retryMsMin = 1_000;
export const retryMsMax = 120_000;
export const tellTries = 4;
/** A server is believed when it asks for up to an hour. */
export const retryAfterMsMax = 3_600_000;
export const decideMs = 400;
export const decideEventsMax = 20;
export const handoverMs = 120_000;
export const formFieldsMax = 50;
export const formTextMax = 500;
export const urlChars = 2_000;
