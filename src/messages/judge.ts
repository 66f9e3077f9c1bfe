/**
 * What happens now with the messages of one customer that are due: each is asked for permission, one after the other, and
 * what one lets leave counts for the next. Pure; outbox.ts calls it under the customer's lock and writes what it says.
 */
import { allow } from "../permission/allow.ts";
import type { Answer, Asked, Contact, MessageChannel, Policy, Preferences, Recipient, Upcoming } from "../permission/model.ts"; // prettier-ignore
import type { Instant, JsonObject } from "../values.ts";

/** A message that is due, as far as permission asks. */
export type DueMessage = {
  readonly id: string;
  readonly channel: MessageChannel;
  readonly purpose: string;
  readonly expiresAt: Instant;
  readonly asked: { readonly tags: readonly string[]; readonly products: readonly string[]; readonly priority: number; readonly else: "wait" | "skip"; readonly context: JsonObject; readonly why: JsonObject };
}; // prettier-ignore
/** What is known of the customer for all of their messages; what depends on the channel is asked for. */
export type Known = Pick<Recipient, "zone" | "consent" | "lastAt" | "orders" | "stock"> & {
  readonly preferences: Preferences;
  /** What left or is on its way, with the message's id. */
  readonly contacts: readonly (Contact & { readonly message: string })[];
  /** What other runs wait to send, with the run's message where it has one already. */
  readonly upcoming: readonly Upcoming[];
  address(channel: MessageChannel): string | null;
  suppressed(channel: MessageChannel, address: string, purpose: string): Recipient["suppressed"];
};
export type Judged<One extends DueMessage> = {
  readonly message: One;
  readonly address: string | null;
  readonly answer: Answer;
};

/** Judges messages in their order: transactional ones first, then the more valuable, then the older (the order given). */
export function judge<One extends DueMessage>(messages: readonly One[], known: Known, policy: Policy, now: Instant): readonly Judged<One>[] {
  const inOrder = messages.toSorted((a, b) => rankOf(b) - rankOf(a));
  const left: (Contact & { readonly message: string })[] = [];
  return inOrder.map((message) => {
    const { channel, purpose } = message;
    const address = known.address(channel);
    const { tags, products, priority } = message.asked;
    const asked: Asked = { channel, purpose, tags, priority, products, expiresAt: message.expiresAt, else: message.asked.else };
    // A message tried before is among the contacts already, and does not speak against itself.
    const contacts = [...known.contacts, ...left].filter((one) => one.message !== message.id);
    const answer = allow(
      asked,
      { ...known, address, suppressed: address === null ? null : known.suppressed(channel, address, purpose), contacts },
      policy,
      now,
    );
    if (answer.type === "allowed") left.push({ message: message.id, at: now, channel, purpose, tags });
    return { message, address, answer };
  });
} // prettier-ignore

const rankOf = ({ purpose, asked }: DueMessage): number =>
  purpose === "transactional" ? 1_000 : asked.priority;
