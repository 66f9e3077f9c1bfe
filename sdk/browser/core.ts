/** What all calls share: the settings, who the visitor is, and events on their way. */
import type { EventOptions, Options } from "./model.ts";
import { contextNow } from "./page.ts";
import { createQueue } from "./queue.ts";
import { createVisitor, newId } from "./visitor.ts";

export type Core = ReturnType<typeof createCore>;
/** Names the visitor in questions to the server. */
export type Who = { readonly anonymousId: string; readonly userId?: string; readonly userToken?: string };

/** The core of one page, before `load`. */
export function createCore() {
  let options: Options | undefined;
  let userToken: string | undefined;
  const visitor = createVisitor(() => options);
  const at = (path: string, query: object = {}): string => {
    const { host = location.origin, writeKey } = options!;
    return `${host.replace(/\/$/, "")}${path}?${new URLSearchParams({ writeKey, ...query }).toString()}`;
  };
  const ifOpen = <Value>(get: () => Value): Value | null => (visitor.isOpen() ? get() : null);
  const door = (): string | null => ifOpen(() => at("/v1/batch"));
  const queue = createQueue(door);

  function eventOf(
    type: string,
    fields: object,
    { timestamp, messageId, context }: EventOptions = {},
  ): object {
    const { id, former } = visitor.anonymous();
    if (former !== undefined) queue.add(eventOf("alias", { previousId: former }));
    return {
      type,
      messageId: messageId ?? newId(),
      timestamp: timestamp ?? new Date(),
      anonymousId: id,
      userId: visitor.userId(),
      ...fields,
      context: { ...contextNow(visitor.answers()), ...context },
    };
  }
  return {
    visitor,
    queue,
    /** The address for a path, with the key in it: in a header it would make browsers ask for leave first. After `load` only. */
    at,
    /** What `get` gives; null before `load`, and while the visitor's leave to collect is missing. */
    ifOpen,
    /** Where events go; null while nothing may be sent. */
    door,
    eventOf,
    options: () => options,
    begin: (given: Options): void => {
      options = given;
      userToken = given.userToken;
    },
    prove: (token: string | undefined): void => void (userToken = token),
    /** A name that can be guessed is worth nothing without its proof, so without it it is not even said. */
    who: (): Who => {
      const userId = visitor.userId();
      const anonymousId = visitor.anonymous().id;
      return userToken && userId ? { anonymousId, userId, userToken } : { anonymousId };
    },
    record: (type: string, fields: object, more?: EventOptions): void => {
      if (!visitor.isDenied()) queue.add(eventOf(type, fields, more));
    },
  };
}
