/** "Do not sell now": which of the workspace's holds keeps a message from leaving, and until when. Pure. */
import type { Instant } from "../values.ts";
import type { Asked, Hold, Recipient, RefusalReason } from "./model.ts";

/** A hold that holds. `until`: the first instant at which it does not; null: until something happens. */
export type Held = {
  readonly reason: RefusalReason & Hold["type"];
  readonly until: Instant | null;
  readonly detail: string;
};

/**
 * What holds at `at`, or null. What ends a case at the instant at which it begins ends it. An order that was sent back
 * was bought all the same: who sends shoes back is not sold the same shoes at once.
 * An event that is dated after `at` (another machine's clock) holds already.
 */
export function held(hold: Hold, asked: Asked, recipient: Recipient, at: Instant): Held | null {
  switch (hold.type) {
    case "bought_this": {
      const { products } = asked;
      const latest = latestOf(recipient.orders, (order) => (order.products.some((one) => products.includes(one)) ? order.at : null));
      return during(hold.type, latest, hold.withinMs, at, "The customer has just bought what this message is about.");
    }
    case "bought_anything":
      return during(hold.type, latestOf(recipient.orders, (order) => order.at), hold.withinMs, at, "The customer has just bought something.");
    case "returned": {
      const latest = latestOf(recipient.orders, (order) => order.returnedAt);
      return during(hold.type, latest, hold.withinMs, at, "The customer has just sent an order back or cancelled it.");
    }
    case "open_case": {
      const opened = unanswered(recipient, hold.opened, hold.closed);
      return opened && { reason: hold.type, until: null, detail: `"${opened.name}" is not settled yet.` };
    }
    case "human_talking": {
      const begun = unanswered(recipient, hold.events, hold.ended);
      return begun && during(hold.type, begun.at, hold.withinMs, at, `Somebody talks with the customer ("${begun.name}").`);
    }
    case "out_of_stock": {
      const { products } = asked;
      const gone = products.length > 0 && products.every((product) => (recipient.stock(product) ?? 1) <= 0);
      return gone ? { reason: hold.type, until: null, detail: "What this message is about is out of stock." } : null;
    }
    default:
      return hold satisfies never;
  }
} // prettier-ignore

function during(
  reason: Held["reason"],
  since: Instant | null,
  forMs: number,
  at: Instant,
  detail: string,
): Held | null {
  return since === null || at >= since + forMs ? null : { reason, until: since + forMs, detail };
}

type Order = Recipient["orders"][number];
function latestOf(orders: readonly Order[], when: (order: Order) => Instant | null): Instant | null {
  let latest: Instant | null = null;
  for (const order of orders) {
    const at = when(order);
    if (at !== null && (latest === null || at > latest)) latest = at;
  }
  return latest;
}

type Happened = { readonly name: string; readonly at: Instant };
/** The last of `begun`, unless one of `ended` happened since. */
function unanswered(
  recipient: Recipient,
  begun: readonly string[],
  ended: readonly string[],
): Happened | null {
  const last = lastOf(recipient, begun);
  return last !== null && (lastOf(recipient, ended)?.at ?? -Infinity) < last.at ? last : null;
}
function lastOf({ lastAt }: Pick<Recipient, "lastAt">, names: readonly string[]): Happened | null {
  let last: Happened | null = null;
  for (const name of names) {
    const at = lastAt(name);
    if (at !== undefined && (last === null || at > last.at)) last = { name, at };
  }
  return last;
}
