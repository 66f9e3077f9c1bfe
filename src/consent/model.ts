/** What a customer allows: one standing answer per channel and purpose, and where it came from. */
import { z } from "zod";
import { CONSENT_CHANNELS } from "./channels.ts";

/** One of the channels a consent can speak of. */
export const ConsentChannel = z.enum(CONSENT_CHANNELS);
export type ConsentChannel = z.infer<typeof ConsentChannel>;

/** One answer as an event carries it. `purpose` is the sender's category name in lower case, or `marketing`. */
export const ConsentAnswer = z.object({
  channel: ConsentChannel,
  purpose: z.string().min(1).max(100),
  answer: z.enum(["granted", "denied"]),
  /** `gpc`: the browser sent Sec-GPC; `event`: the sender's consent fields; `unsubscribe`: an unsubscribe event; `preferences`: the preference centre. */
  source: z.enum(["gpc", "event", "unsubscribe", "preferences"]),
});
export type ConsentAnswer = z.infer<typeof ConsentAnswer>;
