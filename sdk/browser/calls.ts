/** Segment's calls, and the shapes in which pages make them. */
import type { Core } from "./core.ts";
import type { EventOptions, Properties } from "./model.ts";
import { pageNow } from "./page.ts";
import { searchedFor } from "./routing.ts";

export type Calls = {
  /** Names the visitor. Another name than before is another person: what was known of the device is left behind. */
  readonly identify: (
    userId: string | null | Properties,
    traits?: Properties,
    options?: EventOptions & { readonly userToken?: string },
  ) => void;
  readonly track: (event: string, properties?: Properties, options?: EventOptions) => void;
  /** `page(name, properties)`, `page(category, name, properties)` or `page(properties)`. */
  readonly page: (...about: readonly (string | Properties | null | undefined)[]) => void;
  readonly group: (groupId: string, traits?: Properties, options?: EventOptions) => void;
  readonly alias: (userId: string, previousId?: string, options?: EventOptions) => void;
  /** Whoever comes next is somebody else: call it on sign-out. */
  readonly reset: () => void;
};

/** The calls on one core. `onPage` is told of each page event. */
export function createCalls({ visitor, record, prove, options }: Core, onPage: () => void): Calls {
  let searchedAt: string | undefined;
  const track: Calls["track"] = (event, properties, more) => record("track", { event, properties }, more);
  return {
    track,
    page: (...about) => {
      const texts = about.filter((one) => typeof one === "string");
      const [properties, more] = about.filter((one) => one && typeof one === "object") as [
        Properties?,
        EventOptions?,
      ];
      onPage();
      record(
        "page",
        {
          name: texts.at(-1),
          category: texts.length > 1 ? texts[0] : undefined,
          properties: { ...pageNow(), ...properties },
        },
        more,
      );
      const search = searchedFor(options()?.search ?? []);
      if (search && searchedAt !== location.href) track("Products Searched", search);
      searchedAt = location.href;
    },
    identify: (userId, traits, more) => {
      if (typeof userId === "object") [userId, traits] = [null, userId ?? traits];
      if (userId !== null) {
        if ((visitor.userId() ?? userId) !== userId) visitor.reset();
        visitor.name(userId);
      }
      if (more?.userToken !== undefined) prove(more.userToken);
      record("identify", { traits }, more);
    },
    group: (groupId, traits, more) => record("group", { groupId, traits }, more),
    alias: (userId, previousId, more) => {
      const former = previousId ?? visitor.userId() ?? visitor.anonymous().id;
      visitor.name(userId);
      record("alias", { previousId: former }, more);
    },
    reset: () => {
      visitor.reset();
      prove(undefined);
    },
  };
}
