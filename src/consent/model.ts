/** What a customer allows: one standing answer per channel and purpose, and where it came from. */
import { z } from "zod";

/** The channels a consent can speak of; `all` stands for each of them. */
export const ConsentChannel = z.enum([
  "all",
  "email",
  "sms",
  "push",
  "whatsapp",
  "phone",
  "mail",
  "ads",
  "web",
]);
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
