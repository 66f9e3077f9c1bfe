/** The shopping cart's moments under the names of Segment's e-commerce events, so that no page has to spell them. */
import type { Properties } from "./model.ts";

export type Cart = {
  /** `product` as Segment has it: product_id, name, price, currency, quantity, ... */
  readonly add: (product: Properties) => void;
  readonly remove: (product: Properties) => void;
  readonly clear: (about?: Properties) => void;
};

/** A cart that tells what happens to it by `track`. */
export const createCart = (track: (event: string, properties?: Properties) => void): Cart => ({
  add: (product) => track("Product Added", product),
  remove: (product) => track("Product Removed", product),
  clear: (about) => track("Cart Cleared", about),
});
