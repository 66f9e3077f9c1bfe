/**
 * The consent answers an event carries. Pure.
 *
 *  - `Sec-GPC: 1` (Global Privacy Control) is an opt-out of sale and sharing, so it denies advertising on the ads channel: the
 *    lists we would send to ad networks. It says nothing of the business's own messages.
 *  - `context.consent.categoryPreferences` (Segment): one answer per category, for all channels. Absent means nothing was asked.
 *  - Events named as a subscription's end or beginning. An end is always believed; a beginning only where the event names
 *    the channel, because "Subscribed" alone is also how people report a paid plan.
 *  - Customer.io's `cio_subscription_preferences.topics` and `unsubscribed: true` in traits.
 */
import type { ConsentAnswer, ConsentChannel } from "../consent/model.ts";
import type { JsonObject } from "../values.ts";
import { objectOf, plain, textOf } from "./text.ts";

const ANSWERS_MAX = 50;
const PURPOSE_CHARS_MAX = 100;
const MARKETING = "marketing";

const CHANNEL_WORDS: { readonly [word: string]: ConsentChannel } = {
  __proto__: null as never,
  all: "all", email: "email", mailing: "email", newsletter: "email", sms: "sms", text: "sms", push: "push", whatsapp: "whatsapp",
  phone: "phone", call: "phone", mail: "mail", post: "mail", ads: "ads", advertising: "ads", web: "web",
}; // prettier-ignore
const COMPLAINED = /^e ?mail (?:marked as spam|complained|spam report\w*)$/;
const ENDED = /^(?:(.*) )?(?:unsubscribed?|opted out|opt out)(?: (?:from|of) (.*))?$/;
const BEGAN = /^(?:(.*) )?(?:subscribed|opted in|opt in)(?: (?:to|in to|into) (.*))?$/;

export type Asked = {
  readonly name: string;
  readonly track: boolean;
  readonly gpc: boolean;
  readonly context: JsonObject | undefined;
  readonly properties: JsonObject | undefined;
  readonly traits: JsonObject | undefined;
};

/** All answers of one event; undefined when it carries none, which is nearly always. Never throws. */
export function consentsOf(asked: Asked): readonly ConsentAnswer[] | undefined {
  const { context, traits } = asked;
  // A server that passes its visitor's header on, or a refused event that is tried again, says it in the context.
  const gpc = asked.gpc || context?.["globalPrivacyControl"] === true;
  const consent = context?.["consent"];
  const named = asked.track && MAY_SUBSCRIBE.test(asked.name);
  if (!gpc && consent === undefined && !named && !traits) return undefined;
  const answers: ConsentAnswer[] = [];
  if (gpc) answers.push({ channel: "ads", purpose: "advertising", answer: "denied", source: "gpc" });
  readCategories(answers, objectOf(objectOf(consent)?.["categoryPreferences"]));
  if (named) readName(answers, asked);
  if (traits) readTraits(answers, traits);
  if (answers.length === 0) return undefined;
  return answers.length > ANSWERS_MAX ? answers.slice(0, ANSWERS_MAX) : answers;
}
const MAY_SUBSCRIBE = /subscri|opt|spam|complain/i;

function readCategories(answers: ConsentAnswer[], categories: JsonObject | undefined): void {
  for (const category in categories) {
    const answer = categories[category];
    const purpose = category.trim().toLowerCase().slice(0, PURPOSE_CHARS_MAX);
    if (typeof answer === "boolean" && purpose !== "") answers.push(answerOf("all", purpose, answer));
  }
}
const answerOf = (channel: ConsentChannel, purpose: string, granted: boolean): ConsentAnswer => ({
  channel,
  purpose,
  answer: granted ? "granted" : "denied",
  source: "event",
});

function readName(answers: ConsentAnswer[], { name, properties }: Asked): void {
  const words = plain(name);
  const purpose = wordOf(properties, "purpose") ?? MARKETING;
  const given = CHANNEL_WORDS[wordOf(properties, "channel") ?? ""];
  const ended = COMPLAINED.test(words) ? ["", "email", ""] : ENDED.exec(words);
  const [, before, after] = ended ?? BEGAN.exec(words) ?? [];
  const channel = given ?? channelIn(before) ?? channelIn(after);
  if (ended) answers.push({ channel: channel ?? "email", purpose, answer: "denied", source: "unsubscribe" });
  else if (channel && BEGAN.test(words)) answers.push(answerOf(channel, purpose, true));
}
const wordOf = (properties: JsonObject | undefined, field: string) =>
  textOf(properties?.[field], PURPOSE_CHARS_MAX)?.toLowerCase();
function channelIn(words: string | undefined): ConsentChannel | undefined {
  for (const word of (words ?? "").split(" ")) if (CHANNEL_WORDS[word]) return CHANNEL_WORDS[word];
  return undefined;
}

function readTraits(answers: ConsentAnswer[], traits: JsonObject): void {
  if (traits["unsubscribed"] === true)
    answers.push({ channel: "email", purpose: MARKETING, answer: "denied", source: "unsubscribe" });
  readCategories(answers, objectOf(objectOf(traits["cio_subscription_preferences"])?.["topics"]));
}
