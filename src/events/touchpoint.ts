/**
 * The kind of moment in a channel, in a few words: a page's path, a screen's name, `checkout`. Pure.
 *
 * `context.touchpoint` and `properties.touchpoint` are the sender's own word and win. Paths keep their ids and lose
 * their query, so that one page is one touchpoint.
 */
import type { EventType } from "./model.ts";
import { LIMITS } from "./model.ts";
import { cut } from "./text.ts";

export type Moment = {
  readonly type: EventType;
  readonly given: string | undefined;
  /** The name's family (families.ts): track events only. */
  readonly family: string | undefined;
  readonly path: string | undefined;
  /** The name of the page or screen. */
  readonly title: string | undefined;
};

const WORDS = { identify: "identify", group: "account", alias: "alias" } as const;

/** Never empty, at most `LIMITS.touchpointCharsMax` characters. Never throws. */
export function touchpointOf({ type, given, family, path, title }: Moment): string {
  if (given !== undefined) return cut(given, LIMITS.touchpointCharsMax);
  switch (type) {
    case "track":
      return family ?? "event";
    case "page":
      return path !== undefined ? pathOf(path) : cut(title ?? "page", LIMITS.touchpointCharsMax);
    case "screen":
      return cut(title ?? "screen", LIMITS.touchpointCharsMax);
    case "identify":
    case "group":
    case "alias":
      return WORDS[type];
    default:
      return type satisfies never;
  }
}

/** `/shoes//boots/?size=42#top` as `/shoes/boots`. */
function pathOf(path: string): string {
  let end = path.length;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === 63 || code === 35) {
      end = i;
      break;
    }
  }
  let bare = end === path.length ? path : path.slice(0, end);
  if (bare.includes("//")) bare = bare.replace(/\/{2,}/g, "/");
  while (bare.length > 1 && bare.endsWith("/")) bare = bare.slice(0, -1);
  return bare === "" ? "/" : cut(bare, LIMITS.touchpointCharsMax);
}
