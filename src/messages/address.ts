/** Where a message to a customer would go. Pure. */
import type { HeldIdentifier } from "../identity/directory.ts";
import type { MessageChannel } from "../permission/model.ts";

/** A push address as it is stored. */
export type PushAddress = { readonly channel: string; readonly address: string; readonly toldAt: number };

/** The address of a customer in a channel, the one told last; null where there is none. `url`: where a webhook goes. */
export function addressOf(
  channel: MessageChannel,
  customerId: string,
  identifiers: readonly HeldIdentifier[],
  pushes: readonly PushAddress[],
): string | null {
  switch (channel) {
    case "email":
      return newest(identifiers, "email");
    case "sms":
    case "whatsapp":
      return newest(identifiers, "phone");
    case "web_push":
    case "mobile_push":
      return pushes.filter((push) => push.channel === channel).toSorted((a, b) => b.toldAt - a.toldAt)[0]?.address ?? null;
    case "in_app":
    case "webhook":
      return customerId;
  }
} // prettier-ignore

function newest(identifiers: readonly HeldIdentifier[], kind: HeldIdentifier[0]): string | null {
  const of = identifiers.filter(([held]) => held === kind).toSorted((a, b) => b[2] - a[2] || (a[1] < b[1] ? -1 : 1)); // prettier-ignore
  return of[0]?.[1] ?? null;
}
