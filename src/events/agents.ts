/**
 * What a user agent is: a bot, or a browser of some family. Pure; verdicts are remembered, for the patterns are long.
 *
 * A page on localhost can be reached by no crawler: what looks like a bot there is a developer's automated browser.
 */
import { isbot } from "isbot";
import { LRUCache } from "lru-cache";

export type Agent = { readonly bot: boolean; readonly browser: string | undefined };

const verdicts = new LRUCache<string, Agent>({ max: 20_000 });
const AGENT_CHARS_MAX = 1_000;

/** The verdict on a user agent's text. Never throws. */
export function agentOf(userAgent: string): Agent {
  const text = userAgent.length > AGENT_CHARS_MAX ? userAgent.slice(0, AGENT_CHARS_MAX) : userAgent;
  let agent = verdicts.get(text);
  if (!agent) {
    agent = { bot: isbot(text), browser: browserOf(text) };
    verdicts.set(text, agent);
  }
  return agent;
}

/** In this order: most browsers also name the ones they are built on. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/\bEdgi?A?(?:OS)?\//, "Edge"],
  [/\b(?:OPR|Opera|OPiOS)\b/, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFxiOS\/|\bFirefox\//, "Firefox"],
  [/\bDuckDuckGo\//, "DuckDuckGo"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bYaBrowser\//, "Yandex"],
  [/\bCriOS\/|\bChrom(?:e|ium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const browserOf = (text: string): string | undefined => FAMILIES.find(([pattern]) => pattern.test(text))?.[1];

/** Whether a host is the developer's own machine or a name that exists on no network. */
export const isLocal = (host: string): boolean =>
  host === "localhost" ||
  host === "[::1]" ||
  host.startsWith("127.") ||
  /\.(?:localhost|test|local)$/.test(host);
