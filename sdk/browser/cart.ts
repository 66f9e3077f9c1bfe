/** The shopping cart's moments under the names of Segment's e-commerce events, so that no page has to spell them. */
import type { Properties } from "./model.ts";
import { ask } from "./post.ts";

export type Cart = {
  /** `product` as Segment has it: product_id, name, price, currency, quantity, ... */
  readonly add: (product: Properties) => void;
  readonly remove: (product: Properties) => void;
  readonly clear: (about?: Properties) => void;
  /**
   * What lies in it, from whichever device it was put there, with name, picture, price and stock as they are now; as the
   * server's GET /v1/cart answers. Null when it cannot be read, and while consent is missing.
   */
  readonly read: () => Promise<Properties | null>;
};

/** A cart that tells what happens to it by `track`, and is read at the address that `at` gives. */
export const createCart = (
  track: (event: string, properties?: Properties) => void,
  at: () => string | null,
): Cart => ({
  add: (product) => track("Product Added", product),
  remove: (product) => track("Product Removed", product),
  clear: (about) => track("Cart Cleared", about),
  read: async () => {
    const address = at();
    const answer = address === null ? null : await ask(address);
    return answer?.ok ? ((await answer.json()) as Properties) : null;
  },
});
